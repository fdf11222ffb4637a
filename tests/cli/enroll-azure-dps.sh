# SPDX-License-Identifier: Apache-2.0
# Enrolments for Azure DPS: the files are what a reader of their own computes from device.json, and
# what is no verified release, or has no such EK, is refused.
# slow: a folder for each fault; enroll-keylime and enroll-windows have the verb
. "$(dirname "$0")/lib.sh"
need jq openssl python3
. "$SOURCE/tests/support/swtpm.sh"
unset SOURCE_DATE_EPOCH
demo_product product
release=product/release

# ---- judged by python3: ids, keys, ten to a file, every device once
judge() { # FOLDER PREFIX MODE RULE COUNT [TEMPLATE]
    python3 - "$release" "$@" <<'PY'
import base64, glob, hashlib, json, sys
release, folder, prefix, mode, rule, count = sys.argv[1:7]
template = (sys.argv[7:] or ["L-1"])[0]
wanted = []
for path in sorted(glob.glob(release + "/devices/*/*/device.json")):
    sn = path.split("/")[-2]
    hexa = [e["public_tpm2b"] for e in json.load(open(path))["ek"] if e["template"] == template][0]
    ek = bytes.fromhex(hexa)
    name = base64.b32encode(hashlib.sha256(ek).digest()).decode().rstrip("=").lower()
    wanted.append((sn if rule == "sn" else name, sn, base64.b64encode(ek).decode()))
found = []
for i, path in enumerate(sorted(glob.glob(folder + "/*"))):
    assert path == "%s/%s-%06d.json" % (folder, prefix, i + 1), path
    doc = json.load(open(path))
    assert doc["mode"] == mode and 1 <= len(doc["enrollments"]) <= 10
    for e in doc["enrollments"]:
        assert e["attestation"]["type"] == "tpm"
        found.append((e["registrationId"], e["deviceId"], e["attestation"]["tpm"]["endorsementKey"]))
assert len(found) == int(count), len(found)
assert found == wanted[:len(found)]
assert all(f[2].startswith("AToAAQALAAMAsgAg") for f in found)
PY
}
run 0 enroll --unsigned azure-dps "$release" -o by-ek
stderr_is "rotkit: 20 devices in 2 files"
stdout_is ""
judge by-ek azure-dps create ek 20 || fail "by-ek"
run 0 enroll --unsigned azure-dps "$release" -o by-sn --set id=sn --set template=L-1 --json
jq -e '.devices == 20 and .files == 2' "$out" >/dev/null || fail "JSON: $(cat "$out")"
judge by-sn azure-dps create sn 20 || fail "by-sn"
run 0 enroll --unsigned azure-dps "$release" -o retired --set mode=delete --device 01020000000100000001
stderr_is "rotkit: 1 device in 1 file"
judge retired azure-dps-delete delete ek 1 || fail "retired"
run 0 enroll --unsigned azure-dps "$release" -o dry -n -q
[ ! -e dry ] || fail "--dry-run writes"

# ---- the EK that Azure's SDK makes where no persistent one is: the template of 256 zero bytes is L-1,
# this one's unique field is empty, so its primes differ
sed 's/templates: .*/templates: [L-1, L-2, azure-sdk]/' product/manifest.yaml >product/azure.yaml
run 0 build -q -o azure product/azure.yaml
release=azure
run 0 enroll --unsigned azure-dps azure -o by-sdk --set template=azure-sdk
judge by-sdk azure-dps create ek 20 azure-sdk || fail "by-sdk"
run 0 enroll --unsigned azure-dps azure --verify by-sdk --set template=azure-sdk
run 0 enroll --unsigned azure-dps azure -o by-l-1
! cmp -s by-sdk/azure-dps-000001.json by-l-1/azure-dps-000001.json || fail "one key for two templates"
release=product/release

# ---- a twin, tags and storage root keys
cat >twin.json <<'JSON'
{ "initialTwin": { "tags": { "unit": "${sn}", "site": "A ${registration_id}/${sn}" },
                   "properties": { "desired": { "interval": 30, "list": ["${sn}", true, null] } } },
  "capabilities": { "iotEdge": true }, "iotHubHostName": "hub.example.net", "provisioningStatus": "disabled" }
