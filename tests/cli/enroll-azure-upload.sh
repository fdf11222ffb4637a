# SPDX-License-Identifier: Apache-2.0
# A thousand enrolments through a stand-in for DPS that throttles and fails one item in twenty: the
# uploader ends complete, may be run again, and says what the service refuses.
. "$(dirname "$0")/lib.sh"
need jq curl python3
unset http_proxy HTTP_PROXY ALL_PROXY all_proxy

python3 - <<'PY'
import base64, json, os
os.mkdir("batch")
for f in range(100):
    items = []
    for k in range(10):
        n = f * 10 + k
        ek = (314).to_bytes(2, "big") + n.to_bytes(314, "big")
        items.append({"registrationId": "unit-%d" % n, "deviceId": "unit-%d" % n,
                      "attestation": {"type": "tpm", "tpm": {"endorsementKey": base64.b64encode(ek).decode()}}})
    json.dump({"mode": "create", "enrollments": items}, open("batch/azure-dps-%06d.json" % (f + 1), "w"))
PY
python3 "$SOURCE/tests/support/dps.py" "$PWD/service" "$PWD/port" &
service=$!
trap 'kill "$service" 2>/dev/null || true; rm -rf "$scratch"' EXIT
tries=0
while [ ! -s port ]; do
    tries=$((tries + 1))
    [ "$tries" -lt 100 ] || fail "the stand-in does not start"
    sleep 0.1
done
printf 'SharedAccessSignature test' >token
printf 'SharedAccessSignature wrong' >wrong
url=http://127.0.0.1:$(cat port)

upload() { # CODE ARG...
    upload_code=$1
    shift
    code=0
    sh "$SOURCE/examples/azure/upload.sh" "$@" >"$out" 2>"$err" || code=$?
    [ "$code" -eq "$upload_code" ] || fail "upload: exit $code, expected $upload_code: $(cat "$err")"
}
upload 2 "$url" batch state
stderr_is "upload.sh: DPS_TOKEN_FILE names no readable file"
DPS_TOKEN_FILE=wrong
export DPS_TOKEN_FILE
upload 7 "$url" batch state
stderr_is 'upload.sh: the service answers 401: {"message": "unauthorised"}'
DPS_TOKEN_FILE=token
upload 2 http://example.invalid batch state
stderr_is 'upload.sh: "http://example.invalid" is not https'
upload 0 "$url" batch state
stderr_is ""
jq -e '(.taken | length) == 1000 and .injected == 50' service >/dev/null || fail "$(jq '.injected, (.taken | length)' service)"
[ "$(sort -u state/done | wc -l)" -eq 1000 ] || fail "$(wc -l state/done)"
calls=$(jq .calls service)
upload 0 "$url" batch state
[ "$(jq .calls service)" -eq "$calls" ] || fail "a second run sends again"

# Ids that the service has already are named, each with the service's reason.
mkdir twice
cp batch/azure-dps-000001.json twice
upload 6 "$url" twice other
stderr_is 'upload.sh: 10 enrolments refused, see "other/errors"; run again when mended'
head -n 1 other/errors >line
is line "azure-dps-000001.json unit-0 409 exists"
