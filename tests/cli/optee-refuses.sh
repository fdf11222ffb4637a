# SPDX-License-Identifier: Apache-2.0
# What a board with OP-TEE could not use, or nobody should: one clear error each, before anything is made.
. "$(dirname "$0")/lib.sh"
need openssl perl
. "$SOURCE/tests/support/optee.sh"
unset SOURCE_DATE_EPOCH

optee_product product
by_master product 1 2
key_line() {
    grep -n "^ *$1:" product/manifest.yaml | tail -n 1 | cut -d : -f 1
}
elf_at=product/manifest.yaml:$(key_line elf):8
huk_at=product/manifest.yaml:$(key_line huk-db):13
cp product/components/ftpm_ta.elf good.elf
cp product/devices/huk_db.csv good.csv
cp product/manifest.yaml good.yaml

# elf WHAT: the TA at hand is refused, and why
elf() {
    refuse 2 "rotkit: $elf_at: ftpm-ta.elf: \"product/components/ftpm_ta.elf\": $1
  rotkit help optee says what is built into the TA" build product/manifest.yaml
    cp good.elf product/components/ftpm_ta.elf
}
# patch PERL: of the whole TA in $_
patch() {
    perl -0777 -pe "$1" good.elf >product/components/ftpm_ta.elf
    ! cmp -s good.elf product/components/ftpm_ta.elf || fail "nothing was patched by $1"
}
property='property "com.microsoft.ta.endorsementSeed"'
echo 'no program' >product/components/ftpm_ta.elf
elf "no ELF file"
patch 's/endorsementSeed/endorsementSeet/g'
elf "no $property, as a binary block"
patch 's/A{86}==/B . "A" x 85 . "=="/e'
elf 'no placeholder: the base64 text of 64 zeros, 86 "A" and "=="'
patch 's/$/"A" x 86 . "==\0"/e'
elf 'more than one placeholder: the base64 text of 64 zeros, 86 "A" and "=="'
patch 'substr($_, 5, 1) = "\2"'
elf "a big-endian ELF file, expected little-endian: OP-TEE runs so"
patch 'substr($_, 18, 1) = "\x3e"'
elf "an ELF file for machine 62, class 2: expected AArch64 (183, class 2) or Arm (40, class 1)"
patch 'substr($_, 16, 1) = "\2"'
elf "an ELF file of type 2, expected 3: a TA is linked to be loaded anywhere"
head -c 60 good.elf >product/components/ftpm_ta.elf
elf "an ELF file that ends in its header"
# The relocation of the row's value: R_AARCH64_RELATIVE at 0x1028, to the placeholder at 0x80; now to another text.
patch 's/(\x28\x10\0{6}\x03\x04\0{6})\x80/$1\x64/'
elf "$property does not point to the placeholder at 0x$(printf %x "$(grep -obUa 'A\{86\}==' good.elf | cut -d : -f 1)")"
# One that fills in nothing that rotkit knows.
patch 's/(\x28\x10\0{6})\x03\x04/$1\x04\x04/'
elf "$property does not point to the placeholder at 0x$(printf %x "$(grep -obUa 'A\{86\}==' good.elf | cut -d : -f 1)")"
# A row of the property's name that is a string.
patch 's/(\x18\x10\0{6}\x03\x04)/$1/; s/\x05(\0{7})/\x04$1/'
elf "no $property, as a binary block
  its name is in the file, but no row of three words begins with a pointer to it that OP-TEE's loader fills in"

sed 's/^  #uuid: .*/  uuid: bc50d971-d4c9-42c4-82cb-343fb7f37897/' good.yaml >product/manifest.yaml
refuse 2 "rotkit: product/manifest.yaml:$(key_line uuid):9: ftpm-ta.uuid: \"product/components/ftpm_ta.elf\" was built as $ta_uuid, and OP-TEE would look for bc50d971-d4c9-42c4-82cb-343fb7f37897" \
    build product/manifest.yaml
sed 's/^  #uuid: .*/  uuid: bc50d971/' good.yaml >product/manifest.yaml
run 2 build product/manifest.yaml
grep -q '^rotkit: product/manifest.yaml:[0-9]*:9: ftpm-ta.uuid: ' "$err" || fail "$(cat "$err")"

# ---- what it is encrypted under ----
cp good.yaml product/manifest.yaml
grep -v '^00010000000000000002,' good.csv >product/devices/huk_db.csv
refuse 2 "rotkit: \"product/devices/huk_db.csv\" has no row for device 00010000000000000002
  its TA would be encrypted under its HUK: add the row, or leave the device out of this build" build product/manifest.yaml
