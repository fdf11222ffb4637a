# SPDX-License-Identifier: Apache-2.0
# What firmware does not take: each rule that `rotkit help firmware` lists has a file here that breaks it, and one that
# keeps it. Without --for, what is made is warned of; with it nothing is made, and verify says that it does not hold.
# tests/firmware asks firmware itself.
. "$(dirname "$0")/lib.sh"
need jq openssl dtc fdtput
V=$DATA/vectors/boot
I=$V/inputs

run 0 key new --type rsa2048 rsa2048.pem
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
        *) fail "no file here breaks the rule \"$format $firmware $fact $option\"" ;;
    esac
}

# ---- each rule ----
run 0 help firmware
sed -n 's/^  \([a-z][^ ]*\)  *\([a-z][^ ]*\)  *\([^:]*\): .*/\1|\2|\3|/p
    s/^ .*unless it is built with \([A-Za-z0-9_]*\): --for .*/+\1/p' "$out" |
    awk '/^\+/ { row = row substr($0, 2); next } row != "" { print row } { row = $0 } END { print row }' >rules
[ "$(wc -l <rules)" -ge 6 ] || fail "too few rules are read: $(cat rules)"
while IFS='|' read -r format firmware fact option; do
    what="$format $firmware $fact"
    breaks
    run 0 verify --for "$firmware" taken
    run 3 verify --for "$firmware" broken
    grep -q "$firmware does not take $fact \"" "$err" || fail "$what: another reason: $(cat "$err")"
    run 3 verify --json --for "$firmware" broken
    jq -e '.outcome == "fails"' "$out" >/dev/null || fail "$what: JSON: $(cat "$out")"
    [ -z "$option" ] || run 0 verify --for "$firmware+$option" broken
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
