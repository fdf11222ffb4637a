# SPDX-License-Identifier: Apache-2.0
# Signature lists that others made are read and named; hash lists of programs, signed empty lists and signed variables
# with their attributes are as efitools, pesign and sbvarsign have them.
. "$(dirname "$0")/lib.sh"
need hash-to-efi-sig-list sign-efi-sig-list sbvarsign sbsign pesign openssl xxd
V=$DATA/vectors/boot
owner=605dab50-e046-4300-abb6-3dd810dd8b23

run 0 inspect "$DATA/image/sha384.esl"
stdout_is "uefi-auth
0x000000      156  UEFI Secure Boot variable
0x000000      156    signature lists
0x000000      156      SHA-384 list
0x00001c       64        entry  owner 77fa9abd-0359-4d32-bd60-28f4e78f784b d3d1c3fe628b10a7fc5cb08ccadab07a1e8e5819ce03451df7affc0d0185e9a2aa0cecda6fd7d774fbdf8201ae5a4086
0x00005c       64        entry  owner 77fa9abd-0359-4d32-bd60-28f4e78f784b 48c387457ac0ae6639829ccb37259b80932c420a1ce171226a369844a8abaeb82976324262ba72f887efe9954480a9fe
structure holds, not signed"
run 0 inspect "$DATA/image/efivar-db.bin"
stdout_is "uefi-auth
0x000000     2298  UEFI Secure Boot variable
0x000000        4    attributes  0x00000027 NON_VOLATILE BOOTSERVICE_ACCESS RUNTIME_ACCESS TIME_BASED_AUTHENTICATED_WRITE_ACCESS
0x000004     2294    signature lists
0x000004      813      certificate list
0x000020      785        entry  owner 11111111-2222-3333-4444-555555555555 CN=kek
0x000331       76      SHA-256 list
0x00034d       48        entry  owner $owner 67ce897580b458ca590d5eb766ad1c8ca7ebc9fd49112003a56ce412fdf455e7
0x00037d     1405      certificate list
0x000399     1377        entry  owner 00000000-0000-0000-0000-000000000000 CN=Größe,O=Müller GmbH,C=DE
structure holds, not signed"

# A certificate's digest and since when it is revoked (UEFI 2.10, 32.4.1: a hash, then EFI_TIME; zero is always).
hash=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
{
    printf '92a4d23bc0967940b420fcf98ef103ed 9c000000 00000000 40000000'
    printf '50ab5d60 46e00043 abb63dd810dd8b23 %s ea070203040506000000000000000000' $hash
    printf '50ab5d60 46e00043 abb63dd810dd8b23 %s 00000000000000000000000000000000' $hash
} | unhex >revoked.esl
run 0 inspect revoked.esl
sed -n '4,$p' "$out" >found
is found "0x000000      156      certificate SHA-256 list
0x00001c       64        entry  owner $owner
0x00002c       32          hash  $hash
0x00004c       16          revoked from  2026-02-03 04:05:06
0x00005c       64        entry  owner $owner
0x00006c       32          hash  $hash
0x00008c       16          revoked from  always
structure holds, not signed"

# ---- programs by their hash ----
hash-to-efi-sig-list "$V/uefi/min_aarch64.efi" theirs.esl >/dev/null
run 0 pack uefi-auth program="$V/uefi/min_aarch64.efi" --set owner=$owner -o ours.esl
cmp ours.esl theirs.esl || fail "efitools makes another list of a program"
# Signed or not, EDK2 digests the same where no padding goes between; a digest stands there once.
run 0 pack uefi-auth program="$V/uefi/min_aarch64.efi" program="$V/uefi/min_aarch64.signed.efi" --set owner=$owner -o once.esl
cmp ours.esl once.esl || fail "the same digest twice"
# Five bytes above a multiple of 8: as it is (pesign's digest with padding off), and as it will be once it is signed.
{ cat "$V/uefi/min_aarch64.efi" && printf trail; } >odd.efi
sbsign --key "$V/keys/db.key" --cert "$V/uefi/db.crt" --output odd.signed.efi odd.efi 2>/dev/null
run 0 pack uefi-auth program=odd.efi cert="$V/uefi/db.crt" program="$V/uefi/min_aarch64.efi" --set owner=$owner -o odd.esl
run 0 inspect odd.esl
sed -n 's/.*entry  owner [^ ]* //p' "$out" >found
{
    echo "CN=rotkit test db"
    pesign -h -P -i odd.efi
    pesign -h -i odd.efi
    pesign -h -i "$V/uefi/min_aarch64.efi"
} | sed 's/^hash: //' >all
# pesign calls padding what sbsign makes of it: which of the two comes first is not its to say
{ sed -n 1p all; sed -n 2,3p all | sort; sed -n 4p all; } >wanted
{ sed -n 1p found; sed -n 2,3p found | sort; sed -n 4p found; } >sorted
cmp wanted sorted || { cat wanted sorted >&2; fail "pesign finds other digests"; }
pesign -h -i odd.signed.efi | sed 's/^hash: //' >signed
grep -qxf signed found || fail "the digest of the program once signed is missing"
# and rotkit's own firmware rule takes the program by either: unsigned, and signed by a stranger
for file in odd.efi odd.signed.efi; do
    run 0 verify --db odd.esl $file
    run 3 verify --db "$DATA/image/efivar-db.bin" --dbx odd.esl $file
