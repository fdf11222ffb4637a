# SPDX-License-Identifier: Apache-2.0
# A build that a signal stops publishes nothing, leaves what the next run goes on with alone, and says which signal.
. "$(dirname "$0")/lib.sh"

run 0 init -q product
# Enough devices that the build is at work when the signal comes.
rm product/devices/*.csv
run 0 device new --oem-id 1 --first-sn 1 --count 2000 --plaintext-secrets -q \
    --kdk-db product/devices/kdk_db.csv --eps-seeds product/devices/eps_seeds.csv \
    --pubkey-db pubkey_db.csv
(cd product && snapshot) >before

for signal in INT:130 TERM:143; do
    "$ROTKIT" build product/manifest.yaml >"$out" 2>"$err" </dev/null &
    pid=$!
    # The staging folder stands beside the release from the moment that work begins.
    until [ -n "$(find product -mindepth 1 -maxdepth 1 -type d -name 'release*')" ]; do
        kill -0 "$pid" 2>/dev/null || fail "the build ended by itself: $(cat "$err")"
        sleep 0.05
    done
    kill "-${signal%:*}" "$pid"
    code=0
    wait "$pid" || code=$?
    [ "$code" -eq "${signal#*:}" ] || fail "SIG${signal%:*}: exit $code, expected ${signal#*:}"
    stdout_is ""
    grep -qx "rotkit: stopped by signal [0-9]*; nothing was published" "$err" || fail "$(cat "$err")"
    rm -rf product/release.staging
    (cd product && snapshot) >after
    same "the folder after SIG${signal%:*}" before after
done
