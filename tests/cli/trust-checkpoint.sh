#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The ledger's checkpoint in a release holds by its own signature, under the key that release.json names.
. "$(dirname "$0")/lib.sh"
. "$SOURCE/tests/support/example.sh"
need openssl jq

unset SOURCE_DATE_EPOCH # the factory certificate is of today
example_product product p384 2
openssl pkey -in product/keys/release.key -pubout -out release.pem
for name in checkpoint other; do
    openssl genpkey -algorithm ED25519 -out $name.key 2>/dev/null
    printf 'licence:\n  ledger: ../%s.db\n  checkpoint-key: ../%s.key\n' $name $name | cat product/manifest.yaml - >product/$name.yaml
    run 0 build -q -o $name product/$name.yaml
done
openssl pkey -in checkpoint.key -pubout -outform DER | od -An -tx1 | tr -d ' \n' >spki
[ "$(jq -r .checkpoint_key checkpoint/release.json)" = "$(cat spki)" ] || fail "release.json names another key"
run 0 verify --pub release.pem checkpoint
whole=checkpoint/ledger/checkpoint.json

# judged MESSAGE: of r, with another checkpoint
judged() {
    run 3 verify r
    stderr_is "rotkit: r: \"ledger/checkpoint.json\": $1"
    run 3 verify --pub release.pem r
    stderr_is "rotkit: r: \"ledger/checkpoint.json\": $1"
}
cp -r checkpoint r
for change in '.size += 1' '.time -= 1' '.head |= "00" + .[2:]' '.ledger |= "00" + .[2:]'; do
    jq "$change" $whole >r/ledger/checkpoint.json
    judged 'the signature does not hold'
done
cp other/ledger/checkpoint.json r/ledger/checkpoint.json
theirs=$(jq -r .key other/ledger/checkpoint.json | cut -c 1-16)
judged "signed by key $theirs, expected $(jq -r .key $whole | cut -c 1-16)"
# An archive has none, and none is missed.
rm -r r/ledger
run 0 verify --pub release.pem r

# A release from before its key was named.
rm -rf r
cp -r checkpoint r
jq 'del(.checkpoint_key)' checkpoint/release.json >r/release.json
openssl pkeyutl -sign -rawin -inkey product/keys/release.key -in r/release.json -out r/release.json.sig
jq --arg sum "$(sha256sum <r/release.json | cut -d ' ' -f 1)" '.release_sha256 = $sum' checkpoint/secrets/index.json >r/secrets/index.json
openssl pkeyutl -sign -rawin -inkey product/keys/release.key -in r/secrets/index.json -out r/secrets/index.json.sig
run 0 verify r
refuse 8 'rotkit: r: ledger/checkpoint.json: release.json names no checkpoint key' verify --pub release.pem r
