# SPDX-License-Identifier: Apache-2.0
# Releases that somebody has tampered with, unsigned so that nothing else tells: one error each, and its exit code.
# slow: a bundle for each attack; unit tests and update-verify have the kinds
. "$(dirname "$0")/lib.sh"
. "$SOURCE/tests/support/update.sh"
need openssl jq
unset SOURCE_DATE_EPOCH
update_product product
sed -i '/^  key: keys\/release.key/d' product/manifest.yaml
first_release
rm -r old/secrets # their index names release.json, which is changed here; an archive has none either
good
firmware_only signed
sed '/^  key: keys\/release.key/d' product/signed.yaml >product/new.yaml
run 0 build -q -o new product/new.yaml
run 0 update check old new
rm -rf signed

# tampered RELEASE CODE MESSAGE JQ-FILTER: release.json changed, and nothing else; RELEASE in MESSAGE is its name
tampered() {
    what="$1: $4"
    cp "$1/release.json" kept
    jq "$4" kept >"$1/release.json"
    refuse "$2" "rotkit: $3" update check old new
    mv kept "$1/release.json"
}
new() { # KEY EXPECTED JQ-FILTER: malformed
    tampered new 2 "\"new/release.json\": member \"$1\" is missing or malformed, expected $2" "$3"
}
for version in '"4294967296"' '"1.0.4294967296"' '"1.2.3.4.5"' '"99999999999999999999"' '"1."' '""' '".1"' '"1.-1"' '" 1"'; do
    new version 'a version such as 1.2.3' ".version = $version"
done
for version in 1 '["1"]' null; do
    new version 'a text of at most 31 bytes' ".version = $version"
done
new derivation 'a text of at most 31 bytes' 'del(.update)'
new derivation 'a text of at most 31 bytes' '.update = []'
new components 'a list of at most 64' '.update.components = {"name": "secure-os"}'
new components 'a list of at most 64' '.update.components = [range(65)]'
new name 'a text of at most 63 bytes' '.update.components[0].name = 7'
new svn 'a number' '.update.components[0].svn = -1'
new svn 'a number' '.update.components[0].svn = "3"'
new svn 'a number' '.update.components[0].svn = 3.5'
new slots 'a list of at most 64' '.update.slots = {}'
new size_a 'a number' '.update.slots[0].size_a = -1'
new reads_blobs 'a list of at most 4' '.update.reads_blobs = "2.0"'
new changes 'names of changes' '.update.changes = ["all"]'
new changes 'a list of at most 4' '.update.changes = {}'
new platform 'a text of at most 15 bytes' '.platform = "a platform with a long name"'
new product 'printable text' '.product = "a\nrotkit: b"'
new product 'printable text' '.product = "\u001b[2J"'
# The first of two would be the one that is held against the other release.
tampered new 2 '"new/release.json": "components" names "secure-os" twice' \
    '.update.components += [{"name": "secure-os", "version": "0.1"}]'
tampered new 2 '"new/release.json": "slots" names "boot" twice' '.update.slots += [.update.slots[0]]'
tampered new 3 'another platform: "t194", was "t234"' '.platform = "t194"'
tampered new 3 'another product: "another", was "jetson-orin-demo"' '.product = "another"'
tampered new 3 '"new": 0 devices stand here, release.json says 1' '.devices = 1'
tampered new 3 '"new": release.json: file 1 is none of ca/ or images/' '.files[0].path = "images/../images/update.Cap"'
tampered new 3 '"new": release.json names "images/update.Cap" twice' '.files += [.files[0]]'
tampered new 3 '"new": "images/update.Cap" stands here, and release.json does not name it' 'del(.files[0])'
# An older release that hides devices, or what held them.
tampered old 3 '"old": 6 devices stand here, release.json says 0' '.devices = 0'
tampered old 3 '"old": 6 devices stand here, release.json says 5' '.devices = 5'
tampered old 2 '"old/release.json": member "components" is missing or malformed, expected a list of at most 64' '.update.components = {}'
what=

