# SPDX-License-Identifier: Apache-2.0
# tpm check names the device, and each mismatch, made on purpose, with its cause. The TPM is swtpm.
. "$(dirname "$0")/lib.sh"
need jq openssl tpm2_createprimary tpm2_evictcontrol tpm2_nvdefine tpm2_nvwrite
. "$SOURCE/tests/support/swtpm.sh"
unset SOURCE_DATE_EPOCH # the CA of today signs
demo_product product
release=product/release
from="--pub product/keys/release.pem"
first=01020000000100000001
second=01020000000100000002
seeds="--kdk-db product/devices/kdk_db.csv --eps-seeds product/devices/eps_seeds.csv"

check() { # CODE ARG...
    check_code=$1
    shift
    run "$check_code" tpm check $from --release "$release" --tcti "$tcti" "$@"
}

# mismatch VERDICT-LINE ARG...: exit 3, and the last line of the output
mismatch() {
    what=$1
    shift
    check 3 "$@"
    tail -n 1 "$out" >"$scratch/last"
    is "$scratch/last" "$what"
    stderr_is "rotkit: $what ($(grep -c -e ': not prov' -e ': half' -e ': unknown EK' -e ': EPS not' -e ': other' -e ': wrong' -e ': invalid' -e ': not in' "$out" | awk '{ print $1 - 1 }') found)"
    what=
}

# ---- the device itself, before it is provisioned
tpm_of first "$(eps_of product $first)"
check 0 --ek-only
stdout_is "EK L-1: public area as in the release
EK L-2: public area as in the release
EK H-3: public area as in the release
$first: matches"
stderr_is ""
check 0 --ek-only --device $first --json
jq -e --arg sn $first '.device_sn == $sn and .verdict == "matches" and (.findings | length) == 3' "$out" >/dev/null ||
    fail "JSON: $(cat "$out")"
mismatch "$first: not provisioned"
grep -qxF "certificate L-1 (0x01C00002): not provisioned: no certificate there" "$out" || fail "$(cat "$out")"
check 3 --json
jq -e '.verdict == "not provisioned"' "$out" >/dev/null || fail "JSON: $(cat "$out")"

# ---- an index that an interrupted run has defined and not written
tpm2_nvdefine -C o -s 100 0x01C00002 >/dev/null
mismatch "$first: half provisioned"
grep -qxF "certificate L-1 (0x01C00002): half provisioned: the index is defined, and nothing is written" "$out" ||
    fail "$(cat "$out")"
head -c 100 /dev/zero | tpm2_nvwrite -C o -i - 0x01C00002
mismatch "$first: half provisioned"
tpm2_nvundefine -C o 0x01C00002

# ---- certificates that are not the release's
put_cert() { # INDEX FILE [ATTRIBUTES]
    tpm2_nvundefine -C o "$1" >/dev/null 2>&1 || true
    tpm2_nvdefine -C o -s "$(wc -c <"$2")" -a "${3:-ownerread|ownerwrite|authread|no_da}" "$1" >/dev/null
    tpm2_nvwrite -C o -i "$2" "$1"
}
certs=$release/devices/010200000001000000
put_cert 0x01C00002 "$certs/$first/ek-cert-l-1.der"
put_cert 0x01C0000A "$certs/$first/ek-cert-l-2.der"
put_cert 0x01C00016 "$certs/$first/ek-cert-h-3.der"
check 0
tail -n 1 "$out" >"$scratch/last"
is "$scratch/last" "$first: matches"
grep -qxF "certificate L-2 (0x01C0000A): the release's certificate" "$out" || fail "$(cat "$out")"
# ... the release's, but where verifiers cannot read it, or where anybody may write over it
for attributes in 'ownerread|ownerwrite|no_da' 'ownerread|ownerwrite|authread' 'ownerwrite|authread|no_da' \
    'ownerread|authread|authwrite|no_da|ownerwrite' 'ownerread|ownerwrite|authread|no_da|read_stclear' \
    'ownerread|ownerwrite|authread|no_da|clear_stclear'; do
    what=$attributes
    put_cert 0x01C00002 "$certs/$first/ek-cert-l-1.der" "$attributes"
    mismatch "$first: wrong attributes"
done
grep -qxF "certificate L-1 (0x01C00002): wrong attributes: the release's, but not for everybody to read and nobody to write by the index's own authorisation (attributes 0x2a060002)" \
    "$out" || fail "$(cat "$out")"
