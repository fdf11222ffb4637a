#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A ledger of format 1 is taken over with the licences that its entries name, and no others; verify counts from entries
# and licence files alone. sqlite3 and sha256sum judge what was added.
. "$(dirname "$0")/lib.sh"
need openssl sqlite3 jq
vectors=$DATA/vectors/ledger

says() { # CODE STDERR ARG...: SQLite keeps files of its own beside a ledger, so no look at the folder
    says_code=$1 says_text=$2
    shift 2
    run "$says_code" "$@"
    stderr_is "$says_text"
    stdout_is ""
}
cp "$vectors/ledger-format-1.db" units.db
chmod u+w units.db
hint='rotkit: ledger "units.db": of format 1, this version reads format 2
  rotkit ledger rebuild --licence FILE... takes it over'
says 2 "$hint" ledger status units.db
says 2 "$hint" ledger verify units.db

# Each licence that an entry names is asked for, and no other is taken.
give="  give its file: --licence"
says 5 "rotkit: licence \"L1\": entry 2 names it by terms e214a40e2bd66d58, and says no units
$give" ledger rebuild units.db
says 5 "rotkit: licence \"C1\": entry 11 names it by terms 4801d4c75827288e, and says no units
$give" ledger rebuild units.db --licence "$vectors/L.json"
openssl genpkey -algorithm ED25519 -out other.key 2>/dev/null
openssl pkey -in other.key -pubout -out other.pem
run 0 licence issue L1.json --key other.key --id L1 --product demo --units 1000000
says 5 "rotkit: licence \"L1\": entry 2 names it by terms e214a40e2bd66d58, and says no units
$give" ledger rebuild units.db --licence L1.json --licence "$vectors/C1.json"
both="--licence $vectors/L.json --licence $vectors/C1.json"
says 5 'rotkit: licence "L1" is named by no entry of the ledger' ledger rebuild units.db $both --licence L1.json
says 3 "rotkit: $vectors/L.json: licence \"L1\": signed by key cd1f626a1227c822, expected $(openssl pkey -pubin -in other.pem -outform DER |
    sha256sum | cut -c1-16)" ledger rebuild units.db $both --issuer other.pem
says 5 "rotkit: checkpoint at entry 10: signed by key 4d75c81a4c0c8ffd, expected $(openssl pkey -pubin -in other.pem -outform DER |
    sha256sum | cut -c1-16)" ledger rebuild units.db $both --key other.pem
[ "$(sqlite3 units.db "PRAGMA user_version")" = 1 ] || fail "a refused rebuild left its marks"

run 0 ledger rebuild units.db $both --issuer "$vectors/issuer.pem" --key "$vectors/cp.pem"
tail -n 1 "$out" | grep -qx 'licence L1: 7 of 10 units spent, 0 of 0 reissues' || fail "$(cat "$out")"
run 0 ledger status units.db --json
[ "$(jq -c '[.issued, .licences[0].spent, .licences[0].units]' "$out")" = '[4,7,10]' ]
sqlite3 units.db "SELECT seq, kind, licence, note FROM rotkit_entry WHERE seq > 11" >added
is added '12|licence|L1|units=10 reissues=0 entry=2
13|split|L1|C1 units=3 reissues=0 first=0000000000002000 last=0000000000002fff entry=11'
# The chain goes on behind what was there.
sqlite3 units.db "SELECT hash FROM rotkit_entry WHERE seq <= 11" >kept
sqlite3 "file:$vectors/ledger-format-1.db?immutable=1" "SELECT hash FROM rotkit_entry" >before
cmp before kept
{
    sqlite3 units.db "SELECT hash FROM rotkit_entry WHERE seq = 11" | unhex
    sqlite3 units.db "SELECT seq||char(9)||time||char(9)||kind||char(9)||unit||char(9)||licence||char(9)||build||char(9)||inputs||char(9)||digest||char(9)||keys||char(9)||note FROM rotkit_entry WHERE seq = 12" | tr -d '\n'
} | sha256sum | cut -d' ' -f1 >hash
is hash "$(sqlite3 units.db "SELECT hash FROM rotkit_entry WHERE seq = 12")"
run 0 ledger verify units.db --key "$vectors/cp.pem"

# A second time there is nothing to add.
run 0 ledger rebuild units.db --key "$vectors/cp.pem"
[ "$(sqlite3 units.db "SELECT count(*) FROM rotkit_entry")" = 13 ]

# From entries and licence files alone.
run 0 ledger verify units.db $both --issuer "$vectors/issuer.pem"
tail -n 1 "$out" | grep -qx 'licence L1: 7 of 10 units spent, 0 of 0 reissues' || fail "$(cat "$out")"
says 2 "rotkit: --licence needs --issuer
  see 'rotkit help ledger verify'" ledger verify units.db $both
says 3 'rotkit: licence "C1": entry 11 names terms 4801d4c75827288e, which no licence given has' \
    ledger verify units.db --licence "$vectors/L.json" --issuer "$vectors/issuer.pem"
says 3 'rotkit: licence "L1": entry 2 names terms e214a40e2bd66d58, which no licence given has' \
    ledger verify units.db --licence L1.json --issuer other.pem

# A whole chain rewritten, before any checkpoint was made of it: it holds by itself, not against the files.
cat >rewrite.py <<'PY'
import hashlib, sqlite3
db = sqlite3.connect("head.db", isolation_level=None)
guards = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
for name, _ in guards:
    db.execute("DROP TRIGGER " + name)
db.execute("UPDATE rotkit_entry SET note = 'units=1000 reissues=0' WHERE kind = 'licence'")
db.execute("UPDATE rotkit_licence SET units = 1000")
head = bytes(32)
for row in db.execute("SELECT seq, time, kind, unit, licence, build, inputs, digest, keys, note"
                      " FROM rotkit_entry ORDER BY seq").fetchall():
    head = hashlib.sha256(head + "\t".join(str(c) for c in row).encode()).digest()
    db.execute("UPDATE rotkit_entry SET hash = ? WHERE seq = ?", (head.hex(), row[0]))
for _, sql in guards:
    db.execute(sql)
PY
command -v python3 >/dev/null || skip "python3 is absent"
run 0 licence issue all.json --key other.key --id all --product demo --units 100
run 0 licence split all.json a:60:1-99 --key other.key --ledger head.db -o sites
run 0 ledger verify head.db --licence all.json --licence sites/a.json --issuer other.pem
python3 rewrite.py
run 0 ledger verify head.db
says 3 'rotkit: licence "all": entry 2 says "units=1000 reissues=0", the licence 100 units, 0 reissues, 0000000000000000 to ffffffffffffffff' \
    ledger verify head.db --licence all.json --licence sites/a.json --issuer other.pem
run 5 licence split all.json b:50:100-199 --key other.key --ledger head.db -o more
stderr_is "rotkit: licence \"all\": the ledger's entry says 1000 units and 0 reissues, the licence 100 and 0"
