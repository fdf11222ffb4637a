# SPDX-License-Identifier: Apache-2.0
# Signing rounds with keys in another room, for tests. Source it behind lib.sh.
need openssl jq

# send_away MANIFEST KEY...: the keys (as the manifest names them) leave for vault/, their public halves stay, and the
# manifest says so.
send_away() {
    manifest=$1
    product=$(dirname "$manifest")
    shift
    mkdir -p vault
    for key; do
        openssl pkey -in "$product/$key" -pubout -out "$product/${key%.key}.pub"
        mv "$product/$key" "vault/$(basename "$key")"
        sed -i "s#: $key\([ ,]\|\$\)#: pub:${key%.key}.pub\1#g" "$manifest"
    done
}

# rounds MANIFEST RELEASE SIGN...: SIGN signs in the folder "round", round after round, until the release is there; sets
# $rounds. Nothing is asked for that was signed before.
rounds() {
    manifest=$1
    release=$2
    shift 2
    rounds=0
    rm -rf round
    run 0 build --json --to-sign round "$manifest"
    while [ "$(jq -r .outcome "$out")" = "signatures wanted" ]; do
        rounds=$((rounds + 1))
        [ "$rounds" -le 5 ] || fail "no end of rounds${what:+ ($what)}"
        [ ! -e "$release" ] || fail "round $rounds: a release stands there already"
        [ "$(jq -r .round round/index.json)" = "$rounds" ] || fail "round $rounds: the index says another"
        "$@" >"$scratch/signed" || fail "round $rounds: the signer failed"
        [ -s "$scratch/signed" ] || fail "round $rounds: nothing was signed"
        run 0 build --json --attach round "$manifest"
    done
    [ "$(jq -r .outcome "$out")" = new ] || fail "$(cat "$out")"
    jq -r '(.items + .signed)[] | .key_sha256 + .message_sha256' round/index.json | sort | uniq -d >"$scratch/twice"
    is "$scratch/twice" ""
    ! grep -rq PRIVATE round || fail "a private key is in the round's folder"
}

# openssl_holds RELEASE PUB ROOT: openssl, with no code of ours, holds release.json.sig and every EK certificate
openssl_holds() {
    case $(jq -r .signature_scheme "$1/release.json") in
    ed25519) set -- "$@" pkeyutl -verify -rawin -pubin -inkey "$2" -in "$1/release.json" -sigfile "$1/release.json.sig" ;;
    *-sha384) set -- "$@" dgst -sha384 -verify "$2" -signature "$1/release.json.sig" "$1/release.json" ;;
    *) set -- "$@" dgst -sha256 -verify "$2" -signature "$1/release.json.sig" "$1/release.json" ;;
    esac
    holds_in=$1 holds_root=$3
    shift 3
    openssl "$@" >"$scratch/log" 2>&1 || fail "openssl does not hold release.json.sig: $(cat "$scratch/log")"
    [ -d "$holds_in/ca" ] || return 0
    held=0
    for cert in $(find "$holds_in/devices" -name 'ek-cert-*'); do
        openssl verify -CAfile "$holds_root" -untrusted "$holds_in/ca/chain.pem" -ignore_critical "$cert" >"$scratch/log" 2>&1 ||
            fail "openssl does not hold $cert: $(cat "$scratch/log")"
        held=$((held + 1))
    done
    [ $held -ne 0 ] || fail "no EK certificate in $holds_in"
}
