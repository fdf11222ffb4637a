# SPDX-License-Identifier: Apache-2.0
# The enrolments of a thousand devices through a stand-in for DPS that throttles, fails one item in
# twenty and loses answers: the uploader ends complete, may be run again, and says what the service
# refuses. python3 reads from the release what the service should know.
# slow: a thousand enrolments; enroll-azure-dps has the files
. "$(dirname "$0")/lib.sh"
need jq curl python3 openssl
unset http_proxy HTTP_PROXY ALL_PROXY all_proxy SOURCE_DATE_EPOCH

sh "$SOURCE/examples/jetson-orin/prepare.sh" "$ROTKIT" product p256 >"$out" 2>&1 || fail "$(cat "$out")"
printf '%064x\n' 77 >product/keys/master.key
# The serial numbers 0x1c0 to 0x5a7 lie in five buckets of 64, 256 (thrice) and 168, which share no file;
# under sanitizers those to 0x2eb in two.
count=1000 files=102 last=5a7
[ -z "${SANITIZE:-}" ] || { count=300 files=31 last=2eb; }
sed -i -e 's/^  kdk-db: .*/  master-key: keys\/master.key\n  oem-id: 0x0102\n  first-sn: 0x1c0\n  count: '$count'/' \
    -e '/^  eps-seeds:/d' -e 's/templates: .*/templates: [L-1, L-2]/' -e '/^fuses:/,/^$/d' product/manifest.yaml
run 0 build -q -o release product/manifest.yaml
run 0 enroll --unsigned azure-dps release -o batch
stderr_is "rotkit: $count devices in $files files"
run 0 enroll --unsigned azure-dps release --verify batch
stderr_is "rotkit: holds: $count devices in $files files"
python3 "$SOURCE/tests/support/dps.py" "$PWD/service" "$PWD/port" &
service=$!
trap 'kill "$service" 2>/dev/null || true; rm -rf "$scratch"' EXIT
# listening FILE: once the server has written its port there
listening() {
    tries=0
    while [ ! -s "$1" ]; do
        tries=$((tries + 1))
        [ "$tries" -lt 100 ] || fail "no server writes $1"
        sleep 0.1
    done
}
listening port
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
# The token appears on no command line.
mkdir bin
printf '#!/bin/sh\nprintf "%%s\\n" "$@" >>"%s"\nexec "%s" "$@"\n' "$scratch/arguments" "$(command -v curl)" >bin/curl
chmod 755 bin/curl
PATH=$PWD/bin:$PATH upload 0 "$url" batch state
stderr_is ""
grep -q '^http' "$scratch/arguments" || fail "curl was not asked by its name"
hides SharedAccessSignature "$scratch/arguments"
jq -e '(.taken | length) == '$count' and .injected == '$((count / 20))' and .lost > 2 and .reads > 2' service >/dev/null ||
    fail "$(jq '.injected, .lost, .reads, (.taken | length)' service)"
[ "$(cat state/taken/* | sort | uniq -c | awk '$1 == 1' | wc -l)" -eq $count ] || fail "$(cat state/taken/* | wc -l)"
python3 - $count <<'PY' || fail "what the service knows is not the release"
import base64, glob, hashlib, json, sys
taken = json.load(open("service"))["taken"]
paths = glob.glob("release/devices/*/*/device.json")
assert len(paths) == int(sys.argv[1])
for path in paths:
    ek = bytes.fromhex(json.load(open(path))["ek"][0]["public_tpm2b"])
    one = taken[base64.b32encode(hashlib.sha256(ek).digest()).decode().rstrip("=").lower()]
    assert one["deviceId"] == path.split("/")[-2]
    assert base64.b64decode(one["attestation"]["tpm"]["endorsementKey"]) == ek
PY
calls=$(jq .calls service)
upload 0 "$url" batch state
[ "$(jq .calls service)" -eq "$calls" ] || fail "a second run sends again"

# Ids that the service has already, with another key: named, each with the service's reason.
mkdir twice
jq '.enrollments |= map(.registrationId |= ascii_upcase | .attestation.tpm.endorsementKey = "AAMAAQo=")' \
    batch/azure-dps-000001.json >twice/azure-dps-000001.json
