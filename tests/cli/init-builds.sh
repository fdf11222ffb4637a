# SPDX-License-Identifier: Apache-2.0
# What init writes builds at once, and what is built verifies.
. "$(dirname "$0")/lib.sh"
unset SOURCE_DATE_EPOCH

run 0 init product
stdout_is ""
stderr_is "rotkit: the keys in \"product\" are for development only
rotkit: next: rotkit build product/manifest.yaml"
grep -q "development only" product/manifest.yaml || fail "the manifest does not say what its keys are"
for secret in ca/root.key ca/issuing.key factory/factory.key keys/oem_k1.key keys/payload.key \
    keys/disk.key keys/uefi-auth.key devices/kdk_db.csv devices/eps_seeds.csv; do
    mode_is 600 "product/$secret"
done

run 0 build product/manifest.yaml
stdout_is ""
stderr_is "rotkit: 4 devices, release \"product/release\": new, not signed"
run 0 verify product/release
run 0 build product/manifest.yaml
stderr_is "rotkit: 4 devices, release \"product/release\": unchanged, not signed"

# The factory can read what is sealed to it.
sealed=$(find product/release/secrets -type f -name '*.cms' | sort | head -n 1)
[ -n "$sealed" ] || fail "no sealed file in the release"
run 0 secret open --key product/factory/factory.key -o opened "$sealed"
[ -s opened ] || fail "nothing in the sealed file"

# Two products share no key.
run 0 init -q other2
stderr_is ""
for key in keys/oem_k1.key keys/disk.key devices/kdk_db.csv devices/eps_seeds.csv ca/issuing.key; do
    if cmp -s "product/$key" "other2/$key"; then
        fail "$key is the same in two products"
    fi
done

# An empty folder will do; with --dry-run nothing is made.
mkdir empty
run 0 init -q empty
[ -f empty/manifest.yaml ] || fail "no manifest"
run 0 init -q --dry-run absent
[ ! -e absent ] || fail "a dry run made something"

# ---- a board with OP-TEE ----
run 0 init --platform optee board
stderr_is "rotkit: the keys in \"board\" are for development only
rotkit: next: rotkit build board/manifest.yaml"
for secret in ca/root.key ca/issuing.key factory/factory.key keys/ta.key devices/eps_db.csv devices/huk_db.csv; do
    mode_is 600 "board/$secret"
done
cmp board/components/ftpm_ta.elf "$SOURCE/examples/optee/ftpm_ta.elf" || fail "the stand-in is not that of the example"
run 0 build board/manifest.yaml
stderr_is "rotkit: 4 devices, release \"board/release\": new, not signed"
run 0 verify board/release
run 0 build board/manifest.yaml
stderr_is "rotkit: 4 devices, release \"board/release\": unchanged, not signed"
# Those of Jetson want two things more, the key of the fuses and what tegrasign prints of it (here: our own, unconfirmed).
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072 2>/dev/null | openssl pkey -pubout -out pkc.pem
run 0 fuse hash pkc.pem
hash=$(grep -oE '[0-9a-f]{128}' "$out")
for copied in "$SOURCE"/manifests/jetson-*.yaml; do
    rm -rf jetson
    run 0 init -q jetson
    cp pkc.pem jetson/keys/pkc.pem
    sed "s/PUT HERE WHAT TEGRASIGN PRINTED/$hash/" "$copied" >jetson/copied.yaml
    run 0 build jetson/copied.yaml
    grep -q '^rotkit: 4 devices, ' "$err" || fail "$copied: $(cat "$err")"
    run 0 verify jetson/release
done
# The manifest to copy builds with these files, and so does the one of the example.
sed 's/^  path: release/  path: copied/' "$SOURCE/manifests/optee.yaml" >board/copied.yaml
run 0 build board/copied.yaml
refuse 2 'rotkit: --platform: there is no first product for t194
  see '"'rotkit help init'" init --platform t194 xavier
