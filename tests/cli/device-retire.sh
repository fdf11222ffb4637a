#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# device retire and reissue: ledger, CRL, OCSP index and DPS deletion in one act, safe to do again.
# openssl judges the list (verify -crl_check) and, as a responder over the index, good and revoked.
. "$(dirname "$0")/lib.sh"
need openssl sqlite3 jq xxd flock

unset SOURCE_DATE_EPOCH # the factory certificate is of today
sh "$SOURCE/examples/jetson-orin/prepare.sh" "$ROTKIT" . p256 >"$out" 2>&1 || fail "$(cat "$out")"
for db in kdk_db eps_seeds; do
    sed -n 1,4p devices/$db.csv >few && mv few devices/$db.csv
done
for name in issuer checkpoint; do
    openssl genpkey -algorithm ED25519 -out $name.key 2>/dev/null
    openssl pkey -in $name.key -pubout -out $name.pem
done
run 0 licence issue licence.json --key issuer.key --id L --product jetson-orin-demo --units 4 --reissues 1
sed 's/L-1, L-2, H-3/L-1, L-2/' "$DATA/cli/manifest.yaml" >manifest.yaml
printf 'licence:\n  ledger: units.db\n  checkpoint-key: checkpoint.key\n  file: licence.json\n  issuer: issuer.pem\n' >>manifest.yaml
run 0 build -q manifest.yaml
sn() {
    awk -v n="$1" 'NR == n { print $1 $2 }' devices/kdk_db.csv
}
gone=$(sn 2)
other=$(sn 3)
ca="--ledger units.db --cert ca/chain.pem --key ca/issuing.key -o revoked"