upload 6 "$url" twice other
stderr_is 'upload.sh: 10 enrolments refused, see "other/errors"; run again when mended'
head -n 1 other/errors >line
is line "azure-dps-000001.json $(jq -r '.enrollments[0].registrationId' twice/azure-dps-000001.json) 409 exists"

# With our key they are ours: a state that was lost comes back.
mkdir some
cp batch/azure-dps-000001.json batch/azure-dps-000007.json some
upload 0 "$url" some again
stderr_is ""
[ "$(cat again/taken/* | wc -l)" -eq "$(cat some/* | grep -c registrationId)" ] || fail "the state does not come back"

# Updates and deletions of units; what is not there any more is deleted.
gone=010200000000000001c0
echo '{ "initialTwin": { "tags": { "unit": "${sn}" } } }' >twin.json
run 0 enroll --unsigned azure-dps release twin=twin.json --set mode=update --device 010200000000000001c1 -o tagged -q
upload 0 "$url" tagged tagging
run 0 enroll --unsigned azure-dps release --set mode=delete --device $gone --device 01020000000000000$last -o deleted
stderr_is "rotkit: 2 devices in 2 files"
upload 0 "$url" deleted deleting
upload 0 "$url" deleted deleting-again
jq -e '(.taken | length) == '$((count - 2))' and ([.taken[].deviceId] | index("'$gone'") | not) and
    ([.taken[] | select(.initialTwin.tags.unit == .deviceId)] | length) == 1' service >/dev/null ||
    fail "updates and deletions"

# ---- answers with 200 that are no result of the service's: nothing counts as taken
mkdir one
cp batch/azure-dps-000001.json one
cat >answering.py <<'PY'
import http.server, sys


class Answering(http.server.BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def do_GET(self):
        self.reply(b"<html>")

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.reply(open("answer", "rb").read())

    def reply(self, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


server = http.server.HTTPServer(("127.0.0.1", 0), Answering)
open("port2", "w").write(str(server.server_port))
server.serve_forever()
PY
python3 answering.py &
answering=$!
trap 'kill "$service" "$answering" 2>/dev/null || true; rm -rf "$scratch"' EXIT
listening port2
url=http://127.0.0.1:$(cat port2)
id=$(jq -r '.enrollments[0].registrationId' one/*)
for answer in '' '{}' '[]' null 7 '"x"' '<html>' '{"isSuccessful":true' '{"isSuccessful":false}' \
    '{"isSuccessful":false,"errors":[]}' '{"isSuccessful":"true"}' '{"isSuccessful":true} {}' \
    '{"isSuccessful":true,"errors":{}}' '{"isSuccessful":false,"errors":[7]}' \
    '{"isSuccessful":false,"errors":[{"errorCode":409}]}' \
    '{"isSuccessful":false,"errors":[{"registrationId":"../[1-9]","errorCode":409}]}'; do
    printf '%s' "$answer" >answer
    upload 7 "$url" one none
    stderr_is "upload.sh: the service answers 200 and no result: $answer"
    [ ! -s none/taken/azure-dps-000001 ] || fail "taken by $answer"
done
printf 'a\033[31mb\n' >answer
upload 7 "$url" one none
stderr_is 'upload.sh: the service answers 200 and no result: a[31mb'
printf '{"isSuccessful":false,"errors":[{"registrationId":"%s","errorCode":400,"errorStatus":{"a":"\\u001b\\n"}}]}' "$id" >answer
upload 6 "$url" one none
is none/errors "azure-dps-000001.json $id 400 {\"a\":\"\\u001b\\n\"}"
printf '{"isSuccessful":false,"errors":[{"registrationId":"%s","errorCode":400,"errorStatus":"a\\u001b\\nb"}]}' "$id" >answer
upload 6 "$url" one none
is none/errors "azure-dps-000001.json $id 400 a  b"
printf '{"isSuccessful":false,"errors":[{"registrationId":"%s","errorCode":409,"errorStatus":"x"},{"registrationId":"%s","errorCode":5}]}' "$id" "$id" >answer
upload 6 "$url" one some-taken # the enrolment that is asked for is not there to be read
stderr_is 'upload.sh: 1 enrolment refused, see "some-taken/errors"; run again when mended'
upload 2 http://127.0.0.1:80@example.invalid one none
stderr_is 'upload.sh: "http://127.0.0.1:80@example.invalid" names a user'
