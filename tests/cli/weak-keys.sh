# SPDX-License-Identifier: Apache-2.0
# A weak key signs nothing and verifies nothing, in any format, unless it is allowed by name; then the answer names it.
# openssl makes the keys and the signatures.
. "$(dirname "$0")/lib.sh"
need openssl sbsign

for bits in 512 1024; do
    openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:$bits -out $bits.key 2>/dev/null
    openssl pkey -in $bits.key -pubout -out $bits.pub
done
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-224 -out p224.key
openssl pkey -in p224.key -pubout -out p224.pub
weak1024='the RSA key is weak: 1024 bits, at least 2048
  --allow-weak rsa1024 takes it where a format asks for it'
printf 'to be signed' >file

# ---- signing: in one step and in two
refuse 4 "rotkit: \"file\": the whole file: $weak1024" sign raw file -o sig --key 1024.key --scheme rsa-pkcs1-sha256
refuse 4 "rotkit: \"file\": the whole file: $weak1024" sign raw file --to-sign round --key pub:1024.pub --scheme rsa-pkcs1-sha256
refuse 4 'rotkit: "file": the whole file: the RSA key is weak: 512 bits, at least 2048' \
    sign raw file -o sig --key 512.key --scheme rsa-pkcs1-sha256 --allow-weak rsa1024
refuse 4 'rotkit: "file": the whole file: the EC key is weak: 224 bits, at least 256
  --allow-weak p224 takes it where a format asks for it' sign raw file -o sig --key p224.key --scheme ecdsa-sha256
run 0 sign raw file -o sig --key 1024.key --scheme rsa-pkcs1-sha256 --allow-weak rsa1024
stderr_is 'rotkit: weak, and allowed: rsa1024'
openssl dgst -sha256 -verify 1024.pub -signature sig file >judge || fail "$(cat judge)"

# ---- verifying
refuse 3 "rotkit: sig: raw: $weak1024" verify --format raw --pub 1024.pub --scheme rsa-pkcs1-sha256 --with content=file sig
run 0 verify --format raw --pub 1024.pub --scheme rsa-pkcs1-sha256 --with content=file --allow-weak rsa1024 sig
grep -q '; weak, and allowed: rsa1024; signer: ' "$out" || fail "$(cat "$out")"
openssl dgst -sha256 -sign 512.key -out sig512 file
refuse 3 'rotkit: sig512: raw: the RSA key is weak: 512 bits, at least 2048' verify --format raw --pub 512.pub \
    --scheme rsa-pkcs1-sha256 --with content=file --allow-weak rsa1024 sig512

# ---- a signer inside a file: by its key, and by its CA
openssl req -x509 -key 1024.key -subj "/CN=Weak" -days 30000 -out weak.pem 2>/dev/null
efi=$DATA/vectors/boot/uefi/min_aarch64.efi
sbsign --key 1024.key --cert weak.pem --output weak.efi "$efi" 2>/dev/null || fail sbsign
refuse 3 "rotkit: weak.efi: uefi-pe: the signer: $weak1024" verify --pub 1024.pub weak.efi
refuse 3 "rotkit: weak.efi: uefi-pe: the signer: $weak1024" verify --ca weak.pem weak.efi
run 0 verify --ca weak.pem --allow-weak rsa1024 weak.efi
grep -q '; weak, and allowed: rsa1024; signer: CN=Weak$' "$out" || fail "$(cat "$out")"
run 4 sign uefi-pe "$efi" -o none --key 1024.key --cert weak.pem
[ ! -e none ] || fail "signed by a weak key"

# ---- a certificate as --pub: its key, said aloud
db=$DATA/vectors/boot/uefi/db.crt
run 0 verify --pub "$db" "$DATA/vectors/boot/uefi/min_aarch64.signed.efi"
stderr_is "rotkit: warning: \"$db\" is a certificate: its key is taken, its issuer and its dates are not looked at"
openssl x509 -in "$db" -outform DER -out db.der
run 0 verify --pub db.der "$DATA/vectors/boot/uefi/min_aarch64.signed.efi"
stderr_is 'rotkit: warning: "db.der" is a certificate: its key is taken, its issuer and its dates are not looked at'
run 3 verify --pub "$DATA/vectors/boot/uefi/KEK.crt" "$DATA/vectors/boot/uefi/min_aarch64.signed.efi"
cat "$db" "$DATA/vectors/boot/uefi/KEK.crt" >two.pem
refuse 4 'rotkit: --pub: key file "two.pem": more than one certificate, and one key is wanted' \
    verify --pub two.pem "$DATA/vectors/boot/uefi/min_aarch64.signed.efi"

# ---- a release key: none is made, none is believed
openssl ecparam -name prime256v1 -genkey -noout -out p256.key
manifest() {
    cat <<YAML
rotkit: 1
product: signed
platform: t234
components: { part: file }
images:
  update.bup: { format: bup, set: { version: 1.2.3 }, parts: { mb2: part } }
release: { path: release, key: $1 }
YAML
}
manifest 1024.key >product.yaml
refuse 4 "rotkit: product.yaml:7:32: release.key: $weak1024" build product.yaml
refuse 2 'rotkit: --allow-weak: "rsa512" is nothing weak that may be allowed (known: rsa1024, p224, sha224, sha1, md5)' \
    build --allow-weak rsa512 product.yaml
run 0 build --allow-weak rsa1024 -o allowed product.yaml
grep -qx 'rotkit: weak, and allowed: rsa1024' "$err" || fail "$(cat "$err")"
run 3 verify --pub 1024.pub allowed
run 0 verify --pub 1024.pub --allow-weak rsa1024 allowed
manifest p256.key >product.yaml
run 0 build product.yaml
spki=$(openssl pkey -in 1024.key -pubout -outform DER | od -An -v -tx1 | tr -d ' \n')
sed -i -E "s/\"signer\": \"[0-9a-f]*\"/\"signer\": \"$spki\"/; s/ecdsa-sha256/rsa-pkcs1-sha256/" release/release.json
openssl dgst -sha256 -sign 1024.key -out release/release.json.sig release/release.json
for pub in "" "--pub 1024.pub"; do
    refuse 3 "rotkit: release: \"release.json.sig\": $weak1024" verify $pub release
done
run 0 verify --allow-weak rsa1024 release
grep -q '; weak, and allowed: rsa1024; signer: not checked$' "$out" || fail "$(cat "$out")"
