# SPDX-License-Identifier: Apache-2.0
# The example of a board with OP-TEE as prepare.sh leaves it: 20 devices and two images, made and verified; a repeat
# changes nothing, and another build of the same keys gives the same TAs; shards join; enrolment takes it.
. "$(dirname "$0")/lib.sh"
need jq openssl
. "$SOURCE/tests/support/optee.sh"
unset SOURCE_DATE_EPOCH

sh "$SOURCE/examples/optee/prepare.sh" "$ROTKIT" board >"$out" 2>&1 || fail "$(cat "$out")"
find board -type f | sort | xargs sha256sum >before
sh "$SOURCE/examples/optee/prepare.sh" "$ROTKIT" board >"$out" 2>&1 || fail "$(cat "$out")"
find board -type f | sort | xargs sha256sum >after
same "what a second prepare.sh leaves" before after
pub="--pub board/keys/release.pem"
run 0 build board/manifest.yaml
stderr_is 'rotkit: 20 devices, 2 images, release "board/release": new'
run 0 verify $pub board/release
[ "$(find board/release/devices -name "$ta_uuid.ta" -exec sha256sum {} + | cut -d ' ' -f 1 | sort -u | wc -l)" -eq 20 ] || fail "20 TAs"
[ "$(jq -r '.ek[].public_tpm2b' board/release/devices/*/*/device.json | sort -u | wc -l)" -eq 40 ] || fail "40 EKs"
cp -a board/release before-repeat
run 0 build board/manifest.yaml
stderr_is 'rotkit: 20 devices, 2 images, release "board/release": unchanged'
diff -r before-repeat board/release || fail "a repeat changed something"

# Without the release in place what is random is made anew; what each device computes with is not.
run 0 build -q -o again board/manifest.yaml
for ta in again/devices/*/*/*.ta; do
    cmp "$ta" "board/release/${ta#again/}" || fail "another TA"
done
for i in 0 1 2; do
    run 0 build -q --shard $i/3 -o shard-$i board/manifest.yaml
done
run 0 release merge -q --key board/keys/release.key -o merged shard-0 shard-1 shard-2
run 0 verify $pub merged
for ta in merged/devices/*/*/*.ta; do
    cmp "$ta" "board/release/${ta#merged/}" || fail "another TA in the merged release"
done
[ "$(find merged/devices -name '*.ta' | wc -l)" -eq 20 ] || fail "$(find merged/devices -name '*.ta' | wc -l) TAs in the merged release"
run 0 enroll -q keylime board/release $pub -o keylime
run 0 enroll -q keylime board/release $pub --verify keylime
run 0 enroll -q azure-dps board/release $pub -o dps
run 0 enroll -q azure-dps board/release $pub --verify dps
