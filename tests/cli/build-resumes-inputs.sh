#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What may not be taken over from an interrupted build: devices that the ledger does not have any more,
# and those that were made under another date.
# slow: a build for each input that can change; build-interrupted has the verb
. "$(dirname "$0")/lib.sh"
need openssl jq sqlite3
unset SOURCE_DATE_EPOCH

sh "$SOURCE/examples/jetson-orin/prepare.sh" "$ROTKIT" . rsa3072 >"$out" 2>&1 || fail "$(cat "$out")"
printf '%064x\n' 77 >keys/master.key
sed -i -e 's/^  kdk-db: .*/  master-key: keys\/master.key\n  oem-id: 0x0102\n  first-sn: 0x1c0\n  count: 32/' \
    -e '/^  eps-seeds:/d' -e 's/templates: .*/templates: [L-1, L-2]/' manifest.yaml

# cut MANIFEST RELEASE: kills a build when devices are in its journal
cut() {
    "$ROTKIT" build -j1 -o "$2" "$1" >"$out" 2>"$err" </dev/null &
    pid=$!
    for _ in $(seq 3000); do
        [ "$(wc -l <"$2.staging/journal" 2>/dev/null || echo 0)" -gt 8 ] && break
        kill -0 "$pid" 2>/dev/null || fail "the build ended by itself: $(cat "$err")"
        sleep 0.01
    done
    kill -9 "$pid"
    wait "$pid" || :
}

# The date of the certificates.
sed '/not-before:/d' manifest.yaml >dated.yaml
SOURCE_DATE_EPOCH=$(($(date +%s) + 60))
export SOURCE_DATE_EPOCH
cut dated.yaml dated
SOURCE_DATE_EPOCH=$((SOURCE_DATE_EPOCH + 86400))
run 0 build --json -o dated dated.yaml
[ "$(jq .resumed "$out")" -eq 0 ] || fail "devices of another date were taken over"
unset SOURCE_DATE_EPOCH
for cert in $(find dated/devices -name 'ek-cert-*.der'); do
    openssl x509 -in "$cert" -noout -startdate
done | sort -u >dates
[ "$(wc -l <dates)" -eq 1 ] || fail "certificates of two dates: $(cat dates)"

# The ledger: yesterday's file comes back, which the anchor still takes.
for name in issuer checkpoint; do
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out $name.key 2>/dev/null
    openssl pkey -in $name.key -pubout -out $name.pem
done
run 0 licence issue L.json --key issuer.key --id L --product jetson-orin-demo --units 32
cp manifest.yaml counted.yaml
printf 'licence:\n  ledger: units.db\n  checkpoint-key: checkpoint.key\n  anchor: anchor\n  file: L.json\n  issuer: issuer.pem\n' >>counted.yaml
sed 's/count: 32/count: 1/' counted.yaml >first.yaml
run 0 build -o first first.yaml
cp units.db yesterday.db
issued() {
    sqlite3 units.db "SELECT count(*) FROM rotkit_unit WHERE state = 'issued'"
}
cut counted.yaml counted
[ "$(issued)" -ge 8 ] || fail "$(issued) units issued before the cut"
rm units.db*
cp yesterday.db units.db
run 0 build -j1 -o counted counted.yaml
[ "$(find counted/devices -name eks.img | wc -l)" -eq 32 ] || fail "not every device is in the release"
[ "$(issued)" -eq 32 ] || fail "32 devices in the release, $(issued) in the ledger"
run 0 ledger verify units.db
# With its ledger in place the next one goes on, and every unit is charged once.
rm -rf counted units.db* anchor
cut counted.yaml counted
run 0 build --json -j1 -o counted counted.yaml
[ "$(jq .resumed "$out")" -ge 8 ] || fail "nothing was taken over: $(cat "$out")"
[ "$(issued)" -eq 32 ] || fail "32 devices in the release, $(issued) in the ledger"
run 0 ledger verify units.db
