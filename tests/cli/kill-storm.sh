# SPDX-License-Identifier: Apache-2.0
# kill -9 at random moments of build, merge, retire, update make, signing rounds and licence split, over a ledger in
# SQLite and one in PostgreSQL: after each the ledger verifies, what was published is whole, and the same command
# again completes it; in the end every unit was counted once. STORM=1000 (make storm): as many kills.
# slow: a hundred kills, and two ledgers
. "$(dirname "$0")/lib.sh"
. "$SOURCE/tests/support/postgres.sh"
. "$SOURCE/tests/support/update.sh"
need openssl sqlite3 jq perl
unset SOURCE_DATE_EPOCH
kills=${STORM:-100}
seed=${FAULT_SEED:-$(od -An -N2 -tu2 /dev/urandom | tr -d ' ')}
echo "FAULT_SEED=$seed"
draw() { # BELOW: the next number, into $drawn
    seed=$(((seed * 1103515245 + 12345) % 2147483648))
    drawn=$((seed / 8 % $1))
}

# ---- two products that differ in their ledger, and what the other verbs work on
postgres_start
sqlite=$PWD/units.db
postgres="postgresql://rotkit@/postgres?host=$db"
ask() { # LEDGER SQL
    case $1 in
    sqlite) sqlite3 "$sqlite" "$2" ;;
    postgres) "$bin/psql" -XAtq "$postgres" -c "$2" ;;
    esac
}
update_product product
firmware_pair
printf '%064x\n' 77 >product/keys/master.key
for name in issuer checkpoint; do
    openssl genpkey -algorithm ED25519 -out $name.key 2>/dev/null
    openssl pkey -in $name.key -pubout -out $name.pem
done
run 0 licence issue licence.json --key issuer.key --id L --product jetson-orin-demo --units 100000
# fleet_of NAME FIRST COUNT [LEDGER]: a manifest of these devices
fleet_of() {
    sed -e 's/^  kdk-db: .*/  master-key: keys\/master.key\n  oem-id: 0x0102\n  first-sn: '"$2"'\n  count: '"$3"'/' \
        -e '/^  eps-seeds:/d' -e 's/templates: .*/templates: [L-1, L-2]/' product/manifest.yaml >product/$1.yaml
    [ -z "${4:-}" ] || printf 'licence:\n  ledger: %s\n  checkpoint-key: ../checkpoint.key\n  file: ../licence.json\n  issuer: ../issuer.pem\n' \
        "$4" >>product/$1.yaml
}
leavers=$((kills / 10 + 4))
for ledger in sqlite postgres; do
    eval "uri=\$$ledger"
    fleet_of leavers-$ledger 0x10000 $leavers "$uri"
    run 0 build -q -o leavers-$ledger product/leavers-$ledger.yaml
    eval "made_$ledger=0 given_$ledger=0 gone_$ledger=0"
done
fleet_of shards 0x1fc 8
for i in 0 1; do
    run 0 build -q --shard $i/2 -o shard-$i product/shards.yaml
done
for key in rsa round; do
    openssl genrsa -out $key.pem 2048 2>/dev/null
    openssl pkey -in $key.pem -pubout -out $key.pub
done
head -c 100 /dev/zero >one.bin
cat >round.yaml <<'YAML'
rotkit: 1
product: rounds
platform: t234
components: { one: one.bin }
images:
  one.ta:
    format: optee-ta
    parts: { elf: one }
    set: { uuid: bc50d971-d4c9-42c4-82cb-343fb7f37896, algo: rsa-pkcs1-sha256 }
    sign: { key: "pub:rsa.pub" }
release: { path: rounds, key: "pub:round.pub" }
YAML

# ---- the storm
# killed ARG...: the command, ended at a moment that is drawn from as long as it takes here: each time that it comes to
# its end the next moments are earlier, and each time that it does not they are later.
for storm in build merge retire update rounds split; do
    eval "most_$storm=200"
done
killed() {
    eval "most=\$most_$storm"
    draw "$most"
    "$ROTKIT" "$@" >"$out" 2>"$err" </dev/null &
    pid=$!
    perl -e 'select undef, undef, undef, $ARGV[0] / 1000' $drawn
    kill -9 $pid 2>/dev/null || :
    code=0
    wait $pid 2>/dev/null || code=$?
    case $code in
    137)
        died=$((died + 1))
        most=$((most * 5 / 4 + 1))
        ;;
    0) most=$((most * 2 / 3 + 1)) ;;
    *) fail "kill $n, rotkit $*: exit $code after $drawn ms: $(cat "$err")" ;;
    esac
    eval "most_$storm=$most"
}
# holds FOLDER VERIFY-ARG...: it is not there, or whole
holds() {
    folder=$1
    shift
    [ ! -e "$folder" ] || run 0 verify "$@" "$folder"
}
ledger_holds() {
    run 0 ledger verify "$uri" --key checkpoint.pem
}
again() {
    what="kill $n, again"
    run 0 "$@"
    what=
}

