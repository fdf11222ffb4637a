# SPDX-License-Identifier: Apache-2.0
# strip_release.py RELEASE: its signatures taken away, and every digest put right, as somebody without the key can.
import hashlib, json, os, sys
root = sys.argv[1]
doc = json.load(open(root + "/release.json"))
for name in ("signer", "signature_scheme"):
    doc.pop(name, None)
json.dump(doc, open(root + "/release.json", "w"), indent=2)
for name in ("release.json.sig", "secrets/index.json.sig"):
    os.unlink(root + "/" + name)
doc = json.load(open(root + "/secrets/index.json"))
doc["release_sha256"] = hashlib.sha256(open(root + "/release.json", "rb").read()).hexdigest()
json.dump(doc, open(root + "/secrets/index.json", "w"))
