#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Shards made in separate folders by separate processes, joined: byte for byte the unsharded build.
# What is not a whole set of shards of one build is refused. diff and tar are the judges.
. "$(dirname "$0")/lib.sh"
need openssl jq tar

unset SOURCE_DATE_EPOCH # the factory certificate is of today
sh "$SOURCE/examples/jetson-orin/prepare.sh" "$ROTKIT" product rsa3072 >"$out" 2>&1 || fail "$(cat "$out")"
printf '%064x\n' 77 >product/keys/master.key
openssl genpkey -algorithm ED25519 -out product/keys/sign.key 2>/dev/null
openssl genpkey -algorithm ED25519 -out other.key 2>/dev/null
sed -i -e 's/^  kdk-db: .*/  master-key: keys\/master.key\n  oem-id: 0x0102\n  first-sn: 0x1fb\n  count: 12/' \
    -e '/^  eps-seeds:/d' -e 's/templates: .*/templates: [L-1, L-2]/' \
    -e 's/^release:$/release:\n  reproducible: true/' -e 's/^  key: keys\/release.key/  key: keys\/sign.key/' product/manifest.yaml
# Buckets 1 and 2, so of three shards the first has none.
run 0 build -o whole product/manifest.yaml
for i in 0 1 2; do
    cp -r product machine-$i # "different machines": a folder and a process each
    (cd machine-$i && JOB_COMPLETION_INDEX=$i "$ROTKIT" build -q --shard auto/3 --jobs 1 manifest.yaml) 2>"$err" ||
        fail "shard $i: $(cat "$err")"
    mv machine-$i/release-shard-$i-of-3 shard-$i
    run 0 verify shard-$i
done
for i in 0 1 2; do
    jq -c '.shard | del(.fleet_sha256)' shard-$i/release.json
done >told
is told '{"index":0,"count":3,"devices":0,"devices_in_fleet":12}
{"index":1,"count":3,"devices":5,"devices_in_fleet":12}
{"index":2,"count":3,"devices":7,"devices_in_fleet":12}'
[ "$(jq -r .shard.fleet_sha256 shard-?/release.json | sort -u | grep -c '^[0-9a-f]\{64\}$')" -eq 1 ] || fail "the shards are of several fleets"
[ -e shard-0/secrets/common ] || fail "what is common is not in shard 0"
[ ! -e shard-1/secrets/common ] || fail "what is common is in shard 1"

run 0 release merge --key product/keys/sign.key -o merged shard-2 shard-0 shard-1
stderr_is 'rotkit: 12 devices, release "merged": new'
diff -rq -x secrets whole merged >&2 || fail "merged shards are not the unsharded build"
(cd whole && find secrets -type f | sort) >there
(cd merged && find secrets -type f | sort) >here
same "the sealed files" there here
[ -z "$(find merged/secrets -type f -name '*.cms' ! -perm 600)" ] || fail "a secret is readable by others"
openssl pkey -in product/keys/sign.key -pubout -out sign.pem
run 0 verify --pub sign.pem merged
run 0 release merge --json --key product/keys/sign.key -o merged shard-2 shard-0 shard-1
jq -r .outcome "$out" >answer
is answer unchanged

# ---- what is refused ----
refuse 2 'rotkit: shard 1 of 3 is missing: name it too' release merge --key product/keys/sign.key -o m2 shard-0 shard-2
refuse 2 'rotkit: shard 2 of 3 is missing: name it too' release merge --key product/keys/sign.key -o m2 shard-0 shard-1
cp -r shard-1 twin
refuse 2 'rotkit: "shard-1" and "twin" overlap: both are shard 1 of 3' release merge -o m2 shard-0 shard-1 twin shard-2
refuse 2 'rotkit: "whole" is no shard: rotkit build --shard makes them' release merge -o m2 whole
refuse 4 'rotkit: the shards are signed: name the release key by --key, the release needs its signature too' \
    release merge -o m2 shard-0 shard-1 shard-2