put_cert 0x01C00002 "$certs/$second/ek-cert-l-1.der"
mismatch "$first: other device's certificate"
grep -qxF "certificate L-1 (0x01C00002): other device's certificate: for the EK of device $second" "$out" || fail "$(cat "$out")"
put_cert 0x01C00002 "$certs/$first/ek-cert-l-2.der"
mismatch "$first: wrong template"
grep -qxF "certificate L-1 (0x01C00002): wrong template: for this TPM's EK of template L-2" "$out" || fail "$(cat "$out")"
openssl x509 -inform der -in "$certs/$first/ek-cert-l-1.der" -noout -pubkey >ek.pub
run 0 ca issue --cert product/ca/chain.pem --key product/ca/issuing.key --public-key ek.pub --device $first \
    --manufacturer id:44454D4F --model other --version id:1 -o other.der
put_cert 0x01C00002 other.der
mismatch "$first: other certificate"
openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out any.key
openssl pkey -in any.key -pubout -out any.pub
run 0 ca issue --cert product/ca/chain.pem --key product/ca/issuing.key --public-key any.pub --device $first \
    --manufacturer id:44454D4F --model other --version id:1 -o any.der
put_cert 0x01C00002 any.der
mismatch "$first: other certificate"
grep -qxF "certificate L-1 (0x01C00002): other certificate: for a key that is none of this TPM's EKs" "$out" || fail "$(cat "$out")"
# Some makers pad the index behind the certificate.
{ cat "$certs/$first/ek-cert-l-1.der" && printf '\377\377\377'; } >padded
put_cert 0x01C00002 padded
check 0

# ---- a clock that was never set, and one before the certificate's time
SOURCE_DATE_EPOCH=0
export SOURCE_DATE_EPOCH
check 2
stderr_is "rotkit: the clock is unset: it says 0 seconds since 1970, so no certificate's validity can be told
  set it, or compare the EKs alone (--ek-only)"
check 0 --ek-only
SOURCE_DATE_EPOCH=1600000000
mismatch "$first: invalid certificate"
unset SOURCE_DATE_EPOCH

# ---- persistent keys
tpm2_createprimary -Q -C e -G ecc -c any.ctx
tpm2_evictcontrol -Q -C o -c any.ctx 0x81010001
tpm2_flushcontext -t
mismatch "$first: wrong template"
grep -qxF "persistent EK L-1 (0x81010001): wrong template: a key that no template of the EK profile makes" "$out" ||
    fail "$(cat "$out")"
tpm2_evictcontrol -Q -C o -c 0x81010001
tpm2_createek -G ecc -c 0x81010001
tpm2_flushcontext -t
mismatch "$first: wrong template"
grep -qxF "persistent EK L-1 (0x81010001): wrong template: the EK of template L-2" "$out" || fail "$(cat "$out")"
check 3 --persistent --ek-only # reads that one: the EK of this device, where another belongs
tpm2_evictcontrol -Q -C o -c 0x81010001
tpm2_createek -G rsa -c 0x81010001
tpm2_flushcontext -t
check 0
grep -qxF "persistent EK L-1 (0x81010001): this EK" "$out" || fail "$(cat "$out")"

# ---- the other device's blob: its EK in this unit
mismatch "$first: other device's blob" --device $second
grep -qF "EK: other device's blob: the EK is that of device $first, not of $second:" "$out" || fail "$(cat "$out")"
# ... or its EPS seed under this unit's KDK0
kdk=$(tr -d '\r' <product/devices/kdk_db.csv | sed -n 1p)
seed=$(tr -d '\r' <product/devices/eps_seeds.csv | sed -n 2p)
printf '%s\n' "$kdk" >mixed-kdk
printf '%s %s\n' "${kdk% *}" "${seed##* }" >mixed-seed
run 0 device derive --json --show-secrets --kdk-db mixed-kdk --eps-seeds mixed-seed --template L-2
tpm_of mixed "$(jq -r .eps "$out")"
mismatch "unknown device: unknown EK"
mismatch "unknown device: other device's blob" $seeds
grep -qxF "EK: other device's blob: made from the KDK0 of device $first and the EPS seed of device $second" "$out" ||
    fail "$(cat "$out")"
mismatch "unknown device: other device's blob" $seeds --device $first
mismatch "unknown device: EPS not injected" $seeds --device $second

# ---- no EPS came: the TPM drew one
tpm_of random
mismatch "unknown device: unknown EK"
stdout_is "EK: unknown EK: no device of the release has it; give the devices' files or --master, to recompute the cause
unknown device: unknown EK"
mismatch "unknown device: EPS not injected" $seeds
stdout_is "EK: EPS not injected: no seed of 20 devices makes this EK, so the EPS is random: the TPM draws one when it gets none at its first start
unknown device: EPS not injected"

