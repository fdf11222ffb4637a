#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Somebody has the ledger's file, sqlite3 and no key: the licence is not overdrawn. What a build reads of the tables is
# compared with the entries (5), verify compares all of it (3), each with what differs; rebuild makes the tables anew.
. "$(dirname "$0")/lib.sh"
need openssl sqlite3
unset SOURCE_DATE_EPOCH # the factory certificate is of today

sh "$SOURCE/examples/jetson-orin/prepare.sh" "$ROTKIT" product p256 >"$out" 2>&1 || fail "$(cat "$out")"
cp -R product/devices all
sed -i '5,$d' product/devices/kdk_db.csv product/devices/eps_seeds.csv
for name in issuer checkpoint; do
    openssl genpkey -algorithm ED25519 -out $name.key 2>/dev/null
    openssl pkey -in $name.key -pubout -out $name.pem
done
run 0 licence issue L1.json --key issuer.key --id L1 --product jetson-orin-demo --units 10
sed -i -e 's/templates: .*/templates: [L-1, L-2]/' -e '/^fuses:/,/^$/d' product/manifest.yaml
printf 'licence:\n  ledger: ../units.db\n  checkpoint-key: ../checkpoint.key\n  file: ../L1.json\n  issuer: ../issuer.pem\n' \
    >>product/manifest.yaml
run 0 build -q -o release product/manifest.yaml
made=$(sqlite3 units.db "SELECT count(*) FROM rotkit_unit")
run 0 licence split L1.json C1:3:0x2000-0x2fff --key issuer.key --ledger units.db -o children
sqlite3 units.db "PRAGMA wal_checkpoint(TRUNCATE)" >"$out"
cp units.db whole.db
sn=$(sqlite3 units.db "SELECT min(unit) FROM rotkit_unit")
more="  rotkit ledger verify says more; rotkit ledger rebuild makes tables anew from entries"

sqlite3 units.db "SELECT sql || ';' FROM sqlite_master WHERE type = 'trigger'" >triggers.sql
sqlite3 units.db "SELECT 'DROP TRIGGER ' || name || ';' FROM sqlite_master WHERE type = 'trigger'" >drop.sql
[ "$(wc -l <drop.sql)" = 12 ] || fail "other triggers: $(cat drop.sql)"
# attack SQL STDERR [FIRST]: the triggers refuse it; without them, and with them put back, build and verify see it
attack() {
    what=$1
    cp whole.db units.db
    if sqlite3 units.db "$1" 2>"$err"; then fail "the triggers take: $1"; fi
    grep -q 'the ledger is append-only\|no such function: rotkit_writes' "$err" || fail "$1: $(cat "$err")"
    for put_back in triggers.sql /dev/null; do
        rm -f units.db*
        cp whole.db units.db
        { cat drop.sql; echo "$1;"; cat $put_back; } | sqlite3 -bail units.db || fail "sqlite3 does not: $1"
        rm -rf again
        run 5 build -q -o again product/manifest.yaml
        said=$2
        # A unit is read later than the triggers are.
        [ -z "${3-}" ] || [ $put_back = triggers.sql ] || said=$3
        stderr_is "rotkit: $said
$more"
        [ ! -e again ] || fail "$1: a release stands there"
        run 3 ledger verify units.db --key checkpoint.pem
        stderr_is "rotkit: $2"
    done
    run 0 ledger rebuild units.db --key checkpoint.pem
    run 0 ledger verify units.db --key checkpoint.pem
    run 0 build -q -o again product/manifest.yaml
    what=
}
gone='trigger "rotkit_entry_no_update" of the ledger is gone'
attack "UPDATE rotkit_licence SET units = 1000000" \
    'licence "L1": its row says 1000000 units, the entries say 10'
attack "UPDATE rotkit_licence SET spent = $made" \
    "licence \"L1\": its row says $made units spent, the entries say $((made + 3))"