JSON
# A stand-in for each device's SRK, told apart by its last byte: the SRK is known when a device has booted.
srk() {
    python3 - "$@" <<'PY'
import base64, glob, sys
for i, path in enumerate(sorted(glob.glob(sys.argv[1] + "/devices/*/*/device.json"))):
    print(path.split("/")[-2], base64.b64encode(bytes.fromhex("00050001000b") + bytes([i])).decode())
PY
}
srk "$release" >srk
run 0 enroll --unsigned azure-dps "$release" twin=twin.json srk=srk -o twins --set mode=update
stderr_is "rotkit: 20 devices in 2 files"
judge twins azure-dps-update update ek 20 || fail "twins"
python3 - <<'PY' || fail "the twins"
import base64, glob, json
n = 0
for path in sorted(glob.glob("twins/*")):
    for e in json.load(open(path))["enrollments"]:
        assert e["initialTwin"] == {
            "tags": {"unit": e["deviceId"], "site": "A %s/%s" % (e["registrationId"], e["deviceId"])},
            "properties": {"desired": {"interval": 30, "list": [e["deviceId"], True, None]}}}
        assert e["capabilities"] == {"iotEdge": True} and e["iotHubHostName"] == "hub.example.net"
        assert e["provisioningStatus"] == "disabled"
        assert base64.b64decode(e["attestation"]["tpm"]["storageRootKey"]) == bytes.fromhex("00050001000b") + bytes([n])
        n += 1
assert n == 20
PY
twin() { # JSON MESSAGE
    printf '%s' "$1" >bad.json
    refuse 2 "rotkit: $2" enroll --unsigned azure-dps "$release" twin=bad.json -o x
}
twin '{"deviceId":"x"}' 'twin: unknown member "deviceId" (known: provisioningStatus, capabilities, iotHubHostName, initialTwin)'
twin '{"initialTwin":{"tags":[]}}' 'twin: initialTwin: tags: expected an object'
twin '{"capabilities":{"iotEdge":"yes"}}' 'twin: capabilities: iotEdge: expected true or false'
twin '{"provisioningStatus":"on"}' 'twin: provisioningStatus: unknown value "on" (known: enabled, disabled)'
twin '[]' 'twin: expected an object'
twin '{' "twin: JSON line 1 column 1: string or '}' expected near end of file"
twin '{"initialTwin":{"tags":{"a":"${mac}"}}}' \
    'device 01020000000100000001: twin: text "${mac}": expected ${sn} or ${registration_id}'
twin '{"initialTwin":{"tags":{"a":"${sn"}}}' \
    'device 01020000000100000001: twin: text "${sn": expected ${sn} or ${registration_id}'
python3 -c 'import json; json.dump({"initialTwin": {"tags": {"a": "x" * 9800}}}, open("large.json", "w"))'
run 2 enroll --unsigned azure-dps "$release" twin=large.json -o x
grep -qx 'rotkit: device 0102000000010000000a: [0-9]* bytes for 10 enrolments, the service takes 98304: shorten the twin' "$err" ||
    fail "$(cat "$err")"
[ ! -e x ] || fail "files of a refused run"
head -n 19 srk >short
refuse 2 "rotkit: device 01020000000100000014: srk: has no line for this device" \
    enroll --unsigned azure-dps "$release" srk=short -o x
sort -r srk >backwards
refuse 2 "rotkit: srk: line 2: a device twice, or not sorted by Device SN (sort -u does it)" \
    enroll --unsigned azure-dps "$release" srk=backwards -o x
refuse 2 'rotkit: mode delete takes no part "srk"' enroll --unsigned azure-dps "$release" srk=srk --set mode=delete -o x

