# SPDX-License-Identifier: Apache-2.0
# What firmware does not take: each rule that `rotkit help firmware` lists has a file here that breaks it, and one that
# keeps it. Without --for, what is made is warned of; with it nothing is made, and verify says that it does not hold.
# tests/firmware asks firmware itself.
. "$(dirname "$0")/lib.sh"
need jq perl dtc fdtput
V=$DATA/vectors/boot
I=$V/inputs

run 0 key new --type rsa2048 rsa2048.pem
run 0 key new --type p256 p256.pem
echo 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f >sym.key
openssl req -x509 -key rsa2048.pem -out rsa.crt -subj /CN=rsa 2>/dev/null
openssl req -x509 -key p256.pem -out ec.crt -subj /CN=ec 2>/dev/null
program=$V/uefi/min_aarch64.efi
dtc -q -O dtb -o tree.dtb "$V/fit/pub.dts"

# warns ARG...: rotkit makes `broken`, with a warning; for that firmware it makes nothing
warns() {
    run 0 "$@" -o broken
    grep -q "^rotkit: warning: $firmware does not take $fact \"" "$err" || fail "no warning: $(cat "$err")"
    run 2 "$@" -o refused --for "$firmware"
    grep -q "$firmware does not take $fact \"" "$err" || fail "another refusal: $(cat "$err")"
    [ ! -e refused ] || fail "a refused run wrote its output"
    [ -z "$option" ] || run 0 "$@" -o refused --for "$firmware+$option"
    rm -f refused
}

signed_fit() {
    run 0 pack fit -o plain kernel="$I/kernel.bin" fdt=tree.dtb
    run 0 sign fit plain -o taken --key rsa2048.pem --set padding=pkcs-1.5 --for u-boot
    [ ! -s "$err" ] || fail "a warning of what U-Boot takes: $(cat "$err")"
    cp taken broken
}

signed_fip() {
    run 0 pack fip -o plain tb-fw="$I/bl2.bin" soc-fw="$I/bl31.bin" nt-fw="$I/kernel.bin"
    run 0 sign fip plain -o taken --key "$1.pem" --for tf-a
    [ ! -s "$err" ] || fail "a warning of what TF-A takes: $(cat "$err")"
}
made_with() {
    run 0 key new --type "$1" "$1.pem"
    warns sign fip plain --key "$1.pem"
    rm "$1.pem"
}

# hashes GUID BYTE: a signature list of one hash, all of that byte
hashes() {
    perl -e 'my ($guid, $byte) = @ARGV;
        my @part = split /-/, $guid;
        print pack("V v v H4 H12", hex $part[0], hex $part[1], hex $part[2], $part[3], $part[4]),
            pack("V3", 28 + 48, 0, 48), "\0" x 16, pack("H2", $byte) x 32' "$1" "$2"
}

whole_package() {
    set -- mb2="$I/mb2.bin" mb1="$I/mb1.bin"
    for image in adsp-fw bpmp-fw bpmp-fw-dtb cpu-bootloader dce-fw MB1_BCT mb2rf MEM_BCT mts-mce nvdec psc_bl1 psc-fw pscrf \
        pva-fw rce-fw sc7 secure-os spe-fw VER; do
        set -- "$@" "$image=$I/bl2.bin"
    done
    run 0 pack bup -o taken "$@"
    [ ! -s "$err" ] || fail "a warning of what UEFI takes: $(cat "$err")"
}

