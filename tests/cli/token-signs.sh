#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Keys in a token: openssl holds what they sign, and what they derive is what files derive.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/softhsm.sh"
. "$SOURCE/tests/support/token.sh"

token_make prod
token_pair prod rsa:3072 rsa3072 01
token_pair prod rsa:4096 rsa4096 02
token_pair prod EC:prime256v1 p256 03
token_pair prod EC:secp384r1 p384 04
token_pair prod EC:secp521r1 p521 05
token_pair prod EC:edwards25519 ed25519 06

while read -r key schemes; do
    run 0 key show -o pub "$(uri prod "$key")"
    for scheme in $schemes; do
        run 0 sign --key "$(uri prod "$key")" --scheme "$scheme" raw content -o sig
        judge "$scheme" "$key"
    done
done <<'KEYS'
rsa3072 rsa-pkcs1-sha256 rsa-pkcs1-sha384 rsa-pkcs1-sha512 rsa-pss-sha256 rsa-pss-sha384 rsa-pss-sha512 rsa-pss-max-sha256 rsa-pss-max-sha384 rsa-pss-max-sha512
rsa4096 rsa-pkcs1-sha256 rsa-pss-sha512
p256 ecdsa-sha256 ecdsa-sha512
p384 ecdsa-sha256 ecdsa-sha384
p521 ecdsa-sha384 ecdsa-sha512
ed25519 ed25519
KEYS

# Where the token does no bare signing, it digests too.
module=$faulty
run 0 key show -o pub "$(uri prod rsa3072)"
for fault in 0x1:rsa-pkcs1-sha256 0xd:rsa-pss-sha512; do
    FAULT_LOG=calls FAULT_NO_MECHANISM=${fault%%:*} run 0 sign --key "$(uri prod rsa3072)" --scheme "${fault#*:}" raw content -o sig
    judge "${fault#*:}" "bare mechanism missing"
    grep -q '^C_SignInit 0x4' calls || fail "another mechanism was used: $(cat calls)"
    rm calls
done
# A key that asks for its PIN at every use gets it, once a use.
FAULT_ASKS_ALWAYS=1 FAULT_LOG=calls run 0 sign --key "$(uri prod p256)" --scheme ecdsa-sha256 raw content -o sig
[ "$(grep -c 'C_Login for one use' calls)" -eq 1 ] || fail "the PIN for one use: $(cat calls)"
# No value of a key was asked for (CKA_VALUE 0x11, CKA_PRIVATE_EXPONENT 0x123, primes 0x124, 0x125).
grep -qE '^C_GetAttributeValue 0x(11|123|124|125)$' calls && fail "a key's value was asked for"
module=$softhsm

# The same PKCS #1 bytes from the token as from the file it came from.
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -out pair.key 2>/dev/null
token_import prod pair.key imported 11
run 0 sign --key "$(uri prod imported)" --scheme rsa-pkcs1-sha256 raw content -o from-token
run 0 sign --key pair.key --scheme rsa-pkcs1-sha256 raw content -o from-file
same "signature" from-file from-token

# Derivation: the master key, and the key blob's root key.
printf '%064x\n' 4660 >master.key
printf '%064x\n' 22136 >root.key
printf '%032x\n' 7 >auth.key
printf '%032x\n' 9 >fv.key
token_import_secret prod master.key generic master
token_import_secret prod root.key aes root
new="device new --platform t234 --oem-id 1 --first-sn 1 --count 3 --plaintext-secrets"
run 0 $new --master master.key --kdk-db kdk-file --eps-seeds eps-file --pubkey-db pub-file
run 0 $new --master "$(uri prod master)" --kdk-db kdk-token --eps-seeds eps-token --pubkey-db pub-token
same "KDK0 database" kdk-file kdk-token
same "EPS seeds" eps-file eps-token
for version in 2.0 1.0; do
    fv=
    [ "$version" = 2.0 ] || fv="--fv fv.key"
    for pair in root.key,token "$(uri prod root)",file; do
        run 0 blob pack --platform t234 --version $version $fv --root-key "${pair%,*}" --uefi-auth-key auth.key -o x.img
        opener=root.key
        [ "${pair#*,}" = file ] || opener=$(uri prod root)
        run 0 blob open $fv --root-key "$opener" --json x.img
        grep -q '"tag": 4' "$out" || fail "key blob $version opened by ${pair#*,}: $(cat "$out")"
        rm x.img
    done
done
