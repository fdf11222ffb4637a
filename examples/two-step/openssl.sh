#!/bin/sh
# Signs what a folder of `rotkit build --to-sign` wants, with openssl, and jq to read its index. The folder travels to where the
# keys are, and back.
#   openssl.sh DIR KEY...      KEY: a private key, PEM
set -eu
command -v jq >/dev/null || { echo "openssl.sh: jq is missing" >&2; exit 2; }
dir=$1
shift

# The private key whose public half index.json names; empty when it is not among ours.
key_of() {
    wanted=$1
    shift
    for key; do
        found=$(openssl pkey -in "$key" -pubout -outform DER | openssl dgst -sha256 -r | cut -c 1-64)
        [ "$found" = "$wanted" ] || continue
        printf '%s\n' "$key"
        return
    done
}

[ -r "$dir/index.json" ] || { echo "openssl.sh: \"$dir\" is no folder of a signing round: it has no index.json" >&2; exit 2; }
made=$(jq -r '.items[] | [.scheme, .key_sha256, .file, .signature, .what] | @tsv' "$dir/index.json" |
    while IFS="$(printf '\t')" read -r scheme sha256 file signature what; do
        key=$(key_of "$sha256" "$@")
        [ -n "$key" ] || continue
        hash=-${scheme##*-}
        case $scheme in
        rsa-pkcs1-* | ecdsa-*) openssl dgst "$hash" -sign "$key" -out "$dir/$signature" "$dir/$file" ;;
        rsa-pss-max-*)
            openssl dgst "$hash" -sign "$key" -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:max \
                -out "$dir/$signature" "$dir/$file"
            ;;
        rsa-pss-*)
            openssl dgst "$hash" -sign "$key" -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest \
                -out "$dir/$signature" "$dir/$file"
            ;;
        ed25519) openssl pkeyutl -sign -rawin -inkey "$key" -in "$dir/$file" -out "$dir/$signature" ;;
        *) echo "openssl.sh: no way to sign by $scheme" >&2 && exit 1 ;;
        esac
        echo "$signature: $what"
    done)
[ -z "$made" ] || printf '%s\n' "$made"
[ -n "$made" ] || echo "openssl.sh: \"$dir\" asks for no signature by any of these keys" >&2
