# SPDX-License-Identifier: Apache-2.0
# The ledger on a PostgreSQL of its own: two builds at one quota, the server restarted in mid-batch,
# and psql's word for what stands there.
# slow: a server of its own, restarted under load
. "$(dirname "$0")/lib.sh"
. "$SOURCE/tests/support/postgres.sh"
need openssl

unset SOURCE_DATE_EPOCH
postgres_start
uri="postgresql://rotkit@/postgres?host=$db"
ask() {
    "$bin/psql" -XAtq "$uri" -c "$1"
}

# A password has no place in the URI, and a server that is not there is out of reach.
refuse 2 "rotkit: a password has no place in a ledger's URI: name it in PGPASSFILE" \
    ledger status "postgresql://rotkit:secret@/postgres?host=$db"
refuse 7 "rotkit: ledger \"$uri\": there is none in this database" ledger status "$uri"
run 7 ledger status "postgresql://rotkit@/postgres?host=$scratch/nowhere"

LEDGER_TEST_URI=$uri "$BUILD/bin/test_ledger_postgres" >"$out" 2>&1 || { cat "$out"; fail "test_ledger_postgres"; }

# Restarted in mid-batch, three times, while two processes hammer at it.
LEDGER_TEST_URI=$uri LEDGER_TEST_HAMMER=8 "$BUILD/bin/test_ledger_postgres" >"$out" 2>&1 &
hammer=$!
for pause in 2 2 2; do
    sleep $pause
    pg -m immediate restart
done
wait $hammer || { cat "$out"; fail "the hammer while the server restarted"; }
[ "$(ask "SELECT spent FROM rotkit_licence WHERE id = 'hammer'")" = 1000 ] || fail "not 1000 are spent"
[ "$(ask "SELECT count(*) FROM rotkit_unit WHERE state = 'issued' AND licence = 'hammer'")" = 1000 ] || fail "not 1000 are issued"
run 0 ledger verify "$uri"

# The database itself refuses changes.
for sql in "DELETE FROM rotkit_entry" "UPDATE rotkit_entry SET time = 0" "DELETE FROM rotkit_key" \
    "DELETE FROM rotkit_unit" "UPDATE rotkit_licence SET spent = spent + 1 WHERE id = 'hammer'"; do
    if ask "$sql" >/dev/null 2>&1; then fail "the database takes: $sql"; fi
done
run 0 ledger verify "$uri"

# Whole builds at one quota: two shards at once, and the server restarted while they are at work. A
# build goes on, or stops with a clear error and gives nothing away; the next run completes it.
ask "CREATE DATABASE builds"
uri="postgresql://rotkit@/builds?host=$db"
sh "$SOURCE/examples/jetson-orin/prepare.sh" "$ROTKIT" product rsa3072 >"$out" 2>&1 || fail "$(cat "$out")"
printf '%064x\n' 77 >product/keys/master.key
for name in issuer checkpoint; do
    openssl genpkey -algorithm ED25519 -out $name.key 2>/dev/null
    openssl pkey -in $name.key -pubout -out $name.pem
done
run 0 licence issue licence.json --key issuer.key --id builds --product jetson-orin-demo --units 120
sed -i -e 's/^  kdk-db: .*/  master-key: keys\/master.key\n  oem-id: 0x0102\n  first-sn: 0x1c4\n  count: 120/' \
    -e '/^  eps-seeds:/d' -e 's/templates: .*/templates: [L-1, L-2]/' product/manifest.yaml
run 0 build -q -o uncounted product/manifest.yaml
printf 'licence:\n  ledger: %s\n  checkpoint-key: ../checkpoint.key\n  file: ../licence.json\n  issuer: ../issuer.pem\n' \
    "$uri" >>product/manifest.yaml
for i in 0 1; do
    "$ROTKIT" build -q --jobs 1 --shard $i/2 -o shard-$i product/manifest.yaml >/dev/null 2>shard-$i.err &
    eval pid_$i=$!
done
for _ in $(seq 400); do # both are at work
    [ "$(cat shard-?.staging/journal 2>/dev/null | wc -l)" -gt 10 ] && break
    sleep 0.02
done
pg -m immediate restart
for i in 0 1; do
    code=0
    eval wait \$pid_$i || code=$?
    case $code in
    0) ;;
    5 | 7) grep -q '^rotkit: ledger "postgresql://' shard-$i.err || fail "shard $i: $(cat shard-$i.err)" ;;
    *) fail "shard $i: exit $code: $(cat shard-$i.err)" ;;
    esac
    run 0 build -q --shard $i/2 -o shard-$i product/manifest.yaml
done
[ "$(ask "SELECT count(*) FROM rotkit_unit WHERE licence = 'builds' AND state = 'issued'")" = 120 ] || fail "not 120 are issued"
[ "$(ask "SELECT spent FROM rotkit_licence WHERE id = 'builds'")" = 120 ] || fail "not 120 are spent"
run 0 ledger verify "$uri"
run 0 release merge -q --key product/keys/release.key -o merged shard-1 shard-0
diff -rq -x secrets -x ledger -x release.json -x release.json.sig uncounted merged >&2 || fail "merged, another release"
run 0 ledger verify "$uri" --key checkpoint.pem --checkpoint merged/ledger/checkpoint.json
