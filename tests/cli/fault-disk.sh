#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The disk fills up at every stage of a build with a ledger, and an output that cannot be written:
# exit 7 (5 from the ledger), nothing half published, no unit lost; with room the next run completes.
# slow: some forty builds on a disk with faults
. "$(dirname "$0")/lib.sh"
need openssl sqlite3 jq
unset SOURCE_DATE_EPOCH # the factory certificate is of today
shim=$BUILD/bin/disk_fault.so
[ -e "$shim" ] || fail "no $shim"

sh "$SOURCE/examples/jetson-orin/prepare.sh" "$ROTKIT" product rsa3072 >"$out" 2>&1 || fail "$(cat "$out")"
printf '%064x\n' 77 >product/keys/master.key
chmod 600 product/keys/master.key
for name in issuer checkpoint; do
    openssl genpkey -algorithm ED25519 -out $name.key 2>/dev/null
    openssl pkey -in $name.key -pubout -out $name.pem
done
run 0 licence issue licence.json --key issuer.key --id L --product jetson-orin-demo --units 20
sed -i -e 's/^  kdk-db: .*/  master-key: keys\/master.key\n  oem-id: 0x0102\n  first-sn: 0x1f6\n  count: 20/' \
    -e '/^  eps-seeds:/d' -e 's/templates: .*/templates: [L-1, L-2]/' product/manifest.yaml
printf 'licence:\n  ledger: ../units.db\n  checkpoint-key: ../checkpoint.key\n  file: ../licence.json\n  issuer: ../issuer.pem\n' >>product/manifest.yaml
run 0 build -q -o whole product/manifest.yaml
total=$(find whole -type f -exec cat {} + | wc -c)

# faulty CODES ARG...: a build on the disk with faults; its code is one of these
faulty() {
    codes=$1
    shift
    code=0
    # The sanitizer wants to be the first library, and is told that it is not.
    ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0 LD_PRELOAD=$shim \
        "$ROTKIT" "$@" >"$out" 2>"$err" </dev/null || code=$?
    case " $codes " in
    *" $code "*) ;;
    *) fail "rotkit $*: exit $code, expected one of $codes ($what): $(cat "$err")" ;;
    esac
}
holds() {
    [ -e units.db ] || return 0
    # The disk may have been full before there was a first entry.
    entries=$(sqlite3 units.db "SELECT count(*) FROM rotkit_entry" 2>/dev/null) || return 0
    [ "$entries" -gt 0 ] || return 0
    run 0 ledger verify units.db --key checkpoint.pem
    sqlite3 units.db "SELECT coalesce(max(spent), 0) > 20 FROM rotkit_licence" >over
    is over 0
}

full=0
for part in 0 1 2 5 10 20 40 60 80 90 100 110 120 130 140 160; do
    export DISK_FAULT_ROOM=$((total * part / 100))
    what="room for $DISK_FAULT_ROOM bytes"
    rm -rf units.db* release.staging
    faulty "0 5 7" build -o release product/manifest.yaml
    if [ $code -eq 0 ]; then
        unset DISK_FAULT_ROOM
        run 0 verify release
        rm -rf release
        continue
    fi
    full=$((full + 1))
    grep -Eiq 'no space left on device|disk is full|disk I/O error' "$err" || fail "$what: $(cat "$err")"
    [ "$(grep -c '^rotkit: ' "$err")" -eq 1 ] || fail "$what: more than one error: $(cat "$err")"
    [ ! -e release ] || fail "$what: a release was published"
    unset DISK_FAULT_ROOM
    holds
    run 0 build -q -o release product/manifest.yaml # the room is there again
    diff -rq -x ledger -x secrets whole release >&2 || fail "$what: another release"
    sqlite3 units.db "SELECT state, count(*), (SELECT spent FROM rotkit_licence) FROM rotkit_unit GROUP BY state" >states
    is states "issued|20|20"
    run 0 verify release
    rm -rf release
done
[ $full -ge 8 ] || fail "the disk was full $full times only: the sweep has lost its reach"
what=

# A read-only place: nothing is charged.
rm -rf units.db* release
mkdir readonly
export DISK_FAULT_READONLY="readonly/"
faulty 7 build -o readonly/release product/manifest.yaml
stderr_is 'rotkit: cannot make folder "readonly/release.staging": Read-only file system'
unset DISK_FAULT_READONLY
[ -z "$(ls readonly)" ] || fail "something was made in a read-only folder"
holds
sqlite3 units.db "SELECT count(*) FROM rotkit_unit" >units
is units 0
run 0 build -q -o readonly/release product/manifest.yaml
# An old release stays when its folder turns read-only.
find readonly/release -type f -exec sha256sum {} + | sort >before
printf '%032d\n' 7 >product/keys/disk.key
export DISK_FAULT_READONLY="readonly/"
faulty "5 7" build -o readonly/release product/manifest.yaml
unset DISK_FAULT_READONLY
find readonly/release -type f -exec sha256sum {} + | sort >after
same "the release in a folder that turned read-only" before after
