# SPDX-License-Identifier: Apache-2.0
# A product with the keys that a user has: all that `rotkit init` writes, and a release key as `rotkit key new` makes it.
# Its CA and its release key sign at random. Source it behind lib.sh.

# init_product DIR [DEVICES]: of other devices than init's when their number is given: they lie on both sides of 0x100,
# so that two shards have some each
init_product() {
    run 0 init -q "$1"
    run 0 key new -q --public "$1/keys/release.pem" "$1/keys/release.key"
    sed -i '/^release:/,$s#^  \#key: $#  key: keys/release.key#' "$1/manifest.yaml"
    grep -q '^  key: keys/release.key$' "$1/manifest.yaml" || fail "the manifest of init has another shape"
    [ -n "${2:-}" ] || return 0
    rm "$1"/devices/*
    run 0 device new -q --oem-id 1 --first-sn $((256 - $2 / 2)) --count "$2" --kdk-db "$1/devices/kdk_db.csv" \
        --eps-seeds "$1/devices/eps_seeds.csv" --pubkey-db "$1/devices/pubkey_db.csv" --plaintext-secrets
}

# sums FOLDER: each file with its SHA-256
sums() {
    (cd "$1" && find . -type f -exec sha256sum {} + | sort -k 2)
}