storm_build() {
    eval "made_$ledger=\$((made_$ledger + 2)); count=\$made_$ledger"
    rm -rf cut
    fleet_of cut 0x1f0 "$count" "$uri"
    killed build -q -o cut product/cut.yaml
    holds cut --pub release.pem
    ledger_holds
    again build -q -o cut product/cut.yaml
    holds cut --pub release.pem
    [ "$(find cut/devices -name device.json | wc -l)" -eq "$count" ] || fail "kill $n: not $count devices"
    [ ! -e cut.staging ] || fail "kill $n: the staging folder is left"
}
storm_merge() {
    rm -rf merged
    killed release merge -q --key product/keys/release.key -o merged shard-0 shard-1
    holds merged --pub release.pem
    again release merge -q --key product/keys/release.key -o merged shard-0 shard-1
    holds merged --pub release.pem
}
storm_retire() {
    eval "gone_$ledger=\$((gone_$ledger + 1)); nth=\$gone_$ledger"
    sn=$(find leavers-$ledger/devices -name device.json | sed 's,/device.json,,; s,.*/,,' | sort | sed -n "${nth}p")
    [ -n "$sn" ] || fail "nobody is left to retire"
    set -- device retire -q --ledger "$uri" --cert product/ca/chain.pem --key product/ca/issuing.key -o revoked-$ledger \
        --note storm --pub release.pem leavers-$ledger "$sn"
    killed "$@"
    ledger_holds
    [ ! -e revoked-$ledger/crl.der ] || openssl crl -inform DER -in revoked-$ledger/crl.der -noout ||
        fail "kill $n: half a list"
    again "$@"
    openssl crl -inform DER -in revoked-$ledger/crl.der -text -noout >crl.txt
    [ "$(grep -c 'Serial Number:' crl.txt)" -eq $((2 * nth)) ] || fail "kill $n: not $((2 * nth)) certificates on the list"
}
storm_update() {
    rm -rf bundle
    killed update make -q --key update.key --pub release.pem -o bundle old new
    holds bundle --pub update.pem
    [ -e bundle ] || again update make -q --key update.key --pub release.pem -o bundle old new
    holds bundle --pub update.pem
}
storm_rounds() {
    rm -rf r r2 rounds
    killed build -q --to-sign r round.yaml
    [ ! -e r ] || jq -e '.items | length > 0' r/index.json >/dev/null || fail "kill $n: half a round"
    again build -q --to-sign r round.yaml
    sh "$SOURCE/examples/two-step/openssl.sh" r rsa.pem >"$scratch/log" 2>&1 || fail "$(cat "$scratch/log")"
    for round in 1 2 3 4 5 6; do
        [ ! -e rounds ] || break
        if [ $round -lt 4 ]; then killed build -q --attach r round.yaml; else again build -q --attach r round.yaml; fi
        holds rounds --pub round.pub
        sh "$SOURCE/examples/two-step/openssl.sh" r rsa.pem round.pem >"$scratch/log" 2>&1 || fail "$(cat "$scratch/log")"
    done
    [ -e rounds ] || fail "kill $n: six rounds, and no release"
    holds rounds --pub round.pub
    rm -rf r.staging # of a run that wanted one more round and was cut; the next with this folder would empty it
}
storm_split() {
    eval "given_$ledger=\$((given_$ledger + 3)); given=\$given_$ledger"
    first=$((1048576 + given * 10))
    rm -rf sites
    killed licence split licence.json --key issuer.key --ledger "$uri" -o sites c$given:3:$first-$((first + 9))
    ledger_holds
    [ ! -e sites ] || run 0 licence verify sites/c$given.json --issuer issuer.pem
    rm -rf sites
    again licence split licence.json --key issuer.key --ledger "$uri" -o sites c$given:3:$first-$((first + 9))
    run 0 licence verify sites/c$given.json --issuer issuer.pem
}

n=0
died=0
while [ $n -lt "$kills" ]; do
    for storm in build merge retire update rounds split; do
        ledger=sqlite
        [ $((n / 6 % 2)) -eq 0 ] || ledger=postgres
        eval "uri=\$$ledger"
        storm_$storm
        n=$((n + 1))
    done
done
[ $died -gt $((n / 4)) ] || fail "$died of $n were killed at work: the storm has lost its force"

# ---- every unit once
for ledger in sqlite postgres; do
    eval "uri=\$$ledger made=\$made_$ledger given=\$given_$ledger gone=\$gone_$ledger"
    ledger_holds
    [ "$(ask $ledger "SELECT spent FROM rotkit_licence WHERE id = 'L'")" -eq $((leavers + made + given)) ] ||
        fail "$ledger: not $leavers + $made + $given units are spent"
    [ "$(ask $ledger "SELECT count(*) FROM rotkit_unit WHERE state = 'issued'")" -eq $((leavers - gone + made)) ] ||
        fail "$ledger: not $leavers - $gone + $made units are issued"
    [ "$(ask $ledger "SELECT count(*) FROM rotkit_entry WHERE kind = 'commit'")" -eq $((leavers + made)) ] ||
        fail "$ledger: a unit was committed twice, or never"
done
find . -name '*.staging*' >left # what claims a name of its own, PATH.tmp-PID, goes with the next run for that PATH
[ ! -s left ] || fail "left behind: $(cat left)"
