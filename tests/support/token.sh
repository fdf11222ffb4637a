# SPDX-License-Identifier: Apache-2.0
# What is asked of every family of tokens, whoever made them. Source it behind lib.sh. A test sets
#   token   the token's label, as it stands in a URI
#   where   the URI's query: how the module is named, as family() takes it out of the help
#   $scratch/pin, $scratch/wrong: the PIN and another
# openssl holds what the tokens sign.
need openssl jq

HOME=$scratch # p11-kit's modules write there
TSS2_LOG=all+NONE
export HOME TSS2_LOG
unset SOURCE_DATE_EPOCH # certificates are of today

# What modules of others leak has no name once they are unloaded; token-signs and token-halves ask for our own
# leaks.
forgive_leaks() {
    ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
    export ASAN_OPTIONS
}

# family NAME: how `rotkit help keys` says that the module is named; the README says of it what the help does
family() {
    forgive_leaks
    "$ROTKIT" help keys >"$scratch/help"
    where=$(sed -n "s/^  $1  *\(module-[^ ]*\)\$/\1/p" "$scratch/help")
    can=$(sed -n "/^  $1  *module-/{n;s/^ *//p;}" "$scratch/help")
    [ -n "$where" ] && [ -n "$can" ] || fail "rotkit help keys does not tell of $1"
    grep -qF " $1: $can. " "$SOURCE/README.md" || fail "the README does not say $1: $can"
}

# can_do WHAT...: the help says just this
can_do() {
    said=$(printf '%s, ' "$@")
    [ "$can" = "${said%, }" ] || fail "the help says \"$can\", and the token can ${said%, }"
}

# key_uri OBJECT [PIN-FILE]
key_uri() {
    printf 'pkcs11:token=%s;object=%s?%s&pin-source=file:%s' "$token" "$1" "$where" "${2:-$scratch/pin}"
}

# judge SCHEME NAME: openssl over content, sig and pub
judge() {
    case $1 in
    rsa-pkcs1-*) openssl dgst "-${1#rsa-pkcs1-}" -verify pub -signature sig content ;;
    rsa-pss-max-*) openssl dgst "-${1#rsa-pss-max-}" -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:max -verify pub -signature sig content ;;
    rsa-pss-*) openssl dgst "-${1#rsa-pss-}" -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest -verify pub -signature sig content ;;
    ecdsa-*) openssl dgst "-${1#ecdsa-}" -verify pub -signature sig content ;;
    ed25519) openssl pkeyutl -verify -rawin -pubin -inkey pub -in content -sigfile sig ;;
    esac >/dev/null || fail "openssl does not take the signature by $1 ($2)"
}

# token_signs OBJECT SCHEME...
token_signs() {
    object=$1
    shift
    run 0 key show -o pub "$(key_uri "$object")"
    for scheme; do
        run 0 sign --key "$(key_uri "$object")" --scheme "$scheme" raw content -o sig
        judge "$scheme" "$object"
    done
    rm pub sig
}

# token_lacks OBJECT SCHEME WORDS: refused, and why
token_lacks() {
    refuse 4 "rotkit: \"content\": the whole file: token \"$(printf '%b' "$(echo "$token" | sed 's/%/\\x/g')")\"$3" \
        sign --key "$(key_uri "$1")" --scheme "$2" raw content -o sig
}

# token_lists OBJECT...: the list has the private key, and its URI there names it
token_lists() {
    run 0 key list --json "pkcs11:token=$token?$where&pin-source=file:$scratch/pin"
    cp "$out" list
    for object; do
        uri=$(jq -r --arg wanted "$object" '.tokens[].objects[] | select(.label == $wanted and .type == "private key") | .uri' list)
        [ -n "$uri" ] || fail "the list lacks $object: $(cat list)"
        run 0 key show "$uri?$where&pin-source=file:$scratch/pin"
        cp "$out" listed
        run 0 key show "$(key_uri "$object")"
        same "$object by its URI" listed "$out"
    done
}

# token_checks OBJECT: every step of key check
token_checks() {
    run 0 key check "$(key_uri "$1")"
    grep -q '^ok       signature by .*holds under the public key$' "$out" || fail "key check $1: $(cat "$out")"
    if grep -q '^FAILED' "$out"; then fail "key check $1: $(cat "$out")"; fi
}

# token_certifies OBJECT: a self-signed certificate, which openssl verifies
token_certifies() {
    run 0 ca self --key "$(key_uri "$1")" --subject "CN=of $1" --use code -o self.crt
    openssl verify -check_ss_sig -CAfile self.crt self.crt >"$scratch/verify" 2>&1 || fail "$(cat "$scratch/verify")"
    rm self.crt
}

# token_derives OBJECT WORKS...: of HMAC-SHA-256, AES-CMAC, AES-ECB just these work
token_derives() {
    object=$1
    shift
    run 0 key check --symmetric "$(key_uri "$object")"
    sed -n 's/^ok       \(.*\): works$/\1/p' "$out" >works
    printf '%s\n' "$@" | same "what $object derives" - works
}

# token_refuses_pin OBJECT: two keys and a wrong PIN
token_refuses_pin() {
    wrong=$(key_uri "$1" "$scratch/wrong")
    run 4 sign --scheme "$(scheme_of "$1")" raw content -o sig --key "$wrong" --key-for "x=$wrong"
    grep -q ': cannot log in: CKR_PIN_INCORRECT (0xa0): the PIN is wrong; it was tried once and will not be tried again$' "$err" ||
        fail "a wrong PIN: $(cat "$err")"
    [ ! -e sig ] || fail "signed with a wrong PIN"
    hides "$(cat "$scratch/wrong")" "$err" "$out"
}
scheme_of() {
    "$ROTKIT" key show --json "$(key_uri "$1")" 2>/dev/null | jq -r .default_scheme
}
head -c 5000 /dev/zero >content
