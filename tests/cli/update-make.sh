# SPDX-License-Identifier: Apache-2.0
# The bundle of an update, judged by openssl and python: payloads, digests, signature. What is refused leaves nothing.
. "$(dirname "$0")/lib.sh"
. "$SOURCE/tests/support/update.sh"
need openssl jq python3
unset SOURCE_DATE_EPOCH
update_product product
first_release
good
firmware_only new
openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out update.key
openssl pkey -in update.key -pubout -out update.pem
ta=bc50d971-d4c9-42c4-82cb-343fb7f37896.ta

refuse 0 'rotkit: 1.0.0 to 1.1.0: 2 payloads, update "bundle" not written' update make --pub release.pem -n --key update.key -o bundle old new
run 0 update make --pub release.pem --key update.key -o bundle old new
stderr_is 'rotkit: 1.0.0 to 1.1.0: 2 payloads, update "bundle"'
stdout_is ""
(cd bundle && find . -type f -printf '%P %m\n' | LC_ALL=C sort) >files
is files "$ta 644
update.Cap 644
update.json 644
update.json.sig 644"
for file in update.Cap $ta; do
    cmp new/images/$file bundle/$file || fail "$file is not the release's"
done
openssl dgst -sha256 -verify update.pem -signature bundle/update.json.sig bundle/update.json >judged || fail "openssl: $(cat judged)"
openssl dgst -sha256 -verify release.pem -signature bundle/update.json.sig bundle/update.json >judged 2>&1 && fail "any key will do"
python3 - bundle old/release.json new/release.json <<'PYTHON' || fail "update.json"
import hashlib, json, sys
folder, old, new = sys.argv[1:]
u = json.load(open(folder + "/update.json"))
assert u["rotkit_update"] == 1 and "no vendor's" in u["format"]
assert [p["path"] for p in u["payloads"]] == ["update.Cap", "bc50d971-d4c9-42c4-82cb-343fb7f37896.ta"]
for p in u["payloads"]:
    data = open(folder + "/" + p["path"], "rb").read()
    assert p["size"] == len(data) and p["sha256"] == hashlib.sha256(data).hexdigest()
for key, path in (("from", old), ("to", new)):
    text = open(path, "rb").read()
    assert u[key]["release_sha256"] == hashlib.sha256(text).hexdigest()
    assert u[key]["version"] == json.loads(text)["version"]
    assert u[key]["components"] == json.loads(text)["update"]["components"]
PYTHON
# The payloads are the vendors' formats: their own signers hold.
run 0 verify --ca "$V/keys/cap_root.crt" bundle/update.Cap
openssl pkey -in product/keys/ta.key -pubout -out ta.pem
run 0 verify --pub ta.pem bundle/$ta

# Other schemes and keys of elsewhere.
run 0 update make --pub release.pem --json --key product/keys/release.key -o second old new
jq -r '"\(.update) \(.from) \(.to) \(.payloads)"' "$out" >told
is told 'second 1.0.0 1.1.0 2'
openssl pkeyutl -verify -rawin -pubin -inkey release.pem -sigfile second/update.json.sig -in second/update.json >judged ||
    fail "openssl: $(cat judged)"

# ---- refused
refuse 2 'rotkit: "bundle" exists: name a new folder' update make --pub release.pem --key update.key -o bundle old new
refuse 4 'rotkit: the key is public only and cannot sign' update make --pub release.pem --key pub:update.pem -o third old new
refuse 2 "rotkit: --scheme: unknown scheme \"md5\"
  see 'rotkit help update make'" update make --pub release.pem --key update.key --scheme md5 -o third old new
good
version=1.0.0
firmware_only same
refuse 3 "rotkit: not made, since it breaks devices (1 found): version: 1.0.0 is not above 1.0.0
  see 'rotkit update check'" update make --pub release.pem --key update.key -o third old same
good
no_payload='/^  update.Cap:/,$d; s/publish: false/publish: true/'
for name in old new; do
    sed "$no_payload" product/$name.yaml >product/bare.yaml
    run 0 build -q -o bare-$name product/bare.yaml
done
refuse 2 'rotkit: release "bare-new" has no image in a format that t234 updates by' \
    update make --pub release.pem --key update.key -o third bare-old bare-new
