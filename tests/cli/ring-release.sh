# SPDX-License-Identifier: Apache-2.0
# A program over the installed headers and the shared library alone reads a release, a ledger and checkpoints; what it
# tells is what jq, openssl, sqlite3 and find say. Every error that release.h and ledger.h name is met.
. "$(dirname "$0")/lib.sh"
need cc jq openssl sqlite3
. "$SOURCE/tests/support/ring.sh"
unset SOURCE_DATE_EPOCH # the factory certificate is of today

run 0 init -q product
for name in release checkpoint other; do
    openssl genpkey -algorithm ED25519 -out $name.key 2>/dev/null
    openssl pkey -in $name.key -pubout -out $name.pem
done
sed -i '/^release:/,/^  #key:/s/^  #key: $/  key: ..\/release.key/' product/manifest.yaml
printf 'licence:\n  ledger: ../units.db\n  checkpoint-key: ../checkpoint.key\n' >>product/manifest.yaml
for list in kdk_db eps_seeds; do
    mv product/devices/$list.csv $list.whole
    head -n -1 $list.whole >product/devices/$list.csv
    chmod 600 product/devices/$list.csv
done
run 0 build -q -o three product/manifest.yaml
sqlite3 units.db "PRAGMA wal_checkpoint(TRUNCATE)" >"$out"
cp units.db before.db
for list in kdk_db eps_seeds; do
    mv $list.whole product/devices/$list.csv
done
run 0 build -q -o release product/manifest.yaml

# ---- a release ----
sns=$(find release/devices -name device.json -printf '%h\n' | sed 's,.*/,,' | sort)
certs=$(find release/devices -name '*.der' | wc -l)
[ "$certs" = 8 ] || fail "$certs certificates of 4 devices with two EKs"
tells 0 report release.pem - release
is "$out" "devices $(printf '%s\n' "$sns" | wc -l)
files $(find release -type f ! -name 'release.json*' ! -name 'index.json*' ! -path 'release/ledger/*' | wc -l)
certificates $certs
images 0
signer release key, ed25519"
cp "$out" told
tells 0 report - - release
sed 's/^signer .*/signer not checked/' told >wanted
same "a release of whom it names" wanted "$out"
tells 0 report release.pem product/ca/chain.pem release
same "a release of a CA that is trusted" told "$out"
tells 8 report - product/ca/chain.pem release # a CA that is trusted, and nobody said who signs the release
cp -r release hurt
chmod -R u+w hurt
openssl pkeyutl -sign -rawin -inkey other.key -in hurt/release.json -out hurt/release.json.sig
tells 3 report - - hurt
rm -rf hurt
tells 3 report other.pem - release
is "$err" 'the release is signed by another key'
openssl req -x509 -newkey ed25519 -nodes -keyout /dev/null -subj /CN=other -out other-ca.pem 2>/dev/null
tells 3 report - other-ca.pem release
tells 2 newer release
grep -q '^options of a newer library: ' "$err" || fail "$(cat "$err")"
tells 7 report - - absent
tells 0 list release -
is "$out" "$sns"
first=$(printf '%s\n' "$sns" | head -n 1)
last=$(printf '%s\n' "$sns" | tail -n 1)
tells 6 list release "$first"
is "$out" "$first"
is "$err" stopped
tells 2 list absent -
is "$err" '"absent" is no release: it has no release.json'
tells 0 not-older release three
tells 7 not-older release absent

for sn in "$first" "$(echo "$first" | sed 's/^..../&-/')"; do
    tells 0 device release "$sn"
    dir=$(find release/devices -type d -name "$first")
    jq -r '.ek[].template' "$dir/device.json" >wanted
    grep '^[LH]-' "$out" >found
    same "$sn: templates" wanted found
    jq -r '.ek[].public_tpm2b' "$dir/device.json" >wanted
    sed -n 's/^area //p' "$out" >found
    same "$sn: public areas" wanted found
    [ "$(grep -c '^for this key$' "$out")" = 2 ] || fail "$sn: $(cat "$out")"
    sed -n 's/^certificate //p' "$out" | while read -r hex; do
        echo "$hex" | unhex | openssl x509 -inform DER -out one.pem
        openssl verify -CAfile product/ca/chain.pem one.pem >/dev/null || fail "$sn: openssl takes no certificate"
    done
done
tells 2 device release 01020000000000ffffff
tells 2 device release 0102
tells 7 device absent "$first"
cp -r release hurt
json=$(find hurt/devices -name device.json | grep "$first")
chmod -R u+w hurt
jq '.ek[0].template = "L-9"' "$json" >changed && cp changed "$json"
tells 9 device hurt "$first"
tells 3 report - - hurt
grep -q "$first/device.json" "$err" || fail "$(cat "$err")"
echo '{' >hurt/release.json
tells 9 report - - hurt
tells 9 not-older hurt release

# ---- its ledger and its checkpoint ----
sqlite3 units.db "PRAGMA wal_checkpoint(TRUNCATE)" >"$out"
of_state() { sqlite3 units.db "SELECT count(*) FROM rotkit_unit WHERE state = '$1'"; }
counts() {
    echo "entries $(sqlite3 units.db 'SELECT count(*) FROM rotkit_entry')
checkpoints $(sqlite3 units.db 'SELECT count(*) FROM rotkit_checkpoint')
reserved $(of_state reserved)
issued $(of_state issued)
retired $(of_state retired)
reissue $(of_state reissue)"
}
[ "$(of_state issued)" = 4 ] || fail "4 units are not issued"
tells 0 ledger units.db checkpoint.pem
is "$out" "$(counts)"
tells 3 ledger units.db other.pem
tells 7 ledger absent.db -
tells 9 ledger release/release.json -
tells 2 ledger postgresql://user:secret@host/units -
is "$err" "a password has no place in a ledger's URI: name it in PGPASSFILE"
cp "$DATA/vectors/ledger/ledger-format-1.db" old.db
chmod u+w old.db
tells 2 ledger old.db -

point=$(find release/ledger -name '*.json' | head -n 1)
tells 0 checkpoint "$point" checkpoint.pem units.db
is "$out" "size $(sqlite3 units.db 'SELECT max(seq) FROM rotkit_entry')
head $(sqlite3 units.db 'SELECT hash FROM rotkit_entry ORDER BY seq DESC LIMIT 1')
time $(jq .time "$point")"
tells 3 checkpoint "$point" other.pem -
tells 9 checkpoint units.db checkpoint.pem -
tells 5 checkpoint "$point" checkpoint.pem before.db # it was put back
tells 0 checkpoint three/ledger/checkpoint.json checkpoint.pem units.db
run 0 ledger init another.db
tells 5 checkpoint "$point" checkpoint.pem another.db
jq -c '.size += 1' "$point" >changed
tells 3 checkpoint changed checkpoint.pem -

run 0 ledger retire units.db "$first" --reason "fell into the sea"
run 0 ledger reissue units.db "$last" --reason "its fuses were misread"
tells 0 ledger units.db checkpoint.pem
is "$out" "$(counts)"
[ "$(of_state retired)$(of_state reissue)$(of_state issued)" = 112 ] || fail "$(counts)"
# One byte of the database, and one row of it.
cp units.db hurt.db
sqlite3 hurt.db "DROP TRIGGER rotkit_entry_no_update; UPDATE rotkit_entry SET note = 'other' WHERE seq = 2"
tells 3 ledger hurt.db -
head -c 5000 units.db >cut.db
tells 3 ledger cut.db -