# Makes `broken`, and `taken`, which differs in that alone.
breaks() {
    case "$format $firmware $fact $option" in
        "fit u-boot signature key ECDSA_VERIFY")
            signed_fit
            fdtput -t s broken /configurations/conf-1/signature-1 algo sha256,ecdsa256
            ;;
        "fit u-boot signature hash SHA384" | "fit u-boot signature hash SHA512")
            signed_fit
            fdtput -t s broken /configurations/conf-1/signature-1 algo "$(echo "$option" | tr SHA sha),rsa2048"
            ;;
        "fit u-boot signature padding FIT_RSASSA_PSS")
            signed_fit
            warns sign fit plain --key rsa2048.pem --set padding=pss
            ;;
        "fit u-boot configuration ")
            run 0 pack fit -o taken kernel="$I/kernel.bin" fdt=tree.dtb
            warns pack fit kernel="$I/kernel.bin"
            ;;
        "fit u-boot device tree ")
            run 0 pack fit -o taken kernel="$I/kernel.bin" fdt=tree.dtb
            cp taken broken
            fdtput -c broken /images/fdt-1/cipher
            fdtput -t s broken /images/fdt-1/cipher algo aes256
            ;;
        "fit u-boot image FIT_CIPHER")
            run 0 pack fit -o taken kernel="$I/kernel.bin" fdt=tree.dtb
            warns encrypt fit taken --key sym.key
            ;;
        "fip tf-a certificate key "*)
            signed_fip p256
            case $option in
            KEY_SIZE=384) made_with p384 ;;
            KEY_SIZE=*) made_with "rsa${option#*=}" ;;
            *) made_with p521 ;;
            esac
            ;;
        "fip tf-a certificate hash "*)
            signed_fip p256
            warns sign fip plain --key p256.pem --set hash="${option#*=}"
            ;;
        "fip tf-a certificate keys "*)
            signed_fip p256
            warns sign fip plain --key p256.pem --key-for nt-fw=rsa2048.pem
            ;;
        "fip tf-a encrypted image "*)
            signed_fip p256
            warns encrypt fip taken --key sym.key --set images=nt-fw
            ;;
        "fip tf-a image "*)
            signed_fip p256
            warns encrypt fip taken --key sym.key --set images=soc-fw
            ;;
        "optee-ta op-tee program "*)
            { printf '\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\3\0\267\0' && cat "$I/ta.elf"; } >aarch64
            run 0 pack optee-ta -o taken elf=aarch64 --set uuid=8aaaf200-2450-11e4-abe2-0002a5d5c51b
            warns pack optee-ta elf="$I/ta.elf" --set uuid=8aaaf200-2450-11e4-abe2-0002a5d5c51b
            ;;
        "uefi-auth edk2 certificate key "*)
            run 0 pack uefi-auth -o taken cert=rsa.crt
            warns pack uefi-auth cert=ec.crt
            ;;
        "uefi-auth edk2 signer key "*)
            run 0 pack uefi-auth -o plain cert=rsa.crt
            run 0 sign uefi-auth plain -o taken --key rsa2048.pem --cert rsa.crt --set variable=db
            warns sign uefi-auth plain --key p256.pem --cert ec.crt --set variable=db
            ;;
        "uefi-auth edk2 entries of PK "*)
            extra="--set variable=PK"
            run 0 pack uefi-auth -o plain cert=rsa.crt
            run 0 sign uefi-auth plain -o taken --key rsa2048.pem --cert rsa.crt --set variable=PK
            run 0 pack uefi-auth -o plain cert=rsa.crt cert=rsa.crt
            warns sign uefi-auth plain --key rsa2048.pem --cert rsa.crt --set variable=PK
            ;;
        "uefi-auth edk2 list of PK or KEK "*)
            extra="--set variable=KEK"
            run 0 pack uefi-auth -o plain cert=rsa.crt
            run 0 sign uefi-auth plain -o taken --key rsa2048.pem --cert rsa.crt --set variable=KEK
            hashes c1c41626-504c-4092-aca9-41f936934328 07 >plain
            warns sign uefi-auth plain --key rsa2048.pem --cert rsa.crt --set variable=KEK
            ;;
        "uefi-auth edk2 list type "*)
            hashes c1c41626-504c-4092-aca9-41f936934328 07 >taken
            hashes 57347f87-7a9b-403a-b93c-dc4afb7a0ebc 07 >broken # SM3
            ;;
        "uefi-auth edk2 hash "*)
            hashes c1c41626-504c-4092-aca9-41f936934328 07 >taken
            hashes c1c41626-504c-4092-aca9-41f936934328 00 >broken
            ;;
        "uefi-pe edk2 signer key "*)
            run 0 sign uefi-pe "$program" -o taken --key rsa2048.pem --cert rsa.crt
            warns sign uefi-pe "$program" --key p256.pem --cert ec.crt
            ;;
        "bup edk2-nvidia package without "*)
            whole_package
            warns pack bup mb2="$I/mb2.bin" mb1="$I/mb1.bin"
            ;;
        "bup edk2-nvidia number of images "*)
            whole_package
            warns pack bup mb2="$I/mb2.bin"
            ;;
        "bup edk2-nvidia package layout "*) # the spec of V2 has 64 bytes
            whole_package
            perl -0777 -pe 'my $n = unpack("V", substr($_, 28, 4));
                my ($head, $table, $data) = (substr($_, 0, 40), "", substr($_, 40 + 184 * $n));
                for my $i (0 .. $n - 1) { my $e = substr($_, 40 + 184 * $i, 120); substr($e, 40, 4, pack("V", unpack("V", substr($e, 40, 4)) - 64 * $n)); $table .= $e }
                substr($head, 15, 1, "2"); substr($head, 20, 4, pack("V", length($_) - 64 * $n)); $_ = $head . $table . $data' taken >broken
            ;;
        "bup edk2-nvidia package type "*)
            whole_package
            perl -0777 -pe 'substr($_, 32, 1, "\1")' taken >broken
            ;;
        "capsule "*" signer key "*)
            run 0 pack capsule -o plain payload="$I/kernel.bin" --set version=1
            run 0 sign capsule plain -o taken --key rsa2048.pem --cert rsa.crt
            warns sign capsule plain --key p256.pem --cert ec.crt
            ;;
        "capsule u-boot issuer "*)
            run 0 pack capsule -o plain payload="$I/kernel.bin" --set version=1
            run 0 sign capsule plain -o taken --key rsa2048.pem --cert rsa.crt
            cat "$V/keys/cap_sign.crt" "$V/keys/cap_sub.crt" >chain.pem # X.509 version 1: without extensions
            warns sign capsule plain --key "$V/keys/cap_sign.key" --cert chain.pem
            ;;
        *) fail "no file here breaks the rule \"$format $firmware $fact $option\"" ;;
    esac
}

