#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a signing round refuses: signatures that are missing, wrong or too many, what was changed on the
# way, folders of something else; a kill at any point leaves the round before or the one after.
# slow: a folder for each fault; sign-two-step has the verbs
. "$(dirname "$0")/lib.sh"
need jq openssl
unset SOURCE_DATE_EPOCH

sh "$SOURCE/examples/jetson-orin/prepare.sh" "$ROTKIT" product rsa3072 >"$out" 2>&1 || fail "$(cat "$out")"
for db in kdk_db eps_seeds; do
    sed -n 1,2p "product/devices/$db.csv" >rows && mv rows "product/devices/$db.csv"
done
mkdir vault
for key in ca/issuing keys/release; do
    openssl pkey -in "product/$key.key" -pubout -out "product/$key.pub"
    mv "product/$key.key" vault/
    sed -i "s#: $key.key#: pub:$key.pub#" product/manifest.yaml
done
sign() {
    sh "$SOURCE/examples/two-step/openssl.sh" "$1" vault/issuing.key vault/release.key >/dev/null
}
build="build product/manifest.yaml"

run 0 $build --to-sign first
stderr_is 'rotkit: round 1: 6 signatures wanted in "first", nothing published'
[ "$(jq -r '.items | length' first/index.json)" -eq 6 ] || fail "$(cat first/index.json)"
run 0 $build --to-sign first # the same again is no fault
cp -r first unsigned
sign first

