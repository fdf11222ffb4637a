#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A ledger on PostgreSQL whose owner is not whom stations log in as: a station builds, and psql in its name may add
# entries that follow and nothing else. What a superuser edits behind the triggers is found. Format 1 is taken over.
# slow: a server of its own
. "$(dirname "$0")/lib.sh"
. "$SOURCE/tests/support/postgres.sh"
need openssl sqlite3
unset SOURCE_DATE_EPOCH
postgres_start
owner="postgresql://owner@/ledgers?host=$db"
station="postgresql://station@/ledgers?host=$db"
super="postgresql://rotkit@/ledgers?host=$db"
psql_as() { # URI SQL
    "$bin/psql" -XAtq -v ON_ERROR_STOP=1 "$1" -c "$2"
}
psql_as "postgresql://rotkit@/postgres?host=$db" "CREATE ROLE owner LOGIN"
psql_as "postgresql://rotkit@/postgres?host=$db" "CREATE ROLE station LOGIN"
psql_as "postgresql://rotkit@/postgres?host=$db" "CREATE DATABASE ledgers OWNER owner"
psql_as "$super" "ALTER SCHEMA public OWNER TO owner"

run 2 ledger init units.db --role station
stderr_is "rotkit: --role is of a ledger on PostgreSQL: who may write a file may write a ledger in it
  see 'rotkit help ledger init'"
[ ! -e units.db ] || fail "a refused ledger was made"
run 2 ledger init "$owner" --role nobody
stderr_is "rotkit: ledger \"$owner\": there is no role \"nobody\""
run 0 ledger init "$owner" --role station
run 0 ledger init "$owner" --role station # and again

# The station builds.
sh "$SOURCE/examples/jetson-orin/prepare.sh" "$ROTKIT" product p256 >"$out" 2>&1 || fail "$(cat "$out")"
sed -i '5,$d' product/devices/kdk_db.csv product/devices/eps_seeds.csv
for name in issuer checkpoint; do
    openssl genpkey -algorithm ED25519 -out $name.key 2>/dev/null
    openssl pkey -in $name.key -pubout -out $name.pem
done
run 0 licence issue L1.json --key issuer.key --id L1 --product jetson-orin-demo --units 10
sed -i -e 's/templates: .*/templates: [L-1, L-2]/' -e '/^fuses:/,/^$/d' product/manifest.yaml
printf 'licence:\n  ledger: %s\n  checkpoint-key: ../checkpoint.key\n  file: ../L1.json\n  issuer: ../issuer.pem\n' \
    "$station" >>product/manifest.yaml
run 0 build -q -o release product/manifest.yaml
run 0 licence split L1.json C1:3:0x2000-0x2fff --key issuer.key --ledger "$station" -o children
made=$(psql_as "$station" "SELECT count(*) FROM rotkit_unit WHERE state = 'issued'")
[ "$(psql_as "$station" "SELECT spent FROM rotkit_licence")" = $((made + 3)) ] || fail "other sums"
run 0 ledger verify "$station" --key checkpoint.pem --licence L1.json --licence children/C1.json --issuer issuer.pem

# denied URI SQL: the database itself refuses it
denied() {
    if psql_as "$1" "$2" >"$out" 2>&1; then fail "the database takes: $2"; fi
    grep -q 'permission denied\|must be owner\|append-only\|does not follow\|cannot follow\|overdrawn\|duplicate key\|only superuser' "$out" ||
        fail "$2: $(cat "$out")"
}
for table in entry checkpoint unit key licence split format; do
    for uri in "$station" "$owner"; do # the owner could take the triggers away, but not by mistake
        denied "$uri" "DELETE FROM rotkit_$table"
        denied "$uri" "TRUNCATE rotkit_$table"
    done
    denied "$station" "DROP TABLE rotkit_$table"
    denied "$station" "ALTER TABLE rotkit_$table DISABLE TRIGGER ALL"