# ---- each rule ----
run 0 help firmware
sed -n 's/^  \([a-z][^ ]*\)  *\([a-z][^ ]*\)  *\([^:]*\): .*/\1|\2|\3|/p
    s/^ .*unless it is built with \([A-Za-z0-9_=]*\): --for .*/+\1/p' "$out" |
    awk '/^\+/ { row = row substr($0, 2); next } row != "" { print row } { row = $0 } END { print row }' >rules
[ "$(wc -l <rules)" -ge 6 ] || fail "too few rules are read: $(cat rules)"
while IFS='|' read -r format firmware fact option; do
    what="$format $firmware $fact"
    extra=
    breaks
    run 0 verify $extra --for "$firmware" taken
    run 3 verify $extra --for "$firmware" broken
    grep -q "$firmware does not take $fact \"" "$err" || fail "$what: another reason: $(cat "$err")"
    run 3 verify $extra --json --for "$firmware" broken
    jq -e '.outcome == "fails"' "$out" >/dev/null || fail "$what: JSON: $(cat "$out")"
    [ -z "$option" ] || run 0 verify $extra --for "$firmware+$option" broken
    run 0 verify broken
    rm broken taken
done <rules
what=

# ---- who is unknown ----
run 0 pack fit -o plain kernel="$I/kernel.bin" fdt=tree.dtb
run 2 verify --for grub plain
grep -q 'unknown firmware "grub" (known: .*u-boot' "$err" || fail "$(cat "$err")"
run 2 verify --for u-boot+NO_SUCH plain
grep -q 'no rule of u-boot asks for an option "NO_SUCH" (known: .*FIT_RSASSA_PSS' "$err" || fail "$(cat "$err")"
# Nothing is known of what U-Boot takes of a trusted application: that is not "holds".
run 0 pack optee-ta -o ta elf="$I/ta.elf" --set uuid=8aaaf200-2450-11e4-abe2-0002a5d5c51b
run 8 verify --for u-boot ta
grep -q 'no rule of u-boot is known for what is in this optee-ta' "$err" || fail "$(cat "$err")"

# ---- in a manifest: images.NAME.for ----
product() {
    cat >product.yaml <<YAML
rotkit: 1
product: rules
platform: t234
components: { program: $1 }
images:
  one.ta:
    format: optee-ta
    parts: { elf: program }
    for: [ $2 ]
    set: { uuid: 8aaaf200-2450-11e4-abe2-0002a5d5c51b }
release: { path: $3 }
YAML
}
product "$I/ta.elf" op-tee refused
run 2 build product.yaml
grep -q 'one.ta.*op-tee does not take program "not-elf"' "$err" || fail "$(cat "$err")"
[ ! -e refused ] || fail "a release of what firmware refuses"
product "$I/ta.elf" grub refused
run 2 build product.yaml
grep -q 'unknown firmware "grub"' "$err" || fail "$(cat "$err")"
product aarch64 op-tee taken.release
run 0 build product.yaml