# ruined WHAT CODE MESSAGE: the folder "round" after a change to it
ruined() {
    refuse "$1" "$2" $build --attach round
    rm -r round
}
cp -r unsigned round
ruined 4 'rotkit: "round/000001.sig" is missing: 01020000000100000001: ek-cert-l-1 is not signed yet'
cp -r first round && rm round/000004.sig
ruined 4 'rotkit: "round/000004.sig" is missing: 01020000000100000002: ek-cert-l-1 is not signed yet'
cp -r first round && cp round/000002.sig round/000003.sig
ruined 4 'rotkit: "round/000003.sig" is no signature of 01020000000100000001: ek-cert-h-3 by its key (rsa-pkcs1-sha256)'
cp -r first round && : >round/000003.sig
ruined 4 'rotkit: "round/000003.sig" is no signature of 01020000000100000001: ek-cert-h-3 by its key (rsa-pkcs1-sha256)'
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -out other.key 2>/dev/null
cp -r first round && openssl dgst -sha256 -sign other.key -out round/000001.sig round/000001.bin
ruined 4 'rotkit: "round/000001.sig" is no signature of 01020000000100000001: ek-cert-l-1 by its key (rsa-pkcs1-sha256)'
cp -r first round && printf x >>round/000005.bin
ruined 3 'rotkit: "round/000005.bin" is not the message that index.json names'
cp -r first round && printf x >>round/000005.digest
ruined 3 'rotkit: "round/000005.digest" is not the digest of its message'
cp -r first round && cp round/000001.sig round/000007.sig
ruined 2 'rotkit: "round/000007.sig" is a signature that index.json does not name'
cp -r first round && for key in round/keys/*.pem; do openssl pkey -in other.key -pubout -out "$key"; done
ruined 3 "rotkit: \"$(ls round/keys/*.pem)\" holds another key than its name says"
cp -r first round && rm round/index.json
ruined 2 'rotkit: "round" is no folder of a signing round: no index.json'
cp -r first round && printf '{"rotkit_signing": 2}' >round/index.json
ruined 2 'rotkit: "round/index.json": not of version 1'
cp -r first round && jq '.items = []' round/index.json >i && mv i round/index.json
ruined 2 'rotkit: "round/index.json": no items, or too many'
cp -r first round && jq 'del(.items[0].scheme)' round/index.json >i && mv i round/index.json
ruined 2 'rotkit: "round/index.json": an item: member "scheme" is missing or malformed, expected the name of a signature scheme'
cp -r first round && jq '.items[0].file = "../../etc/passwd"' round/index.json >i && mv i round/index.json
ruined 2 'rotkit: "round/index.json": an item'\''s file is not numbered'
# Nothing is waited on, and no link is followed, in a folder that others may write to.
for name in index.json 000001.sig 000005.bin 000005.digest "$(cd first && ls keys/*.pem)"; do
    cp -r first round && rm "round/$name" && mkfifo "round/$name"
    ruined 3 "rotkit: \"round/$name\" is no file, or behind a link"
    cp -r first round && ln -sf "$PWD/first/$name" "round/$name"
    ruined 3 "rotkit: \"round/$name\" is no file, or behind a link"
done
cp -r first round && mkfifo round/kept-signatures
ruined 3 'rotkit: "round/kept-signatures" is no file, or behind a link'
cp -r first round && ln -s /dev/zero round/kept-signatures
ruined 3 'rotkit: "round/kept-signatures" is no file, or behind a link'
cp -r first round && mv round/keys elsewhere && ln -s ../elsewhere round/keys
ruined 3 "rotkit: \"round/$(cd first && ls keys/*.pem)\" is no file, or behind a link"
rm -r elsewhere
refuse 7 'rotkit: cannot open "nowhere/index.json": No such file or directory' $build --attach nowhere

# A folder of something else, or of this build under another input.
sed 's/demo fTPM/another fTPM/' product/manifest.yaml >product/other.yaml
refuse 2 'rotkit: "first" belongs to another manifest' build product/other.yaml --attach first
refuse 2 'rotkit: "first" belongs to another manifest' build product/other.yaml --to-sign first
head -c 300 /dev/zero >file
openssl pkey -in other.key -pubout -out other.pub
run 0 sign --key pub:other.pub --scheme rsa-pss-sha256 --to-sign file-round raw file
stderr_is 'rotkit: "file-round": 1 signature wanted'
refuse 2 "rotkit: \"file-round\" belongs to 'rotkit sign', this is 'rotkit build'" $build --attach file-round
refuse 2 "rotkit: --to-sign and --attach exclude each other
  see 'rotkit help build'" $build --attach first --to-sign first
mkdir something && echo x >something/file
refuse 2 'rotkit: "something" is no folder of a signing round: no index.json' $build --to-sign something

# A database that changed between the rounds: nothing asks for the signature of the device that left.
sed -n 1p product/devices/kdk_db.csv >rows && cp product/devices/kdk_db.csv kdk && mv rows product/devices/kdk_db.csv
sed -n 1p product/devices/eps_seeds.csv >rows && cp product/devices/eps_seeds.csv eps && mv rows product/devices/eps_seeds.csv
refuse 2 'rotkit: "first": nothing asks for signature 000004 (01020000000100000002: ek-cert-l-1) any more: the input is not that of the round before
  bring the input back, or remove the folder and start again' $build --attach first
mv kdk product/devices/kdk_db.csv
mv eps product/devices/eps_seeds.csv

# One file: signed elsewhere it is what the key makes here.
openssl pkeyutl -sign -inkey other.key -pkeyopt digest:sha256 -pkeyopt rsa_padding_mode:pss -pkeyopt rsa_pss_saltlen:digest \
    -in file-round/000001.digest -out file-round/000001.sig
run 0 sign --key pub:other.pub --scheme rsa-pss-sha256 --attach file-round raw file -o file.sig
same "the signature" file-round/000001.sig file.sig
run 0 sign --key pub:other.pub --scheme rsa-pkcs1-sha256 --to-sign pkcs1 raw file
openssl dgst -sha256 -sign other.key -out pkcs1/000001.sig file
run 0 sign --key pub:other.pub --scheme rsa-pkcs1-sha256 --attach pkcs1 raw file -o two.sig
run 0 sign --key other.key --scheme rsa-pkcs1-sha256 raw file -o one.sig
same "PKCS #1 in two steps" one.sig two.sig
echo other >another
refuse 2 'rotkit: "pkcs1" belongs to another file' sign --key pub:other.pub --scheme rsa-pkcs1-sha256 --attach pkcs1 raw another -o x
refuse 2 'rotkit: --to-sign: nothing is to be signed elsewhere: the keys here can sign' \
    sign --key other.key --scheme rsa-pkcs1-sha256 --to-sign none raw file
refuse 2 "rotkit: --to-sign writes no --output
  see 'rotkit help sign'" sign --key pub:other.pub --scheme rsa-pkcs1-sha256 --to-sign none raw file -o x
refuse 2 "rotkit: --output is required
  see 'rotkit help sign'" sign --key other.key --scheme rsa-pkcs1-sha256 raw file

# The release's signature.
run 0 $build --attach first
sign first
run 0 $build --attach first
stderr_is 'rotkit: warning: a PublicKeyHash is unconfirmed: no vendor value was there to compare
rotkit: 2 devices, release "product/release": new'
run 0 verify --pub product/keys/release.pub product/release
refuse 3 "rotkit: product/release: the release is signed by another key" verify --pub other.pub product/release
cp -r product/release r && rm r/release.json.sig
refuse 3 'rotkit: r: "release.json.sig" is missing: release.json says it is signed' verify r
cp product/release/release.json.sig r/ && sed -i 's/"product"/"Product"/' r/release.json
refuse 3 'rotkit: r: "release.json.sig": the signature does not hold' verify r
cp product/release/release.json r/ && head -c 64 /dev/urandom >r/release.json.sig
refuse 3 'rotkit: r: "release.json.sig": the signature does not hold' verify --pub product/keys/release.pub r
jq 'del(.signer)' product/release/release.json >r/release.json
refuse 3 'rotkit: r: "release.json.sig" stands here, but release.json names no signer' verify r
rm r/release.json.sig
refuse 3 'rotkit: r: the release is not signed' verify --pub product/keys/release.pub r

# Killed while a round is written: the old round or the new one, and the next run goes on.
rm -r product/release
for delay in 0.01 0.03 0.05 0.08 0.12 0.2 0.3 0.5; do
    rm -rf first
    code=0
    timeout -s KILL "$delay" "$ROTKIT" $build --to-sign first >/dev/null 2>&1 || code=$?
    [ ! -e first ] || jq -e '.items | length == 6' first/index.json >/dev/null || fail "half a round after $delay s"
    run 0 $build --to-sign first
    sign first
    timeout -s KILL "$delay" "$ROTKIT" $build --attach first >/dev/null 2>&1 || code=$?
    [ ! -e product/release ] || fail "a release without its signature"
    if [ "$(jq -r .round first/index.json)" -eq 1 ]; then
        run 0 $build --attach first
    fi
    [ "$(jq -r '"\(.round) \(.items | length) \(.signed | length)"' first/index.json)" = "2 2 6" ] || fail "$(cat first/index.json)"
done