refuse 3 'rotkit: shard "shard-0": the release is signed by another key' release merge --key other.key -o m2 shard-0 shard-1 shard-2
refuse 2 'rotkit: --shard: shard 3 of 3: they count from 0 to 2' build --shard 3/3 product/manifest.yaml
run 0 build -q --shard 1/2 -o half product/manifest.yaml
refuse 2 'rotkit: "half" is shard 1 of 2, "shard-0" is of 3' release merge -o m2 shard-0 half
refuse 2 'rotkit: "shard-1" is a shard and the release that it goes into: name another place' \
    release merge -o ./shard-1 shard-0 shard-1 shard-2
# one that says to be another
sed '/^  key: /d' product/manifest.yaml >product/unsigned.yaml
for i in 0 1; do
    run 0 build -q --shard $i/2 -o unsigned-$i product/unsigned.yaml
done
rm -r unsigned-0/secrets unsigned-1/secrets # their index names release.json
cp -r unsigned-0 forged
jq '.shard.index = 1 | .shard.devices = 7' unsigned-0/release.json >forged/release.json
rm -r unsigned-0
jq '.shard.index = 0' unsigned-1/release.json >json && mv json unsigned-1/release.json
run 2 release merge -o m2 unsigned-1 forged
grep -q '^rotkit: shard "unsigned-1": bucket "devices/01020000000000000[0-9a-f]" is not of shard 0 of 2$' "$err" || fail "$(cat "$err")"
[ ! -e m2 ] || fail "a refused merge left a release"
# another manifest, another number of devices
cp -r product changed
sed -i 's/count: 12/count: 13/' changed/manifest.yaml
run 0 build -q --shard 1/3 -o changed-1 changed/manifest.yaml
run 2 release merge --key product/keys/sign.key -o m2 shard-0 changed-1 shard-2
grep -q '^rotkit: shards "shard-0" and "changed-1" are not of one build: manifest_sha256 is [0-9a-f]* and [0-9a-f]*$' "$err" ||
    fail "$(cat "$err")"
# one byte of one blob
cp -r shard-1 bad
blob=$(cd bad && find devices -name eks.img | head -n 1)
flip "bad/$blob" 100
run 3 release merge --key product/keys/sign.key -o m2 shard-0 bad shard-2
grep -q "^rotkit: shard \"bad\": \"$blob\": SHA-256 is " "$err" || fail "$(cat "$err")"
[ ! -e m2 ] || fail "a refused merge left a release"

# ---- one file for the factory ----
top=jetson-orin-demo-shard-1-of-3 # one folder, named after the release
for kind in tar tar.gz tar.xz tar.zst; do
    run 0 release archive --unsigned shard-1 -o one.$kind
    sleep 1 # a clock that shows would show
    run 0 release archive --unsigned shard-1 -o two.$kind
    cmp one.$kind two.$kind || fail "$kind: two archives of one release differ"
    rm -rf unpacked
    mkdir unpacked
    tar -C unpacked -xf one.$kind 2>"$err" || fail "tar does not unpack $kind: $(cat "$err")"
    [ "$(ls -A unpacked)" = "$top" ] || fail "$kind unpacks into $(ls -A unpacked)"
    diff -r -x secrets -x ledger shard-1 "unpacked/$top" >&2 || fail "$kind: unpacked, it is not the shard"
    run 0 verify "unpacked/$top"
done
tar -tf one.tar >names
LC_ALL=C sort names >sorted
same "the order of the entries" sorted names
hides secrets names
refuse 2 'rotkit: "x.zip": expected a name in .tar, .tar.gz, .tar.xz or .tar.zst' release archive --unsigned shard-1 -o x.zip
run 3 release archive --unsigned bad -o x.tar
[ ! -e x.tar ] || fail "a tampered release was packed"
refuse 7 'rotkit: cannot create "absent/x.tar": No such file or directory' release archive --unsigned shard-1 -o absent/x.tar
