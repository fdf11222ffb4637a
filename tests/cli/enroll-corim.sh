# SPDX-License-Identifier: Apache-2.0
# A CoRIM of a release, judged by cbor2 and cryptography (tests/support/corim.py): each field, digests
# as sha256sum and sha384sum have them, the root as openssl reads it, each kind of signature, the same
# bytes twice; and a CoRIM that is not the release's is told with the image's name.
# slow: cbor2 starts a hundred times; unit.corim has the format
. "$(dirname "$0")/lib.sh"
need jq openssl sha256sum sha384sum
python=/usr/bin/python3
"$python" -c 'import cbor2, cryptography' 2>/dev/null || skip "python3-cbor2 or python3-cryptography is absent"
. "$SOURCE/tests/support/update.sh"
unset SOURCE_DATE_EPOCH
corim() {
    "$python" "$SOURCE/tests/support/corim.py" "$@" || fail "corim.py $*"
}

# Components by the image's name, which goes before the name without its ending, and by that alone.
uuid=bc50d971-d4c9-42c4-82cb-343fb7f37896
update_product product
good
ftpm="1.9, update: 7.0, update.Cap: 7.1" svn="3, $uuid: 9" more=
fleet release

# ---- what must be in it, from the release by other programs
expected() { # RELEASE VENDOR ID
    root=
    [ ! -e "$1/ca/chain.pem" ] || root=$(awk '/BEGIN/ { text = "" } { text = text $0 "\n" } END { printf "%s", text }' \
        "$1/ca/chain.pem" | openssl x509 -outform DER | xxd -p | tr -d '\n')
    for image in "$1"/images/*; do
        jq -n --arg name "$(basename "$image")" --arg a "$(sha256sum <"$image" | cut -c 1-64)" \
            --arg b "$(sha384sum <"$image" | cut -c 1-96)" '{name: $name, sha256: $a, sha384: $b}'
    done >images.json
    jq -n --arg vendor "$2" --arg id "$3" --arg root "$root" --arg uuid "$uuid.ta" --slurpfile images images.json \
        --slurpfile release "$1/release.json" '{$vendor, $id, product: $release[0].product,
        images: [$release[0].files[] | select(.role == "image") | .format as $f | (.path | sub("images/"; "")) as $n
                 | ($images[] | select(.name == $n)) + {format: $f}
                 | if .name == "update.Cap" then .version = "7.1" elif .name == $uuid then .svn = 9 else . end]}
        | if $root == "" then . else .root = $root end'
}
hash=$(sha256sum <release/release.json | cut -c 1-32)
expected release Example "jetson-orin-demo/1.1.0/$hash" >expected.json
[ "$(jq '.images | length' expected.json)" -eq 2 ] || fail "not two images"

run 0 enroll --unsigned corim release -o plain --set vendor=Example
stdout_is ""
[ "$(ls plain)" = corim.cbor ] || fail "other files: $(ls plain)"
corim judge plain/corim.cbor expected.json
sleep 1
run 0 enroll --unsigned corim release -o again --set vendor=Example
cmp plain/corim.cbor again/corim.cbor || fail "other bytes a second later"
run 0 enroll --unsigned corim release -o dated --set vendor=Müller --set id=urn:x --set not-after=2030-01-02
jq '.vendor = "Müller" | .id = "urn:x" | .not_after = 1893542400' expected.json >dated.json
corim judge dated/corim.cbor dated.json
# The judge can say no.
"$python" "$SOURCE/tests/support/corim.py" judge dated/corim.cbor expected.json 2>/dev/null && fail "the judge is blind"
run 0 verify plain/corim.cbor
stdout_is "plain/corim.cbor: corim: structure holds, not signed; signer: not checked"
run 0 inspect plain/corim.cbor
grep -q " update.Cap  capsule version 7.1\$" "$out" || fail "$(cat "$out")"
grep -q " $uuid.ta  optee-ta svn 9\$" "$out" || fail "$(cat "$out")"
grep -q " sha-384  $(jq -r '.images[0].sha384' expected.json)\$" "$out" || fail "$(cat "$out")"
grep -q " trust anchor  (x509)\$" "$out" || fail "$(cat "$out")"
run 0 enroll --unsigned corim release -o dry --set vendor=Example -n -q
[ ! -e dry ] || fail "--dry-run writes"

# ---- signatures, each kind
key() { # NAME ARG...
    name=$1
    shift
    openssl genpkey "$@" -out "$name.key" 2>/dev/null
    openssl pkey -in "$name.key" -pubout -out "$name.pub"
}
for curve in 256 384 521; do
    key p$curve -algorithm EC -pkeyopt ec_paramgen_curve:P-$curve
done
key ed25519 -algorithm ed25519
key rsa3072 -algorithm RSA -pkeyopt rsa_keygen_bits:3072
key other -algorithm EC -pkeyopt ec_paramgen_curve:P-256
signed() { # NAME ALG ARG...: enroll signs, and sign signs the unsigned one
    name=$1 alg=$2
    shift 2
    rm -rf "s-$name" signed
    run 0 enroll --unsigned corim release -o "s-$name" --set vendor=Example --key "$name.key" "$@"
    corim verify "s-$name/corim.cbor" "$name.pub" "$alg" Example
    corim judge "s-$name/corim.cbor" expected.json
    run 0 verify --pub "$name.pub" "s-$name/corim.cbor"
    grep -q 'structure and signature hold.*; signer: the key given$' "$out" || fail "$(cat "$out")"
    run 0 sign corim plain/corim.cbor --key "$name.key" -o signed "$@"
    corim verify signed "$name.pub" "$alg" Example
    run 0 enroll --unsigned corim release --verify "s-$name" --key "pub:$name.pub"
    stderr_is "rotkit: holds: 1 file"
    run 3 enroll --unsigned corim release --verify "s-$name" --key pub:other.pub
    run 3 verify --pub other.pub "s-$name/corim.cbor"
    refuse 8 "rotkit: \"s-$name\": could not be checked: who signed \"corim.cbor\": needs the signer's key: --key pub:FILE" \
        enroll --unsigned corim release --verify "s-$name"
}
signed p256 -7
signed p384 -35
signed p521 -36
signed ed25519 -8
signed rsa3072 -37
signed rsa3072 -38 --scheme rsa-pss-sha384
signed rsa3072 -39 --scheme rsa-pss-sha512
run 0 sign corim plain/corim.cbor --key p256.key -o named --set signer-name="Somebody Else"
corim verify named p256.pub -7 "Somebody Else"
run 3 verify --pub p256.pub plain/corim.cbor
stderr_is "rotkit: plain/corim.cbor: corim: is not signed"
run 3 enroll --unsigned corim release --verify plain --key pub:p256.pub
stderr_is 'rotkit: "plain": "corim.cbor": corim: is not signed'
run 0 enroll --unsigned corim release --verify plain

# ---- certificates along
openssl req -x509 -key other.key -subj /CN=root -days 30 -out root.crt 2>/dev/null
openssl req -new -key p256.key -subj /CN=signer 2>/dev/null |
    openssl x509 -req -CA root.crt -CAkey other.key -CAcreateserial -days 30 -out signer.crt 2>/dev/null
openssl req -x509 -key p384.key -subj /CN=root -days 30 -out stranger.crt 2>/dev/null
cat signer.crt root.crt >chain.crt
run 0 enroll --unsigned corim release -o one --set vendor=Example --key p256.key --cert signer.crt
corim verify one/corim.cbor p256.pub -7 Example signer.crt
run 0 enroll --unsigned corim release -o two --set vendor=Example --key p256.key --cert chain.crt
corim verify two/corim.cbor p256.pub -7 Example signer.crt root.crt
for folder in one two; do
    run 0 verify --ca root.crt $folder/corim.cbor
    run 0 verify --ca root.crt --pub p256.pub $folder/corim.cbor
    run 3 verify --ca root.crt --pub other.pub $folder/corim.cbor
    run 3 verify --ca stranger.crt $folder/corim.cbor
done

# ---- the key in another room: with Ed25519 the bytes are those of direct signing
run 0 enroll --unsigned corim release --set vendor=Example --key pub:ed25519.pub --to-sign round
stderr_is 'rotkit: "round": 1 signature wanted'
openssl pkeyutl -sign -rawin -inkey ed25519.key -in round/000001.bin -out round/000001.sig
run 0 enroll --unsigned corim release --set vendor=Example --key pub:ed25519.pub --attach round -o attached
cmp attached/corim.cbor s-ed25519/corim.cbor || fail "two steps give other bytes than one"
run 0 sign corim plain/corim.cbor --key pub:p384.pub --to-sign round2
openssl dgst -sha384 -sign p384.key -out round2/000001.sig round2/000001.bin
run 0 sign corim plain/corim.cbor --key pub:p384.pub --attach round2 -o made
corim verify made p384.pub -35 Example
run 2 enroll --unsigned corim release --set vendor=Another --key pub:ed25519.pub --attach round -o x
grep -qF 'nothing asks for signature 000001' "$err" || fail "$(cat "$err")"
[ ! -e x ] || fail "a round of another CoRIM leaves files"

# ---- another release's: what differs is named
mkdir changed
changed() { # CHANGE MESSAGE ARG...
    what=$1 says=$2
    shift 2
    corim change plain/corim.cbor changed/corim.cbor "$what"
    run 3 enroll --unsigned corim release --verify changed "$@"
    stderr_is "rotkit: \"changed\": \"corim.cbor\": $says"
}
corim change plain/corim.cbor changed/corim.cbor same
run 0 enroll --unsigned corim release --verify changed --set vendor=Example --set "id=jetson-orin-demo/1.1.0/$hash"
first=$(jq -r '.images[0].name' expected.json)
[ "$first" = update.Cap ] || fail "the first image is $first"
changed sha256 'image "update.Cap": sha-256 is not that of the release'"'"'s file'
changed sha384 'image "update.Cap": sha-384 is not that of the release'"'"'s file'
changed no-sha256 'image "update.Cap": no sha-256 is stated'
changed unknown-digest 'image "update.Cap": digest algorithm 99 is not known'
changed version 'image "update.Cap": another version than the release'"'"'s "7.1"'
changed no-version 'image "update.Cap": another version than the release'"'"'s "7.1"'
changed svn "image \"$uuid.ta\": svn 99, the release has 9"
changed no-svn "image \"$uuid.ta\": svn is stated by the release alone"
changed more-svn 'image "update.Cap": svn is stated by the CoRIM alone'
changed format 'image "update.Cap": another format than the release'"'"'s "capsule"'
changed missing 'image "update.Cap": is not measured'
changed twice 'image "update.Cap": is measured twice'
changed extra '"extra.bin" is measured and is no image of the release'
changed model 'image "update.Cap": the model is not the release'"'"'s product "jetson-orin-demo"'
changed vendor 'image "update.Cap": the vendor is not Example' --set vendor=Example
changed store-model 'trust anchor: the model is not the release'"'"'s product "jetson-orin-demo"'
changed anchor 'the trust anchor is not the root of ca/chain.pem'
changed anchor-is-ca 'the trust anchor is not the root of ca/chain.pem'
changed two-anchors '2 trust anchors, the release has 1'
changed no-anchor '0 trust anchors, the release has 1'
# What else it may state is named by its place, and refused: a verifier would endorse it.
for what in endorsed another-tag dependent least-svn flags instance store-class claims; do
    corim change plain/corim.cbor changed/corim.cbor $what
    run 3 enroll --unsigned corim release --verify changed
    grep -qx 'rotkit: "changed": "corim.cbor": offset 0x[0-9a-f]*: states what the release does not' "$err" ||
        fail "$what: $(cat "$err")"
done
corim change plain/corim.cbor changed/corim.cbor about
run 0 enroll --unsigned corim release --verify changed
changed same 'another id than "x"' --set id=x
changed same 'another signer'"'"'s name than "x"' --set signer-name=x
changed same 'another end of validity than 2030-01-02' --set not-after=2030-01-02
run 0 enroll --unsigned corim release --verify dated --set not-after=2030-01-02
: >changed/more
run 3 enroll --unsigned corim release --verify changed
stderr_is 'rotkit: "changed": "corim.cbor": expected corim.cbor and nothing else'
rm changed/more
head -c 100 plain/corim.cbor >changed/corim.cbor
run 3 enroll --unsigned corim release --verify changed

# A release of the same product with another capsule, and one whose CA is another.
capsule=5
fleet newer
run 3 enroll --unsigned corim newer --verify plain
stderr_is 'rotkit: "plain": "corim.cbor": image "update.Cap": sha-256 is not that of the release'"'"'s file'
capsule=4
mv product first
update_product product
cp -r release foreign # whose signatures a rebuild keeps, so that the images stay
fleet foreign
cmp foreign/images/update.Cap release/images/update.Cap || fail "another capsule"
run 3 enroll --unsigned corim foreign --verify plain
stderr_is 'rotkit: "plain": "corim.cbor": the trust anchor is not the root of ca/chain.pem'
rm -r product
mv first product

# ---- what a release has not
firmware_only bare
run 0 enroll --unsigned corim bare -o bare-corim --set vendor=Example
stderr_is 'rotkit: warning: release "bare" has no ca/chain.pem: no trust anchor is stated
rotkit: 1 file'
hash=$(sha256sum <bare/release.json | cut -c 1-32)
expected bare Example "jetson-orin-demo/1.1.0/$hash" >bare.json
corim judge bare-corim/corim.cbor bare.json
run 0 enroll --unsigned corim bare --verify bare-corim
run 0 build -q -o imageless product/manifest.yaml
run 0 enroll --unsigned corim imageless -o imageless-corim --set vendor=Example
stderr_is 'rotkit: warning: release "imageless" has no images: no reference values are stated
rotkit: 1 file'
run 0 enroll --unsigned corim imageless --verify imageless-corim

# ---- refused
refuse 2 'rotkit: setting "vendor" is missing' enroll --unsigned corim release -o x
refuse 2 'rotkit: a certificate without a key that signs' enroll --unsigned corim release -o x --set vendor=V --cert signer.crt
refuse 2 'rotkit: setting "signer-name" without a key that signs' \
    enroll --unsigned corim release -o x --set vendor=V --set signer-name=S
refuse 2 'rotkit: corim states images and CA of a release, no devices' \
    enroll --unsigned corim release -o x --set vendor=V --device 01020000000100000001
refuse 2 'rotkit: sign corim: certificate: the first certificate is not of the key that signs' \
    enroll --unsigned corim release -o x --set vendor=V --key p384.key --cert signer.crt
refuse 2 'rotkit: sign corim: scheme rsa-pkcs1-sha256: not what COSE has for this key (known: rsa-pss-sha256, rsa-pss-sha384, rsa-pss-sha512)' \
    enroll --unsigned corim release -o x --set vendor=V --key rsa3072.key --scheme rsa-pkcs1-sha256
refuse 2 'rotkit: sign corim: scheme ecdsa-sha512: not what COSE has for this key (known: ecdsa-sha256)' \
    enroll --unsigned corim release -o x --set vendor=V --key p256.key --scheme ecdsa-sha512
key small -algorithm RSA -pkeyopt rsa_keygen_bits:1024
key koblitz -algorithm EC -pkeyopt ec_paramgen_curve:secp256k1
for name in small koblitz; do
    run 4 enroll --unsigned corim release -o x --set vendor=V --key $name.key
    grep -qF ': no such key in COSE (known: EC P-256, P-384 and P-521, ED25519, RSA from 2048 bits)' "$err" ||
        fail "$(cat "$err")"
done
refuse 2 'rotkit: "s-p256/corim.cbor": sign corim: is signed already: sign the CoRIM without its signature' \
    sign corim s-p256/corim.cbor --key p256.key -o x
refuse 2 "rotkit: \"$DATA/vectors/corim/unsigned-small.cbor\": sign corim: names no entity: say who signs by signer-name" \
    sign corim "$DATA/vectors/corim/unsigned-small.cbor" --key p256.key -o x
run 2 enroll --unsigned corim release -o x --set "vendor=$(printf 'a\377')"
grep -qF 'is no UTF-8' "$err" || fail "$(cat "$err")"
run 2 enroll --unsigned corim release -o x --set vendor=V --set not-after=tomorrow
printf x >>release/images/update.Cap
run 3 enroll --unsigned corim release -o x --set vendor=V
[ ! -e x ] || fail "a tampered release leaves files"
