# SPDX-License-Identifier: Apache-2.0
# inspect of a release folder: what release.json says, without a key; digests and keys by sha256sum and openssl.
. "$(dirname "$0")/lib.sh"
need openssl jq
openssl genpkey -algorithm ed25519 -out release.pem 2>/dev/null
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out image.pem 2>/dev/null
chmod 600 release.pem image.pem
head -c 3000 /dev/zero >kernel
spki() { # KEY: SHA-256 of its SubjectPublicKeyInfo
    openssl pkey -in "$1" -pubout -outform DER | sha256sum | cut -d ' ' -f 1
}
cat >product.yaml <<'END'
rotkit: 1
product: shown
platform: t234
components: { kernel: kernel }
images:
  open.fit: { format: fit, parts: { kernel: kernel } }
  signed.fit: { format: fit, parts: { kernel: kernel }, sign: { key: image.pem } }
release: { path: release, key: release.pem }
END
run 0 build -q product.yaml
sum() { sha256sum "release/$1" | cut -d ' ' -f 1; }
run 0 inspect release
stdout_is "release   of product \"shown\", platform t234, by $("$ROTKIT" --version); nothing is verified here
devices   0
signed    ED25519, SHA-256 of the key $(spki release.pem)
image     images/open.fit: fit, $(stat -c %s release/images/open.fit) bytes, SHA-256 $(sum images/open.fit)
          not signed
image     images/signed.fit: fit, $(stat -c %s release/images/signed.fit) bytes, SHA-256 $(sum images/signed.fit)
          signed: RSA, SHA-256 of the key $(spki image.pem)
unsigned  images/open.fit"
run 0 inspect --json release
[ "$(jq -r '[.product, .platform, .devices, .images[1].format, .unsigned[0]] | join(" ")' "$out")" = 'shown t234 0 fit images/open.fit' ] ||
    fail "$(cat "$out")"
refuse 2 "rotkit: --html is for one file, \"release\" is a release
  see 'rotkit help inspect'" inspect --html x release

# Devices by count, the CA, and that nothing of it is signed: what init makes.
run 0 init -q made
(cd made && run 0 build -q manifest.yaml)
run 0 inspect made/release
grep -qx 'devices   4' "$out" && grep -q '^ca        ca/chain.pem: ' "$out" && grep -qx 'signed    no' "$out" &&
    grep -qx 'unsigned  release.json' "$out" || fail "$(cat "$out")"

# A folder of others with a file of that name.
mkdir theirs
echo '{ "version": "1.0" }' >theirs/release.json
refuse 2 'rotkit: "theirs": its release.json is none of rotkit'"'"'s: no "rotkit_release"' inspect theirs
