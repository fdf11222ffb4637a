# SPDX-License-Identifier: Apache-2.0
# db minus dbx, as EDK2 decides: efitools makes the lists (.esl, .auth, and efivar dumps of them), sbsign the signatures,
# sbverify says from which certificate each comes.
. "$(dirname "$0")/lib.sh"
need openssl sbsign sbverify cert-to-efi-sig-list cert-to-efi-hash-list hash-to-efi-sig-list sign-efi-sig-list perl

K=$DATA/vectors/boot/keys
U=$DATA/vectors/boot/uefi
for name in db KEK PK; do
    cert-to-efi-sig-list "$U/$name.crt" $name.esl
done
cert-to-efi-sig-list "$K/cap_root.crt" root.esl
cert-to-efi-sig-list "$K/cap_sub.crt" sub.esl
cp "$U/min_aarch64.efi" bare.efi
sbsign --key "$K/db.key" --cert "$U/db.crt" --output one.efi bare.efi 2>/dev/null
sbsign --key "$K/KEK.key" --cert "$U/KEK.crt" --output two.efi one.efi 2>/dev/null
cat "$K/cap_sign.crt" "$K/cap_sub.crt" >chain.pem
run 0 sign --key "$K/cap_sign.key" --cert chain.pem uefi-pe bare.efi -o chain.efi
{ cat bare.efi && printf 12345678; } >second.efi
hash-to-efi-sig-list bare.efi bare.esl >/dev/null
hash-to-efi-sig-list one.efi one.esl >/dev/null
cmp bare.esl one.esl || fail "the digest of an image depends on its signatures"
hash-to-efi-sig-list second.efi other.esl >/dev/null
at="--at 2027-01-01"
# takes FILE ARG... / leaves FILE TEXT ARG...
takes() {
    file=$1
    shift
    run 0 verify $at "$@" $file
}
leaves() {
    file=$1 text=$2
    shift 2
    refuse 3 "rotkit: $file: uefi-pe: $text" verify $at "$@" $file
}

# ---- who is in db; the same from each kind of file
takes one.efi --db db.esl
stdout_is 'one.efi: uefi-pe: signature 1 of 1 is allowed, none is forbidden; not signed: 0x98-0x9b, 0xe8-0xef, 0x600-0xc17; signer: CN=rotkit test db'
sbverify --cert "$U/db.crt" one.efi >/dev/null 2>&1 || fail "sbverify"
leaves one.efi 'signature 1 of 1: nothing in db allows it' --db KEK.esl
sbverify --cert "$U/KEK.crt" one.efi >/dev/null 2>&1 && fail "sbverify takes KEK"
sign-efi-sig-list -k "$K/KEK.key" -c "$U/KEK.crt" db db.esl db.auth >/dev/null
{ printf '\047\000\000\000' && cat db.esl; } >db.var
cat KEK.esl bare.esl db.esl >all.esl
for list in db.auth db.var all.esl; do
    takes one.efi --db $list
done
takes one.efi --db KEK.esl --db db.esl
for list in PK.esl root.esl; do
    leaves one.efi 'signature 1 of 1: nothing in db allows it' --db $list
done
takes chain.efi --db root.esl
takes chain.efi --db sub.esl

# ---- minus dbx: a certificate from which it comes, and the image's digest
in_dbx='certificate "CN=rotkit test db", from which it comes, is in dbx'
leaves one.efi "signature 1 of 1: $in_dbx" --db db.esl --dbx db.esl
leaves one.efi "signature 1 of 1: $in_dbx" --db db.esl --dbx KEK.esl --dbx db.var
takes one.efi --db db.esl --dbx KEK.esl --dbx other.esl
leaves one.efi "signature 1 of 1: the image's digest is in dbx" --db db.esl --dbx bare.esl
leaves chain.efi 'signature 1 of 1: certificate "CN=rotkit test capsule sub", from which it comes, is in dbx' \
    --db root.esl --dbx sub.esl
# By digest: the signer's certificate, or the one of db; not what stands between (EDK2 asks neither).
cert-to-efi-hash-list -s 256 "$U/db.crt" dbhash.esl >/dev/null
leaves one.efi 'signature 1 of 1: certificate "CN=rotkit test db" is in dbx, by its digest' --db db.esl --dbx dbhash.esl
for bits in 256 384 512; do
    cert-to-efi-hash-list -s $bits "$K/cap_sign.crt" signer.esl >/dev/null
    leaves chain.efi 'signature 1 of 1: certificate "CN=rotkit test capsule signer" is in dbx, by its digest' \
        --db root.esl --dbx signer.esl
