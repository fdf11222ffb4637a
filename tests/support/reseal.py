# SPDX-License-Identifier: Apache-2.0
"""reseal.py RELEASE PATH...: makes the indices of an unsigned release agree with these changed files, as
whoever may write there could. With --loosen NAME (loose_certs.py) and --key CA-KEY (PEM, signs with
SHA-384) in front, the files are certificates that are made loose first and signed anew."""
import argparse
import hashlib
import json
import pathlib
import subprocess

import loose_certs

parser = argparse.ArgumentParser()
parser.add_argument("--loosen")
parser.add_argument("--key")
parser.add_argument("release", type=pathlib.Path)
parser.add_argument("paths", nargs="+")
args = parser.parse_args()


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def loosen(path):
    cert = loose_certs.parse(path.read_bytes())
    loose_certs.CHANGES[args.loosen](cert[0][1][0][1])
    signed = loose_certs.write([cert[0][1][0]])
    sign = subprocess.run(["openssl", "dgst", "-sha384", "-sign", args.key], input=signed, stdout=subprocess.PIPE, check=True)
    cert[0][1][2][1] = b"\0" + sign.stdout
    path.write_bytes(loose_certs.write(cert))


for name in args.paths:
    path = args.release / name
    if args.loosen:
        loosen(path)
    bucket = "/".join(name.split("/")[:2])
    index = args.release / bucket / "index.json"
    doc = json.loads(index.read_text())
    for entry in doc["files"]:
        if entry["path"] == name:
            entry["size"], entry["sha256"] = path.stat().st_size, digest(path)
    index.write_text(json.dumps(doc))
    top = args.release / "release.json"
    doc = json.loads(top.read_text())
    for entry in doc["buckets"]:
        if entry["path"] == bucket + "/index.json":
            entry["sha256"] = digest(index)
    top.write_text(json.dumps(doc))

# secrets/index.json names the release that it is of.
secrets = args.release / "secrets/index.json"
if secrets.exists():
    doc = json.loads(secrets.read_text())
    doc["release_sha256"] = digest(args.release / "release.json")
    secrets.write_text(json.dumps(doc))
