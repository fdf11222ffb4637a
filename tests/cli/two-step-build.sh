#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Keys in another room: rounds signed by openssl alone, and by pkcs11-tool. With deterministic algorithms the release is
# that of direct signing, byte for byte; two-step-shapes has the others.
# slow: a minute of rounds; sign-two-step and two-step-refuses have the steps
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/softhsm.sh"
. "$SOURCE/tests/support/rounds.sh"
unset SOURCE_DATE_EPOCH # the factory certificate is of today

# product DIR CA-TYPE: three devices and the images of the demo
product() {
    sh "$SOURCE/examples/jetson-orin/prepare.sh" "$ROTKIT" "$1" "$2" >"$out" 2>&1 || fail "$(cat "$out")"
    sh "$SOURCE/examples/jetson-product/prepare.sh" "$ROTKIT" "$1" >"$out" 2>&1 || fail "$(cat "$out")"
    for db in kdk_db eps_seeds; do
        sed -n 1,3p "$1/devices/$db.csv" >rows && mv rows "$1/devices/$db.csv"
    done
}

# ---- byte for byte ----
product same rsa3072
sed -i -e '/^images:/,$d' -e '/^fuses:/,/^$/d' same/product.yaml
sed -i -e '/^release:/a \  reproducible: true' same/product.yaml
cat >>same/product.yaml <<'IMAGES'
images:
  boot.img.sig:
    format: kernel-cms
    input: boot
    sign: { key: keys/capsule.key, certificate: keys/capsule.pem }
    publish: false
  ta.ta:
    format: optee-ta
    parts: { elf: ftpm }
    set: { uuid: bc50d971-d4c9-42c4-82cb-343fb7f37896, algo: rsa-pkcs1-sha256 }
    encrypt: { key: keys/ta-content.key }
    sign: { key: keys/ta.key }
  update.bup:
    format: bup
    set: { version: 35.3.1 }
    parts: { mb2: boot.img.sig, fw: uefi }
  update.Cap:
    format: capsule
    parts: { payload: update.bup }
    set: { version: "0x00230301", image-type: 4f1b8e2c-6a34-4d7e-9b1f-2f8a5c0d7e31 }
    sign: { key: keys/capsule.key, certificate: keys/capsule.pem }
IMAGES
run 0 build -o direct same/product.yaml
cp -r same same-hsm
send_away same/product.yaml ca/issuing.key keys/capsule.key keys/ta.key keys/release.key
refuse 4 "rotkit: same/product.yaml:$(grep -n 'key: pub:ca/issuing.pub' same/product.yaml | cut -d : -f 1):10: ek.ca.key: CA key: the key is public only and cannot sign" \
    build same/product.yaml
rounds same/product.yaml same/release sh "$SOURCE/examples/two-step/openssl.sh" round vault/*.key
[ "$rounds" -ge 3 ] || fail "$rounds rounds: certificates, capsule and release cannot be signed in one"
# manifest_sha256 is of the manifest, which names pub: now, and release.json.sig is over it.
diff -r -x release.json -x release.json.sig direct same/release >&2 || fail "two steps give other bytes than one"
jq 'del(.manifest_sha256)' direct/release.json >one.json
jq 'del(.manifest_sha256)' same/release/release.json >two.json
same "release.json but for the manifest's digest" one.json two.json
run 0 verify --pub same/keys/release.pem same/release
openssl pkeyutl -verify -rawin -pubin -inkey same/keys/release.pem -in same/release/release.json \
    -sigfile same/release/release.json.sig >/dev/null || fail "openssl does not hold release.json.sig"
# The same keys in a token, signed with pkcs11-tool (which imports no Ed25519 key); the manifest is the
# same, so all is.
token_make room
id=10
for key in issuing capsule ta; do
    id=$((id + 1))
    token_import room "vault/$key.key" "$key" "$id"
done
rm -r same/release
in_two_rooms() {
    PIN=1234 sh "$SOURCE/examples/two-step/pkcs11.sh" round "$softhsm" room 11 12 13
    sh "$SOURCE/examples/two-step/openssl.sh" round vault/release.key
}
rounds same/product.yaml same/release in_two_rooms
jq 'del(.manifest_sha256)' same/release/release.json >three.json
same "release.json, signed in the token" two.json three.json
