# SPDX-License-Identifier: Apache-2.0
# A product for a board with OP-TEE: each device's TA holds its seed, under its own key or the class key. The TA is
# opened and its signature checked by python3-cryptography; the seed is the known answer, and the EKs are those that
# a real fTPM TA in a real OP-TEE made (tests/data/vectors/ek/optee-ftpm.jsonl).
. "$(dirname "$0")/lib.sh"
need jq openssl python3
python3 -c 'import cryptography' 2>/dev/null || skip "python3-cryptography is absent"
. "$SOURCE/tests/support/optee.sh"
unset SOURCE_DATE_EPOCH

optee_product product
by_master product 1 3
sed -i 's/^\(  version:\) 1$/\1 7/' product/manifest.yaml
# HUKs of more boards than are built, in another order.
{
    echo unit,huk
    for i in 9 3 1 2; do
        printf '0001%016x,%s\n' $i "$(openssl rand -hex 16)"
    done
} >product/devices/huk_db.csv
run 0 build product/manifest.yaml
stderr_is 'rotkit: 3 devices, release "product/release": new'
run 0 verify --pub product/keys/release.pem product/release
cp -a product/release before
run 0 build product/manifest.yaml
stderr_is 'rotkit: 3 devices, release "product/release": unchanged'
diff -r before product/release || fail "a repeat changed something"

first=00010000000000000001
folder=$(unit_folder product/release $first)
(cd "$folder" && ls) >files
is files "$ta_uuid.ta
device.json
ek-cert-l-1.der
ek-cert-l-2.der"
jq -r '.files[] | select(.path | endswith(".ta")) | .role' product/release/devices/*/index.json | sort -u >roles
is roles ftpm-ta
[ "$(jq -r .platform "$folder/device.json")" = optee ] || fail "device.json: $(cat "$folder/device.json")"
[ ! -e product/release/secrets ] || fail "a TA under the device's key is no secret"

# ---- the known answer, in the TA and in the EK ----
grep "^$first," product/devices/huk_db.csv | cut -d , -f 2 | tr -d '\r' >huk
open_ta "$folder/$ta_uuid.ta" product/keys/ta.pem huk huk elf
is "$scratch/open" "uuid $(echo $ta_uuid | tr -d -) version 7"
[ "$(seed_in elf)" = $known_eps ] || fail "the seed is $(seed_in elf)"
# Nothing else of the ELF has changed.
python3 - "$SOURCE/examples/optee/ftpm_ta.elf" elf <<'PY' || fail "the TA differs in more than its seed"
import sys
a, b = (open(p, "rb").read() for p in sys.argv[1:3])
at = a.index(b"A" * 86 + b"==\0")
sys.exit(not (len(a) == len(b) and a[:at] == b[:at] and a[at + 88:] == b[at + 88:]))
PY
echo $known_eps >eps
run 0 ek derive --eps eps --template L-1,L-2 --json
jq -r .public_tpm2b "$out" >wanted
jq -r '.ek[].public_tpm2b' "$folder/device.json" >found
same "the EKs" wanted found
# Each device has its own.
find product/release/devices -name "$ta_uuid.ta" -exec sha256sum {} + | cut -d ' ' -f 1 | sort -u | wc -l >count
is count 3
# By rotkit too; a HUK of another board does not open it.
run 0 verify "$folder/$ta_uuid.ta" --pub product/keys/ta.pem --key huk --with ta-key=product/keys/ta.pem
openssl rand -hex 16 >other
run 3 verify "$folder/$ta_uuid.ta" --pub product/keys/ta.pem --key other --with ta-key=product/keys/ta.pem

# ---- EPS of a database: those of the real TA ----
cp -r product real
rm -rf real/release
jq -r 'select(.template == "L-1") | .eps_hex' "$DATA/vectors/ek/optee-ftpm.jsonl" | awk '{ printf "0001%016x,%s\n", NR, $1 }' |
    { echo unit,eps && cat; } >real/devices/eps_db.csv
sed -i -e 's/^  master-key: .*/  eps-db: devices\/eps_db.csv/' -e '/^  oem-id: /d' -e '/^  first-sn: /d' -e '/^  count: /d' real/manifest.yaml
run 0 build -q real/manifest.yaml
for template in L-1 L-2; do
    jq -r --arg t $template 'select(.template == $t) | .public_tpm2b_hex' "$DATA/vectors/ek/optee-ftpm.jsonl" >wanted
    jq -r --arg t $template '.ek[] | select(.template == $t) | .public_tpm2b' real/release/devices/*/*/device.json >found
    [ -s wanted ] || fail "no vector of $template"
    same "EK $template of a real TA" wanted found
