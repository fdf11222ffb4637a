# SPDX-License-Identifier: Apache-2.0
# A format, a platform, an enrolment target, a key source, an EK template and a derivation profile are each one
# row and one file: tests/rows has one of each, -DROTKIT_TEST_ROWS=ON puts them into the tables, and that is all
# it takes for the program to list them and work with them. Without it the program knows none of them.
# slow: builds the library again
. "$(dirname "$0")/lib.sh"
need cmake ninja git jq openssl
git -C "$SOURCE" rev-parse --git-dir >/dev/null 2>&1 || skip "$SOURCE is no git tree"

# What names a row: its table, and the file that it stands in. A template and a profile are data: table alone.
# touches WORD FILE...
touches() {
    word=$1
    shift
    printf '%s\n' "$@" | sort >wanted
    git -C "$SOURCE" grep -lwFe "$word" -- lib cli cmake CMakeLists.txt tests ':!tests/cli/rows-added.sh' | sort >found
    same "files that name $word" wanted found
}
touches rk_format_test lib/tables/tables.c tests/rows/format.c
touches rk_platform_test lib/tables/tables.c tests/rows/platform.c
touches rk_enroll_test lib/tables/tables.c tests/rows/target.c
touches rk_key_source_zero lib/keys/sources.c tests/rows/key_source.c
touches ROTKIT_TEST_ROWS CMakeLists.txt lib/CMakeLists.txt lib/base/rows.h lib/ftpm/template.c lib/ftpm/profile.c

plain=$ROTKIT
rows=$scratch/rows/bin/rotkit
(
    cd "$SOURCE"
    cmake --preset release -B "$scratch/rows" -DROTKIT_TEST_ROWS=ON -DBUILD_TESTING=OFF
    cmake --build "$scratch/rows" --target rotkit -j2
) >"$scratch/log" 2>&1 || {
    tail -n 40 "$scratch/log" >&2
    fail "the build with rows of tests"
}
with_rows() {
    ROTKIT=$rows
}
without_rows() {
    ROTKIT=$plain
}

# ---- a format ----

without_rows
run 0 pack --formats
cp "$out" formats
printf 'some bytes' >payload
with_rows
run 0 pack --formats
diff formats "$out" | grep "^[<>]" >found || true
is found "> test-row: row of a test; pack
>     payload=FILE (required)  any bytes"
run 0 pack test-row payload=payload -o image
[ "$(cat image)" = "TESTROW1some bytes" ] || fail "the image"
run 0 inspect image
stdout_is "test-row
0x000000       18  row of a test
0x000000        8    magic
0x000008       10    payload
structure holds"
run 0 verify image
stdout_is "image: test-row: structure holds; signer: not checked"
printf TESTROW1 >empty
run 2 verify empty
stderr_is "rotkit: empty: test-row: there is no payload"
without_rows
run 2 inspect image
grep -q 'unknown format$' "$err" || fail "$(cat "$err")"
run 2 pack test-row payload=payload -o other
grep -q '^rotkit: unknown format "test-row" (known: ' "$err" || fail "$(cat "$err")"

# ---- a key source: zeros by the row are zeros in a file ----

printf '%064d\n' 0 >zeros
openssl rand -hex 16 >auth.key
with_rows
run 0 blob pack --root-key zero: --platform t234 --version 2.0 --uefi-auth-key auth.key -o eks.img
without_rows
run 0 blob open --root-key zeros --json --show-secrets eks.img
[ "$(jq -r '.items[0].value' "$out")" = "$(cat auth.key)" ] || fail "the blob under a key of zeros"
refuse 2 'rotkit: --root-key: unknown key scheme "zero:" (known: file, pub, pkcs11, helper, env)
  a path with a colon in it is named file:PATH' blob open --root-key zero: eks.img

# ---- a template and a profile: other names for L-1 and ms-159 ----

openssl rand -hex 64 >eps
run 0 ek derive --eps eps --template L-1 --profile ms-159 --json
jq -S '.template = "test-row" | .profile = "test-row"' "$out" >wanted
run 2 ek derive --eps eps --template test-row
stderr_is 'rotkit: unknown template "test-row"
  known: L-1 L-2 H-1 H-2 H-3 H-4 H-6 H-7 azure-sdk, file:PATH, all'
run 2 ek derive --eps eps --profile test-row
grep -q '^rotkit: unknown profile "test-row"$' "$err" || fail "$(cat "$err")"
with_rows
run 0 ek derive --eps eps --template test-row --profile test-row --json
jq -S . "$out" >found
same "the EK" wanted found
run 0 help ek derive
grep -q 'templates, with commas: L-1 .* azure-sdk test-row, file:TPMT_PUBLIC' "$out" || fail "$(cat "$out")"
run 2 ek derive --eps eps --template none
stderr_is 'rotkit: unknown template "none"
  known: L-1 L-2 H-1 H-2 H-3 H-4 H-6 H-7 azure-sdk test-row, file:PATH, all'
