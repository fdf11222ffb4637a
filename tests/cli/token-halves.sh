#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Keys that tokens hold by halves: without an id, with a certificate alone, with attributes that tell the
# public half or nothing; and how they are named. openssl holds what they sign.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/softhsm.sh"

HOME=$scratch # p11-kit's modules write there
export HOME
token_make prod
echo content >content

# signs URI PUBLIC-PEM [NAME=VALUE]: by the key whose public half this is
signs() {
    env "${3:-NONE=}" "$ROTKIT" sign --scheme ecdsa-sha256 raw content -o sig --key "$1" 2>"$err" || fail "$1: $(cat "$err")"
    openssl dgst -sha256 -verify "$2" -signature sig content >/dev/null || fail "not signed by this key: $1"
    env "${3:-NONE=}" "$ROTKIT" key show -o shown "$1" >"$out" 2>"$err" || fail "$1: $(cat "$err")"
    same "the public half of $1" "$2" shown
    rm -f sig shown
}

# half LABEL [ID]: a private key alone; its public half is in LABEL.pem, its certificate in LABEL.der
half() {
    openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"
    openssl pkey -in "$1.key" -pubout -out "$1.pem"
    openssl req -new -x509 -key "$1.key" -subj "/CN=$1" -days 30 -outform DER -out "$1.der"
    openssl pkey -in "$1.key" -outform DER -out private.der
    openssl pkey -in "$1.key" -pubout -outform DER -out "$1.spki"
    token_tool prod --write-object private.der --type privkey --label "$1" ${2:+--id "$2"}
    rm private.der
}

# public LABEL FILE [ID], certificate LABEL FILE [ID]
public() {
    token_tool prod --write-object "$2" --type pubkey --label "$1" ${3:+--id "$3"}
}
certificate() {
    token_tool prod --write-object "$2" --type cert --label "$1" ${3:+--id "$3"}
}

# Without an id: the public key of the same label, or the certificate.
half bare
refuse 4 'rotkit: --key: token "prod", key "bare": its public half is not there
  put the public key or a certificate into the token under the same id or label' \
    sign --scheme ecdsa-sha256 raw content -o sig --key "$(uri prod bare)"
public bare bare.spki
signs "$(uri prod bare)" bare.pem
half certified
certificate certified certified.der
signs "$(uri prod certified)" certified.pem
# With an id, a certificate alone; the label of the certificate may be all that somebody knows (NSS).
half inner 0a0b
certificate nickname inner.der 0a0b
signs "$(uri prod inner)" inner.pem
signs "$(uri prod nickname)" inner.pem
signs "pkcs11:token=prod;id=%0a%0b?module-path=$module&pin-source=file:$scratch/pin" inner.pem

# Several that go with it: the same key twice is one, two that differ are named.
certificate bare bare.der
public certified certified.spki
signs "$(uri prod certified)" certified.pem
half torn
public torn torn.spki
public torn bare.spki
refuse 4 'rotkit: token "prod", key "torn": 2 public keys of its label differ
  "torn", no id
  "torn", no id' key show "$(uri prod torn)"
# What has another id, or is of another curve, is of another key.
half mine 11
half yours 12
public mine yours.spki 12
public mine mine.spki
signs "pkcs11:token=prod;object=mine;type=private?module-path=$module&pin-source=file:$scratch/pin" mine.pem
half curve
openssl ecparam -name secp384r1 -genkey -noout | openssl pkey -pubout -outform DER -out p384.spki
public curve p384.spki
run 4 key show "$(uri prod curve)"
public curve curve.spki
signs "$(uri prod curve)" curve.pem

