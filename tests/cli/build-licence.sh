# SPDX-License-Identifier: Apache-2.0
# A build against a ledger and a licence: charged once, refused before anything is made, and held to
# its checkpoints. openssl judges the signatures of licence and checkpoint, sqlite3 reads the ledger.
. "$(dirname "$0")/lib.sh"
need openssl sqlite3 jq xxd

unset SOURCE_DATE_EPOCH
sh "$SOURCE/examples/jetson-orin/prepare.sh" "$ROTKIT" .
for db in kdk_db eps_seeds; do
    sed -n 1,4p devices/$db.csv >few && mv few devices/$db.csv
done
for name in issuer checkpoint other; do
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out $name.key 2>/dev/null
    openssl pkey -in $name.key -pubout -out $name.pem
done
serials=$(wc -l <devices/kdk_db.csv)
issue() { # FILE UNITS OPTION...
    file=$1 units=$2
    shift 2
    run 0 licence issue "$file" --key issuer.key --id "${file%.json}" --product jetson-orin-demo \
        --units "$units" "$@"
}
with() { # LICENCE: the manifest with a ledger and this licence
    cp "$DATA/cli/manifest.yaml" manifest.yaml
    printf 'licence:\n  ledger: units.db\n  checkpoint-key: checkpoint.key\n  anchor: anchor\n' >>manifest.yaml
    [ -z "$1" ] || printf '  file: %s\n  issuer: issuer.pem\n' "$1" >>manifest.yaml
}
sql() {
    sqlite3 units.db "$1"
}
# judge FILE PUBLIC-KEY TEXT-MAKER: what is signed is this text, by openssl
judge() {
    jq -r .signature "$1" | xxd -r -p >judge.sig
    openssl dgst -sha256 -verify "$2" -signature judge.sig judge.txt >/dev/null ||
        fail "openssl does not take the signature of $1"
}

# The licence, as the header says it is signed.
issue L1.json $((serials + 1)) --not-after 2099-12-31 --reissues 1
jq -r '"rotkit licence 1\nid: \(.id)\nparent: \(.parent)\nissuer: \(.issuer)\nproduct: \(.product)\nunits: \(.units)\nreissues: \(.reissues)\nnot-after: \(.not_after)\noem-ids: \(.oem_ids|join(","))\nfirst-sn: \(.first_sn)\nlast-sn: \(.last_sn)"' L1.json >judge.txt
judge L1.json issuer.pem
run 0 licence verify L1.json --issuer issuer.pem
tail -n 1 "$out" | grep -qx 'signature: holds'
sed 's/"units": [0-9]*/"units": 999/' L1.json >forged.json
run 3 licence verify forged.json --issuer issuer.pem
run 3 licence verify L1.json --issuer other.pem

# What it does not cover is refused before anything is made.
refuse_build() { # STDERR: exit 5, no release
    run 5 build manifest.yaml
    stderr_is "$1"
    [ ! -e release ] || fail "a refused build left a release"
}
issue small.json $((serials - 1))
with small.json
refuse_build "rotkit: licence \"small\" does not cover $serials more units: $((serials - 1)) of $((serials - 1)) left"
[ "$(sql "SELECT count(*) FROM rotkit_unit")" = 0 ]
issue old.json 9 --not-after 2020-01-01
with old.json
run 5 build manifest.yaml
grep -q '^rotkit: licence "old" has ended: at 1577836800, now it is ' "$err" || fail "$(cat "$err")"
issue toy.json 9
sed 's/^product:.*/product: toy/' manifest.yaml >m && mv m manifest.yaml
with toy.json
sed 's/^product:.*/product: toy/' manifest.yaml >m && mv m manifest.yaml
refuse_build 'rotkit: licence "toy" is for product "jetson-orin-demo", not for "toy"'
issue range.json 9 --first-sn 0xfffffffffffffff0
with range.json
run 5 build manifest.yaml
grep -q ': licence "range" covers serial numbers fffffffffffffff0 to ffffffffffffffff$' "$err"
with forged.json
run 5 build manifest.yaml
grep -q '^rotkit: manifest.yaml:[0-9:]*: licence.file: licence "L1": ' "$err" || fail "$(cat "$err")"

