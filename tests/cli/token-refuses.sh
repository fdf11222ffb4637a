#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every way a key in a token cannot be had: its own message, exit 4, nothing written.
# slow: a token for each fault; token-signs has the verbs
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/softhsm.sh"

token_make prod
token_pair prod EC:prime256v1 p256 01
token_pair prod rsa:2048 twin 02
token_pair prod rsa:2048 twin 03
token_secret prod AES:32 aes 04
echo content >content
sign="sign --scheme ecdsa-sha256 raw content -o sig --key"
faulty_uri=$(module=$faulty uri prod p256)

# The module.
refuse 4 'rotkit: --key: PKCS #11 module "/no/such.so": No such file or directory' \
    $sign 'pkcs11:token=prod;object=p256?module-path=/no/such.so'
ln -s "$ROTKIT" "$scratch/program"
code=0
"$ROTKIT" $sign 'pkcs11:token=prod;object=p256?module-path=/etc/hostname' 2>"$err" >"$out" || code=$?
[ "$code" -eq 4 ] || fail "a module that is none: exit $code"
grep -q '^rotkit: --key: PKCS #11 module "/etc/hostname": couldn.t load module: ' "$err" || fail "$(cat "$err")"
refuse 2 'rotkit: --key: key URI: module-path "softhsm.so" is no absolute path' \
    $sign 'pkcs11:token=prod;object=p256?module-path=softhsm.so'

# The token.
serial=$(run 0 key list "pkcs11:?module-path=$softhsm" && sed -n 's/^token "prod", serial \([0-9a-f]*\),.*/\1/p' "$out")
refuse 4 "rotkit: --key: no token is there that the key URI names
  there is: token \"prod\", serial $serial" \
    $sign "$(uri test p256)"
token_make double
token_make double
serials=$(run 0 key list "pkcs11:token=double?module-path=$softhsm" && sed -n 's/^\(token "double", serial [0-9a-f]*\),.*/  \1/p' "$out")
refuse 4 "rotkit: --key: 2 tokens match the key URI: add serial= to name one
$serials" \
    $sign "$(uri double p256)"

# The key.
refuse 4 'rotkit: --key: token "prod" has no private key "p257"' $sign "$(uri prod p257)"
refuse 4 'rotkit: --key: token "prod": 2 private keys are called "twin": add id= to name one
  id 02
  id 03' $sign "$(uri prod twin)"
run 0 sign --scheme rsa-pss-sha256 raw content -o sig --key \
    "pkcs11:token=prod;object=twin;id=%03?module-path=$softhsm&pin-source=file:$scratch/pin"
rm sig
refuse 4 'rotkit: --key: token "prod": "aes" is a secret key, a private key is needed' $sign "$(uri prod aes)"
refuse 2 'rotkit: --key: key URI: type= asks for a public key, a private key is needed' \
    $sign "pkcs11:token=prod;object=p256;type=public?module-path=$softhsm&pin-source=file:$scratch/pin"
refuse 4 'rotkit: "content": the whole file: scheme rsa-pss-sha256 needs a key of type RSA, this one is EC' \
    sign --scheme rsa-pss-sha256 raw content -o sig --key "$(uri prod p256)"
FAULT_NOT_PERMITTED=1 refuse 4 "rotkit: \"content\": the whole file: token \"prod\", key \"p256\": cannot sign: CKR_KEY_FUNCTION_NOT_PERMITTED (0x68): the key's attributes do not allow this (CKA_SIGN or CKA_ENCRYPT is false)" \
    $sign "$faulty_uri"
# Without CKM_ECDSA and without CKM_ECDSA_SHA256 there is no way; the faulty module lacks the former.
FAULT_NO_MECHANISM=0x1041 refuse 4 'rotkit: "content": the whole file: token "prod" lacks the mechanism CKM_ECDSA, which scheme ecdsa-sha256 needs' \
    $sign "$faulty_uri"

# The PIN: no source, no file, the wrong one, locked; never shown, never tried twice.
nopin="pkcs11:token=prod;object=p256?module-path=$softhsm"
refuse 4 'rotkit: --key: token "prod" needs its PIN and there is no terminal to ask for it
  name a source: fd:N, file:PATH or env:NAME' $sign "$nopin"
