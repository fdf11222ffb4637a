# SPDX-License-Identifier: Apache-2.0
# The answers of verify, from a table: every format, whatever is wrong with the file, without a key, with --pub, with --ca.
. "$(dirname "$0")/lib.sh"
need jq openssl perl dtc
V=$DATA/vectors/boot
K=$V/keys
I=$V/inputs
U=$V/uefi
table=$DATA/cli/outcomes.txt
SOURCE_DATE_EPOCH=1798761600 # 2027: the certificates are of the year before

# flip FILE OFFSET NEW: one bit of one byte; OFFSET from the end when negative
flip() {
    perl -0777 -pe "substr(\$_, $2, 1) ^= \"\\x01\"" "$1" >"$3"
}
# cut FORMAT: half of the good file, or of the unsigned one
half() {
    [ -f "$1.good" ] && from=good || from=unsigned
    [ -f "$1.$from" ] || from=uncheckable
    head -c $(($(stat -c %s "$1.$from") / 2)) "$1.$from" >"$1.cut"
}
public() { # KEY NAME
    openssl pkey -in "$1" -pubout -out "$2"
}
echo 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f >sym.key

make_optee_ta() {
    run 0 pack optee-ta -o optee-ta.unsigned elf="$I/ta.elf" --set uuid=8aaaf200-2450-11e4-abe2-0002a5d5c51b
    run 0 sign optee-ta optee-ta.unsigned -o optee-ta.good --key "$K/rsa3072.pem"
    run 0 sign optee-ta optee-ta.unsigned -o optee-ta.other --key "$K/rsa2048.pem"
    run 0 encrypt optee-ta optee-ta.unsigned -o sealed --key sym.key
    run 0 sign optee-ta sealed -o optee-ta.uncheckable --key "$K/rsa3072.pem" --content-key sym.key
    flip optee-ta.good -1 optee-ta.tampered
    public "$K/rsa3072.pem" optee-ta.pub
}
make_optee_subkey() {
    run 0 pack optee-subkey -o optee-subkey.unsigned pub="$K/optee_sub1.pub.pem" \
        --set uuid=f04fa996-148a-453c-b037-1dcfbad120a6
    run 0 sign optee-subkey optee-subkey.unsigned -o optee-subkey.good --key "$K/rsa2048.pem"
    run 0 sign optee-subkey optee-subkey.unsigned -o optee-subkey.other --key "$K/rsa3072.pem"
    flip optee-subkey.good -1 optee-subkey.tampered
    public "$K/rsa2048.pem" optee-subkey.pub
}
make_fip() {
    run 0 pack fip -o fip.unsigned tb-fw="$I/bl2.bin" soc-fw="$I/bl31.bin"
    run 0 sign fip fip.unsigned -o fip.good --key "$K/p256.pem"
    run 0 sign fip fip.unsigned -o fip.other --key "$K/rsa2048.pem"
    run 0 encrypt fip fip.good -o fip.uncheckable --key sym.key --set images=soc-fw
    flip fip.good 700 fip.tampered
    public "$K/p256.pem" fip.pub
}
make_fit() {
    run 0 pack fit -o fit.unsigned kernel="$I/kernel.bin"
    run 0 sign fit fit.unsigned -o fit.good --key "$K/rsa2048.pem"
    run 0 sign fit fit.unsigned -o fit.other --key "$K/rsa3072.pem"
    flip fit.good "100 + index(\$_, do { local (@ARGV, \$/) = '$I/kernel.bin'; <> })" fit.tampered
    # An image more, that no configuration names: a loader can be told its name.
    run 0 pack fit -o two.fit kernel="$I/kernel.bin" ramdisk="$I/bl31.bin"
    fdtput -d two.fit /configurations/conf-1 ramdisk
    run 0 sign fit two.fit -o fit.unreferenced --key "$K/rsa2048.pem"
    public "$K/rsa2048.pem" fit.pub
}
make_capsule() {
    run 0 pack bup -o bup.unsigned mb1/0/2="$I/mb1.bin"
    run 0 pack capsule -o capsule.unsigned payload=bup.unsigned --set version=1
    cat "$K/cap_sign.crt" "$K/cap_sub.crt" >signer.pem
    run 0 sign capsule capsule.unsigned -o capsule.good --key "$K/cap_sign.key" --cert signer.pem
    run 0 sign capsule capsule.unsigned -o capsule.other --key "$K/KEK.key" --cert "$U/KEK.crt"
    flip capsule.good -1 capsule.tampered
    public "$K/cap_sign.key" capsule.pub
    cp "$K/cap_root.crt" capsule.ca
}
make_uefi_auth() {
    cp "$U/KEK.esl" uefi-auth.unsigned
    cp "$U/KEK.auth" uefi-auth.good
    run 0 sign uefi-auth uefi-auth.unsigned -o uefi-auth.other --key "$K/db.key" --cert "$U/db.crt" --set variable=KEK
    flip uefi-auth.good -1 uefi-auth.tampered
    public "$K/PK.key" uefi-auth.pub
    cp "$U/PK.crt" uefi-auth.ca
}
make_uefi_pe() {
    cp "$U/min_aarch64.efi" uefi-pe.unsigned
    cp "$U/min_aarch64.signed.efi" uefi-pe.good
    run 0 sign uefi-pe uefi-pe.unsigned -o uefi-pe.other --key "$K/KEK.key" --cert "$U/KEK.crt"
    flip uefi-pe.good 0x420 uefi-pe.tampered
    public "$K/db.key" uefi-pe.pub
    cp "$U/db.crt" uefi-pe.ca
}
make_kernel() {
    cp "$V/kernel/boot.img" kernel-cms.unsigned
    cp "$V/kernel/boot_signed.img" kernel-cms.good
    cp "$V/kernel/boot.img.sig" kernel-cms.uncheckable
    run 0 sign kernel-cms kernel-cms.unsigned -o kernel-cms.other --set form=appended --key "$K/KEK.key" --cert "$U/KEK.crt"
    flip kernel-cms.good 2100 kernel-cms.tampered
    public "$K/db.key" kernel-cms.pub
    cp "$U/db.crt" kernel-cms.ca
    cp "$V/kernel/boot_userkey.enc" kernel-encrypted.uncheckable
    flip kernel-encrypted.uncheckable 9000 kernel-encrypted.tampered
    cp kernel-cms.pub kernel-encrypted.pub
    cp kernel-cms.ca kernel-encrypted.ca
}
make_corim() {
    cp "$DATA/vectors/corim/unsigned.cbor" corim.unsigned
    run 0 sign corim corim.unsigned -o corim.good --key "$K/cap_sign.key" --cert signer.pem
    run 0 sign corim corim.unsigned -o corim.other --key "$K/KEK.key" --cert "$U/KEK.crt"
    flip corim.good 'index($_, "boot.cap")' corim.tampered
    cp capsule.pub corim.pub
    cp capsule.ca corim.ca
}
make_avb() {
    cp "$V/avb/boot.img" avb.good
    cp avb.good avb.other
    flip avb.good 1000 avb.tampered
    public "$K/rsa2048.pem" avb.pub
    public "$K/rsa3072.pem" avb.other.pub
}
make_tegra() {
    run 0 pack tegra-bch -q -o tegra-bch.unsigned payload="$I/mb1.bin" --set magic=MB1B
    perl -MDigest::SHA=sha512 -e 'my $f = "\0" x 0x1200 . join "", map { chr($_ * 11 & 255) } 0 .. 0xdff;
        substr($f, $_, 4) = "BCTB" for 0, 0x1210;
        for ([0x1ac0, 0x170c, 0x1ac0], [0x1c4, 0x1200, 0x2000], [4, 0x44, 0x2000]) {
            substr($f, $_->[0], 64) = sha512(substr($f, $_->[1], $_->[2] - $_->[1]));
        } print $f' >tegra-br-bct.unsigned
    for format in tegra-bch tegra-br-bct; do
        run 0 sign $format -q $format.unsigned -o $format.good --key "$K/p256.pem" --set experimental=oem-insert
        run 0 sign $format -q $format.unsigned -o $format.other --key "$K/p521.pem" --set experimental=oem-insert
        flip $format.good -1 $format.tampered
        public "$K/p256.pem" $format.pub
    done
    # As the BSP ships some: a header whose digests wait for its signing.
    perl -0777 -pe 'for my $at (0x4, 0x50, 0x1460, 0x1f30) { substr($_, $at, 64) = "\0" x 64 }' \
        tegra-bch.unsigned >tegra-bch.unfilled
    perl -MDigest::SHA=sha256 -e 'local $/; my $payload = <>; my $f = "\0" x 0x1000;
        sub put { substr($f, $_[0], length $_[1]) = $_[1] }
        put(0, "NVDA"); put(0xba0, pack "V", 1); put(0xef0, pack "V", 1);
        put($_, "CPBL" . pack "V", length $payload) for 0xbb0, 0xf00;
        put($_, sha256 $payload) for 0xbe0, 0xf20;
        print $f, $payload' "$I/bl2.bin" >tegra-t194.unsigned
    flip tegra-t194.unsigned 0x10 tegra-t194.uncheckable # somebody signed it
    flip tegra-t194.unsigned -1 tegra-t194.unfilled
    for signed in good other unsigned; do
        run 0 pack qspi -o qspi.$signed layout="$SOURCE/examples/jetson-product/flash_qspi.xml" A_mb2=tegra-bch.$signed
    done
    run 0 pack qspi -o two layout="$SOURCE/examples/jetson-product/flash_qspi.xml" A_mb2=tegra-bch.good \
        B_mb2=tegra-bch.good
    flip qspi.good 0x422010 qspi.tampered
    flip two 0x420000 qspi.headless # one copy has its header no more
    cp tegra-bch.pub qspi.pub
}
make_t210() {
    cp "$V/t210/out.img" t210-bct.unsigned
    for signer in good:rsa2048 other:tw; do
        run 0 sign --key "$K/${signer#*:}.pem" --set region=bootloader t210-bct t210-bct.unsigned -o half
        run 0 sign --key "$K/${signer#*:}.pem" t210-bct half -o t210-bct.${signer%:*}
    done
    flip t210-bct.good 0x600 t210-bct.tampered
    public "$K/rsa2048.pem" t210-bct.pub
}
make_x509() {
    openssl x509 -in "$K/cap_sub.crt" -outform DER -out x509.good
    openssl x509 -in "$U/KEK.crt" -outform DER -out x509.other
    flip x509.good -1 x509.tampered
    cp "$K/cap_root.crt" x509.ca
}
make_raw() {
    run 0 sign raw "$I/bl2.bin" -o raw.good --key "$K/p256.pem" --scheme ecdsa-sha256
    cp raw.good raw.uncheckable
    run 0 sign raw "$I/bl2.bin" -o raw.other --key "$K/p521.pem" --scheme ecdsa-sha256
    flip raw.good -1 raw.tampered
    public "$K/p256.pem" raw.pub
    for what in good tampered other; do
        echo "--format raw --with content=$I/bl2.bin" >raw.$what.options
        echo "--scheme ecdsa-sha256" >raw.$what.pub.options
    done
    echo "--format raw" >raw.uncheckable.options
    echo "--scheme ecdsa-sha256" >raw.uncheckable.pub.options
}
make_plain() {
    cp "$DATA/vectors/ekb/eks/v1_t234_k1_ftpm_offline.img" ekb.unsigned
    { cat "$I/bl2.bin" ekb.unsigned; head -c 4096 /dev/zero; } >flash-dump.unsigned
    cp "$DATA/vectors/tpm/log" eventlog.unsigned
    run 0 fuse xml -q --plaintext-secrets --opt-in-enable 1 --psc-odm-static 0x60 -o fuse-xml.unsigned
    sed 's/OptIn/OptOut/' fuse-xml.unsigned >fuse-xml.tampered
    sed 's/OptInEnable/BootSecurityInfo/; /Psc/s/.*/<fuse name="Kek256" size="32" value="'"$(cat sym.key)"'"\/>/' \
        fuse-xml.unsigned >fuse-xml.uncheckable # of Xavier
    cp "$(find "$DATA/vectors/ekb/odm" -type f | sort | head -n 1)" nvftpm.unsigned
    printf '%s\n' '/dts-v1/;' '/ { compatible = "nvidia,tegra234"; chosen { }; firmware { }; };' | dtc -q -O dtb -o in.dtb -
    run 0 pack uefi-dtb -o uefi-dtb.unsigned dtb=in.dtb cert="$K/cap_root.crt" --set lowest-supported-version=1
    run 0 pack uefi-keys-dtbo -o uefi-keys-dtbo.unsigned PK="$U/PK.esl" KEK="$U/KEK.esl" db="$U/db.esl"
}
make_overlays() {
    dtc -q -O dtb -o uefi-variables-dtbo.unsigned "$DATA/image/uefi-overlay-not-keys.dts"
    for signer in good:KEK other:PK; do
        name=${signer#*:}
        run 0 sign uefi-auth "$U/db.esl" -o db.auth --key "$K/$name.key" --cert "$U/$name.crt" --set variable=db \
            --set append=yes
        run 0 pack uefi-update-dtbo -o uefi-update-dtbo.${signer%:*} db=db.auth
    done
    flip uefi-update-dtbo.good 'rindex($_, "rotkit test db")' uefi-update-dtbo.tampered
    public "$K/KEK.key" uefi-update-dtbo.pub
    cp "$U/KEK.crt" uefi-update-dtbo.ca
}
# weak: RSA of 1024 bits, which nothing allows here. expired: judged long after its certificate has ended.
make_dated() {
    openssl genrsa -out weak.key 1024 2>/dev/null
    cp "$K/rsa3072.pem" expired.key
    for case in weak expired; do
        openssl req -x509 -key $case.key -days 30 -subj /CN=$case -out $case.crt 2>/dev/null
        for format in capsule uefi-auth uefi-pe kernel-cms corim; do
            [ $format.$case != corim.weak ] || continue # COSE has no such key
            set --
            [ $format != uefi-auth ] || set -- --set variable=KEK
            [ $format != kernel-cms ] || set -- --set form=appended
            run 0 sign $format $format.unsigned -o $format.$case --key $case.key --cert $case.crt --allow-weak rsa1024 "$@"
            public $case.key $format.$case.pub
            cp $case.crt $format.$case.ca
            [ $case != expired ] || echo '--at 2200-01-01' >$format.$case.ca.options
        done
        openssl x509 -in $case.crt -outform DER -out x509.$case
        cp $case.crt x509.$case.ca
    done
    mv corim.expired.ca.options x509.expired.ca.options
    cp x509.expired.ca.options corim.expired.ca.options
    run 0 sign raw "$I/bl2.bin" -o raw.weak --key weak.key --scheme rsa-pss-sha256 --allow-weak rsa1024
    public weak.key raw.weak.pub
    echo "--format raw --with content=$I/bl2.bin" >raw.weak.options
    echo "--scheme rsa-pss-sha256" >raw.weak.pub.options
}
# revoked: by its CA's list, where that is given: with --ca.
make_revoked() {
    openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -days 3000 -subj /CN=revoking \
        -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null
    echo 'keyUsage=digitalSignature' >extensions
    openssl req -new -key "$K/rsa3072.pem" -subj /CN=revoked 2>/dev/null |
        openssl x509 -req -CA ca.crt -CAkey ca.key -CAcreateserial -days 3000 -extfile extensions -out revoked.crt 2>/dev/null
    openssl x509 -in revoked.crt -outform DER -out x509.revoked
    run 0 ca crl --cert ca.crt --key ca.key --revoke x509.revoked -o ca.crl
    for format in capsule uefi-auth uefi-pe kernel-cms corim; do
        set --
        [ $format != uefi-auth ] || set -- --set variable=KEK
        [ $format != kernel-cms ] || set -- --set form=appended
        run 0 sign $format $format.unsigned -o $format.revoked --key "$K/rsa3072.pem" --cert revoked.crt "$@"
        public "$K/rsa3072.pem" $format.revoked.pub
    done
    for format in capsule uefi-auth uefi-pe kernel-cms corim x509; do
        cp ca.crt $format.revoked.ca
        echo "--crl ca.crl" >$format.revoked.ca.options
    done
}
for family in optee_ta optee_subkey fip fit capsule uefi_auth uefi_pe kernel corim avb tegra t210 x509 raw plain overlays dated revoked; do
    make_$family
done
# Where a format takes no certificate, or no key, any other stands for what is asked.
public "$K/p256.pem" any.pub
cp "$U/db.crt" any.ca

either() { # the first that is there
    [ -f "$1" ] && echo "$1" || echo "$2"
}
gravest() { # CODE...
    for code in 3 2 8 0; do
        case " $* " in
        *" $code "*)
            echo $code
            return
            ;;
        esac
    done
}
# The cases of a format are asked for in one run a column, those with a key or options of their own in another.
grep -v '^#' "$table" >lines
while read -r format case none pub ca; do
    file=$format.$case group=$format
    [ "$case" != cut ] || half "$format"
    [ -f "$file" ] || fail "no file $file"
    [ ! -f "$file.options" ] && [ ! -f "$file.pub" ] && [ ! -f "$file.ca" ] || group=$file
    echo "$file $none" >>"$group.none.group"
    echo "$file $pub" >>"$group.pub.group"
    echo "$file $ca" >>"$group.ca.group"
