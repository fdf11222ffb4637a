#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# SOURCE_DATE_EPOCH dates what is made and is never counted; a clock that is wrong into the future is refused, or taken
# back by the checkpoint key, and by no other. A preloaded clock is the system's; openssl judges the checkpoint.
. "$(dirname "$0")/lib.sh"
need openssl sqlite3 jq
unset SOURCE_DATE_EPOCH
shim=$BUILD/bin/clock_at.so
[ -e "$shim" ] || fail "no $shim"

now=$(date +%s)
at() { # SECONDS FUNCTION ARG...: by that clock
    CLOCK_AT=$1
    shift
    export CLOCK_AT
    # The sanitizer wants to be the first library, and is told that it is not.
    ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0 LD_PRELOAD=$shim "$@"
    unset CLOCK_AT
}
sh "$SOURCE/examples/jetson-orin/prepare.sh" "$ROTKIT" product p256 >"$out" 2>&1 || fail "$(cat "$out")"
sed -i '3,$d' product/devices/kdk_db.csv product/devices/eps_seeds.csv
for name in issuer checkpoint other; do
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out $name.key 2>/dev/null
    openssl pkey -in $name.key -pubout -out $name.pem
done
end=$((now + 100 * 86400))
run 0 licence issue L1.json --key issuer.key --id L1 --product jetson-orin-demo --units 10 \
    --not-after "$(date -u -d @$end +%Y-%m-%dT%H:%M:%SZ)"
sed -i -e 's/templates: .*/templates: [L-1, L-2]/' -e '/^fuses:/,/^$/d' product/manifest.yaml
printf 'licence:\n  ledger: ../units.db\n  checkpoint-key: ../checkpoint.key\n  file: ../L1.json\n  issuer: ../issuer.pem\n' \
    >>product/manifest.yaml

# A release dated beyond the licence's end: the ledger is of today, and the licence goes on.
SOURCE_DATE_EPOCH=$((end + 86400)) run 0 build -q -o dated product/manifest.yaml
last=$(sqlite3 units.db "SELECT max(time) FROM rotkit_entry")
[ "$last" -ge "$now" ] && [ "$last" -lt $((now + 86400)) ] || fail "the ledger counts by $last"
rm -rf dated
run 0 build -q -o release product/manifest.yaml

# Far ahead: refused before anything is written.
far=$((now + 500 * 86400))
size=$(sqlite3 units.db "SELECT count(*) FROM rotkit_entry")
signed=$(sqlite3 units.db "SELECT max(time) FROM rotkit_checkpoint")
what="a clock far ahead"
at $far run 5 build -q -o later product/manifest.yaml
stderr_is "rotkit: the clock says $far, more than 400 days after the ledger's last checkpoint, $signed
  seconds since 1970; when the clock is right: rotkit ledger correct-time"
[ "$(sqlite3 units.db "SELECT count(*) FROM rotkit_entry")" = "$size" ] || fail "entries by a wrong clock"

# Ahead within bounds, beyond the licence's end: what was written then is there for good ...
wrong=$((end + 86400))
sn=$(sqlite3 units.db "SELECT min(unit) FROM rotkit_unit")
at $wrong run 0 ledger retire units.db "$sn" --reason "a wrong clock"
run 5 build -q -o later product/manifest.yaml
stderr_is "rotkit: licence \"L1\" has ended: at $end, now it is $wrong
  seconds since 1970, by the later of the clock and the ledger's entries
  when the clock is right, and the ledger ran ahead: rotkit ledger correct-time"
# ... until it is taken back, by an entry that a checkpoint signs.
cp units.db wrong.db
run 0 ledger correct-time units.db --key checkpoint.key
grep -Eqx "time: [0-9]+, it was $wrong" "$out" || fail "$(cat "$out")"
[ "$(sqlite3 units.db "SELECT kind, note FROM rotkit_entry ORDER BY seq DESC LIMIT 1")" = "time|was=$wrong" ] ||
    fail "no entry of its own"
run 0 ledger verify units.db --key checkpoint.pem
sqlite3 units.db "SELECT kind FROM rotkit_entry WHERE kind = 'time'" >kind
is kind time
sed -i '2,$d' product/devices/kdk_db.csv product/devices/eps_seeds.csv
run 5 build -q -o later product/manifest.yaml # the time is right; the unit is retired all the same
stderr_is "rotkit: unit $sn is retired
  it is never made again: take its rows out of the databases"

# By another's key: seen by verify, and by the next build.
cp wrong.db units.db
rm -f units.db-wal units.db-shm
run 0 ledger correct-time units.db --key other.key
seq=$(sqlite3 units.db "SELECT max(seq) FROM rotkit_entry")
run 3 ledger verify units.db --key checkpoint.pem
grep -q "^rotkit: checkpoint at entry $seq: signed by key " "$err" || fail "$(cat "$err")"
run 5 build -q -o later product/manifest.yaml
stderr_is "rotkit: entry $seq corrects the time, and no checkpoint of this key signs that
  rotkit ledger verify says more; rotkit ledger rebuild makes tables anew from entries"