# Before any is made, so there is nothing to keep going with.
run 2 build --keep-going product/manifest.yaml
{
    cat good.csv
    grep '^00010000000000000001,' good.csv
} >product/devices/huk_db.csv
refuse 2 "rotkit: $huk_at: ftpm-ta.encrypt.huk-db: product/devices/huk_db.csv:6: device 00010000000000000001 is on line 2 already: two devices would have one identity" \
    build product/manifest.yaml
expected='
  expected: first "unit,huk", then rows: 20 hex digits, a comma, 32'
sed '2s/.$//; 2s/.$//' good.csv >product/devices/huk_db.csv
refuse 2 "rotkit: $huk_at: ftpm-ta.encrypt.huk-db: product/devices/huk_db.csv:2: malformed row$expected" build product/manifest.yaml
sed 1d good.csv >product/devices/huk_db.csv
refuse 2 "rotkit: $huk_at: ftpm-ta.encrypt.huk-db: product/devices/huk_db.csv:1: no header$expected" build product/manifest.yaml
sed '3s/,./,g/' good.csv >product/devices/huk_db.csv
refuse 2 "rotkit: $huk_at: ftpm-ta.encrypt.huk-db: product/devices/huk_db.csv:3: a character that is no hex digit$expected" build product/manifest.yaml
sed '2s/,/\r/' good.csv >product/devices/huk_db.csv
refuse 2 "rotkit: $huk_at: ftpm-ta.encrypt.huk-db: product/devices/huk_db.csv:2: malformed row$expected" build product/manifest.yaml
sed '3s/,..*\(..\)$/,\1/; 3s/$/\r\r/' good.csv >product/devices/huk_db.csv
refuse 2 "rotkit: $huk_at: ftpm-ta.encrypt.huk-db: product/devices/huk_db.csv:3: malformed row$expected" build product/manifest.yaml
tr , '\0' <good.csv | sed '1s/.*/unit,huk/' >product/devices/huk_db.csv
refuse 2 "rotkit: $huk_at: ftpm-ta.encrypt.huk-db: product/devices/huk_db.csv:2: malformed row$expected" build product/manifest.yaml
rm product/devices/huk_db.csv
mkfifo product/devices/huk_db.csv
cat good.csv >product/devices/huk_db.csv &
run 2 build product/manifest.yaml
stderr_is "rotkit: $huk_at: ftpm-ta.encrypt.huk-db: \"product/devices/huk_db.csv\" is no regular file, and its rows are looked up in any order"
wait
rm product/devices/huk_db.csv
openssl cms -encrypt -binary -outform DER -aes-256-gcm -in good.csv -out product/devices/huk_db.csv product/factory/factory.pem
sed 's/^devices:$/devices:\n  key: factory\/factory.key/' good.yaml >product/manifest.yaml
run 4 build product/manifest.yaml
grep -q 'ftpm-ta.encrypt.huk-db: "product/devices/huk_db.csv" is sealed, and its rows are looked up in any order: open it first (rotkit secret open)$' "$err" ||
    fail "$(cat "$err")"
cp good.yaml product/manifest.yaml
cp good.csv product/devices/huk_db.csv
chmod 666 product/devices/huk_db.csv
run 4 build product/manifest.yaml
grep -q 'huk_db.csv' "$err" || fail "$(cat "$err")"
chmod 600 product/devices/huk_db.csv

# HUKs that keep no secret are warned of.
printf 'unit,huk\n00010000000000000001,%032d\n00010000000000000002,%s\n00010000000000000003,%s\n' 0 abababababababababababababababab \
    abababababababababababababababab >product/devices/huk_db.csv
run 0 build -n product/manifest.yaml
grep -q 'huk_db.csv": 1 HUK of zeros, as of boards that are not fused: anybody can read their TAs$' "$err" || fail "$(cat "$err")"
grep -q 'huk_db.csv": boards share a HUK: each can read the others. TAs$' "$err" || fail "$(cat "$err")"
cp good.csv product/devices/huk_db.csv
run 0 build -n product/manifest.yaml
! grep -q HUK "$err" || fail "$(cat "$err")"

encrypt_at=product/manifest.yaml:$(key_line huk-db):5
openssl rand -hex 32 >product/keys/class.key
sed 's/^    #class-key: .*/    class-key: keys\/class.key/' good.yaml >product/manifest.yaml
refuse 2 "rotkit: $encrypt_at: ftpm-ta.encrypt: exactly one of huk-db and class-key is needed" build product/manifest.yaml
sed 's/^    huk-db: .*/    {}/' good.yaml >product/manifest.yaml
run 2 build product/manifest.yaml
# Sealed to nobody, what a class key encrypts would be public.
sed -e 's/^    huk-db: .*/    class-key: keys\/class.key/' -e '/^secrets:/d' -e '/^  recipient: /d' good.yaml >product/manifest.yaml
run 2 build product/manifest.yaml
grep -q 'secrets.recipient: a TA under a class key holds its device.s seed; name the factory certificate to seal them to, or give --plaintext-secrets$' "$err" ||
    fail "$(cat "$err")"
