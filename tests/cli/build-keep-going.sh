#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# --keep-going leaves out the devices that fail, names each, and exits 6; what fails for all alike
# ends the build all the same. jq and sqlite3 read the answer and the ledger.
. "$(dirname "$0")/lib.sh"
need openssl sqlite3 jq

unset SOURCE_DATE_EPOCH # the factory certificate is of today
sh "$SOURCE/examples/jetson-orin/prepare.sh" "$ROTKIT" . rsa3072
cp "$DATA/cli/manifest.yaml" manifest.yaml
openssl genpkey -algorithm ED25519 -out checkpoint.key 2>/dev/null
printf 'licence:\n  ledger: units.db\n  checkpoint-key: checkpoint.key\n' >>manifest.yaml
sed 's/templates: .*/templates: [L-1, L-2]/' manifest.yaml >m && mv m manifest.yaml
for db in kdk_db eps_seeds; do
    sed -n 1,14p devices/$db.csv >few && mv few devices/$db.csv
done
devices=$(grep -c . devices/kdk_db.csv)
sn() { # N: the Device SN of row N
    awk -v n="$1" 'NR == n { print $1 $2 }' whole/kdk_db.csv
}
mistype() { # the last digits of each KDK0
    awk '{ print $1, $2, substr($3, 1, 56) "00000000" }' devices/kdk_db.csv >few && mv few devices/kdk_db.csv
}

# Two units of the ledger were made from other KDK0s.
mkdir whole
cp devices/*.csv whole/
for row in 3 12; do
    for db in kdk_db eps_seeds; do
        sed -n "${row}p" whole/$db.csv >devices/$db.csv
    done
    mistype
    run 0 build -q -o other-$row manifest.yaml
done
cp whole/*.csv devices/
# why ROW: what is told of it
why() {
    grep "^rotkit: unit $(sn $1) was made from other inputs: [0-9a-f]\{16\}, now [0-9a-f]\{16\}$" "$err" >/dev/null ||
        fail "device $(sn $1) is not named: $(cat "$err")"
}

run 5 build manifest.yaml
why 3
[ ! -e release ] || fail "a build that failed left a release"
for jobs in 1 3; do
    rm -rf release
    run 6 build --keep-going --jobs $jobs manifest.yaml
    why 3
    why 12
    [ "$(tail -n 1 "$err")" = "rotkit: 2 of $devices devices failed; release \"release\" has the others" ] ||
        fail "$(cat "$err")"
    find release/devices -name device.json | wc -l >count
    is count $((devices - 2))
    for row in 3 12; do
        [ -z "$(find release -name "$(sn $row)")" ] || fail "device $row is in the release"
    done
    run 0 verify release
    sqlite3 units.db "SELECT state, count(*) FROM rotkit_unit GROUP BY state" >states
    is states "issued|$devices"
    cp -r release of-$jobs
done
diff -rq -x ledger -x secrets of-1 of-3 >&2 || fail "the number of threads shows"

rm -rf release
run 6 build --keep-going --json manifest.yaml
jq -r '.devices, .outcome, (.failed[] | .device)' "$out" >answer
is answer "$((devices - 2))
new
$(sn 3)
$(sn 12)"
jq -e '.failed[0].error | test("was made from other inputs")' "$out" >/dev/null || fail "no reason"

# Mended, the next run has them all.
for row in 3 12; do
    run 0 ledger reissue units.db "$(sn $row)" --reason "KDK0 was mistyped"
done
run 0 build manifest.yaml
find release/devices -name device.json | wc -l >count
is count "$devices"

# An id that is another unit's is found at the commit, of eight at once: the one is left out.
value=$(sqlite3 units.db "SELECT value FROM rotkit_key WHERE unit = '$(sn 4)' AND kind = 'ek:l-1'")
rm -rf release units.db*
for db in kdk_db eps_seeds; do
    sed -n 9p whole/$db.csv >devices/$db.csv
done
run 0 build -q -o ninth manifest.yaml
sqlite3 units.db "INSERT INTO rotkit_key (unit, kind, value, seq) VALUES ('$(sn 9)', 'ek:l-1', '$value', 3)"
cp whole/*.csv devices/
run 6 build --keep-going --jobs 1 manifest.yaml
grep -q "^rotkit: .*$(sn 4)" "$err" || fail "$(cat "$err")"
[ "$(tail -n 1 "$err")" = "rotkit: 1 of $devices devices failed; release \"release\" has the others" ] || fail "$(cat "$err")"
find release/devices -name device.json | wc -l >count
is count $((devices - 1))
[ -z "$(find release -name "$(sn 4)")" ] || fail "a second device with one EK is in the release"
sqlite3 units.db "SELECT state, count(*) FROM rotkit_unit GROUP BY state" >states
is states "issued|$((devices - 1))
void|1"

# None is made: nothing is published.
rm -rf release
for db in kdk_db eps_seeds; do
    sed -n 3p whole/$db.csv >devices/$db.csv
done
mistype
run 6 build --keep-going manifest.yaml
[ "$(tail -n 1 "$err")" = "rotkit: all 1 device failed; nothing was published" ] || fail "$(cat "$err")"
[ ! -e release ] || fail "a release of nothing"

# A key that cannot be used fails for all alike.
cp whole/*.csv devices/
printf '#!/bin/sh\nexit 1\n' >broken
chmod +x broken
openssl x509 -in ca/issuing.pem -noout -pubkey >issuing.pub
sed "s|key: ca/issuing.key|key: \"helper:$PWD/broken?public=$PWD/issuing.pub\"|" manifest.yaml >m
grep -q helper: m || fail "the manifest has another shape"
run 4 build --keep-going -o never m
[ ! -e never ] || fail "a release without certificates"

refuse 2 "rotkit: --keep-going is not for rounds: the next one would differ
  see 'rotkit help build'" build --keep-going --to-sign round manifest.yaml