# ---- --verify: what any writer made, against the service's rules and the release; python3-jsonschema
# has the same opinion of the rules alone
python=/usr/bin/python3
"$python" -c 'import jsonschema' 2>/dev/null || skip "python3-jsonschema is absent"
cat >schema.py <<'PY'
import json, sys, jsonschema
schema = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator.check_schema(schema)
sys.exit(any(list(jsonschema.Draft202012Validator(schema).iter_errors(json.load(open(f)))) for f in sys.argv[2:]))
PY
schema() {
    "$python" schema.py "$SOURCE/docs/azure-dps.schema.json" "$@"
}
for folder in by-ek by-sn twins retired; do
    schema $folder/* || fail "the schema refuses $folder"
    case $folder in
    by-ek) made='' ;;
    by-sn) made='--set id=sn --set template=L-1' ;;
    twins) made='twin=twin.json srk=srk --set mode=update' ;;
    retired) made='--set mode=delete' ;;
    esac
    run 0 enroll --unsigned azure-dps "$release" $made --verify $folder
done
stderr_is "rotkit: holds: 1 device in 1 file"
run 0 enroll --unsigned azure-dps "$release" --verify by-ek --json
jq -e '.devices == 20 and .files == 2' "$out" >/dev/null || fail "JSON: $(cat "$out")"

# against SCHEMA JQ MESSAGE: a change to the second file; SCHEMA is what the schema alone says
against() {
    rm -rf changed
    cp -r by-ek changed
    jq "$2" by-ek/azure-dps-000002.json >changed/azure-dps-000002.json
    if schema changed/*; then verdict=holds; else verdict=fails; fi
    [ $verdict = "$1" ] || fail "the schema: $2 $verdict"
    refuse 3 "rotkit: \"changed\": \"azure-dps-000002.json\": $3" enroll --unsigned azure-dps "$release" --verify changed
}
e='.enrollments[3]'
against fails '.mode = "replace"' 'mode: unknown value "replace" (known: create, update, delete)'
against fails 'del(.mode)' 'member "mode" is missing'
against fails '.enrollments += .enrollments' 'enrollments: 20 of them, expected 1 to 10'
against fails '.enrollments = []' 'enrollments: 0 of them, expected 1 to 10'
against fails '.enrollments = {}' 'enrollments: expected an array'
against fails "$e = 1" 'enrollments: 3: expected an object'
against fails "$e.extra = 1" 'enrollments: 3: unknown member "extra" (known: provisioningStatus, capabilities, iotHubHostName, initialTwin, registrationId, deviceId, attestation)'
against fails "del($e.attestation)" 'enrollments: 3: member "attestation" is missing'
against fails "$e.registrationId = \"a b\"" 'enrollments: 3: registrationId: character 2 is none of letters, digits, - . _ :'
against fails "$e.registrationId = \"a.\"" 'enrollments: 3: registrationId: ends in ".", expected a letter, a digit or -'
against fails "$e.registrationId = \"\"" 'enrollments: 3: registrationId: 0 characters, expected 1 to 128'
against fails "$e.registrationId = (\"a\" * 129)" 'enrollments: 3: registrationId: 129 characters, expected 1 to 128'
against fails "$e.deviceId = 7" 'enrollments: 3: deviceId: expected a text'
against fails "$e.attestation.type = \"x509\"" 'enrollments: 3: attestation: type: unknown value "x509" (known: tpm)'
against fails "$e.attestation.tpm.endorsementKey = \"AToAAQ\"" \
    'enrollments: 3: attestation: tpm: endorsementKey: base64: 6 characters, expected a multiple of 4'
against fails "$e.attestation.tpm.endorsementKey = \"AAQAIwo=\"" \
    'enrollments: 3: attestation: tpm: endorsementKey: 5 bytes that are no TPM2B_PUBLIC of an RSA key'
against fails "$e.provisioningStatus = \"lost\"" 'enrollments: 3: provisioningStatus: unknown value "lost" (known: enabled, disabled)'
against fails "$e.initialTwin.properties.reported = {}" 'enrollments: 3: initialTwin: properties: unknown member "reported" (known: desired)'
# What only the release tells.
against holds ".mode = \"update\"" 'mode update, expected create'
against holds ".mode = \"delete\"" 'mode delete, expected create'
against holds "$e = .enrollments[2]" 'device 0102000000010000000d: stands behind device 0102000000010000000d: twice, or out of order'
against holds '.enrollments |= reverse' 'device 01020000000100000013: stands behind device 01020000000100000014: twice, or out of order'
against holds "$e.attestation = .enrollments[4].attestation" \
    'device 0102000000010000000e: the endorsement key is none that the release states for it'
against holds "$e.registrationId = .enrollments[4].registrationId" \
    "device 0102000000010000000e: registration id \"$(jq -r '.enrollments[4].registrationId' by-ek/azure-dps-000002.json)\" is neither its Device SN nor the id of its key, \"$(jq -r '.enrollments[3].registrationId' by-ek/azure-dps-000002.json)\""
against holds "$e.deviceId = \"99990000000100000001\"" \
    "device 99990000000100000001: release \"$release\" has no device 99990000000100000001"
against holds "del($e.provisioningStatus)" 'device 0102000000010000000e: provisioningStatus is not what the release, settings and parts make it'
# With the parts that it was made with every value is compared; without, nobody knows.
parts='twin=twin.json srk=srk --set mode=update'
twin_of() { # CODE MESSAGE JQ ARG...: a change to the first file of twins
    twin_code=$1 twin_says=$2
    rm -rf changed
    cp -r twins changed
    jq "$3" twins/azure-dps-update-000001.json >changed/azure-dps-update-000001.json
    shift 3
    schema changed/* || fail "the schema: $twin_says"
    refuse "$twin_code" "rotkit: $twin_says" enroll --unsigned azure-dps "$release" --verify changed "$@"
}
d=01020000000100000001
own='"changed": "azure-dps-update-000001.json": device '$d:
made='is not what the release, settings and parts make it'
twin_of 3 "$own provisioningStatus $made" '.enrollments[0].provisioningStatus = "enabled"' $parts
twin_of 3 "$own capabilities $made" '.enrollments[0].capabilities.iotEdge |= not' $parts
twin_of 3 "$own initialTwin $made" '.enrollments[0].initialTwin.properties.desired.evil = 1' $parts
twin_of 3 "$own initialTwin $made" 'del(.enrollments[0].initialTwin)' $parts
twin_of 3 "$own iotHubHostName $made" '.enrollments[0].iotHubHostName = "theirs.azure-devices.net"' $parts
twin_of 3 "$own attestation $made" '.enrollments[0].attestation.tpm.storageRootKey = .enrollments[1].attestation.tpm.storageRootKey' $parts
twin_of 8 "\"changed\": could not be checked: provisioningStatus of device $d: needs twin=FILE" . srk=srk --set mode=update
twin_of 8 "\"changed\": could not be checked: storageRootKey of device $d: needs srk=FILE" . twin=twin.json --set mode=update
# What fails is told, whatever else is not known.
rm changed/azure-dps-update-000002.json
refuse 3 'rotkit: "changed": it enrols 10 devices, the release has 20' enroll --unsigned azure-dps "$release" --verify changed --set mode=update
# A link is no file of the folder.
rm -rf changed
mkdir changed
cp by-ek/azure-dps-000001.json changed/
ln -s ../by-ek/azure-dps-000002.json changed/azure-dps-000002.json
run 3 enroll --unsigned azure-dps "$release" --verify changed
grep -q '"azure-dps-000002.json"' "$err" || fail "$(cat "$err")"
# Another spelling is another device to the service, and another place in the order.
against holds "$e.deviceId = \"0102000000010000000E\"" 'device 0102000000010000000E: Device SN "0102000000010000000E": the release writes it 0102000000010000000e'
against holds "$e.deviceId = \"0102-000000010000000e\"" 'device 0102-000000010000000e: Device SN "0102-000000010000000e": the release writes it 0102000000010000000e'
# What was asked for, when it was; what cannot be held is not taken.
first=01020000000100000001
asked() { # FOLDER MESSAGE ARG...
    asked_of=$1 asked_says=$2
    shift 2
    refuse 3 "rotkit: \"$asked_of\": $asked_says" enroll --unsigned azure-dps "$release" --verify "$asked_of" "$@"
}
run 0 enroll --unsigned azure-dps "$release" --verify by-ek --set id=ek --set mode=create --set template=L-1
run 0 enroll --unsigned azure-dps "$release" --verify by-sn --set id=sn
run 0 enroll --unsigned azure-dps "$release" -o alone --device $first
run 0 enroll --unsigned azure-dps "$release" --verify alone --device $first
asked by-ek "\"azure-dps-000001.json\": mode create, expected delete" --set mode=delete
asked by-ek "\"azure-dps-000001.json\": device $first: EK \"L-1\", expected \"azure-sdk\"" --set template=azure-sdk
asked by-sn "\"azure-dps-000001.json\": device $first: registration id \"$first\" is not by id=ek" --set id=ek
asked by-ek "\"azure-dps-000001.json\": device $first: registration id \"$(jq -r '.enrollments[0].registrationId' by-ek/azure-dps-000001.json)\" is not by id=sn" --set id=sn
asked by-ek '"azure-dps-000001.json": device 01020000000100000002: was not asked for' --device $first
asked alone 'it has 1 device, 2 were asked for' --device $first --device 01020000000100000002
refuse 2 'rotkit: "by-ek": setting "mode": unknown value "x" (known: create, update, delete)' \
    enroll --unsigned azure-dps "$release" --verify by-ek --set mode=x
echo '{}' >any.json
run 0 enroll --unsigned azure-dps "$release" twin=any.json --verify by-ek # which says nothing
rm -rf changed
cp -r by-ek changed
rm changed/azure-dps-000001.json
refuse 3 'rotkit: "changed": it enrols 10 devices, the release has 20' enroll --unsigned azure-dps "$release" --verify changed
# Another form of a Device SN is another id to the service.
jq '.enrollments[0].deviceId |= .[:4] + "-" + .[4:]' retired/azure-dps-delete-000001.json >changed/azure-dps-000002.json
refuse 3 'rotkit: "changed": "azure-dps-000002.json": device 0102-0000000100000001: Device SN "0102-0000000100000001": the release writes it 01020000000100000001' \
    enroll --unsigned azure-dps "$release" --verify changed --set mode=delete
mkdir empty
refuse 3 'rotkit: "empty": the folder is empty' enroll --unsigned azure-dps "$release" --verify empty
printf '{}' >changed/azure-dps-000001.json
truncate -s 98305 changed/azure-dps-000001.json
run 3 enroll --unsigned azure-dps "$release" --verify changed
grep -q 'azure-dps-000001.json' "$err" || fail "$(cat "$err")"
refuse 7 'rotkit: "absent": cannot list "absent": No such file or directory' enroll --unsigned azure-dps "$release" --verify absent

# ---- refused
refuse 2 'rotkit: "product" is no release: it has no release.json' enroll --unsigned azure-dps product -o x
refuse 2 'rotkit: device 01020000000100000001: EK "L-2" is not RSA; DPS clients enrol RSA alone' \
    enroll --unsigned azure-dps "$release" -o x --set template=L-2
refuse 2 'rotkit: device 01020000000100000001: the release states no EK "azure-sdk" (it states: L-1, L-2, H-3)' \
    enroll --unsigned azure-dps "$release" -o x --set template=azure-sdk
refuse 2 'rotkit: setting "id": unknown value "mac" (known: ek, sn)' enroll --unsigned azure-dps "$release" -o x --set id=mac
refuse 2 "rotkit: release \"$release\" has no device 99990000000100000001" \
    enroll --unsigned azure-dps "$release" -o x --device 99990000000100000001
refuse 2 'rotkit: unknown enrolment target "azure" (known: azure-dps, keylime, adcs, hgs, corim, csv)' enroll --unsigned azure "$release" -o x
refuse 2 'rotkit: azure-dps takes no part "tags" (known: twin, srk)' enroll --unsigned azure-dps "$release" tags=twin.json -o x
refuse 2 'rotkit: azure-dps has no setting "rule" (known: id, template, mode)' enroll --unsigned azure-dps "$release" -o x --set rule=ek
openssl genpkey -algorithm ed25519 -out key.pem
refuse 2 'rotkit: azure-dps signs nothing: a key does not apply' enroll --unsigned azure-dps "$release" -o x --key key.pem
refuse 2 "rotkit: one of --output, --verify and --to-sign is wanted
  see 'rotkit help enroll'" enroll --unsigned azure-dps "$release"
refuse 2 "rotkit: one of --output, --verify and --to-sign is wanted
  see 'rotkit help enroll'" enroll --unsigned azure-dps "$release" -o x --verify by-ek
refuse 2 "rotkit: --to-sign and --attach want --key pub:FILE
  see 'rotkit help enroll'" enroll --unsigned azure-dps "$release" --to-sign x
refuse 2 "rotkit: an operand is missing: rotkit enroll TARGET RELEASE
  see 'rotkit help enroll'" enroll --unsigned azure-dps
run 0 enroll --targets --json
jq -e '.targets[] | select(.name == "azure-dps") | .verify and (.sign | not) and ([.settings[].name] == ["id", "template", "mode"])' \
    "$out" >/dev/null || fail "$(cat "$out")"
run 2 enroll --unsigned azure-dps "$release" -o by-ek
grep -q '"by-ek"' "$err" || fail "$(cat "$err")"
cert=$(find "$release/devices" -name 'ek-cert-l-1.der' | sort | head -n 1)
printf x >>"$cert"
run 3 enroll --unsigned azure-dps "$release" -o x
grep -q 'ek-cert-l-1.der' "$err" || fail "$(cat "$err")"
[ ! -e x ] || fail "a tampered release leaves files"
