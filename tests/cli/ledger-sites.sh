# SPDX-License-Identifier: Apache-2.0
# A licence split between sites, their ledgers reconciled and exported; what ledger verbs refuse.
. "$(dirname "$0")/lib.sh"
need openssl sqlite3 jq

unset SOURCE_DATE_EPOCH
openssl genpkey -algorithm ED25519 -out issuer.key 2>/dev/null
openssl pkey -in issuer.key -pubout -out issuer.pem
run 0 licence issue all.json --key issuer.key --id all --product demo --units 100 --oem-id 0x0102 \
    --first-sn 1 --last-sn 1000
says() { # CODE STDERR ARG...: SQLite keeps files of its own beside a ledger, so no look at the folder
    says_code=$1 says_text=$2
    shift 2
    run "$says_code" "$@"
    stderr_is "$says_text"
    stdout_is ""
}
split="licence split all.json --key issuer.key --ledger head.db"

# Beyond the parent, and into each other: nothing is written, nothing recorded.
refuse_split() { # STDERR CHILD...
    text=$1
    shift
    run 5 $split -o sites "$@"
    stderr_is "$text"
    [ ! -e sites ] || fail "a refused split left its folder"
}
says 2 'rotkit: "a:1": expected ID:UNITS:FIRST-LAST[:REISSUES]' $split -o sites a:1
refuse_split 'rotkit: licence "a" has more units: its parent "all" does not give that' a:101:1-9
refuse_split 'rotkit: licence "all" does not cover 60 more units: 40 of 100 left' a:60:1-99 b:60:100-199
refuse_split 'rotkit: licence "b": its serial numbers overlap with those of "a"' a:60:1-99 b:40:99-199
run 0 $split -o sites a:60:1-99 b:40:100-199
run 0 licence verify sites/a.json --issuer issuer.pem
run 5 $split -o more c:1:200-299
stderr_is 'rotkit: licence "all" does not cover 1 more unit: 0 of 100 left'
run 0 ledger verify head.db
run 0 ledger status head.db --json
[ "$(jq -c '.licences[0] | [.spent, .units]' "$out")" = '[100,100]' ]

# Two sites that made what is the other's: both units are named.
"$BUILD/bin/test_ledger_site" a.db 1 ek:l-1=aa
"$BUILD/bin/test_ledger_site" a.db 2 ek:l-1=bb
"$BUILD/bin/test_ledger_site" b.db 2 ek:l-1=cc
"$BUILD/bin/test_ledger_site" b.db 3 ek:l-1=aa
run 3 ledger reconcile a.db b.db
stdout_is 'unit=01020000000000000002: unit 01020000000000000002 in "a.db", unit 01020000000000000002 in "b.db"
ek:l-1=aa: unit 01020000000000000001 in "a.db", unit 01020000000000000003 in "b.db"'
stderr_is 'rotkit: 2 clashes between "a.db" and "b.db"'
run 3 ledger reconcile a.db b.db --json
[ "$(jq '.clashes | length' "$out")" = 2 ]
run 0 ledger reconcile a.db head.db
stdout_is ""

# For third parties: HMAC by openssl in the place of the Device SN, and nothing to link it by.
openssl rand -hex 32 >salt
run 0 ledger export a.db --salt salt --csv
mac=$(printf 01020000000000000001 | openssl mac -digest SHA256 -macopt "hexkey:$(cat salt)" HMAC | tr A-F a-f)
grep -q "^$mac,issued,[0-9]*,\$" "$out" || fail "no line for $mac"
if grep -q 01020000 "$out"; then fail "a Device SN shows in a salted export"; fi
run 0 ledger export a.db
[ "$(jq -r .unit "$out" | head -n 1)" = 01020000000000000001 ]

# Refusals.
says 7 'rotkit: ledger "none.db": unable to open database file
  the first build makes it, where licence.ledger of the manifest says' ledger status none.db
echo "this is no database at all, whatever its name may say of it, and long enough" >text.db
says 2 'rotkit: ledger "text.db": this is no SQLite database' ledger status text.db
says 5 'rotkit: unit 01020000000000000001 is issued: only a reserved unit can be given back' \
    ledger void a.db 0102-0000000000000001 --reason mistake
says 2 'rotkit: a reason is needed: 1 to 200 printable ASCII characters' \
    ledger retire a.db 0102-0000000000000001 --reason ""
run 0 ledger retire a.db 0102-0000000000000001 --reason "fell into the sea"
says 5 'rotkit: unit 01020000000000000001 is retired: only an issued unit can be retired' \
    ledger retire a.db 0102-0000000000000001 --reason again
sqlite3 a.db "DROP TRIGGER rotkit_entry_no_update; UPDATE rotkit_entry SET note = 'sold' WHERE kind = 'retire'"
run 3 ledger verify a.db
grep -q '^rotkit: entry [0-9]* does not hold: hash ' "$err"

# The same split again takes nothing a second time (a run that was cut is made again); other terms are refused.
rm -rf sites
run 0 $split -o sites a:60:1-99 b:40:100-199
[ "$(ls sites | tr '\n' ' ')" = 'a.json b.json ' ] || fail "not both children"
run 0 ledger verify head.db
[ "$(sqlite3 head.db "SELECT spent, (SELECT count(*) FROM rotkit_entry WHERE kind = 'split') FROM rotkit_licence")" = '100|2' ] ||
    fail "a repeated split is charged again"
refuse_more() {
    run 5 $split -o other "$1"
    stderr_is "$2"
    [ ! -e other ] || fail "a refused split left its folder"
}
refuse_more a:59:1-99 'rotkit: licence "a" was split off before, with other terms (entry 3)'
refuse_more a:60:1-98 'rotkit: licence "a" was split off before, with other terms (entry 3)'