# ---- cut short, at every length of the head and then some
cp new/release.json kept
size=$(wc -c <kept)
n=0
while [ $n -lt "$size" ]; do
    head -c $n kept >new/release.json
    run 2 update check old new
    [ "$(grep -c '^rotkit: "new": release.json: JSON ' "$err")" -eq 1 ] || fail "cut at $n: $(cat "$err")"
    [ "$(wc -l <"$err")" -eq 1 ] || fail "cut at $n: $(cat "$err")"
    n=$((n + 1 + n / 8))
done
mv kept new/release.json

# ---- files that are something else; none of them is waited for, or read without end
instead() { # MESSAGE COMMAND...: in the place of new/images/update.Cap
    instead_text=$1
    shift
    rm -rf new/images/update.Cap
    "$@"
    refuse 3 "rotkit: \"new\": \"images/update.Cap\"$instead_text" update check old new
}
cp new/images/update.Cap kept
says=$(sha256sum <kept | cut -d ' ' -f 1)
instead ' is missing' true
instead ' is no file' ln -s nowhere new/images/update.Cap
instead ' is no file' ln -s update.Cap new/images/update.Cap
instead ' is no file' ln -s /dev/zero new/images/update.Cap
instead ' is no file' mkdir new/images/update.Cap
instead ' is no file' mkfifo new/images/update.Cap
instead ": SHA-256 is $(sha256sum <product/new.yaml | cut -d ' ' -f 1), the index says $says" cp product/new.yaml new/images/update.Cap
rm new/images/update.Cap
ln -s ../../kept new/images/update.Cap # the same bytes: below a release nothing is followed
refuse 3 'rotkit: "new": "images/update.Cap" is no file' update check old new
rm new/images/update.Cap
mv kept new/images/update.Cap

# Renamed, in the index too: the devices' image is gone.
cp -r new renamed
mv renamed/images/update.Cap renamed/images/other.Cap
jq '.files[0].path = "images/other.Cap"' new/release.json >renamed/release.json
run 3 update check old renamed
stderr_is 'rotkit: the update from 1.0.0 to 1.1.0 breaks 6 of 6 devices (1 found)'
grep '^breaks: ' "$out" >lines
is lines 'breaks: image: "images/update.Cap" of "old" is gone'
mkfifo new/release.json.sig
refuse 3 'rotkit: "new": "release.json.sig" is no file' update check old new
rm new/release.json.sig

# ---- releases that are none, or the wrong ones
for path in nowhere new/images new/release.json ''; do
    refuse 2 "rotkit: \"$path\" is no release: it has no release.json" update check old "$path"
    refuse 2 "rotkit: \"$path\" is no release: it has no release.json" update check "$path" new
done
refused='rotkit: the update from'
run 3 update check old old
stderr_is "$refused 1.0.0 to 1.0.0 breaks 6 of 6 devices (1 found)"
run 3 update check new old
stderr_is "$refused 1.1.0 to 1.0.0 breaks 0 of 0 devices (4 found)"
# What is not signed is not signed on.
refuse 3 'rotkit: "old": the release is not signed
  both must be signed by the update key, or by that of --pub' update make --key product/keys/ta.key -o bundle old new
refuse 3 'rotkit: "old": the release is not signed' update make --key product/keys/ta.key --pub release.pem -o bundle old new
ln -s new link
run 0 update check old link

# ---- a derivation of a later rotkit: that is said, and no device is called broken for it
for release in old new; do
    jq '.update.derivation = "ms-999"' $release/release.json >kept
    mv kept $release/release.json
done
run 0 update check --kdk-db product/devices/kdk_db.csv --eps-seeds product/devices/eps_seeds.csv old new
tail -n 2 "$out" >lines
is lines 'not recomputed: device: 6 devices: derivation "ms-999" is not known here
holds: device: 6 devices keep their EKs, 0 of them recomputed'