sed -e 's/^    huk-db: .*/    class-key: keys\/class.key/' -e 's/^  #algo: .*/  algo: rsa-pss-sha256/' good.yaml >product/manifest.yaml
run 2 build product/manifest.yaml
grep -q 'ftpm-ta.algo: rsa-pss-sha256 signatures are random, and a sealed TA cannot be kept from build to build: take rsa-pkcs1-sha256 under a class key$' "$err" ||
    fail "$(cat "$err")"
sed 's/^    huk-db: .*/    class-key: keys\/class.key/' good.yaml >product/manifest.yaml
openssl rand -hex 16 >product/keys/class.key
run 2 build product/manifest.yaml
grep -q 'ftpm-ta.encrypt.class-key: key file "product/keys/class.key": 16 bytes, expected 32$' "$err" || fail "$(cat "$err")"

# ---- keys and units ----
cp good.yaml product/manifest.yaml
cp product/keys/ta.key ta.key
openssl ecparam -genkey -name prime256v1 -noout -out product/keys/ta.key
chmod 600 product/keys/ta.key
run 4 build product/manifest.yaml
grep -q '^rotkit: product/manifest.yaml:[0-9]*:8: ftpm-ta.key: ' "$err" || fail "$(cat "$err")"
cp ta.key product/keys/ta.key
sed 's/^  master-key: /  eps-db: devices\/eps_db.csv\n&/' good.yaml >product/manifest.yaml
refuse 2 "rotkit: product/manifest.yaml:$(($(key_line eps-db))):3: devices: exactly one of eps-db and master-key is needed" build product/manifest.yaml
sed 's/^role: both/role: odm/' good.yaml >product/manifest.yaml
run 2 build product/manifest.yaml
grep -q 'role: platform optee knows no hand-over between two companies: expected both$' "$err" || fail "$(cat "$err")"
# A seed of another length is no row.
printf 'unit,eps\r\n00010000000000000001,%s\r\n' "$(openssl rand -hex 32)" >product/devices/eps_db.csv
sed -e 's/^  master-key: .*/  eps-db: devices\/eps_db.csv/' -e '/^  oem-id: /d' -e '/^  first-sn: /d' -e '/^  count: /d' good.yaml >product/manifest.yaml
refuse 2 'rotkit: product/devices/eps_db.csv:2: malformed row
  expected: first "unit,eps", then rows: 20 hex digits, a comma, 128' build product/manifest.yaml
# Sealed, it is read by the manifest's key alone.
printf 'unit,eps\r\n00010000000000000001,%s\r\n' "$(openssl rand -hex 64)" >eps.csv
openssl cms -encrypt -binary -outform DER -aes-256-gcm -in eps.csv -out product/devices/eps_db.csv product/factory/factory.pem
refuse 4 'rotkit: "product/devices/eps_db.csv" is sealed: a manifest names the key that opens it (devices.key), or open it first (rotkit secret open)' \
    build product/manifest.yaml
sed -i 's/^devices:$/devices:\n  key: factory\/factory.key/' product/manifest.yaml
run 0 build -q -o sealed product/manifest.yaml
hides "$(cut -d , -f 2 eps.csv | sed -n 2p | tr -d '\r')" $(find sealed -type f)
# A version is 32 bits.
sed 's/^  version: 1$/  version: 4294967296/' product/manifest.yaml >product/high.yaml
run 2 build product/high.yaml
grep -q 'ftpm-ta.version: "4294967296" is above 4294967295$' "$err" || fail "$(cat "$err")"
sed -e 's/^  version: 1$/  version: 4294967295/' -e 's/^  #uuid: .*/  uuid: BC50D971-D4C9-42C4-82CB-343FB7F37896/' product/manifest.yaml >product/high.yaml
run 0 build -q -o high product/high.yaml
# OP-TEE looks for the UUID in lower case, however the manifest has it.
run 0 inspect "$(unit_folder high 00010000000000000001)/$ta_uuid.ta"
grep -q 'ta_version  0xffffffff$' "$out" || fail "$(cat "$out")"
# Files of another platform.
refuse 2 'rotkit: platform optee has one database: expected --eps-db alone
  see '"'rotkit help device new'" device new --platform optee --oem-id 1 --first-sn 1 --count 1 --kdk-db k --eps-seeds s --pubkey-db p --plaintext-secrets
printf '0001 0000000000000001 %064x\n' 1 >kdk.csv
refuse 2 '{"error":{"code":2,"message":"device \"00010000000000000001\": platform optee has an identity of its own, of no KDK0","context":[]}}' \
    device derive -q --json --kdk-db kdk.csv --eps-seeds kdk.csv --platform optee
[ ! -e product/release ] || fail "something was made"
