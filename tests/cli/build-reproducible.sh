# SPDX-License-Identifier: Apache-2.0
# Two clean builds with a PKCS#1 v1.5 CA and reproducible: true differ in secrets/ alone; with an ECDSA CA
# the second build takes over the signatures of the first.
. "$(dirname "$0")/lib.sh"
need jq openssl

unset SOURCE_DATE_EPOCH
sh "$SOURCE/examples/jetson-orin/prepare.sh" "$ROTKIT" one rsa3072
sed -n 1,3p one/devices/kdk_db.csv >kdk && mv kdk one/devices/kdk_db.csv
sed -n 1,3p one/devices/eps_seeds.csv >eps && mv eps one/devices/eps_seeds.csv
sed 's/^release:$/release:\n  reproducible: true/' one/manifest.yaml >m && mv m one/manifest.yaml
grep -q 'reproducible: true' one/manifest.yaml || fail "the manifest has another shape"
cp -r one two

run 0 build one/manifest.yaml -q
stderr_is ""
sleep 1 # a clock that shows would show
run 0 build two/manifest.yaml -q
stderr_is ""
diff -rq one/release two/release >differ || :
grep -v '^Files one/release/secrets/.* differ$' differ >bad || :
is bad ""
[ -s differ ] || fail "the sealed files are equal, which they should not be"
for file in $(cd one/release && find secrets -name '*.cms'); do
    run 0 secret open --key one/factory/factory.key one/release/$file
    cp "$out" first
    run 0 secret open --key two/factory/factory.key two/release/$file
    cmp first "$out" || fail "$file: other content"
done

# ECDSA: refused from a clean start with reproducible, and stable over a former release.
sh "$SOURCE/examples/jetson-orin/prepare.sh" "$ROTKIT" ec p256
cp one/devices/*.csv ec/devices/
run 0 build ec/manifest.yaml -q
find ec/release -type f -exec sha256sum {} + | sort >first
printf '%s' x >>ec/devices/pubkey_db.csv # not an input
run 0 build ec/manifest.yaml -q
find ec/release -type f -exec sha256sum {} + | sort >second
same "the release with an ECDSA CA" first second

cp -r ec fresh
rm -r fresh/release
sed 's/^release:$/release:\n  reproducible: true/' ec/manifest.yaml >fresh/manifest.yaml
line=$(grep -n 'reproducible: true' fresh/manifest.yaml | cut -d : -f 1)
refuse 2 "rotkit: fresh/manifest.yaml:$line:17: release.reproducible: ecdsa-sha256 signatures are random, and there is no previous release to keep them from: use an RSA or Ed25519 CA" \
    build fresh/manifest.yaml