done
cert-to-efi-hash-list -s 384 "$K/cap_root.crt" roothash.esl >/dev/null
leaves chain.efi 'signature 1 of 1: certificate "CN=rotkit test capsule root" of db is in dbx, by its digest' \
    --db root.esl --dbx roothash.esl
takes chain.efi --db root.esl --db sub.esl --dbx roothash.esl

# ---- several signatures: one that is allowed is enough, one that is forbidden too much, in either order
takes two.efi --db KEK.esl
takes two.efi --db db.esl
leaves two.efi 'signature 2 of 2: nothing in db allows it' --db PK.esl
leaves two.efi 'signature 2 of 2: certificate "CN=rotkit test KEK", from which it comes, is in dbx' --db db.esl --dbx KEK.esl
leaves two.efi "signature 1 of 2: $in_dbx" --db KEK.esl --dbx db.esl

# ---- without a signature, and with one of a stranger: the digest
leaves bare.efi 'is not signed, and its SHA-256 is not in db' --db db.esl
takes bare.efi --db bare.esl
stdout_is 'bare.efi: uefi-pe: is not signed, and db allows its SHA-256; not signed: 0x98-0x9b, 0xe8-0xef; signer: nobody'
leaves bare.efi 'is not signed, and its SHA-256 is in dbx' --db bare.esl --dbx bare.esl
takes one.efi --db bare.esl
grep -q '; signer: not looked at: db allows the digest$' "$out" || fail "$(cat "$out")"
leaves one.efi "signature 1 of 1: $in_dbx" --db bare.esl --dbx db.esl
leaves second.efi 'is not signed, and its SHA-256 is not in db' --db bare.esl

# ---- beside a CA or a key
takes one.efi --ca "$U/db.crt" --dbx KEK.esl
leaves one.efi "signature 1 of 1: $in_dbx" --ca "$U/db.crt" --dbx db.esl
leaves one.efi 'signature 1 of 1: certificate "CN=rotkit test db": is self-signed and not among those trusted' \
    --ca "$U/KEK.crt" --db db.esl
refuse 2 'rotkit: one.efi: uefi-pe: --dbx says who is forbidden: --db, --ca or --pub who is not' verify --dbx KEK.esl one.efi

# ---- weak keys: not enough in db, still enough in dbx
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out weak.key 2>/dev/null
openssl req -x509 -key weak.key -subj "/CN=Weak" -days 30000 -out weak.pem 2>/dev/null
cert-to-efi-sig-list weak.pem weak.esl
sbsign --key weak.key --cert weak.pem --output weak.efi bare.efi 2>/dev/null
leaves weak.efi 'signature 1 of 1: the signer: the RSA key is weak: 1024 bits, at least 2048
  --allow-weak rsa1024 takes it where a format asks for it' --db weak.esl
takes weak.efi --db weak.esl --allow-weak rsa1024
grep -q '; weak, and allowed: rsa1024; signer: CN=Weak$' "$out" || fail "$(cat "$out")"
sbsign --key "$K/db.key" --cert "$U/db.crt" --output both.efi weak.efi 2>/dev/null
takes both.efi --db db.esl
leaves both.efi 'signature 1 of 2: certificate "CN=Weak", from which it comes, is in dbx' --db db.esl --dbx weak.esl

# ---- files that are no lists, and what has no db
refuse 2 'rotkit: one.efi: uefi-pe: --db: neither a signature list (.esl) nor a signed variable (.auth) nor a dump of an efivar
  '"'rotkit pack uefi-auth cert=FILE' makes a list of a certificate" \
    verify --db "$U/db.crt" one.efi
head -c 100 db.esl >cut
refuse 2 'rotkit: one.efi: uefi-pe: --dbx: signature list at 0x0: sizes 837, 0, 809 do not fit its 100 bytes' verify --db db.esl --dbx cut one.efi
run 2 verify --db db.esl "$DATA/vectors/boot/capsule/bup_edk2.Cap"
perl -0777 -pe 'substr($_, 0x400, 1) ^= "\1"' one.efi >changed.efi
run 3 verify --db db.esl changed.efi
