#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The CA's key behind a token server: killed in mid-batch, the build ends clean with exit 4; with the
# server back, the next run completes it.
# slow: a minute with a token behind a socket; token-signs asks the same keys
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/softhsm.sh"
need p11-kit setsid
client=$(find /usr/lib -name p11-kit-client.so | head -n 1)
[ -n "$client" ] || skip "p11-kit-client.so is absent"
unset SOURCE_DATE_EPOCH # the factory certificate is of today

sh "$SOURCE/examples/jetson-orin/prepare.sh" "$ROTKIT" product p256 >"$out" 2>&1 || fail "$(cat "$out")"
token_make prod
token_import prod product/ca/issuing.key issuing 01
rm product/ca/issuing.key
module=$client
printf '%064x\n' 1 >product/keys/master.key
sed -i -e 's/^  kdk-db: .*/  master-key: keys\/master.key\n  oem-id: 0x0102\n  first-sn: 1\n  count: 2000/' \
    -e '/^  eps-seeds:/d' -e 's/templates: .*/templates: [L-2, L-1]/' \
    -e "s|key: ca/issuing.key|key: \"$(uri prod issuing | sed 's/&/\\&/g')\"|" product/manifest.yaml

P11_KIT_SERVER_ADDRESS=unix:path=$scratch/server
export P11_KIT_SERVER_ADDRESS
# In a process group of its own: the server has a child for each client.
start_server() {
    rm -f "$scratch/server"
    setsid p11-kit server --foreground --provider "$softhsm" -n "$scratch/server" "pkcs11:token=prod" >"$scratch/server.log" 2>&1 &
    server=$!
    for _ in $(seq 100); do
        [ -S "$scratch/server" ] && return 0
        sleep 0.05
    done
    fail "no token server: $(cat "$scratch/server.log")"
}
trap 'kill -9 "-$server" 2>/dev/null || true; rm -rf "$scratch"' EXIT

start_server
"$ROTKIT" build -o release product/manifest.yaml >"$out" 2>"$err" </dev/null &
build=$!
for _ in $(seq 400); do
    [ -n "$(find release.staging -name 'eks.img' -print -quit 2>/dev/null)" ] && break
    sleep 0.05
done
kill -9 "-$server"
wait "$server" 2>/dev/null || true
code=0
wait "$build" || code=$?
[ "$code" -eq 4 ] || fail "exit $code, expected 4: $(cat "$err")"
grep -qE 'device [0-9a-f]{20}: EK L-[12]: cannot sign a certificate: token "prod"' "$err" || fail "$(cat "$err")"
[ ! -e release ] || fail "a release was published"

sed -i 's/count: 2000/count: 20/' product/manifest.yaml
start_server
run 0 build -o release product/manifest.yaml
run 0 verify release