# ---- a release of the first device alone, by the other's TPM: known by its seeds
mkdir one
for file in kdk_db eps_seeds; do head -n 1 "product/devices/$file.csv" >one/$file.csv; done
sed -e "s,devices/kdk_db,../one/kdk_db,; s,devices/eps_seeds,../one/eps_seeds,; s,path: release,path: one," product/manifest.yaml >product/one.yaml
run 0 build -q product/one.yaml
tpm_of second "$(eps_of product $second)"
release=product/one
mismatch "unknown device: unknown EK"
mismatch "unknown device: not in the release" $seeds
grep -qF "this is device $second by its seeds" "$out" || fail "$(cat "$out")"

# ---- made for another release of the reference code: RSA EKs differ, ECC ones agree
sed -e "s/^  templates:/  profile: tcg-184\n  templates:/; s,path: release,path: tcg," product/manifest.yaml >product/tcg.yaml
run 0 build -q product/tcg.yaml
release=product/tcg
mismatch "$second: unknown EK" --ek-only
grep -qF "EK L-1: unknown EK: not the release's, though other EKs of this device are: perhaps another profile" "$out" ||
    fail "$(cat "$out")"
mismatch "$second: other profile" --ek-only $seeds
stdout_is "EK L-1: other profile: the TPM derives by profile ms-159, the release was made with tcg-184
EK L-2: public area as in the release
EK H-3: public area as in the release
$second: other profile"

