# SPDX-License-Identifier: Apache-2.0
# TAs as compilers and linkers lay them out: the stand-ins of examples/optee are what their source gives, and the seed
# is found in TAs of both machines, stripped or not, whether their pointers are relative to the base or to symbols;
# what a linker makes of another table, machine or byte order is refused. The judges are GCC and binutils.
. "$(dirname "$0")/lib.sh"
need aarch64-linux-gnu-gcc arm-linux-gnueabihf-gcc make openssl python3
python3 -c 'import cryptography' 2>/dev/null || skip "python3-cryptography is absent"
. "$SOURCE/tests/support/optee.sh"
unset SOURCE_DATE_EPOCH

cp -r "$SOURCE/examples/optee" example
rm example/ftpm_ta.elf example/ftpm_ta_32.elf
make -s -C example/ta >"$out" 2>&1 || fail "$(cat "$out")"
for elf in ftpm_ta.elf ftpm_ta_32.elf; do
    cmp "example/$elf" "$SOURCE/examples/optee/$elf" || fail "$elf is not what its source gives"
done

optee_product product
by_master product 1 1
first=00010000000000000001
run 0 build -q product/manifest.yaml
grep "^$first," product/devices/huk_db.csv | cut -d , -f 2 | tr -d '\r' >huk
base64=$(printf %s $known_eps | unhex | base64 -w 0)
placeholder=$(printf '\0%.0s' 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 | base64 -w 0 | cut -c 1) # A
zeros=$(awk -v a="$placeholder" 'BEGIN { for (i = 0; i < 86; i++) printf a; print "==" }')

# seeded CASE CC FLAG...: a TA of ta.c, or of CASE.c where that is there, takes the seed where the placeholder was
link='-fPIC -shared -nostdlib -ffreestanding -fno-asynchronous-unwind-tables -Wl,-T,example/ta/ta.ld -Wl,--build-id=none -Wl,-z,norelro'
compile() {
    source=example/ta/ta.c
    [ ! -e "$1.c" ] || source=$1.c
    compiler=$2
    shift 2
    # shellcheck disable=SC2086
    "$compiler" $link "$@" -o product/components/ftpm_ta.elf "$source" 2>"$scratch/cc" || fail "$compiler: $(cat "$scratch/cc")"
}
seeded() {
    compile "$@"
    what="$*"
    run 0 build -q product/manifest.yaml
    open_ta "$(unit_folder product/release $first)/$ta_uuid.ta" product/keys/ta.pem huk huk elf
    sed "s|$zeros|$base64|" product/components/ftpm_ta.elf >wanted
    cmp wanted elf || fail "$what: another TA"
    what=
}
# refused CASE WHY CC FLAG...
refused() {
    case_of=$1
    why=$2
    shift 2
    compile "$case_of" "$@"
    what="$case_of $*"
    run 2 build product/manifest.yaml
    grep -qF "ftpm_ta.elf\": $why" "$err" || fail "$what: $(cat "$err")"
    what=
}

sed 's/^__attribute__((used)) const struct property ta_props/const char ta_seed[] = ZEROS;\n&/; s/^      "A.*A==" }/      ta_seed }/' example/ta/ta.c |
    sed "s/ZEROS/\"$zeros\"/" >symbol.c
grep -q 'ta_seed }' symbol.c || fail "the source has changed"
for cc in aarch64-linux-gnu-gcc arm-linux-gnueabihf-gcc; do
    for optimise in -O0 -O2 -Os; do
        seeded ta $cc $optimise
        seeded ta $cc $optimise -Wl,--strip-all
    done
    # Pointers by symbols of the file: ABS64 and ABS32.
    seeded symbol $cc -O2
    $cc -v 2>/dev/null || true
    "${cc%gcc}readelf" -rW product/components/ftpm_ta.elf | grep -q 'R_A[A-Z0-9]*_ABS.*ta_seed' || fail "$cc: no pointer by a symbol"
    seeded symbol $cc -O2 -Wl,--strip-all -Wl,-Bsymbolic
    seeded ta $cc -O2 -g
done
seeded ta arm-linux-gnueabihf-gcc -Os -mthumb

sed 's/com.microsoft.ta.endorsementSeed/com.microsoft.ta.other/' example/ta/ta.c >none.c
sed 's/BINARY_BLOCK,$/STRING,/' example/ta/ta.c >string.c
sed 's/"A\{86\}==" }/"QUFB" }/; s/"stand-in for a firmware TPM"/"'"$zeros"'"/' example/ta/ta.c >elsewhere.c
sed 's/"A\{86\}==" }/"B" &/' example/ta/ta.c >longer.c
sed 's/"A\{86\}==" }/"QUFB" }/' example/ta/ta.c >other.c
sed 's/^const char \*ta_seed_name(void);/__attribute__((used)) const char second[] = "\\1'"$zeros"'";\n&/' example/ta/ta.c >two.c
sed 's/^};$/    { "com.microsoft.ta.endorsementSeed", BINARY_BLOCK, "QUFB" },\n&/' example/ta/ta.c |
    awk '/ta_props\[\]/ { inside = 1 } !/QUFB/ || inside { print } /^};/ { inside = 0 }' >rows.c
property='property "com.microsoft.ta.endorsementSeed"'
for cc in aarch64-linux-gnu-gcc arm-linux-gnueabihf-gcc; do
    refused none "no $property" $cc -O2
    refused string "no $property, as a binary block" $cc -O2
    refused elsewhere "$property does not point to the placeholder at 0x" $cc -O2
    refused longer "$property does not point to the placeholder at 0x" $cc -O2
    refused other "no placeholder" $cc -O2
    refused two "more than one placeholder" $cc -O2
    refused rows "$property has 2 rows, expected one" $cc -O2
done
refused ta "a big-endian ELF file" aarch64-linux-gnu-gcc -O2 -mbig-endian
refused ta "a big-endian ELF file" arm-linux-gnueabihf-gcc -O2 -mbig-endian -Wl,--be8
cc -O2 -fPIC -shared -nostdlib -ffreestanding -o product/components/ftpm_ta.elf example/ta/ta.c
run 2 build product/manifest.yaml
grep -q 'an ELF file for machine [0-9]*, class 2: expected' "$err" || fail "$(cat "$err")"
aarch64-linux-gnu-gcc -O2 -static -nostdlib -ffreestanding -Wl,-e,ta_seed_name -o product/components/ftpm_ta.elf example/ta/ta.c
run 2 build product/manifest.yaml
grep -q 'an ELF file of type 2, expected 3' "$err" || fail "$(cat "$err")"
aarch64-linux-gnu-gcc -c -O2 -o product/components/ftpm_ta.elf example/ta/ta.c
run 2 build product/manifest.yaml
grep -q 'an ELF file of type 1, expected 3' "$err" || fail "$(cat "$err")"
# Linked without OP-TEE's script, its head is not at the start: the UUID cannot be compared, and that is said.
aarch64-linux-gnu-gcc -O2 -fPIC -shared -nostdlib -ffreestanding -o product/components/ftpm_ta.elf example/ta/ta.c
run 0 build product/manifest.yaml
grep -q 'has no head of a TA: whether its UUID is bc50d971-' "$err" || fail "$(cat "$err")"
# Another UUID in the head.
sed 's/0xbc50d971/0xbc50d972/' example/ta/ta.c >uuid.c
compile uuid aarch64-linux-gnu-gcc -O2
run 2 build product/manifest.yaml
grep -q 'was built as bc50d972-d4c9-42c4-82cb-343fb7f37896, and OP-TEE would look for bc50d971-' "$err" || fail "$(cat "$err")"