cert() { # DEVICE NUMBER: a certificate of it in PEM, into cert.pem
    openssl x509 -inform DER -in "$(find release/devices -path "*$1/*" -name '*.der' | sort | sed -n "$2p")" -out cert.pem
}
# ocsp WANTED DEVICE: what openssl's responder says over the index of both certificates
ocsp() {
    for n in 1 2; do
        cert "$2" $n
        openssl ocsp -issuer ca/issuing.pem -cert cert.pem -reqout request 2>ocsp.txt >&2 &&
            openssl ocsp -index revoked/index.txt -CA ca/issuing.pem -rsigner ca/issuing.pem \
                -rkey ca/issuing.key -reqin request -respout response >ocsp.txt 2>&1 &&
            openssl ocsp -respin response -issuer ca/issuing.pem -cert cert.pem -noverify >ocsp.txt 2>&1 ||
            fail "openssl ocsp: $(cat ocsp.txt)"
        grep -q "^cert.pem: $1" ocsp.txt || fail "certificate $n of $2 is not $1: $(cat ocsp.txt)"
    done
}
# crl WANTED-CODE DEVICE: whether both certificates hold against chain and list
crl() {
    openssl crl -inform DER -in revoked/crl.der -out crl.pem
    for n in 1 2; do
        cert "$2" $n
        code=0
        openssl verify -crl_check -partial_chain -CAfile ca/issuing.pem -CRLfile crl.pem cert.pem >verify.txt 2>&1 || code=$?
        [ $code -eq "$1" ] || fail "openssl verify of $2: exit $code: $(cat verify.txt)"
    done
}
number() {
    openssl crl -inform DER -in revoked/crl.der -noout -crlnumber
}
state() {
    sqlite3 units.db "SELECT state FROM rotkit_unit WHERE unit = '$1'"
}

# A dry run says what it would do, and does nothing.
snapshot >before
run 0 device retire --unsigned -n release "$gone" $ca --note "broken at incoming goods"
stderr_is 'rotkit: 1 device: 2 certificates revoked, CRL 1, 1 unit recorded as retired (dry run)'
rm before
[ ! -e revoked ] || fail "a dry run wrote files"
[ "$(state "$gone")" = issued ] || fail "a dry run wrote the ledger"

run 0 device retire --unsigned release "$gone" $ca --note "broken at incoming goods"
stderr_is 'rotkit: 1 device: 2 certificates revoked, CRL 1, 1 unit recorded as retired'
[ "$(state "$gone")" = retired ] || fail "the ledger says $(state "$gone")"
ocsp revoked "$gone"
grep -q 'Reason: cessationOfOperation' ocsp.txt || fail "$(cat ocsp.txt)"
ocsp good "$other"
crl 2 "$gone"
crl 0 "$other"
number >now
is now 'crlNumber=0x01'
# The deletion is what enroll writes for this device.
run 0 enroll --unsigned azure-dps release --set mode=delete --device "$gone" -o deletions
cmp deletions/azure-dps-delete-000001.json "revoked/azure-dps-delete-$gone.json" || fail "another deletion"
[ "$(jq -r '.mode, (.enrollments | length)' "revoked/azure-dps-delete-$gone.json" | tr '\n' ' ')" = "delete 1 " ] || fail "no deletion"
run 5 build manifest.yaml # the unit is never made again

# Done twice, it changes nothing.
find revoked -type f -exec sha256sum {} + | sort >first
run 0 device retire --unsigned release "$gone" $ca --note "again"
stderr_is 'rotkit: 1 device: 0 certificates revoked, CRL 1, 0 units recorded as retired'
find revoked -type f -exec sha256sum {} + | sort >second
same "the folder after the same act" first second

# Cut behind each file: the same act again completes it. Its own crl.der is the last file it writes.
cp units.db whole.db
cp -r revoked whole
for left in index.txt.attr index.txt "azure-dps-delete-$other.json" crl.der; do
    rm -rf units.db* revoked
    cp whole.db units.db
    cp -r whole revoked
    run 0 device reissue --unsigned release "$other" $ca --note "RMA 17" --json
    [ "$(jq -c . "$out")" = '{"devices":1,"certificates_revoked":2,"crl_number":2,"units_recorded":1}' ] || fail "$(cat "$out")"
    # as a cut left it: no record yet, and of the files those before this one
    cp whole.db units.db
    rm -f units.db-wal units.db-shm
    case $left in
    crl.der) ;;
    azure*) cp whole/crl.der revoked/ ;;
    index.txt) cp whole/crl.der revoked/ && rm "revoked/azure-dps-delete-$other.json" ;;
    *) rm -r revoked && cp -r whole revoked ;;
    esac
    run 0 device reissue --unsigned release "$other" $ca --note "RMA 17"
    [ "$(state "$other")" = reissue ] || fail "cut behind $left: the ledger says $(state "$other")"
    number >now
    is now 'crlNumber=0x02'
    crl 2 "$other"
    crl 2 "$gone"
    ocsp revoked "$other"
    ocsp good "$(sn 1)"
    [ -e "revoked/azure-dps-delete-$other.json" ] || fail "cut behind $left: no deletion"
done
grep -q 'Reason: superseded\|superseded' revoked/index.txt || fail "no reason in the index"
run 0 ledger verify units.db --key checkpoint.pem

# ---- what is refused, before anything is written ----
# denied CODE STDERR ARG...: the revocations and the ledger's units stay as they are
denied() {
    denied_text=$2
    find revoked -type f -exec sha256sum {} + | sort >first
    sqlite3 units.db "SELECT unit, state FROM rotkit_unit ORDER BY unit" >>first
    denied_code=$1
    shift 2
    run "$denied_code" "$@"
    stderr_is "$denied_text"
    find revoked -type f -exec sha256sum {} + | sort >second
    sqlite3 units.db "SELECT unit, state FROM rotkit_unit ORDER BY unit" >>second
    same "the state after a refused act" first second
}
denied 5 'rotkit: 1 of the units named are not in the ledger' device retire --unsigned release 01020000000000009999 $ca --note x
denied 5 "rotkit: unit $gone is retired: only an issued unit can be made anew" device reissue --unsigned release "$gone" $ca --note x
denied 5 'rotkit: 1 reissue asked for, the licences have 0 left' device reissue --unsigned release "$(sn 1)" $ca --note x
denied 2 'rotkit: a device is named twice' device retire --unsigned release "$(sn 1)" "$(sn 1)" $ca --note x
denied 2 "rotkit: --dps-id: unknown rule \"x\" (known: ek, sn, none)
  see 'rotkit help device retire'" device retire --unsigned release "$(sn 1)" $ca --note x --dps-id x
run 2 device retire --unsigned release "$(sn 1)" $ca --note "" && grep -q 'a reason is needed' "$err" || fail "$(cat "$err")"
cp revoked/index.txt index && printf 'not an index\n' >>revoked/index.txt
run 2 device retire --unsigned release "$(sn 1)" $ca --note x
stderr_is "rotkit: \"revoked/index.txt\": line 9: expected status, expiry, revocation, serial number, file and subject, with tabs between"
cp index revoked/index.txt
# A list that was lost is not begun anew: what it revoked would be good again.
mv revoked/crl.der lost.der
denied 3 'rotkit: "revoked/index.txt": 4 certificates revoked that crl.der does not list
  an act was cut: do that one again first; or the list was lost: put its last copy back' device retire --unsigned release "$(sn 1)" $ca --note x
# ... nor an older one taken for the last, nor one that a cut act has not come to yet
cp whole/crl.der revoked/
denied 3 'rotkit: "revoked/index.txt": 2 certificates revoked that crl.der does not list
  an act was cut: do that one again first; or the list was lost: put its last copy back' device retire --unsigned release "$(sn 1)" $ca --note x
mv lost.der revoked/crl.der
# While another act is under way, none begins.
code=0
flock revoked "$ROTKIT" device retire --unsigned release "$(sn 1)" $ca --note x >"$out" 2>"$err" </dev/null || code=$?
[ $code -eq 2 ] || fail "two acts at once: exit $code"
grep -qxF 'rotkit: "revoked" is in use: another act is under way, try again behind it' "$err" || fail "$(cat "$err")"
# Files that cannot be written: the ledger, which is what lets the unit be made anew, has no record.
rm revoked/index.txt.attr
mkdir -p revoked/index.txt.attr/in-the-way
run 7 device retire --unsigned release "$(sn 4)" $ca --note x
[ "$(state "$(sn 4)")" = issued ] || fail "the ledger came before the files"
rm -r revoked/index.txt.attr
SOURCE_DATE_EPOCH=0
export SOURCE_DATE_EPOCH
denied 2 'rotkit: the clock is unset: it says 0 seconds since 1970, so no revocation can be dated' \
    device retire --unsigned release "$(sn 1)" $ca --note x
unset SOURCE_DATE_EPOCH
# A release that is damaged names no one for sure.
cp -r release damaged
cp "$(find damaged/devices -path "*$(sn 1)/*" -name '*l-2.der')" "$(find damaged/devices -path "*$(sn 1)/*" -name '*l-1.der')"
run 3 device retire --unsigned damaged "$(sn 1)" $ca --note x
[ "$(state "$(sn 1)")" = issued ] || fail "a damaged release wrote the ledger"
run 0 ca init -q elsewhere --name other --key-type p256
run 3 device retire --unsigned release "$(sn 1)" --ledger units.db --cert elsewhere/chain.pem --key elsewhere/issuing.key -o new --note x
[ ! -e new ] || fail "another CA's list was begun"
[ "$(state "$(sn 1)")" = issued ] || fail "a refused act wrote the ledger"

# Three acts at once, into a folder that is there and one that is not: those that end well are all on the list.
for folder in revoked anew; do
    cp whole.db units.db
    rm -rf units.db-wal units.db-shm $folder
    [ $folder = anew ] || cp -r whole revoked
    for n in 1 3 4; do
        (code=0
         "$ROTKIT" device retire --unsigned release "$(sn $n)" --ledger units.db --cert ca/chain.pem --key ca/issuing.key -o $folder \
             --note x >act.$n 2>&1 </dev/null || code=$?
         echo $code >code.$n) &
    done
    wait
    for n in 1 3 4; do
        case $(cat code.$n) in
        0) ;;
        2) grep -q "^rotkit: \"$folder\" is in use: another act " act.$n || fail "$(cat act.$n)" ;;
        *) fail "at once: exit $(cat code.$n): $(cat act.$n)" ;;
        esac
    done
    for n in 1 3 4; do
        run 0 device retire --unsigned release "$(sn $n)" --ledger units.db --cert ca/chain.pem --key ca/issuing.key -o $folder --note x
        [ "$(cat code.$n)" -ne 0 ] || grep -q ': 0 certificates revoked' "$err" || fail "lost: $(cat "$err" act.$n)"
    done
done

# A new identity, retired in its turn: the old one's deletion, perhaps not sent yet, stays beside the new one's.
cp whole.db units.db
rm -rf units.db-wal units.db-shm revoked
cp -r whole revoked
run 0 device reissue --unsigned release "$other" $ca --note "RMA 17"
cp "revoked/azure-dps-delete-$other.json" old.json
for db in kdk_db eps_seeds; do # without the one that is gone
    awk -v gone="$gone" '$1 $2 != gone' devices/$db.csv >few && mv few devices/$db.csv
done
# From the same inputs it would be the identity that has just been revoked.
cp -r release before
run 5 build -q manifest.yaml
grep -v '^rotkit: warning:' "$err" | cut -d, -f1,2 | sed 's/, [0-9a-f]*$//' >"$scratch/line"
is "$scratch/line" "rotkit: unit $other is to be made anew, but from the inputs it was made from
  give the device another EPS seed, or change what else was wrong"
diff -r before release >&2 || fail "a refused build changes the release"
awk -v sn="$other" -v seed="$(openssl rand -hex 32)" '$1 $2 == sn { $3 = seed } { print }' devices/eps_seeds.csv >few
mv few devices/eps_seeds.csv
run 0 build -q manifest.yaml
crl 0 "$other"
# The release from before it was made anew, and a folder that is none of the CA's: both are said.
cp units.db kept.db
cp -r revoked kept
run 0 device retire --unsigned before "$other" $ca --note lost
stderr_is "rotkit: warning: no certificate was revoked that was not before: where a unit was made anew, name the release that did it
rotkit: 1 device: 0 certificates revoked, CRL 2, 1 unit recorded as retired"
run 0 device retire --unsigned release "$other" --ledger units.db --cert ca/chain.pem --key ca/issuing.key -o stray --note lost
head -n 1 "$err" >"$scratch/line"
is "$scratch/line" 'rotkit: warning: "stray" has no crl.der, so a first list begins, and the ledger has 1 unit retired before: is this the folder of the CA?'
cp kept.db units.db
rm -rf units.db-wal units.db-shm revoked
mv kept revoked
for again in 1 2; do
    run 0 device retire --unsigned release "$other" $ca --note "lost"
    same "the old deletion" old.json "revoked/azure-dps-delete-$other.json"
    [ "$(jq -r '.enrollments[0].registrationId' "revoked/azure-dps-delete-$other-2.json")" != "$(jq -r '.enrollments[0].registrationId' old.json)" ] ||
        fail "the new deletion is the old one's"
    [ ! -e "revoked/azure-dps-delete-$other-3.json" ] || fail "run $again: a third deletion"
done
crl 2 "$other"
ocsp revoked "$other"
