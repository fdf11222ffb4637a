# SPDX-License-Identifier: Apache-2.0
# The products of examples/ with the keys that their prepare.sh makes, ECDSA and RSA-PSS among them: each key in another
# room alone, then all of them, signed by openssl, then all but the release's in a token by pkcs11-tool. Rounds are as many
# as there are layers signed elsewhere, and openssl holds what comes out.
# slow: two builds of a whole product for each key
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/softhsm.sh"
. "$SOURCE/tests/support/rounds.sh"
. "$SOURCE/tests/support/example.sh"

unset SOURCE_DATE_EPOCH # the factory certificate is of today
by_openssl() {
    sh "$SOURCE/examples/two-step/openssl.sh" round vault/*.key
}
by_token() {
    PIN=1234 sh "$SOURCE/examples/two-step/pkcs11.sh" round "$softhsm" "$shape" $ids
    sh "$SOURCE/examples/two-step/openssl.sh" round vault/release.key
}
# try ROUNDS KEY...: from these keys elsewhere
try() {
    wanted=$1
    shift
    what="$shape, away: $*"
    rm -rf p vault
    cp -rp "$shape" p
    send_away "p/$yaml" "$@"
    rounds "p/$yaml" p/release $signer
    [ "$rounds" -eq "$wanted" ] || fail "$rounds rounds, expected $wanted ($what)"
    run 0 verify --pub "$shape/keys/release.pem" p/release
    openssl_holds p/release "$shape/keys/release.pem" "$shape/ca/root.pem"
    # A repeat needs nobody: the signatures of the release in place are kept.
    run 0 build --json --to-sign again "p/$yaml"
    [ "$(jq -r .outcome "$out")" = unchanged ] || fail "a repeat: $(cat "$out") ($what)"
    [ ! -e again ] || fail "a repeat wrote a round ($what)"
}
# shape NAME YAML ROUNDS KEY...: each alone, then all, in so many rounds
shape() {
    shape=$1 yaml=$2 layers=$3
    shift 3
    signer=by_openssl
    for alone; do
        try 1 "$alone"
    done
    try "$layers" "$@"
    token_make "$shape"
    ids=
    for key; do
        [ "$key" != keys/release.key ] || continue
        id=$((${id:-10} + 1))
        token_import "$shape" "$shape/$key" "$(basename "$key")" $id
        ids="$ids $id"
    done
    [ -n "$ids" ] || return 0
    signer=by_token
    try "$layers" "$@"
}

# The certificates, then the release.
example_product jetson-orin p384 2
shape jetson-orin manifest.yaml 2 ca/issuing.key keys/release.key

# Certificates and inner images, then the capsule around some, then the release.
sh "$SOURCE/examples/jetson-product/prepare.sh" "$ROTKIT" jetson-product >"$out" 2>&1 || fail "$(cat "$out")"
sed -i '4,$d' jetson-product/devices/kdk_db.csv jetson-product/devices/eps_seeds.csv
shape jetson-product product.yaml 3 ca/issuing.key keys/pkc.key keys/capsule.key keys/rot.key keys/trusted-world.key \
    keys/non-trusted-world.key keys/ta.key keys/release.key

# The certificates and the images, then the release; the key of each device's TA may not be elsewhere.
sh "$SOURCE/examples/optee/prepare.sh" "$ROTKIT" optee >"$out" 2>&1 || fail "$(cat "$out")"
sed -i 's/^  count: 20/  count: 2/' optee/manifest.yaml
shape optee manifest.yaml 2 ca/issuing.key keys/rot.key keys/trusted-world.key keys/non-trusted-world.key \
    keys/fit.key keys/release.key