run 2 ek derive --eps eps --profile none
grep -q '^  known:.* libtpms-0 test-row$' "$err" || fail "$(cat "$err")"

# ---- a platform: a release of what its own makers make, by the other rows ----

run 0 init -q product
grep -q '^# what it is for: t234 (Jetson Orin), optee (any board with OP-TEE and the reference fTPM), test-row (row of a test)$' product/manifest.yaml ||
    fail "the platform is not in the manifest's words"
cat >product/rows.yaml <<Y
rotkit: 1
product: rows
platform: test-row
role: both
devices:
  master-key: "zero:"
  oem-id: 0x0102
  first-sn: 0x0000000100000001
  count: 2
$(sed -n '/^ek:/,/^blob:/p' product/manifest.yaml | sed -e '/^blob:/d' -e '/^#/d' -e 's/\[L-1, L-2\]/[L-1, L-2, test-row]/')
release: { path: rows }
Y
run 0 build product/rows.yaml
stderr_is 'rotkit: 2 devices, release "product/rows": new, not signed'
release=product/rows
first=01020000000100000001
second=01020000000100000002
(cd $release && find devices -type f ! -name index.json | sed 's,.*/\([^/]*/[^/]*\)$,\1,' | sort) >found
for sn in $first $second; do
    printf "$sn/%s\n" device.json ek-cert-l-1.der ek-cert-l-2.der ek-cert-test-row.der note.txt
done >wanted
same "what is made of each unit" wanted found
for sn in $first $second; do
    folder=$(echo $release/devices/*/$sn)
    is "$folder/note.txt" "unit $sn"
    # The platform's EPS is the Device SN over and over.
    echo $sn$sn$sn$sn$sn$sn$sn | cut -c 1-128 >eps
    "$plain" ek derive --eps eps --template L-1 --json >derived 2>/dev/null
    jq -r '"test-row " + .name' derived >wanted
    jq -r '.ek[2] | .template + " " + .name' "$folder/device.json" >found
    same "$sn: its EK" wanted found
    openssl x509 -inform DER -in "$folder/ek-cert-test-row.der" -pubkey -noout >found
    jq -j .public_pem derived >wanted
    same "$sn: the key of its certificate" wanted found
done
run 0 verify $release
stdout_is "$release: release: holds: 2 devices, 11 files, 6 EK certificates; signer: not checked"
# Files that its section of the manifest names, by a UUID. A build that is killed goes on with them: another platform's role has the
# same place for such files, and a sum that had one twice would fit nothing.
sed -e 's/rows/named/' -e 's/^  count: 2/  count: 60/' -e 's/^platform: test-row/&\ntest-note: { file: bc50d971-d4c9-42c4-82cb-343fb7f37896.txt }/' product/rows.yaml >product/named.yaml
"$rows" build -j1 product/named.yaml >"$out" 2>"$err" </dev/null &
pid=$!
for _ in $(seq 3000); do
    [ "$(wc -l 2>/dev/null <product/named.staging/journal || echo 0)" -gt 8 ] && break
    kill -0 "$pid" 2>/dev/null || fail "the build ended by itself: $(cat "$err")"
    sleep 0.01
done
kill -9 "$pid"
wait "$pid" || :
run 0 build --json product/named.yaml
[ "$(jq .resumed "$out")" -ge 8 ] || fail "$(jq .resumed "$out") units were taken over"
[ "$(find product/named/devices -name bc50d971-d4c9-42c4-82cb-343fb7f37896.txt | wc -l)" -eq 60 ] || fail "files that the manifest names"
run 0 verify product/named
without_rows
sed 's/^platform: t234$/platform: test-row/' product/manifest.yaml >product/other.yaml
refuse 2 "rotkit: product/other.yaml:$(sed -n '/^platform:/=' product/other.yaml):11: platform: unknown platform \"test-row\" (known: t234, t194, optee)" \
    build product/other.yaml

# ---- a target ----

run 0 enroll --targets
cp "$out" targets
with_rows
run 0 enroll --targets
diff targets "$out" | grep '^[<>]' >found || true
is found "> test-row: row of a test"
run 0 enroll --unsigned test-row $release -o enrolled
stderr_is "rotkit: 2 devices in 1 file"
[ "$(ls enrolled)" = devices.txt ] || fail "the target's files: $(ls enrolled)"
is enrolled/devices.txt "$first
$second"
without_rows
refuse 2 'rotkit: unknown enrolment target "test-row" (known: azure-dps, keylime, adcs, hgs, corim, csv)' \
    enroll --unsigned test-row product/rows -o other
