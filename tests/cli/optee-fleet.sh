# SPDX-License-Identifier: Apache-2.0
# Units of a board with OP-TEE in what comes behind the build, as Orin's: shards and merge, licences, archive, enrolment,
# updates of the TA, retirement, and the live TPM (swtpm with a unit's EPS, and with a random one).
. "$(dirname "$0")/lib.sh"
need jq openssl tar
. "$SOURCE/tests/support/swtpm.sh"
. "$SOURCE/tests/support/optee.sh"
unset SOURCE_DATE_EPOCH

# By RSA and with the master key, so that shards and whole are the same bytes.
optee_product product
by_master product 254 6
run 0 ca init -q product/rsa --key-type rsa3072 --name Tests
sed -i -e 's/ca\/chain.pem/rsa\/chain.pem/' -e 's/ca\/issuing.key/rsa\/issuing.key/' \
    -e '/^release:/,$s/^  #version: $/  version: 1.0.0/' -e 's/^  #update:/  update:/' -e 's/^    #nv-layout: $/    nv-layout: 1/' product/manifest.yaml
{
    echo unit,huk
    for i in 254 255 256 257 258 259; do
        printf '0001%016x,%s\n' $i "$(openssl rand -hex 16)"
    done
} >product/devices/huk_db.csv
pub="--pub product/keys/release.pem"
first=000100000000000000fe

# ---- shards and merge: byte for byte the whole ----
run 0 build -q -o whole product/manifest.yaml
for i in 0 1; do
    run 0 build -q --shard $i/2 -o shard-$i product/manifest.yaml
done
run 0 release merge -q --key product/keys/release.key -o merged shard-0 shard-1
diff -r whole merged >&2 || fail "merged shards are not the unsharded build"
run 0 verify $pub merged
run 0 release archive -q $pub -o factory.tar whole
tar -tf factory.tar | grep -c "/$first/$ta_uuid.ta$" >count
is count 1

# ---- a TA of another unit in its place, and one that was changed ----
cp -r whole swapped
cp "$(unit_folder whole 000100000000000000ff)/$ta_uuid.ta" "$(unit_folder swapped $first)/$ta_uuid.ta"
run 3 verify $pub swapped
cp -r whole changed
flip "$(unit_folder changed $first)/$ta_uuid.ta" 900
run 3 verify $pub changed

# ---- enrolment ----
run 0 enroll -q keylime whole $pub -o keylime
[ "$(find keylime -name '*.pem' | wc -l)" -ge 1 ] || fail "nothing for Keylime"
run 0 enroll -q csv whole $pub -o csv
find csv -type f -exec cat {} + | grep -c '^0001' >count
is count 12
run 0 enroll -q azure-dps whole $pub -o dps
jq -s '[.[][]?] | length' dps/*.json >/dev/null || fail "no JSON for DPS"

# ---- an update: a higher TA, the same EKs; a lower one is refused ----
sed -e 's/^  version: 1.0.0/  version: 1.1.0/' -e 's/^  version: 1$/  version: 2/' product/manifest.yaml >product/next.yaml
run 0 build -q -o next product/next.yaml
run 0 update check --key pub:product/keys/release.pem --master product/keys/master.key whole next
grep -q '^holds: device: 6 devices keep their EKs, 6 of them recomputed$' "$out" || fail "$(cat "$out")"
jq -r '.. | objects | select(.name? == "ftpm-ta") | .svn' next/release.json >svn
is svn 2
sed -e 's/^  version: 1.0.0/  version: 1.2.0/' -e 's/^  version: 1$/  version: 0/' product/manifest.yaml >product/lower.yaml
run 0 build -q -o lower product/lower.yaml
run 3 update check --key pub:product/keys/release.pem --master product/keys/master.key next lower
grep -q 'breaks: .*ftpm-ta' "$out" || fail "$(cat "$out")"
run 2 update check --kdk-db a --eps-seeds b whole next
grep -q 'platform optee reads its units from no kdk-db$' "$err" || fail "$(cat "$err")"

# ---- a licence of five units, and the ledger ----
openssl genpkey -algorithm ED25519 -out issuer.key 2>/dev/null
openssl genpkey -algorithm ED25519 -out checkpoint.key 2>/dev/null
chmod 600 issuer.key checkpoint.key
openssl pkey -in issuer.key -pubout -out product/issuer.pem
cp checkpoint.key product/keys/
run 0 licence issue -q product/licence.json --key issuer.key --id L1 --product demo --units 5
cat >>product/manifest.yaml <<'Y'
licence:
  ledger: units.db
  file: licence.json
  issuer: issuer.pem
  checkpoint-key: keys/checkpoint.key
Y
sed -e 's/count: 6/count: 5/' product/manifest.yaml >product/five.yaml
run 0 build -q -o counted product/five.yaml
run 5 build -q -o counted product/manifest.yaml
run 0 build product/five.yaml -o counted
stderr_is 'rotkit: 5 devices, release "counted": unchanged'
run 0 ledger status product/units.db
grep -q 5 "$out" || fail "$(cat "$out")"
[ -n "$(find counted/ledger -type f)" ] || fail "a release with a ledger has no ledger/"
run 0 release archive $pub counted -o counted.tar
tar -tf counted.tar | grep -E '/(ledger|secrets|handover)/' && fail "an archive has what stays at home"
run 0 device retire counted $first $pub --ledger product/units.db --cert product/rsa/chain.pem --key product/rsa/issuing.key -o revoked --note scrapped
[ -n "$(find revoked -type f)" ] || fail "nothing was made for a retired unit"
run 5 build -q -o again product/five.yaml

# ---- the live TPM ----
tpm_of unit "$(echo $known_eps)"
by_first=00010000000000000001
cp -r product one
sed -i -e '/^licence:/,$d' -e 's/first-sn: .*/first-sn: 1/' -e 's/count: .*/count: 1/' one/manifest.yaml
printf 'unit,huk\n%s,%s\n' $by_first "$(openssl rand -hex 16)" >one/devices/huk_db.csv
rm -rf one/release
run 0 build -q one/manifest.yaml
run 0 tpm check $pub --release one/release --tcti "$tcti" --ek-only
tail -n 1 "$out" >last
is last "$by_first: matches"
tpm_of random
run 3 tpm check $pub --release one/release --tcti "$tcti" --ek-only --master one/keys/master.key
grep -q 'no seed of 1 device makes this EK, so the EPS is random: the TA was built without the property com.microsoft.ta.endorsementSeed' "$out" ||
    fail "$(cat "$out")"
run 3 tpm check $pub --release one/release --tcti "$tcti" --ek-only
grep -q 'unknown EK: .*; perhaps the TA was built without the property' "$out" || fail "$(cat "$out")"