done

# ---- a class key: the file is a secret ----
cp -r product class
rm -rf class/release
openssl rand -hex 32 >class/keys/class.key
sed -i -e 's/^    huk-db: .*/    class-key: keys\/class.key/' class/manifest.yaml
run 0 build -q class/manifest.yaml
run 0 verify --pub class/keys/release.pem class/release
sealed=class/release/secrets/$(echo $first | cut -c 1-18)/$first/$ta_uuid.ta.cms
mode_is 600 "$sealed"
[ -z "$(find class/release/devices -name '*.ta')" ] || fail "a TA under the class key is public"
run 0 secret open --key class/factory/factory.key -o opened.ta "$sealed"
open_ta opened.ta class/keys/ta.pem class class/keys/class.key elf
[ "$(seed_in elf)" = $known_eps ] || fail "the seed under the class key is $(seed_in elf)"
cp -a class/release before-class
run 0 build class/manifest.yaml
stderr_is 'rotkit: 3 devices, release "class/release": unchanged'
run 0 build -q --plaintext-secrets -o plain class/manifest.yaml
cmp "plain/secrets/$(echo $first | cut -c 1-18)/$first/$ta_uuid.ta" opened.ta || fail "in the clear it is another TA"
run 0 verify --pub class/keys/release.pem plain

# ---- PSS signatures are random, and kept ----
cp -r product pss
sed -i 's/^  #algo: .*/  algo: rsa-pss-sha256/' pss/manifest.yaml
run 0 build -q pss/manifest.yaml
cp -a pss/release before-pss
run 0 build pss/manifest.yaml
stderr_is 'rotkit: 3 devices, release "pss/release": unchanged'
diff -r before-pss pss/release || fail "PSS signatures were made anew"
open_ta "$(unit_folder pss/release $first)/$ta_uuid.ta" pss/keys/ta.pem huk huk elf
[ "$(seed_in elf)" = $known_eps ] || fail "the seed under PSS"

# ---- other keys in another room: the TAs of the rounds are those of the build; the TA's own key may not be there ----
cp -r product rooms
rm -rf rooms/release
mv rooms/ca/issuing.key rooms/keys/release.key .
openssl pkey -in issuing.key -pubout -out rooms/ca/issuing.pub
sed -i -e 's/^    key: ca\/issuing.key$/    key: pub:ca\/issuing.pub/' -e 's/^  key: keys\/release.key$/  key: pub:keys\/release.pem/' \
    -e 's/^  #algo: .*/  algo: rsa-pss-sha256/' rooms/manifest.yaml
run 0 build --to-sign round rooms/manifest.yaml
for _ in 1 2 3 4; do
    [ ! -e rooms/release ] || break
    sh "$SOURCE/examples/two-step/openssl.sh" round issuing.key release.key >"$out" 2>&1 || fail "$(cat "$out")"
    run 0 build --attach round rooms/manifest.yaml
done
open_ta "$(unit_folder rooms/release $first)/$ta_uuid.ta" product/keys/ta.pem huk huk elf
[ "$(seed_in elf)" = $known_eps ] || fail "the seed in two steps"
hides "$(printf %s $known_eps | unhex | base64 -w 0)" $(find round -type f)
sed 's/^  key: keys\/ta.key$/  key: pub:keys\/ta.pem/' product/manifest.yaml >product/away.yaml
refuse 2 "rotkit: product/away.yaml:$(grep -n '^  key: pub:' product/away.yaml | cut -d : -f 1):8: ftpm-ta.key: a public key: what is signed of a TA holds its seed in the clear, and must not go into the folder of a signing round
  name the key itself, one in a token (pkcs11:) or behind a program of yours (helper:)" build --to-sign away product/away.yaml

# ---- the 32-bit TA ----
cp -r product arm
rm -rf arm/release
cp "$SOURCE/examples/optee/ftpm_ta_32.elf" arm/components/ftpm_ta.elf
run 0 build -q arm/manifest.yaml
open_ta "$(unit_folder arm/release $first)/$ta_uuid.ta" arm/keys/ta.pem huk huk elf
grep -qaF "$(printf %s $known_eps | unhex | base64 -w 0)" elf || fail "the seed is not in the 32-bit TA"
