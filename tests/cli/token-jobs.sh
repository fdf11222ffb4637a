#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Eight threads on one token: within its session limit, over a lost session, and when it is gone for
# good; the release is that of the key in a file.
# slow: a minute of signing by many threads; token-signs asks each kind of key
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/softhsm.sh"
unset SOURCE_DATE_EPOCH # the factory certificate is of today

sh "$SOURCE/examples/jetson-orin/prepare.sh" "$ROTKIT" product rsa3072 >"$out" 2>&1 || fail "$(cat "$out")"
printf '%064x\n' 77 >product/keys/master.key
sed -i -e 's/^  kdk-db: .*/  master-key: keys\/master.key\n  oem-id: 0x0102\n  first-sn: 0x1fd\n  count: 8/' \
    -e '/^  eps-seeds:/d' -e 's/templates: .*/templates: [L-1, L-2]/' -e '/^fuses:/,/^$/d' product/manifest.yaml
run 0 build -o from-file product/manifest.yaml
token_make prod
token_import prod product/ca/issuing.key issuing 01
token_import_secret prod product/keys/master.key generic master
rm product/ca/issuing.key product/keys/master.key
module=$faulty
sed -i -e "s|key: ca/issuing.key|key: \"$(uri prod issuing | sed 's/&/\\&/g')\"|" \
    -e "s|master-key: .*|master-key: \"$(uri prod master | sed 's/&/\\&/g')\"|" product/manifest.yaml
build="build --jobs 8 product/manifest.yaml -o"

# logins FILE: the token was logged into so often
logins() {
    grep -c '^C_Login$' "$1"
}
for limit in 1 3; do
    for tells in "" 1; do
        rm -f calls
        FAULT_LOG=calls FAULT_SESSIONS=$limit
        export FAULT_LOG FAULT_SESSIONS
        [ -z "$tells" ] || export FAULT_TELLS=1
        run 0 $build limit-$limit$tells
        unset FAULT_LOG FAULT_SESSIONS FAULT_TELLS
        [ "$(logins calls)" -eq 1 ] || fail "$limit sessions: $(logins calls) logins"
        diff -r from-file/devices limit-$limit$tells/devices >&2 || fail "$limit sessions: other devices"
    done
done
rm -f calls
FAULT_LOG=calls run 0 $build pool
[ "$(grep -c '^C_OpenSession$' calls)" -le 9 ] || fail "$(grep -c '^C_OpenSession$' calls) sessions for 8 threads"

# Lost once in mid-batch: every thread's session is gone, and the work goes on.
FAULT_LOSE=20 run 0 $build lost-once
diff -r from-file/devices lost-once/devices >&2 || fail "lost once: other devices"
# Lost for good, or the token with them: exit 4, nothing published, and the next run completes it.
for fault in FAULT_LOSE_ALWAYS FAULT_LOSE_DEVICE; do
    export "$fault=1"
    FAULT_LOSE=20 run 4 $build gone
    unset "$fault"
    grep -qE '^rotkit: (device [0-9a-f]{20}: EK L-[12]: cannot sign a certificate: )?token "prod"' "$err" || fail "$(cat "$err")"
    [ ! -e gone ] || fail "$fault: a release was published"
done
run 0 $build gone
diff -r from-file/devices gone/devices >&2 || fail "the next run: other devices"