done
for uri in "$station" "$owner"; do
    denied "$uri" "UPDATE rotkit_licence SET units = 1000000"
    denied "$uri" "UPDATE rotkit_licence SET spent = 0"
    denied "$uri" "UPDATE rotkit_unit SET state = 'void'"
    denied "$uri" "UPDATE rotkit_split SET units = 0"
    denied "$uri" "UPDATE rotkit_entry SET note = ''"
    denied "$uri" "UPDATE rotkit_format SET format = 1"
    denied "$uri" "INSERT INTO rotkit_licence VALUES ('L2', '', 9, 9, 0, 0)"
    denied "$uri" "INSERT INTO rotkit_unit SELECT '00', 1, 'issued', '', '', '', ''"
    denied "$uri" "INSERT INTO rotkit_key VALUES ('ek:l-1', 'aa', '00', 1)"
    denied "$uri" "INSERT INTO rotkit_format VALUES (1)"
done
denied "$station" "SET session_replication_role = replica"
denied "$station" "CREATE OR REPLACE FUNCTION rotkit_refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'"
# An entry that does not follow, one that follows and gives back what was issued, and one that overdraws.
entry() { # COLUMNS: time, kind ... note, as SQL; the entry that follows, its hash right
    echo "INSERT INTO rotkit_entry SELECT seq + 1, time, kind, unit, licence, build, inputs, digest, keys, note,
      encode(sha256(decode(hash, 'hex') || convert_to(concat_ws(chr(9), seq + 1, time, kind, unit, licence, build, inputs,
      digest, keys, note), 'UTF8')), 'hex') FROM (SELECT seq, hash, $1 FROM rotkit_entry ORDER BY seq DESC LIMIT 1) e"
}
sn=$(psql_as "$station" "SELECT min(unit) FROM rotkit_unit")
denied "$station" "INSERT INTO rotkit_entry SELECT seq + 1, time, 'void', unit, licence, '', '', '', '', '', hash
    FROM rotkit_entry ORDER BY seq DESC LIMIT 1"
denied "$station" "$(entry "time, 'void' AS kind, '$sn' AS unit, 'L1' AS licence, '' AS build, '' AS inputs, '' AS digest, '' AS keys, '' AS note")"
denied "$station" "$(entry "time, 'split' AS kind, '' AS unit, 'L1' AS licence, '' AS build, '' AS inputs, '' AS digest, '' AS keys,
    'C9 units=9 reissues=0 first=0000000000003000 last=0000000000003fff' AS note")"
# Nor under no licence, where the ledger has one.
denied "$station" "$(entry "time, 'reserve' AS kind, '00010000000000000099' AS unit, '' AS licence, 'b' AS build, 'i' AS inputs,
    '' AS digest, '' AS keys, '' AS note")"
grep -q 'cannot follow: unit 00010000000000000099 stands under no licence' "$out" || fail "$(cat "$out")"
# A temporary table of the station's is not where the trigger writes.
if psql_as "$station" "CREATE TEMP TABLE rotkit_unit (LIKE public.rotkit_unit); $(entry "time, 'void' AS kind, '$sn' AS unit, 'L1' AS licence,
    '' AS build, '' AS inputs, '' AS digest, '' AS keys, '' AS note")" >"$out" 2>&1; then
    fail "a temporary table stood in"
fi
run 0 ledger verify "$station" --key checkpoint.pem
run 0 build -q -o again product/manifest.yaml