attack "DELETE FROM rotkit_split" 'licence "L1": the row of its split "C1" (entry '"$((2 * made + 3))"') is missing'
attack "UPDATE rotkit_split SET units = 1" \
    'licence "L1": the row of its split "C1" (units 1, 0000000000002000 to 0000000000002fff) is not what entry '"$((2 * made + 3))"' says ("C1", units 3, 0000000000002000 to 0000000000002fff)'
attack "DELETE FROM rotkit_unit WHERE unit = '$sn'" \
    "unit $sn: its row (entry none, none) is not what entry $((made + 3)) (commit) says" "$gone"
attack "UPDATE rotkit_unit SET state = 'void' WHERE unit = '$sn'" \
    "unit $sn: its row (entry $((made + 3)), void) is not what entry $((made + 3)) (commit) says" "$gone"

# Each trigger by itself: its absence is seen, nothing else being changed.
while read -r drop; do
    name=${drop#DROP TRIGGER }
    rm -f units.db*
    cp whole.db units.db
    sqlite3 units.db "$drop"
    run 5 build -q -o other product/manifest.yaml
    stderr_is "rotkit: trigger \"${name%;}\" of the ledger is gone
$more"
    run 3 ledger verify units.db
    stderr_is "rotkit: trigger \"${name%;}\" of the ledger is gone"
done <drop.sql
run 0 ledger rebuild units.db
run 0 ledger verify units.db --key checkpoint.pem

# Entries themselves: the chain, and what a checkpoint signs.
# edited SQL BUILD-STDERR: refused by build, whatever it reads of it, and by rebuild
edited() {
    rm -f units.db*
    cp whole.db units.db
    { cat drop.sql; echo "$1;"; cat triggers.sql; } | sqlite3 -bail units.db || fail "sqlite3 does not: $1"
    run 3 ledger verify units.db --key checkpoint.pem
    stderr_is "rotkit: $2"
    run 5 ledger rebuild units.db --key checkpoint.pem
    stderr_is "rotkit: $2"
}
split=$((2 * made + 3))
hash=$(sqlite3 whole.db "SELECT substr(hash, 1, 16) FROM rotkit_entry WHERE seq = $split")
edited "DELETE FROM rotkit_entry WHERE seq = 3" "entry 3 is missing"
edited "UPDATE rotkit_entry SET note = replace(note, 'units=3', 'units=1') WHERE seq = $split" \
    "entry $split does not hold: hash $(sqlite3 units.db "SELECT 1" >/dev/null; printf '%s' "$({ sqlite3 units.db \
        "SELECT hash FROM rotkit_entry WHERE seq = $split - 1" | xxd -r -p; sqlite3 units.db \
        "SELECT seq||char(9)||time||char(9)||kind||char(9)||unit||char(9)||licence||char(9)||build||char(9)||inputs||char(9)||digest||char(9)||keys||char(9)||replace(note, 'units=3', 'units=1') FROM rotkit_entry WHERE seq = $split" |
        tr -d '\n'; } | sha256sum | cut -c1-16)"), stored $hash"
run 5 build -q -o other product/manifest.yaml
edited "UPDATE rotkit_checkpoint SET sums = replace(sums, 'units=10', 'units=99')" \
    "checkpoint at entry $((2 * made + 2)): the signature does not hold"
run 5 build -q -o other product/manifest.yaml
stderr_is "rotkit: checkpoint at entry $((2 * made + 2)): the signature does not hold
$more"
# Without the key nobody looks at a signature; with it, it is missed.
rm -f units.db*
cp whole.db units.db
{
    cat drop.sql
    echo "UPDATE rotkit_checkpoint SET signature = substr(signature, 3) || substr(signature, 1, 2);"
    cat triggers.sql
} | sqlite3 -bail units.db
run 0 ledger verify units.db
run 3 ledger verify units.db --key checkpoint.pem

# An entry below the checkpoint that names another unit: with its own hash made anew, with all hashes up to the checkpoint's
# head, with all of them. A build goes through the chain below the checkpoint that it starts from, whatever it makes.
marked=$((2 * made + 2))
# rehash FROM TO: the hashes of these entries of units.db, as their columns and the entry before give them
rehash() {
    at=$1
    while [ "$at" -le "$2" ]; do
        hash=$({ sqlite3 units.db "SELECT hash FROM rotkit_entry WHERE seq = $at - 1" | xxd -r -p
            sqlite3 units.db "SELECT seq||char(9)||time||char(9)||kind||char(9)||unit||char(9)||licence||char(9)||build||char(9)||inputs||char(9)||digest||char(9)||keys||char(9)||note FROM rotkit_entry WHERE seq = $at" |
                tr -d '\n'; } | sha256sum | cut -c1-64)
        sqlite3 units.db "UPDATE rotkit_entry SET hash = '$hash' WHERE seq = $at"
        at=$((at + 1))
    done
}
stored() { # SEQ
    sqlite3 whole.db "SELECT substr(hash, 1, 16) FROM rotkit_entry WHERE seq = $1"
}
# relabelled LAST STDERR: units.db with the entries of one unit as another's, hashes made anew up to LAST
first=$(sqlite3 whole.db "SELECT min(seq) FROM rotkit_entry WHERE unit = '$sn'")
relabelled() {
    rm -f units.db*
    cp whole.db units.db
    { cat drop.sql; echo "UPDATE rotkit_entry SET unit = '00010000000000000099' WHERE unit = '$sn';
        UPDATE rotkit_unit SET unit = '00010000000000000099' WHERE unit = '$sn';
        UPDATE rotkit_key SET unit = '00010000000000000099' WHERE unit = '$sn';"; } | sqlite3 -bail units.db
    rehash "$first" "$1"
    sqlite3 -bail units.db <triggers.sql
    for all in product/manifest.yaml product/other.yaml; do
        rm -rf again
        run 5 build -q -o again $all
        sed 's/ hash [0-9a-f]*,/ hash ...,/' "$err" >said
        is said "rotkit: $2
$more"
        [ ! -e again ] || fail "a release stands there"
    done
    for check in "3 verify" "5 rebuild"; do
        run ${check% *} ledger ${check#* } units.db --key checkpoint.pem
        sed 's/ hash [0-9a-f]*,/ hash ...,/' "$err" >said
        is said "rotkit: $2"
    done
}
# A manifest of units that the ledger has not.
sed -e 's#devices/\(kdk_db\|eps_seeds\)#other-devices/\1#' product/manifest.yaml >product/other.yaml
mkdir product/other-devices
for file in kdk_db.csv eps_seeds.csv; do
    sed -n '9,10p' all/$file >product/other-devices/$file
done
last=$(sqlite3 whole.db "SELECT max(seq) FROM rotkit_entry WHERE unit = '$sn'")
relabelled "$last" "entry $((last + 1)) does not hold: hash ..., stored $(stored $((last + 1)))"
relabelled "$marked" "entry $marked has hash ..., its checkpoint says $(stored "$marked")"
relabelled "$split" "entry $marked has hash ..., its checkpoint says $(stored "$marked")"

# Behind the first licence no unit is reserved or reissued under none: neither by hand, the hash being right ...
next=$((split + 1))
# follows KIND UNIT LICENCE DIGEST NOTE: the SQL of an entry behind the last of whole.db, its hash right
follows() {
    hash=$({ sqlite3 whole.db "SELECT hash FROM rotkit_entry WHERE seq = $split" | xxd -r -p
        printf '%s\t' $next "$(sqlite3 whole.db "SELECT time FROM rotkit_entry WHERE seq = $split")" "$1" "$2" "$3" b i "$4" ""
        printf %s "$5"; } | sha256sum | cut -c1-64)
    echo "INSERT INTO rotkit_entry SELECT $next, time, '$1', '$2', '$3', 'b', 'i', '$4', '', '$5', '$hash'
        FROM rotkit_entry WHERE seq = $split"
}
none="entry $next (reserve) cannot follow: unit \"00010000000000000099\" stands under no licence, the ledger counts by licences"
edited "$(follows reserve 00010000000000000099 "" "" "")" "$none"
run 5 build -q -o other product/manifest.yaml
stderr_is "rotkit: $none
$more"
run 3 ledger verify units.db --key checkpoint.pem --licence L1.json --licence children/C1.json --issuer issuer.pem
stderr_is "rotkit: $none"

# (under a licence that nobody signed a unit is no better: whoever has the files sees it)
rm -f units.db*
cp whole.db units.db
terms=$(printf 'aa%.0s' $(seq 32))
{ cat drop.sql; follows licence "" X "$terms" "units=9 reissues=0"; echo ";"; cat triggers.sql; } | sqlite3 -bail units.db
run 3 ledger verify units.db --key checkpoint.pem --licence L1.json --licence children/C1.json --issuer issuer.pem
stderr_is "rotkit: licence \"X\": entry $next names terms aaaaaaaaaaaaaaaa, which no licence given has"

# ... nor by a manifest from which the licence is taken out,
rm -f units.db*
cp whole.db units.db
cp product/manifest.yaml manifest.yaml
for file in kdk_db.csv eps_seeds.csv; do
    cp product/devices/$file $file
    sed -n '5,6p' all/$file >product/devices/$file
done
sed -i -e '/^  file:/d' -e '/^  issuer:/d' product/manifest.yaml
rm -rf other
run 5 build -q -o other product/manifest.yaml
stderr_is "rotkit: the ledger counts by licences: name one (licence.file)"
[ ! -e other ] || fail "a release stands there"
[ "$(sqlite3 units.db "SELECT max(seq) FROM rotkit_entry")" = $split ] || fail "something was reserved"

# where there was none so far: such units stay, are counted by whoever asks for licences, and are not made anew.
rm -f units.db*
run 0 build -q -o other product/manifest.yaml
free=$(sqlite3 units.db "SELECT count(*) FROM rotkit_unit")
old=$(sqlite3 units.db "SELECT min(unit) FROM rotkit_unit")
run 0 ledger reissue units.db "$old" --reason "no licence so far"
cp manifest.yaml product/manifest.yaml
cp kdk_db.csv eps_seeds.csv product/devices/
rm -rf again
run 0 build -q -o again product/manifest.yaml
run 0 ledger verify units.db --key checkpoint.pem
run 3 ledger verify units.db --key checkpoint.pem --licence L1.json --issuer issuer.pem
stderr_is "rotkit: $free units stand under no licence"
last=$(sqlite3 units.db "SELECT max(unit) FROM rotkit_unit WHERE licence = '' AND state = 'issued'")
run 5 ledger reissue units.db "$last" --reason "came back"
stderr_is "rotkit: unit $last stands under no licence, the ledger counts by licences"
for file in kdk_db.csv eps_seeds.csv; do
    sed -n '5,6p' all/$file >product/devices/$file
done
seed=$(sed -n '7s/.* //p' all/eps_seeds.csv) # another identity, as a unit that is made anew must have
sed -i "1s/[^ ]*$/$seed/" product/devices/eps_seeds.csv
rm -rf again
run 5 build -q -o again product/manifest.yaml
stderr_is "rotkit: unit $old stands under no licence, the ledger counts by licences"
run 0 ledger rebuild units.db --key checkpoint.pem

# The ledger taken away, and the checkpoint out of the release that was counted: the licence is not whole again.
rm -rf units.db* counted
run 0 build -q -o counted product/manifest.yaml
rm -r counted/ledger
run 0 verify counted
grep -q '; not here: ledger; ' "$out" || fail "nobody says that the checkpoint is gone: $(cat "$out")"
rm -f units.db*
run 5 build -q -o counted product/manifest.yaml
stderr_is 'rotkit: release "counted" was counted, and its ledger/checkpoint.json is gone: put it back, or name an anchor (--anchor)'
