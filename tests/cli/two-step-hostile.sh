# SPDX-License-Identifier: Apache-2.0
# A folder of signatures in hostile hands, beside what two-step-refuses.sh has: messages forged with their digests
# and signatures, flipped bits, other schemes, numbers that repeat; and r and s of ECDSA as a token gives them.
. "$(dirname "$0")/lib.sh"
need openssl jq

sign_all() { # FOLDER: every item, images with the one key and the release with the other
    jq -r '.items[] | [.scheme, .file, .signature] | @tsv' "$1/index.json" | while read -r scheme file signature; do
        openssl dgst -sha256 -sign "${scheme%%-*}.pem" -out "$1/$signature" "$1/$file"
    done
}

openssl genrsa -out rsa.pem 2048 2>/dev/null
openssl ecparam -name prime256v1 -genkey -noout -out ecdsa.pem
for name in rsa ecdsa; do
    openssl pkey -in $name.pem -pubout -out $name.pub
done
elf() { # TEXT: a program for Arm, as far as OP-TEE looks
    printf '\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\3\0\267\0%s' "$1"
}
elf 'first part' >one.bin
elf 'second part' >two.bin
cat >product.yaml <<'EOF'
rotkit: 1
product: rooms
platform: t234
components: { one: one.bin, two: two.bin }
images:
  one.ta:
    format: optee-ta
    parts: { elf: one }
    set: { uuid: bc50d971-d4c9-42c4-82cb-343fb7f37896, algo: rsa-pkcs1-sha256 }
    sign: { key: "pub:rsa.pub" }
  two.ta:
    format: optee-ta
    parts: { elf: two }
    set: { uuid: bc50d971-d4c9-42c4-82cb-343fb7f37897, algo: rsa-pkcs1-sha256 }
    sign: { key: "pub:rsa.pub" }
release:
  path: release
  key: pub:ecdsa.pub
EOF

# ---- a first round; the same again leaves it, another does not replace it ----
run 0 build --to-sign r --dry-run product.yaml
[ ! -e r ] || fail "--dry-run wrote a folder"
run 0 build --to-sign r product.yaml
stderr_is 'rotkit: round 1: 2 signatures wanted in "r", nothing published'
[ ! -e release ] && [ ! -e release.staging ] && [ ! -e r.staging ] || fail "more than the folder was written"
snapshot >"$scratch/first"
run 0 build --to-sign r product.yaml
snapshot >"$scratch/second"
same "the folder after a repeat" "$scratch/first" "$scratch/second"
mv one.bin kept && elf changed >one.bin
refuse 2 'rotkit: "r" holds another round of this build
  go on from it with --attach, or remove the folder to start again' build --to-sign r product.yaml
mv kept one.bin
if grep -rq PRIVATE r; then fail "a private key is in the folder"; fi

# ---- signatures that are not there, or wrong ----
attach() { # CODE MESSAGE
    refuse "$1" "rotkit: $2" build --attach r product.yaml
}
sign_all r
wrong='"r/000002.sig" is no signature of two.ta: headers and plaintext by its key (rsa-pkcs1-sha256)'
cp r/000001.sig r/000002.sig # of the other message
attach 4 "$wrong"
openssl dgst -sha512 -sign rsa.pem -out r/000002.sig r/000002.bin # by another scheme
attach 4 "$wrong"
sign_all r
size=$(stat -c %s r/000002.sig)
at=0
while [ $at -lt "$size" ]; do
    cp r/000002.sig good
    byte=$(dd if=good bs=1 skip=$at count=1 2>/dev/null | od -An -tu1 | tr -d ' ')
    printf "\\$(printf %o $((byte ^ 1)))" | dd of=r/000002.sig bs=1 seek=$at conv=notrunc 2>/dev/null
    run 4 build --attach r product.yaml
    stderr_is "rotkit: $wrong"
    mv good r/000002.sig
    at=$((at + 51))
done
[ ! -e release ] || fail "a release was published"

# ---- a folder that was changed on the way ----
cp r/000001.sig r/spare.sig
attach 2 '"r/spare.sig" is a signature that index.json does not name'
rm r/spare.sig
cp -r r good
change() { # FILTER CODE MESSAGE
    jq "$1" good/index.json >r/index.json
    attach "$2" "$3"
}
change 'del(.round)' 2 '"r/index.json": member "round" is missing or malformed, expected a number from 0 to 2147483647'
change '.items[0].scheme = "none"' 2 '"r/index.json": an item: member "scheme" is missing or malformed, expected the name of a signature scheme'
change '.items[0].key_sha256 = "00"' 2 '"r/index.json": an item: member "key_sha256" is missing or malformed, expected 64 hex digits'
change 'del(.items[0])' 2 '"r/index.json": its items are not numbered from 1 on'
change '.items[1].file = "000001.bin"' 2 '"r/index.json": its items are not numbered from 1 on'
change 'del(.items[1])' 2 '"r/000002.sig" is a signature that index.json does not name'
# a message that was changed with its digests and signed so: nobody asks for it
cp -r good forged
printf 'evil' >forged/000001.bin
openssl dgst -sha256 -binary forged/000001.bin >forged/000001.digest
jq --arg d "$(openssl dgst -sha256 -r forged/000001.bin | cut -c 1-64)" '.items[0].message_sha256 = $d' \
    good/index.json >forged/index.json
sign_all forged
refuse 2 'rotkit: "forged": nothing asks for signature 000001 (one.ta: headers and plaintext) any more: the input is not that of the round before
  bring the input back, or remove the folder and start again' build --attach forged product.yaml
cp good/index.json r/index.json

# ---- an input that changed between the rounds ----
mv two.bin kept && elf changed >two.bin
refuse 2 'rotkit: "r": nothing asks for signature 000002 (two.ta: headers and plaintext) any more: the input is not that of the round before
  bring the input back, or remove the folder and start again' build --attach r product.yaml
mv kept two.bin

run 0 build --attach r --json product.yaml
jq -c . "$out" >found
is found '{"release":"release","outcome":"signatures wanted","to_sign":"r","round":2,"wanted":1}'
[ ! -e r.staging ] || fail "r.staging is left"
jq -r '.items[0].what' r/index.json >found
is found release.json
attach 4 '"r/000003.sig" is missing: release.json is not signed yet'
sign_all r

# ---- r and s as pkcs11-tool gives them, without the DER ----
openssl asn1parse -inform DER -in r/000003.sig | sed -n 's/.*INTEGER *://p' |
    while read -r hex; do printf '%64s' "$hex" | tr ' ' 0; done | unhex >raw
[ "$(stat -c %s raw)" -eq 64 ] || fail "r and s: $(stat -c %s raw) bytes"
cp raw r/000003.sig

run 0 build --attach r product.yaml
stderr_is 'rotkit: 0 devices, 2 images, release "release": new'
run 0 verify --pub ecdsa.pub release
run 0 build --attach r product.yaml
stderr_is 'rotkit: 0 devices, 2 images, release "release": unchanged'
