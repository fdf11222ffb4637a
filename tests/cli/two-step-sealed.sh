#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Sealing is random, and the index of what was sealed is signed elsewhere: what waits in the round's folder is taken
# back when it is what was put there, and nothing that somebody on the way has sealed for the same factory.
. "$(dirname "$0")/lib.sh"
. "$SOURCE/tests/support/example.sh"
need openssl jq

unset SOURCE_DATE_EPOCH # the factory certificate is of today
example_product product rsa3072 2
mkdir vault
openssl pkey -in product/keys/release.key -pubout -out release.pem
mv product/keys/release.key vault
cp release.pem product/keys/release.pub
sed -i 's#key: keys/release.key#key: pub:keys/release.pub#' product/manifest.yaml

run 0 build -q --to-sign round product/manifest.yaml
jq -r '.items[].what' round/index.json >wanted
is wanted 'release.json
secrets/index.json'
run 0 build -q --to-sign round product/manifest.yaml # the same round, though sealing is random
sealed=$(cd round/kept && ls secrets/*/*/fuse.xml.cms | head -n 1)
mode_is 600 "round/kept/$sealed"
cp -r round whole
sh "$SOURCE/examples/two-step/openssl.sh" round vault/release.key >/dev/null
run 0 build --json --attach round product/manifest.yaml
[ "$(jq -r .outcome "$out")" = new ] || fail "$(cat "$out")"
run 0 verify --pub release.pem product/release
tail -c +33 "round/kept/$sealed" | cmp - "product/release/$sealed" || fail "another sealed file than the one that waited"
[ ! -e product/release/kept ] || fail "what waited is in the release"
mv product/release first

# Somebody's own content, behind the tag of the file that it takes the place of; the signer signs what is there.
openssl cms -encrypt -binary -aes-256-gcm -in release.pem -outform DER -out forged.cms -recip product/factory/factory.pem
rm -r round
mv whole round
anew='rotkit: "round": nothing asks for signature 000002 (secrets/index.json) any more: the input is not that of the round before
  bring the input back, or remove the folder and start again'
cp "round/kept/$sealed" kept-file
{ head -c 32 kept-file && cat forged.cms; } >forged
cp forged "round/kept/$sealed"
sh "$SOURCE/examples/two-step/openssl.sh" round vault/release.key >/dev/null
refuse 2 "$anew" build -q --attach round product/manifest.yaml
# Without what waited it is sealed anew, and the signed index is of no use either.
cp -r round lost
rm -r lost/kept
refuse 2 "${anew%%round*}lost${anew#*round}" build -q --attach lost product/manifest.yaml
# Put right, it is taken, and by a link to the folder.
cp kept-file "round/kept/$sealed"
ln -s round by-link
run 0 build --json --attach by-link product/manifest.yaml
[ "$(jq -r .outcome "$out")" = new ] || fail "$(cat "$out")"
run 0 verify --pub release.pem product/release