# ---- made with another template
cp -r product/release wrong
run 0 device derive --json $seeds --template azure-sdk
azure=$(jq -r --arg sn $second 'select(.device_sn == $sn) | .ek[0].public_tpm2b' "$out")
json=wrong/devices/010200000001000000/$second/device.json
jq --arg azure "$azure" '(.ek[] | select(.template == "L-1") | .public_tpm2b) = $azure' "$json" >"$scratch/json"
cp "$scratch/json" "$json"
release=wrong
check 3 --ek-only # what the signed index does not name
stderr_is "rotkit: \"devices/010200000001000000/$second/device.json\": SHA-256 is $(sha256sum <"$json" | head -c 64), the index says $(sha256sum <"product/release/${json#wrong/}" | head -c 64)"
python3 "$SOURCE/tests/support/strip_release.py" wrong
check 3 --ek-only
stderr_is "rotkit: \"wrong\": the release is not signed"
from=--unsigned
mismatch "$second: wrong template" --ek-only
grep -qxF "EK L-1: wrong template: the release states the EK of template azure-sdk" "$out" || fail "$(cat "$out")"

from="--pub product/keys/release.pem"

# ---- derived from a master key
openssl rand -hex 32 >master.key
sed -e "s,  kdk-db: .*,  master-key: ../master.key\n  oem-id: 0x0102\n  first-sn: 1\n  count: 3," -e '/eps-seeds:/d' \
    -e "s,path: release,path: master," product/manifest.yaml >product/master.yaml
run 0 build -q product/master.yaml
release=product/master
tpm_of random
mismatch "unknown device: EPS not injected" --master master.key
release=product/one
check 2 --master master.key --kdk-db product/devices/kdk_db.csv --eps-seeds product/devices/eps_seeds.csv
stderr_is "rotkit: --master or --kdk-db, not both
  see 'rotkit help tpm check'"
check 2 --kdk-db product/devices/kdk_db.csv
stderr_is "rotkit: --kdk-db and --eps-seeds go together
  see 'rotkit help tpm check'"

# ... and a device that is known by its master key alone.
run 0 device new -q --oem-id 0x0102 --first-sn 1 --count 3 --master master.key --kdk-db master-kdk --eps-seeds master-seeds \
    --pubkey-db master-pub --plaintext-secrets
run 0 device derive --json --show-secrets --kdk-db master-kdk --eps-seeds master-seeds --template L-2
sed -e "s,^  templates:,  profile: tcg-184\n  templates:," -e "s,path: master,path: master-tcg," product/master.yaml >product/master-tcg.yaml
tpm_of master "$(jq -r 'select(.device_sn == "01020000000000000002") | .eps' "$out")"
run 0 build -q product/master-tcg.yaml
release=product/master
check 0 --ek-only
release=product/master-tcg
mismatch "01020000000000000002: other profile" --ek-only --master master.key

# ---- a release that is damaged
release=damaged
from=--unsigned # its digests are put right, so that what is damaged is the content
json=damaged/devices/010200000001000000/$first/device.json
tpm_of first "$(eps_of product $first)"
damage() { # MESSAGE JQ-FILTER
    rm -rf damaged
    cp -r product/release damaged
    jq "$2" "$json" >"$scratch/json"
    cp "$scratch/json" "$json"
    python3 "$SOURCE/tests/support/strip_release.py" damaged
    refuse 2 "rotkit: $1" tpm check $from --release damaged --tcti "$tcti" --device $first
}
malformed="is missing or malformed, expected"
damage "\"$json\": EK 2: member \"profile\" $malformed a text of at most 31 bytes" 'del(.ek[1].profile)'
damage "\"$json\": EK 1: member \"template\" $malformed a text of at most 15 bytes" '.ek[0].template = 5'
damage "\"$json\": EK 1: member \"public_tpm2b\" $malformed hex of 1 to 2048 bytes" '.ek[0].public_tpm2b = ""'
damage "\"$json\": EK 1: member \"profile\" $malformed a text of at most 31 bytes" '.ek[0].profile = "a profile name that is longer than any"'
damage "\"$json\": EK 1: member \"public_tpm2b\" $malformed hex of 1 to 2048 bytes" '.ek[0].public_tpm2b = "abc"'
damage "\"$json\": 17 EKs, at most 16" '.ek = [range(17) | {}]'
damage "\"$json\": EK L-1 is stated twice" '.ek += [.ek[0]]'
damage "release \"damaged\" states no EK to compare with" 'del(.ek)'
cert=damaged/devices/010200000001000000/$first/ek-cert-l-1.der
rm -rf damaged
cp -r product/release damaged
: >$cert
python3 "$SOURCE/tests/support/strip_release.py" damaged
refuse 2 "rotkit: \"$json\": the certificate of EK L-1 is empty" tpm check $from --release damaged --tcti "$tcti"
damage "\"$json\": unknown EK template \"L-9\"" '.ek[0].template = "L-9"'

# ... in its certificates: they were the ones that provision writes, and check compares with
damaged_cert() { # CODE MESSAGE COMMAND: stands in damaged/, L-1 of the first device
    python3 "$SOURCE/tests/support/strip_release.py" damaged
    for verb in check provision activate; do
        run "$1" tpm $verb $from --release damaged --tcti "$tcti"
        stderr_is "rotkit: $2"
        ! grep -v '^EK ' "$out" || fail "tpm $verb goes on: $(cat "$out")"
    done
    [ -z "$(tpm2_getcap handles-nv-index; tpm2_getcap handles-persistent)" ] || fail "something was written"
}
rm -rf damaged
cp -r product/release damaged
advice="the release is damaged: rotkit verify names the files that are"
cp "$certs/$second/ek-cert-l-1.der" "$cert"
damaged_cert 3 "release \"damaged\": device $first: certificate L-1 is for another key than its EK
  $advice"
head -c 300 "$certs/$first/ek-cert-l-1.der" >"$cert"
size=$(wc -c <"$certs/$first/ek-cert-l-1.der")
damaged_cert 2 "release \"damaged\": device $first: certificate L-1: certificate: cut short at offset 0x4: $((size - 4)) wanted, 296 left
  $advice"
{ cat "$certs/$first/ek-cert-l-1.der" && printf x; } >"$cert"
damaged_cert 2 "release \"damaged\": device $first: certificate L-1: certificate: trailing data at offset 0x$(printf %x "$size"): 1 left
  $advice"

# ... which a key's signature rules out: nothing of it is believed
rm -rf damaged
cp -r product/release damaged
cp "$certs/$second/ek-cert-l-1.der" "$cert"
for verb in check provision activate quote-check; do
    refuse 3 "rotkit: \"${cert#damaged/}\": SHA-256 is $(sha256sum <"$cert" | head -c 64), the index says $(sha256sum <"product/release/${cert#damaged/}" | head -c 64)" \
        tpm $verb --pub product/keys/release.pem --release damaged --tcti "$tcti"
done

# ---- whose release it must be is said, and holds
for verb in check provision activate quote-check "script -o no.sh"; do
    # shellcheck disable=SC2086
    set -- $verb
    where="--tcti $tcti"
    [ "$1" != script ] || where=
    refuse 2 "rotkit: \"product/release\": nothing says whose release this must be
  name the release key with --pub FILE; --unsigned takes one of unknown origin" tpm "$@" --release product/release $where
    refuse 3 "rotkit: \"product/release\": the release is signed by another key" \
        tpm "$@" --release product/release --pub product/keys/pkc.pem $where
    refuse 2 "rotkit: --pub and --unsigned exclude each other
  see 'rotkit help tpm $1'" tpm "$@" --release product/release --pub product/keys/release.pem --unsigned $where
done
from="--pub product/keys/release.pem"

# ---- what is no release, no device, no TPM
refuse 2 "rotkit: \"product\" is no release: it has no release.json" tpm check $from --release product --tcti "$tcti"
refuse 2 "rotkit: release \"product/one\" has no device 01020000000100000099" \
    tpm check $from --release product/one --tcti "$tcti" --device 01020000000100000099
tpm_stop
refuse 7 "rotkit: cannot reach a TPM by TCTI \"$tcti\": tcti:IO failure (0xa000a)
  name one with --tcti, such as device:/dev/tpmrm0" tpm check $from --release product/one --tcti "$tcti"
run 7 tpm check $from --release product/one --tcti nonsense:x
