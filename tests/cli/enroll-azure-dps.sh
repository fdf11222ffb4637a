# SPDX-License-Identifier: Apache-2.0
# Enrolments for Azure DPS: the files are what a reader of their own computes from device.json, and
# what is no verified release, or has no such EK, is refused.
. "$(dirname "$0")/lib.sh"
need jq openssl python3
. "$SOURCE/tests/support/swtpm.sh"
unset SOURCE_DATE_EPOCH
demo_product product
release=product/release

# ---- judged by python3: ids, keys, ten to a file, every device once
judge() { # FOLDER PREFIX MODE RULE COUNT
    python3 - "$release" "$@" <<'PY'
import base64, glob, hashlib, json, sys
release, folder, prefix, mode, rule, count = sys.argv[1:]
wanted = []
for path in sorted(glob.glob(release + "/devices/*/*/device.json")):
    sn = path.split("/")[-2]
    hexa = [e["public_tpm2b"] for e in json.load(open(path))["ek"] if e["template"] == "L-1"][0]
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
run 0 enroll azure-dps "$release" -o by-ek
stderr_is "rotkit: 20 devices in 2 files"
stdout_is ""
judge by-ek azure-dps create ek 20 || fail "by-ek"
run 0 enroll azure-dps "$release" -o by-sn --set id=sn --set template=L-1 --json
jq -e '.devices == 20 and .files == 2' "$out" >/dev/null || fail "JSON: $(cat "$out")"
judge by-sn azure-dps create sn 20 || fail "by-sn"
run 0 enroll azure-dps "$release" -o retired --set mode=delete --device 01020000000100000001
stderr_is "rotkit: 1 devices in 1 files"
judge retired azure-dps-delete delete ek 1 || fail "retired"
run 0 enroll azure-dps "$release" -o dry -n -q
[ ! -e dry ] || fail "--dry-run writes"

# ---- refused
refuse 2 'rotkit: "product" is no release: it has no release.json' enroll azure-dps product -o x
refuse 2 'rotkit: device 01020000000100000001: EK "L-2" is not RSA; DPS clients enrol RSA alone' \
    enroll azure-dps "$release" -o x --set template=L-2
refuse 2 'rotkit: device 01020000000100000001: the release states no EK "azure-sdk" (it states: L-1, L-2, H-3)' \
    enroll azure-dps "$release" -o x --set template=azure-sdk
refuse 2 'rotkit: setting "id": unknown value "mac" (known: ek, sn)' enroll azure-dps "$release" -o x --set id=mac
refuse 2 "rotkit: release \"$release\" has no device 99990000000100000001" \
    enroll azure-dps "$release" -o x --device 99990000000100000001
run 2 enroll azure-dps "$release" -o by-ek
grep -q '"by-ek"' "$err" || fail "$(cat "$err")"
cert=$(find "$release/devices" -name 'ek-cert-l-1.der' | sort | head -n 1)
printf x >>"$cert"
run 3 enroll azure-dps "$release" -o x
grep -q 'ek-cert-l-1.der' "$err" || fail "$(cat "$err")"
[ ! -e x ] || fail "a tampered release leaves files"
