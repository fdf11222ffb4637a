#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The whole demo release with every signing and derivation key in a token: it is the release that the
# same keys make from files, and no private or secret value, no wrapping and no PIN crosses the module.
# slow: a whole product whose keys are all in a token; token-signs asks each kind of key
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/softhsm.sh"
spy=/usr/lib/x86_64-linux-gnu/pkcs11-spy.so
[ -f "$spy" ] || spy=$(find /usr/lib -name pkcs11-spy.so | head -n 1)
[ -n "$spy" ] || skip "pkcs11-spy.so is absent"

unset SOURCE_DATE_EPOCH # the factory certificate is of today
# An RSA CA, so that certificates and key blobs are the same bytes from files and token.
sh "$SOURCE/examples/jetson-orin/prepare.sh" "$ROTKIT" product rsa3072 >"$out" 2>&1 || fail "$(cat "$out")"
sh "$SOURCE/examples/jetson-product/prepare.sh" "$ROTKIT" product >"$out" 2>&1 || fail "$(cat "$out")"
openssl rand -hex 32 >product/keys/master.key
sed -i -e 's/^  kdk-db: .*/  master-key: keys\/master.key\n  oem-id: 0x0102\n  first-sn: 0x100000001\n  count: 20/' \
    -e '/^  eps-seeds:/d' -e 's/^  oem-k1: .*/  already-burnt: true/' product/product.yaml
run 0 build -o from-files product/product.yaml

# Every key that signs or derives goes into the token, and its file away.
token_make prod
sed 's/^  path: release/  path: release-token/' product/product.yaml >product/token.yaml
module=$spy
id=10
while read -r key file; do
    id=$((id + 1))
    token_import prod "product/$file" "$key" "$id"
    sed -i "s|key: $file|key: \"$(uri prod "$key" | sed 's/&/\\&/g')\"|" product/token.yaml
    sed -i "s|: $file\([ ,]\)|: \"$(uri prod "$key" | sed 's/&/\\&/g')\"\1|g" product/token.yaml
    rm "product/$file"
done <<'KEYS'
issuing ca/issuing.key
pkc keys/pkc.key
capsule keys/capsule.key
rot keys/rot.key
trusted-world keys/trusted-world.key
non-trusted-world keys/non-trusted-world.key
ta keys/ta.key
KEYS
token_import_secret prod product/keys/master.key generic master
token_import_secret prod product/keys/oem_k1.key aes oem-k1
for key in master oem_k1; do
    sed -i "s|key: keys/$key.key|key: \"$(uri prod "$(echo $key | tr _ -)" | sed 's/&/\\&/g')\"|" product/token.yaml
    cp "product/keys/$key.key" "$scratch/$key.key"
    rm "product/keys/$key.key"
done
[ "$(grep -c 'pkcs11:token=prod' product/token.yaml)" -ge 9 ] || fail "keys left in files: $(cat product/token.yaml)"
PKCS11SPY=$softhsm PKCS11SPY_OUTPUT=$scratch/spy run 0 build -o from-token product/token.yaml
run 0 verify from-token
grep -q '20 devices' "$out" || fail "$(cat "$out")"
diff -r from-files/devices from-token/devices >&2 || fail "the devices differ from those made by key files"

# What crossed the module.
grep -q 'C_Sign$' "$scratch/spy" || fail "no signature in the log"
[ "$(grep -c 'C_Login$' "$scratch/spy")" -eq 1 ] || fail "more than one login"
for word in CKA_VALUE CKA_PRIVATE_EXPONENT CKA_PRIME_1 CKA_PRIME_2 CKA_EXPONENT_1 CKA_COEFFICIENT C_WrapKey C_UnwrapKey C_CreateObject; do
    grep -E "$word( |\$)" "$scratch/spy" >&2 && fail "$word crossed the module"
done
# The log dumps what a call gives and gets, 16 bytes a line: the PIN stands at C_Login alone, and no
# key of ours anywhere.
awk '/: C_/ { call = $0 } / 31 32 33 34  / && call !~ /: C_Login$/' "$scratch/spy" >"$scratch/pins"
[ ! -s "$scratch/pins" ] || fail "a PIN outside C_Login"
grep -q ' 31 32 33 34  ' "$scratch/spy" || fail "the search above finds no PIN at all"
for key in master oem_k1; do
    line=$(cut -c 1-16 "$scratch/$key.key" | sed 's/../& /g')
    grep -qiF "$line" "$scratch/spy" && fail "$key crossed the module"
done
exit 0