done
run 0 pack uefi-auth program=odd.signed.efi --set owner=$owner -o one.esl
[ "$(stat -c %s one.esl)" -eq 76 ] || fail "a signed program has more than its own digest"
refuse 2 'rotkit: pack uefi-auth: part "program": no MZ header of 64 bytes' pack uefi-auth program="$V/uefi/db.crt" -o no.esl
refuse 2 'rotkit: pack uefi-auth: nothing to write: needs a part "cert" or "program"
  an empty file, signed, takes a variable away' pack uefi-auth -o no.esl

# ---- an empty list, signed, takes PK away ----
: >empty.esl
run 0 sign uefi-auth empty.esl -o ours.auth --key "$V/keys/PK.key" --cert "$V/uefi/PK.crt" --set variable=PK \
    --set time=2026-02-03T04:05:06Z
TZ=UTC sign-efi-sig-list -t "2026-02-03 04:05:06" -k "$V/keys/PK.key" -c "$V/uefi/PK.crt" PK empty.esl theirs.auth >/dev/null
cmp ours.auth theirs.auth || fail "efitools signs an empty list in another way"
run 0 verify --ca "$V/uefi/PK.crt" ours.auth
grep -q 'signature holds for taking away variable PK' "$out" || fail "$(cat "$out")"
run 3 verify --ca "$V/uefi/KEK.crt" ours.auth
run 0 inspect ours.auth
grep -q '0    signature lists  none: takes the variable away' "$out" || fail "$(cat "$out")"
refuse 2 'rotkit: "empty.esl": sign uefi-auth: append=yes with an empty list would change nothing' sign uefi-auth empty.esl \
    -o no.auth --key "$V/keys/PK.key" --cert "$V/uefi/PK.crt" --set variable=PK --set append=yes

# ---- other variables, and attributes in front ----
image_guid=d719b2cb-3d3a-4596-a3bc-dad00e67656f
for name in db dbx dbt dbr; do
    sbvarsign --key "$V/keys/KEK.key" --cert "$V/uefi/KEK.crt" --guid $image_guid --include-attrs --output theirs.auth \
        --attr NON_VOLATILE,BOOTSERVICE_ACCESS,RUNTIME_ACCESS,APPEND_WRITE $name once.esl
    run 0 verify --ca "$V/uefi/KEK.crt" theirs.auth
    grep -q "signature holds for appending to $name; not signed: 0x14-" "$out" || fail "$(cat "$out")"
    run 3 verify --ca "$V/uefi/KEK.crt" --set variable=PK theirs.auth
    cp theirs.auth flipped.auth
    flip flipped.auth 0
    run 3 verify --ca "$V/uefi/KEK.crt" flipped.auth
done
run 0 inspect theirs.auth
grep -q 'attributes  0x00000067 NON_VOLATILE BOOTSERVICE_ACCESS' "$out" || fail "$(cat "$out")"
refuse 2 'rotkit: "once.esl": sign uefi-auth: setting "variable": expected PK, KEK, db, dbx, dbt or dbr' sign uefi-auth once.esl \
    -o no.auth --key "$V/keys/KEK.key" --cert "$V/uefi/KEK.crt" --set variable=MokList
# shim's MokListRT, as efivarfs shows it: readable at run time, lists of certificates and hashes.
{ printf '\006\0\0\0' && cat "$V/uefi/db.esl" ours.esl; } >MokListRT
run 0 inspect MokListRT
grep -q 'attributes  0x00000006 BOOTSERVICE_ACCESS RUNTIME_ACCESS$' "$out" || fail "$(cat "$out")"
grep -q 'entry  owner .* CN=rotkit test db$' "$out" || fail "$(cat "$out")"
run 0 verify --db MokListRT "$V/uefi/min_aarch64.signed.efi"
run 3 verify --db "$DATA/image/efivar-db.bin" --dbx MokListRT "$V/uefi/min_aarch64.signed.efi"
# What a variable holds goes into another list, whatever it stands in.
run 0 pack uefi-auth cert=theirs.auth cert="$DATA/image/efivar-db.bin" -o both.esl
{ cat once.esl && tail -c +5 "$DATA/image/efivar-db.bin"; } >wanted
cmp both.esl wanted || fail "lists of a signed variable and of a dump"