refuse 4 'rotkit: --key: cannot open PIN file "/no/such": No such file or directory' $sign "$nopin&pin-source=file:/no/such"
refuse 2 'rotkit: --key: a key URI must not carry pin-value: name a pin-source' $sign "$nopin&pin-value=1234"
refuse 2 'rotkit: --key: key URI: pin-source is none of file:PATH, an absolute path, fd:N, env:NAME' $sign "$nopin&pin-source=|cat"
printf '9999\n' >"$scratch/wrong"
refuse 4 'rotkit: --key: token "prod": cannot log in: CKR_PIN_INCORRECT (0xa0): the PIN is wrong; it was tried once and will not be tried again' \
    $sign "$nopin&pin-source=file:$scratch/wrong"
for source in env:TOKEN_PIN "file:$scratch/pin" fd:5; do
    TOKEN_PIN=1234 "$ROTKIT" $sign "$nopin" --passphrase "$source" 5<"$scratch/pin" 2>"$err" || fail "PIN from $source: $(cat "$err")"
    TOKEN_PIN=1234 "$ROTKIT" $sign "$nopin&pin-source=$source" 5<"$scratch/pin" 2>"$err" || fail "pin-source $source: $(cat "$err")"
    rm sig
done

# A token that counts: two keys and a wrong PIN cost one try.
wrong="pkcs11:token=prod;object=p256?module-path=$faulty&pin-source=file:$scratch/wrong"
echo 3 >"$scratch/tries"
FAULT_PIN_TRIES=$scratch/tries FAULT_LOG=$scratch/calls run 4 key check "$wrong"
grep -q '^FAILED   key: token "prod": cannot log in: CKR_PIN_INCORRECT (0xa0): the PIN is wrong' "$out" || fail "$(cat "$out")"
is "$scratch/tries" 2
FAULT_PIN_TRIES=$scratch/tries refuse 4 'rotkit: --key: token "prod": cannot log in: CKR_PIN_INCORRECT (0xa0): the PIN is wrong; it was tried once and will not be tried again' \
    $sign "$wrong" --key-for "x=$wrong"
is "$scratch/tries" 1
FAULT_PIN_TRIES=$scratch/tries refuse 4 'rotkit: warning: token "prod": one try is left before its PIN locks
rotkit: --key: token "prod": cannot log in: CKR_PIN_LOCKED (0xa4): the PIN is locked: the security officer must reset it' \
    $sign "$wrong"
FAULT_PIN_TRIES=$scratch/tries FAULT_LOG=$scratch/locked refuse 4 'rotkit: --key: token "prod": CKR_PIN_LOCKED (0xa4): the PIN is locked: the security officer must reset it' \
    $sign "$faulty_uri"
grep -q C_Login "$scratch/locked" && fail "a PIN that is locked was tried"

# A signature that is none.
FAULT_FLIP=1 refuse 4 'rotkit: "content": the whole file: what came back is no signature by this key (256 bytes, scheme rsa-pss-sha256)
  the signer is broken, or it signed with another key' sign --scheme rsa-pss-sha256 raw content -o sig \
    --key "pkcs11:token=prod;object=twin;id=%03?module-path=$faulty&pin-source=file:$scratch/pin"

# Sessions: lost once, the work goes on; lost always, or with the token, it ends.
FAULT_LOSE=1 run 0 $sign "$faulty_uri"
run 0 key show -o pub "$(uri prod p256)"
openssl dgst -sha256 -verify pub -signature sig content >/dev/null || fail "the signature of the second session"
rm sig
FAULT_LOSE=1 FAULT_LOSE_ALWAYS=1 refuse 4 'rotkit: "content": the whole file: token "prod", key "p256": cannot sign: CKR_SESSION_HANDLE_INVALID (0xb3): the session was lost, and lost again after it was opened anew' \
    $sign "$faulty_uri"
FAULT_LOSE=1 FAULT_LOSE_DEVICE=1 refuse 4 'rotkit: "content": the whole file: token "prod": cannot open a session: CKR_DEVICE_REMOVED (0x32): the token was taken out, or its server has gone' \
    $sign "$faulty_uri"
FAULT_SESSIONS=0 refuse 4 'rotkit: --key: token "prod": cannot open a session: CKR_SESSION_COUNT (0xb1): the token has no session left: other programs hold them all' \
    $sign "$faulty_uri"

# The PIN was on no command line of ours and in no message.
hides 1234 "$scratch/calls" "$err" "$out"
