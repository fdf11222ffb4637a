#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# One ledger and others at it: locked by another process, read-only, two builds at once with quota
# for both, for one and a half, and for the same devices. sqlite3 and python3's sqlite3 are the others.
# slow: builds wait for each other's locks; build-licence counts
. "$(dirname "$0")/lib.sh"
need openssl sqlite3 python3
unset SOURCE_DATE_EPOCH # the factory certificate is of today

sh "$SOURCE/examples/jetson-orin/prepare.sh" "$ROTKIT" product rsa3072 >"$out" 2>&1 || fail "$(cat "$out")"
printf '%064x\n' 77 >product/keys/master.key
for name in issuer checkpoint; do
    openssl genpkey -algorithm ED25519 -out $name.key 2>/dev/null
    openssl pkey -in $name.key -pubout -out $name.pem
done
sed -i -e '/^  eps-seeds:/d' -e 's/templates: .*/templates: [L-1, L-2]/' product/manifest.yaml
# manifest NAME FIRST LICENCE: twenty devices from FIRST on
manifest() {
    sed "s/^  kdk-db: .*/  master-key: keys\/master.key\n  oem-id: 0x0102\n  first-sn: $2\n  count: 20/" \
        product/manifest.yaml >product/$1.yaml
    printf 'licence:\n  ledger: ../units.db\n  checkpoint-key: ../checkpoint.key\n  file: ../%s.json\n  issuer: ../issuer.pem\n' \
        "$3" >>product/$1.yaml
}
licence() { # ID UNITS
    run 0 licence issue $1.json --key issuer.key --id $1 --product jetson-orin-demo --units $2
}
states() { # TEXT: state and number of the units
    sqlite3 units.db "SELECT state, count(*) FROM rotkit_unit GROUP BY state" >states
    is states "$1"
    run 0 ledger verify units.db --key checkpoint.pem
}

# ---- locked by another process, which lets go only after the test is done with it ----
licence L 20
manifest one 0x100 L
run 0 build -q -o first product/one.yaml
rm -r first
cat >hold.py <<'PY'
import sqlite3, sys, time
db = sqlite3.connect("units.db", isolation_level=None)
db.execute("BEGIN EXCLUSIVE")
open("held", "w").close()
sys.stdin.read()
PY
mkfifo rope
python3 hold.py <rope &
holder=$!
exec 9>rope
while [ ! -e held ]; do sleep 0.05; done
run 5 build -o release product/one.yaml
stderr_is 'rotkit: ledger "product/../units.db": another process has kept it locked for 10 seconds'
[ ! -e release ] || fail "a release was published beside a locked ledger"
exec 9>&-
wait $holder
run 0 build -q -o release product/one.yaml
states 'issued|20'
rm -r release

# ---- a ledger that cannot be written ----
# No mode stops root, so open says what it says of a read-only file system.
code=0
DISK_FAULT_READONLY="$PWD/units.db" LD_PRELOAD=$BUILD/bin/disk_fault.so \
    ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0 \
    "$ROTKIT" build -o release product/one.yaml >"$out" 2>"$err" || code=$?
[ $code -eq 7 ] || [ $code -eq 5 ] || fail "a read-only ledger: exit $code: $(cat "$err")"
grep -q 'units.db' "$err" || fail "the ledger is not named: $(cat "$err")"
[ ! -e release ] || fail "a release was published beside a read-only ledger"
states 'issued|20'

# ---- two builds at once ----
# both LICENCE-ONE LICENCE-TWO: their codes
both() {
    rm -rf one two
    "$ROTKIT" build -q --jobs 1 -o one product/one.yaml >/dev/null 2>one.err &
    pid=$!
    code_two=0
    "$ROTKIT" build -q --jobs 1 -o two product/two.yaml >/dev/null 2>two.err || code_two=$?
    code_one=0
    wait $pid || code_one=$?
}
licence M 40
rm units.db*
manifest one 0x100 M
manifest two 0x200 M
both
[ "$code_one $code_two" = "0 0" ] || fail "quota for both: $code_one $code_two: $(cat one.err two.err)"
states 'issued|40'
run 0 verify one
run 0 verify two

licence N 30
for round in 1 2 3; do
    rm units.db*
    manifest one 0x100 N
    manifest two 0x200 N
    both
    case "$code_one $code_two" in
    "0 5") loser=two ;;
    "5 0") loser=one ;;
    "5 5") loser="one two" ;; # each was in the other's way: the next run has the quota for itself
    *) fail "quota for one and a half: $code_one $code_two: $(cat one.err two.err)" ;;
    esac
    for name in $loser; do
        grep -q '^rotkit: .*licence "N"' $name.err || fail "$(cat $name.err)"
        [ ! -e $name ] || fail "the build without a quota was published"
    done
    sqlite3 units.db "SELECT spent <= 30 FROM rotkit_licence" >within
    is within 1
    run 0 ledger verify units.db --key checkpoint.pem
    [ "$loser" = "one two" ] && issued=0 || issued=20
    sqlite3 units.db "SELECT count(*) FILTER (WHERE state = 'issued') >= $issued,
        count(*) FILTER (WHERE state = 'reserved') FROM rotkit_unit" >held
    is held "1|0"
done

# The same devices in two releases: each unit is charged once, whoever comes first.
licence O 20
rm units.db*
manifest one 0x100 O
manifest two 0x100 O
both
for name in one two; do
    eval code=\$code_$name
    case $code in
    0) run 0 verify $name ;;
    5) grep -q 'is reserved by another build' $name.err || fail "$(cat $name.err)" ;;
    *) fail "the same devices: exit $code: $(cat $name.err)" ;;
    esac
done
run 0 build -q -o one product/one.yaml
run 0 build -q -o two product/two.yaml
states 'issued|20'
diff -rq -x secrets -x ledger -x release.json -x release.json.sig one two >&2 || fail "two identities of one device"
