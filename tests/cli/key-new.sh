#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# key new, show, check and hash on key files: openssl reads the keys, nothing is overwritten, and a key
# that cannot do its work says why.
. "$(dirname "$0")/lib.sh"
need openssl jq

for type in p256 p384 p521 rsa2048 rsa3072 rsa4096 ed25519; do
    run 0 key new --type $type --public $type.pub $type.key
    stderr_is "rotkit: \"$type.key\" is a development key, not encrypted: make production keys in a token"
    mode_is 600 $type.key
    openssl pkey -in $type.key -pubout -out wanted.pub || fail "openssl does not read the $type key"
    same "public half of $type" wanted.pub $type.pub
    run 0 key show --json $type.key
    jq -r .public_key "$out" | sed '/^$/d' >shown.pub
    same "the $type key shown" wanted.pub shown.pub
    [ "$(jq -r .spki_sha256 "$out")" = "$(openssl pkey -in $type.key -pubout -outform DER | openssl dgst -sha256 -r | cut -c 1-64)" ] ||
        fail "digest of the $type key"
    run 0 key check $type.key
    grep -q '^ok       signature by ' "$out" || fail "$(cat "$out")"
done
run 0 key new default.key
openssl pkey -in default.key -noout -text | grep -q "ASN1 OID: prime256v1" || fail "the default is no P-256 key"
refuse 2 'rotkit: "p256.key" exists, it is never overwritten' key new p256.key
refuse 2 'rotkit: "p256.pub" exists, it is never overwritten' key new --public p256.pub other.key
refuse 2 'rotkit: unknown key type "p224" (known: p384, p256, p521, rsa2048, rsa3072, rsa4096, ed25519)' key new --type p224 x
run 0 key new --dry-run dry.key
[ ! -e dry.key ] || fail "a dry run made a key"

run 4 key check pub:p256.pub
stdout_is "$(printf 'ok       key: EC, 256 bits, SHA-256 of its public key %s\nFAILED   signature by ecdsa-sha256: the key is public only and cannot sign' \
    "$(openssl pkey -in p256.key -pubout -outform DER | openssl dgst -sha256 -r | cut -c 1-64)")"
stderr_is "rotkit: 1 of 2 checks failed"
run 4 key check --scheme rsa-pss-sha256 p256.key
grep -q '^FAILED   signature by rsa-pss-sha256: scheme rsa-pss-sha256 needs a key of type RSA, this one is EC$' "$out" || fail "$(cat "$out")"
run 4 key check nowhere.key
stdout_is 'FAILED   key: cannot open "nowhere.key": No such file or directory'
refuse 2 "rotkit: --scheme: unknown scheme \"rot13\"
  see 'rotkit help key check'" key check --scheme rot13 p256.key
printf '%064x\n' 5 >aes.key
run 0 key check --symmetric aes.key
for what in HMAC-SHA-256 AES-CMAC AES-ECB; do
    grep -q "^ok       $what: works\$" "$out" || fail "$(cat "$out")"
done
refuse 2 "rotkit: --symmetric goes with neither --scheme nor --passphrase
  see 'rotkit help key check'" key check --symmetric --scheme rsa-pss-sha256 aes.key
run 0 key hash rsa3072.key
cp "$out" hash
run 0 fuse hash rsa3072.pub
same "key hash and fuse hash" hash "$out"
run 0 key show -o exported.pub ed25519.key
same "the exported public key" ed25519.pub exported.pub