# Charged once, however often it is built.
with L1.json
rm units.db*
run 0 build --dry-run manifest.yaml
[ ! -e units.db ] || fail "a dry run made a ledger"
run 0 build manifest.yaml
for again in 1 2; do
    run 0 build manifest.yaml
    grep -qx "rotkit: $serials devices, release \"release\": unchanged.*" "$err" || fail "$(cat "$err")"
done
[ "$(sql "SELECT spent FROM rotkit_licence WHERE id = 'L1'")" = "$serials" ]
[ "$(sql "SELECT count(*) FROM rotkit_unit WHERE state = 'issued'")" = "$serials" ]
run 0 verify release
run 0 ledger verify units.db --key checkpoint.pem --checkpoint release/ledger/checkpoint.json
run 3 ledger verify units.db --key other.pem
cmp release/ledger/checkpoint.json anchor/checkpoint.json
jq -r '"rotkit ledger checkpoint 2\nledger: \(.ledger)\nsize: \(.size)\nhead: \(.head)\ntime: \(.time)\nkey: \(.key)",
    (.licences[] | "licence: \(.id) terms=\(.terms) units=\(.units) reissues=\(.reissues) spent=\(.spent) reissued=\(.reissued) splits=\(.splits)")' \
    anchor/checkpoint.json >judge.txt
judge anchor/checkpoint.json checkpoint.pem
[ "$(jq -c '.licences | map([.id, .units, .spent])' anchor/checkpoint.json)" = "[[\"L1\",$((serials + 1)),$serials]]" ] ||
    fail "the checkpoint signs other sums: $(cat anchor/checkpoint.json)"

# The EK's hash that the ledger keeps is that of the certificate, by openssl.
sn=$(jq -r .unit <<LIST
$("$ROTKIT" ledger list units.db --json | head -n 1)
LIST
)
cert=$(find release/devices -path "*$sn/*" -name '*.der' | sort | head -n 1)
spki=$(openssl x509 -inform DER -in "$cert" -pubkey -noout | openssl pkey -pubin -outform DER | sha256sum | cut -d' ' -f1)
[ "$(sql "SELECT unit FROM rotkit_key WHERE value = '$spki'")" = "$sn" ] || fail "no $spki in the ledger"
sqlite3 units.db .dump >dump
for key in devices/kdk_db.csv devices/eps_seeds.csv; do
    hides "$(sed -n 2p "$key" | cut -d, -f2 | sed 's/^0x//')" dump
done

# Yesterday's file is put back: refused by the release, and by the anchor alone.
run 0 build --dry-run manifest.yaml
cp units.db yesterday.db
sed -n 1p devices/kdk_db.csv >one && mv one devices/kdk_db.csv
sed -n 1p devices/eps_seeds.csv >one && mv one devices/eps_seeds.csv
cp keys/payload.key payload.old
printf '%064d\n' 7 >keys/payload.key
run 5 build manifest.yaml
grep -q "^rotkit: unit $sn was made from other inputs: " "$err" || fail "$(cat "$err")"
[ "$(tail -n 1 "$err")" = "  rotkit ledger reissue records that it shall be made anew" ]
run 0 ledger reissue units.db "$sn" --reason "came back"
refuse 5 "rotkit: unit $sn is reissue: only an issued unit can be made anew" \
    ledger reissue units.db "$sn" --reason "again"
run 0 build manifest.yaml
grep -q '^rotkit: 1 device, release "release": replaced' "$err" || fail "$(cat "$err")"
run 0 ledger verify units.db --key checkpoint.pem --checkpoint anchor/checkpoint.json
rm -f units.db-wal units.db-shm
cp yesterday.db units.db
run 3 ledger verify units.db --key checkpoint.pem --checkpoint release/ledger/checkpoint.json
run 5 build manifest.yaml
grep -q '^rotkit: release/ledger/checkpoint.json: the ledger is older than its checkpoint: ' "$err"
rm -rf release
run 5 build manifest.yaml
grep -q '^rotkit: anchor/checkpoint.json: the ledger is older than its checkpoint: ' "$err"
rm -f units.db*
run 5 build manifest.yaml
grep -q '^rotkit: anchor/checkpoint.json: the checkpoint is of ledger ' "$err" || fail "$(cat "$err")"
[ ! -e release ]