done <lines
: >wrong
for wanted in *.group; do
    name=${wanted%.*.group}
    column=${wanted#"$name".}
    column=${column%.group}
    set --
    [ "$column" = none ] || set -- "--$column" "$(either "$name.$column" "$(either "${name%%.*}.$column" "any.$column")")"
    for options in "$name.options" "$name.$column.options"; do
        # shellcheck disable=SC2046
        [ ! -f "$options" ] || set -- "$@" $(cat "$options")
    done
    code=0
    # shellcheck disable=SC2046
    "$ROTKIT" verify --json "$@" $(cut -d ' ' -f 1 "$wanted") >"$out" 2>"$err" </dev/null || code=$?
    jq -r '"\(.path) \(.outcome)"' "$out" |
        sed 's/holds$/0/; s/fails$/3/; s/unreadable$/2/; s/unknown$/8/' >found
    cmp -s "$wanted" found || { echo "$name, $column:"; diff "$wanted" found || :; cut -c 1-300 "$err"; } >>wrong
    all=$(gravest $(cut -d ' ' -f 2 "$wanted"))
    [ "$code" = "$all" ] || echo "$name, $column: exit $code, the gravest is $all" >>wrong
done
[ ! -s wrong ] || fail "$(cat wrong)"

# A key of any other kind has signed none of it: 3 where the right key says 0 or 3, and never the 4 of a key that is no use.
openssl genrsa -out rsa1024.pem 1024 2>/dev/null
openssl genpkey -algorithm ed25519 -out ed25519.pem
openssl ecparam -name secp384r1 -genkey -noout -out p384.pem
for key in rsa1024.pem ed25519.pem p384.pem "$K/rsa2048.pem" "$K/rsa3072.pem" "$K/p256.pem" "$K/p521.pem"; do
    kind=$(basename "$key" .pem)
    public "$key" "$kind.pub"
    while read -r format case none pub ca; do
        file=$format.$case
        case $file in raw.*) continue ;; *.good | *.unsigned | *.unfilled) ;; *) continue ;; esac
        [ "$pub" != 0 ] || pub=3
        cmp -s "$kind.pub" "$(either "$file.pub" "$format.pub")" && continue
        echo "$file $pub" >>"$kind.kinds"
    done <lines
    # shellcheck disable=SC2046
    run 3 verify --json --pub "$kind.pub" $(cut -d ' ' -f 1 "$kind.kinds")
    jq -r '"\(.path) \(.outcome)"' "$out" | sed 's/holds$/0/; s/fails$/3/; s/unreadable$/2/; s/unknown$/8/' >found
    same "outcomes under a key of kind $kind" "$kind.kinds" found
    cmp -s "$kind.pub" raw.pub ||
        run 3 verify --pub "$kind.pub" --format raw --scheme ecdsa-sha256 --with content="$I/bl2.bin" raw.good
done

# Every format is in the table, with what it can be.
run 0 pack --formats --json
jq -r '.formats[].name' "$out" | sort >known
cut -d ' ' -f 1 lines | sort -u >tabled
same "formats in the table" known tabled