# A superuser without triggers: the entries decide.
more="  rotkit ledger verify says more; rotkit ledger rebuild makes tables anew from entries"
# attack SQL STDERR
attack() {
    psql_as "$super" "BEGIN; SET LOCAL session_replication_role = replica; $1; COMMIT"
    rm -rf other
    run 5 build -q -o other product/manifest.yaml
    stderr_is "rotkit: $2
$more"
    run 3 ledger verify "$owner" --key checkpoint.pem
    stderr_is "rotkit: $2"
    run 0 ledger rebuild "$owner" --key checkpoint.pem
    run 0 ledger verify "$owner" --key checkpoint.pem
    run 0 build -q -o other product/manifest.yaml # the station's rights are still there
}
attack "UPDATE rotkit_licence SET units = 1000000" 'licence "L1": its row says 1000000 units, the entries say 10'
attack "UPDATE rotkit_licence SET spent = 0" "licence \"L1\": its row says 0 units spent, the entries say $((made + 3))"
attack "DELETE FROM rotkit_split" 'licence "L1": the row of its split "C1" (entry '$((2 * made + 3))') is missing'
attack "TRUNCATE rotkit_licence" 'licence "L1": its row is missing'
attack "DROP TRIGGER rotkit_licence_guard ON rotkit_licence" 'trigger "rotkit_licence_guard" of the ledger is gone'
attack "ALTER TABLE rotkit_entry DISABLE TRIGGER rotkit_entry_apply" 'trigger "rotkit_entry_apply" of the ledger was changed'
attack "CREATE OR REPLACE FUNCTION rotkit_refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'" \
    'a trigger function of the ledger was changed'

# A ledger of format 1, as rotkit made it here before: taken over by its owner.
psql_as "postgresql://rotkit@/postgres?host=$db" "CREATE DATABASE old OWNER owner"
old="postgresql://owner@/old?host=$db"
psql_as "postgresql://rotkit@/old?host=$db" "ALTER SCHEMA public OWNER TO owner"
cp "$DATA/vectors/ledger/ledger-format-1.db" old.db
T=" text COLLATE \"C\" NOT NULL"
psql_as "$old" "CREATE TABLE rotkit_entry (seq bigint PRIMARY KEY, time bigint NOT NULL, kind$T, unit$T, licence$T, build$T,
    inputs$T, digest$T, keys$T, note$T, hash$T);
  CREATE TABLE rotkit_unit (unit$T PRIMARY KEY, seq bigint NOT NULL, state$T, licence$T, build$T, inputs$T, digest$T);
  CREATE TABLE rotkit_key (kind$T, value$T, unit$T, seq bigint NOT NULL, PRIMARY KEY (kind, value));
  CREATE TABLE rotkit_licence (id$T PRIMARY KEY, terms$T, units bigint NOT NULL, reissues bigint NOT NULL,
    spent bigint NOT NULL, reissued bigint NOT NULL);
  CREATE TABLE rotkit_split (child$T PRIMARY KEY, licence$T, first_sn$T, last_sn$T, units bigint NOT NULL);
  CREATE TABLE rotkit_checkpoint (size bigint NOT NULL, head$T, time bigint NOT NULL, key$T, scheme$T, signature$T,
    PRIMARY KEY (size, key));
  CREATE FUNCTION rotkit_append_only() RETURNS trigger LANGUAGE plpgsql AS
    \$\$BEGIN RAISE EXCEPTION 'the ledger is append-only'; END\$\$;"
for table in entry unit key licence split checkpoint; do
    sqlite3 -readonly "file:old.db?immutable=1" ".mode insert rotkit_$table" "SELECT * FROM rotkit_$table" >rows.sql
    "$bin/psql" -Xq -v ON_ERROR_STOP=1 "$old" -f rows.sql >"$out" 2>&1 || fail "$(cat "$out")"
done
psql_as "$old" "CREATE TRIGGER rotkit_entry_append BEFORE UPDATE OR DELETE ON rotkit_entry FOR EACH ROW EXECUTE FUNCTION rotkit_append_only()"
run 2 ledger status "$old"
stderr_is "rotkit: ledger \"$old\": of format 1, this version reads format 2
  rotkit ledger rebuild --licence FILE... takes it over"
vectors=$DATA/vectors/ledger
run 5 ledger rebuild "$old" --licence "$vectors/L.json"
run 0 ledger rebuild "$old" --licence "$vectors/L.json" --licence "$vectors/C1.json" --key "$vectors/cp.pem"
tail -n 1 "$out" | grep -qx 'licence L1: 7 of 10 units spent, 0 of 0 reissues' || fail "$(cat "$out")"
run 0 ledger verify "$old" --key "$vectors/cp.pem"
