# SPDX-License-Identifier: Apache-2.0
# strip_release.py RELEASE: its signatures taken away, and every digest put right, as somebody without the key can.
import hashlib, json, os, sys
root = sys.argv[1]


def sha256(path):
    return hashlib.sha256(open(root + "/" + path, "rb").read()).hexdigest()


def put_right(files):
    for entry in files:
        if sha256(entry["path"]) != entry["sha256"]:
            entry["size"] = os.path.getsize(root + "/" + entry["path"])
            entry["sha256"] = sha256(entry["path"])


doc = json.load(open(root + "/release.json"))
for name in ("signer", "signature_scheme"):
    doc.pop(name, None)
put_right(doc["files"])
for bucket in doc["buckets"]:
    index = json.load(open(root + "/" + bucket["path"]))
    put_right(index["files"])
    json.dump(index, open(root + "/" + bucket["path"], "w"), indent=2)
    bucket["sha256"] = sha256(bucket["path"])
with open(root + "/release.json", "w") as f:
    json.dump(doc, f, indent=2)
for name in ("release.json.sig", "secrets/index.json.sig"):
    if os.path.exists(root + "/" + name):
        os.unlink(root + "/" + name)
if os.path.exists(root + "/secrets/index.json"):
    doc = json.load(open(root + "/secrets/index.json"))
    doc["release_sha256"] = sha256("release.json")
    with open(root + "/secrets/index.json", "w") as f:
        json.dump(doc, f)
