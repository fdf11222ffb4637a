#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# kill -9 at fifty random points of a build of a thousand devices against a ledger: after each the
# ledger verifies, nothing is published by half, nothing is charged twice; the run behind the last
# one ends with the release of an uncut build and a thousand units issued. sqlite3 reads the ledger.
# slow: fifty builds of up to a thousand devices
. "$(dirname "$0")/lib.sh"
need openssl sqlite3 jq
unset SOURCE_DATE_EPOCH # the factory certificate is of today

seed=${FAULT_SEED:-$(od -An -N2 -tu2 /dev/urandom | tr -d ' ')}
echo "FAULT_SEED=$seed"
sh "$SOURCE/examples/jetson-orin/prepare.sh" "$ROTKIT" product rsa3072 >"$out" 2>&1 || fail "$(cat "$out")"
printf '%064x\n' 77 >product/keys/master.key
for name in issuer checkpoint; do
    openssl genpkey -algorithm ED25519 -out $name.key 2>/dev/null
    openssl pkey -in $name.key -pubout -out $name.pem
done
run 0 licence issue licence.json --key issuer.key --id L --product jetson-orin-demo --units 1000
sed -i -e 's/^  kdk-db: .*/  master-key: keys\/master.key\n  oem-id: 0x0102\n  first-sn: 0x1c0\n  count: 1000/' \
    -e '/^  eps-seeds:/d' -e 's/templates: .*/templates: [L-1, L-2]/' -e '/^fuses:/,/^$/d' product/manifest.yaml
printf 'licence:\n  ledger: ../units.db\n  checkpoint-key: ../checkpoint.key\n  file: ../licence.json\n  issuer: ../issuer.pem\n' >>product/manifest.yaml
run 0 build -q -o uncut product/manifest.yaml
rm units.db*

journal() {
    wc -l 2>/dev/null <cut.staging/journal || echo 0
}
# is_reached KIND FROM STEPS: whether the build stands where it shall be killed
is_reached() {
    case $1 in
    start) [ "$3" -gt $((seed % 40)) ] ;;
    devices) [ "$(journal)" -gt $(($2 + seed % 45)) ] ;;
    publish) [ -e cut.staging/release.json ] ;;
    esac
}

kills=0
published=0
while [ $kills -lt 50 ]; do
    seed=$(((seed * 1103515245 + 12345) % 2147483648))
    from=$(journal)
    case $((kills % 5)) in
    0) kind=start ;;
    *) kind=devices ;;
    esac
    [ "$from" -lt 960 ] || kind=publish
    "$ROTKIT" build -o cut product/manifest.yaml >"$out" 2>"$err" </dev/null &
    pid=$!
    steps=0
    while ! is_reached $kind "$from" $steps && kill -0 $pid 2>/dev/null; do
        steps=$((steps + 1))
        sleep 0.00$((seed / 7 % 9 + 1))
    done
    sleep 0.0$((seed / 64 % 10))$((seed / 640 % 10))
    kill -9 $pid 2>/dev/null || :
    code=0
    wait $pid || code=$?
    kills=$((kills + 1))
    what="kill $kills ($kind)"
    case $code in
    137) ;;
    0) published=$((published + 1)) ;;
    *) fail "$what: the build ended with $code: $(cat "$err")" ;;
    esac
    if [ -e units.db ]; then
        run 0 ledger verify units.db --key checkpoint.pem
        sqlite3 units.db "SELECT max(0, (SELECT count(*) FROM rotkit_unit WHERE state IN ('issued', 'reserved')) - 1000),
            (SELECT spent FROM rotkit_licence WHERE id = 'L') > 1000" >over
        is over "0|0"
    fi
    [ ! -e cut ] || {
        run 0 verify cut
        rm -rf cut # and again, at no cost
    }
done
what=
run 0 build --json -o cut product/manifest.yaml
diff -rq -x ledger -x secrets uncut cut >&2 || fail "the release is not that of an uncut build"
sqlite3 units.db "SELECT state, count(*), (SELECT spent FROM rotkit_licence WHERE id = 'L') FROM rotkit_unit GROUP BY state" >states
is states "issued|1000|1000"
run 0 ledger verify units.db --key checkpoint.pem --checkpoint cut/ledger/checkpoint.json
[ ! -e cut.staging ] || fail "the staging folder is left"
