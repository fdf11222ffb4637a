# SPDX-License-Identifier: Apache-2.0
# One entry under images: is one update for several FMP image types: the same payload, each in a signed file of its own.
. "$(dirname "$0")/lib.sh"
need xxd jq perl

mkdir keys
run 0 key new --type rsa2048 keys/capsule.key
run 0 ca self --key keys/capsule.key --subject capsule --use capsule -o keys/capsule.pem
cp "$DATA/vectors/boot/inputs/mb2.bin" mb2.bin
cat >product.yaml <<'YAML'
rotkit: 1
product: types
platform: t234
components: { mb2: mb2.bin }
images:
  update.bup: { format: bup, parts: { mb2: mb2 }, publish: false, for: [ edk2-nvidia+PcdFmpSingleImageUpdate ] }
  update.Cap:
    format: capsule
    parts: { payload: update.bup }
    set: { version: "0x00270200" }
    image-types: { update-own.Cap: 09d7cf52-0720-4710-91d1-08469b7fe9c8, update-r39.Cap: 3c834404-d2d7-4912-8c1c-6e850b5f2824 }
    sign: { key: keys/capsule.key, certificate: keys/capsule.pem }
    for: [ edk2-nvidia+PcdFmpSingleImageUpdate ]
release: { path: release }
YAML
run 0 build product.yaml
[ "$(ls release/images | tr '\n' ' ')" = "update-own.Cap update-r39.Cap update.Cap " ] || fail "$(ls release/images)"
run 0 verify release
# Each type where boot-images.md 3.2 has it, in the order of a GUID's bytes; the rest is one update.
while read -r name bytes; do
    file=release/images/$name.Cap
    [ "$(xxd -p -s 52 -l 16 "$file")" = "$bytes" ] || fail "$name: $(xxd -p -s 52 -l 16 "$file")"
    run 0 verify --ca keys/capsule.pem "$file"
    perl -0777 -pe 'substr($_, 52, 16) = ""' "$file" >rest
    [ ! -f first ] || cmp rest first || fail "$name: more than the type differs"
    mv rest first
done <<'ROWS'
update 99450dbfd4204e41b2c53595b1cda402
update-own 52cfd7092007104791d108469b7fe9c8
update-r39 0444833cd7d212498c1c6e850b5f2824
ROWS
[ "$(jq -r '.files[] | select(.format == "capsule") | .path' release/release.json | sort | tr '\n' ' ')" = \
    "images/update-own.Cap images/update-r39.Cap images/update.Cap " ] || fail "$(jq -c .files release/release.json)"
# The entry's own type is a setting as before.
sed 's/version: "0x00270200"/version: "1", image-type: 11111111-2222-3333-4444-555555555555/; s/path: release/path: own/' \
    product.yaml >own.yaml
run 0 build own.yaml
[ "$(xxd -p -s 52 -l 16 own/images/update.Cap)" = 11111111222233334444555555555555 ] || fail "the entry's own type"
[ "$(xxd -p -s 52 -l 16 own/images/update-own.Cap)" = 52cfd7092007104791d108469b7fe9c8 ] || fail "another's type"

# bad SED MESSAGE
bad() {
    sed "$1" product.yaml >bad.yaml
    refuse 2 "$2" build bad.yaml
}
bad 's/update-own.Cap: /update.Cap: /' 'rotkit: bad.yaml:11:32: images: "update.Cap" is the name of the image on line 8 too'
bad 's,update-own.Cap: ,a/b: ,' 'rotkit: bad.yaml:11:25: images: "a/b" is no name for a file below images/'
bad 's/09d7cf52-/x/' 'rotkit: bad.yaml:11:36: images.update-own.Cap: pack capsule: "x0720-4710-91d1-08469b7fe9c8" is no GUID, expected the form 01234567-89ab-cdef-0123-456789abcdef'