# What the private key itself says: CKA_PUBLIC_KEY_INFO (0x129) or its point (0x181), as some tokens have it.
half info
module=$faulty
signs "$(uri prod info)" info.pem "FAULT_GIVES=0x129:info.spki"
{ printf '\004\101' && tail -c 65 info.spki; } >info.point
signs "$(uri prod info)" info.pem "FAULT_GIVES=0x181:info.point"
tail -c 65 info.spki >info.point # without its OCTET STRING
signs "$(uri prod info)" info.pem "FAULT_GIVES=0x181:info.point"
# An RSA key that does not give its exponent: by its modulus, whatever label and id its public half has.
token_pair prod rsa:2048 rsa 21
run 0 key show -o rsa.pem "$(uri prod rsa)"
openssl pkey -pubin -in rsa.pem -outform DER -out rsa.spki
token_tool prod --delete-object --type pubkey --label rsa
FAULT_HIDES=0x122 run 4 key show "$(uri prod rsa)"
public other rsa.spki 22
FAULT_HIDES=0x122 run 0 key show -o shown "$(uri prod rsa)"
same "the public half by its modulus" rsa.pem shown
# A key that does not say its type is no RSA key.
FAULT_LACKS=0x100 refuse 4 'rotkit: token "prod", key "bare": the token does not say of what type it is' key show "$(uri prod bare)"
FAULT_LACKS=0x100 run 0 key list "pkcs11:token=prod;object=rsa?module-path=$module&pin-source=file:$scratch/pin"
[ "$(grep -c ' key, unknown type "rsa"' "$out")" -eq 1 ] || fail "$(cat "$out")"
# A code of the maker's own, and one that says little.
FAULT_SIGN=0x80001234 refuse 4 "rotkit: \"content\": the whole file: token \"prod\", key \"bare\": cannot sign: a code of the maker's own (CKR_VENDOR_DEFINED, 0x80001234): see the documents of the token's maker" \
    sign --scheme ecdsa-sha256 raw content -o sig --key "$(uri prod bare)"
module=$softhsm

# Two of one name, one without an id.
half twin
half twin 31
refuse 4 'rotkit: token "prod": 2 private keys are called "twin": add id= to name one
  no id: id= without a value names it
  id 31' key show "$(uri prod twin)"
certificate twin twin.der 31
signs "pkcs11:token=prod;object=twin;id=%31?module-path=$module&pin-source=file:$scratch/pin" twin.pem
run 4 key show "pkcs11:token=prod;object=twin;id=?module-path=$module&pin-source=file:$scratch/pin"
grep -q 'key "twin": its public half is not there' "$err" || fail "$(cat "$err")"
half third
half third
refuse 4 "rotkit: token \"prod\": 2 private keys are called \"third\": give one another id or label with the token's own tool
  no id: id= without a value names it
  no id: id= without a value names it" key show "$(uri prod third)"

# Labels of anybody's move no terminal; é stays what it is, and the URI names the object still.
odd=$(printf 'a\233\033[2J\303\251\302\233')
half "$odd"
public "$odd" "$odd.spki"
softhsm2-util --init-token --free --label "$(printf 't\233\303\251')" --pin 1234 --so-pin 5678 >/dev/null
run 0 key list "pkcs11:?module-path=$module&pin-source=file:$scratch/pin"
printf '\233' >byte
if LC_ALL=C grep -qaF -f byte "$out"; then fail "a control character of a token: $(cat -v "$out")"; fi
grep -q "^token \"t?$(printf '\303\251')\"" "$out" || fail "$(cat -v "$out")"
grep -q "private key, EC \"a??\\[2J$(printf '\303\251')??\"" "$out" || fail "$(cat -v "$out")"
run 0 key list --json "pkcs11:?module-path=$module&pin-source=file:$scratch/pin"
jq -e . "$out" >/dev/null || fail "no JSON"
signs "$(jq -r '.tokens[].objects[] | select(.type == "private key") | .uri' "$out" | grep -F 'a%9B')?module-path=$module&pin-source=file:$scratch/pin" "$odd.pem"

# An object that is no key has no type of key.
token_tool prod --write-object content --type data --label note
run 0 key list "pkcs11:token=prod;object=note?module-path=$module&pin-source=file:$scratch/pin"
grep -qx '    data object "note", id none' "$out" || fail "$(cat "$out")"
