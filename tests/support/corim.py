# SPDX-License-Identifier: Apache-2.0
# Judges a CoRIM by cbor2 and cryptography alone, from the CDDL of the drafts; and makes others of it.
#   corim.py judge FILE EXPECTED.json    every field, and nothing beside
#   corim.py verify FILE PUB ALG NAME [CERT...]   the COSE signature and its protected header
#   corim.py change FILE OUT CHANGE      an unsigned CoRIM with one thing changed
import datetime
import hashlib
import json
import sys

import cbor2
from cbor2 import CBORTag
from cryptography import exceptions, x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils


def canonical(data):
    """The item of these bytes, which must be what a deterministic encoder makes of it."""
    item = cbor2.loads(data)
    again = cbor2.dumps(item, canonical=True, datetime_as_timestamp=True, timezone=datetime.timezone.utc)
    assert again == data, "not deterministic: %s, expected %s" % (data.hex(), again.hex())
    return item


def read(path):
    with open(path, "rb") as f:
        return f.read()


def payload_of(data):
    item = canonical(data)
    return item.value[2] if item.tag == 18 else data


def same(what, found, wanted):
    assert found == wanted, "%s: %r, expected %r" % (what, found, wanted)


def judge(path, expected):
    want = json.loads(read(expected))
    corim = canonical(payload_of(read(path)))
    env = {0: {1: want["vendor"], 2: want["product"]}}
    tags = []
    if want["images"]:
        list_ = []
        for image in want["images"]:
            value = {2: [[1, bytes.fromhex(image["sha256"])], [7, bytes.fromhex(image["sha384"])]], 11: image["format"]}
            if "version" in image:
                value[0] = {0: image["version"]}
            if "svn" in image:
                value[1] = CBORTag(552, image["svn"])
            list_.append({0: image["name"], 1: value})
        tags.append((506, {1: {0: want["id"] + "/reference-values"}, 2: [{0: want["vendor"], 2: [0]}],
                           4: {0: [[env, list_]]}}))
    if "root" in want:
        tags.append((507, {1: {0: want["id"] + "/ek-roots"}, 2: [{1: env}], 6: {0: [[0, bytes.fromhex(want["root"])]]}}))
    same("tag", corim.tag, 501)
    same("tags", [t.tag for t in corim.value[1]], [t[0] for t in tags])
    for found, (number, wanted) in zip(corim.value.pop(1), tags):
        same("tag %d" % number, canonical(found.value), wanted)
    rest = {0: want["id"], 5: [{0: want["vendor"], 2: [1]}]}
    if "not_after" in want:
        rest[4] = {1: datetime.datetime.fromtimestamp(want["not_after"], datetime.timezone.utc)}
    same("CoRIM", corim.value, rest)


def hold(key, alg, signature, message):
    md = {-7: hashes.SHA256, -35: hashes.SHA384, -36: hashes.SHA512, -37: hashes.SHA256, -38: hashes.SHA384,
          -39: hashes.SHA512}
    if alg == -8:
        assert isinstance(key, ed25519.Ed25519PublicKey)
        return key.verify(signature, message)
    if alg <= -37:
        assert isinstance(key, rsa.RSAPublicKey)
        pss = padding.PSS(padding.MGF1(md[alg]()), md[alg].digest_size)
        return key.verify(signature, message, pss, md[alg]())
    half = (key.curve.key_size + 7) // 8
    same("length of r and s", len(signature), 2 * half)
    r, s = (int.from_bytes(part, "big") for part in (signature[:half], signature[half:]))
    return key.verify(utils.encode_dss_signature(r, s), message, ec.ECDSA(md[alg]()))


def verify(path, pub, alg, name, certs):
    sign1 = canonical(read(path))
    key = serialization.load_pem_public_key(read(pub))
    spki = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    same("tag", sign1.tag, 18)
    protected, unprotected, payload, signature = sign1.value
    header = canonical(protected)
    wanted = {1: alg, 3: "application/rim+cbor", 4: hashlib.sha256(spki).digest()}
    same("corim-meta", canonical(header.pop(8)), {0: {0: name}})
    if certs:
        ders = [x509.load_pem_x509_certificate(read(c)).public_bytes(serialization.Encoding.DER) for c in certs]
        wanted[33] = ders[0] if len(ders) == 1 else ders
    same("protected header", header, wanted)
    same("unprotected header", unprotected, {})
    message = cbor2.dumps(["Signature1", protected, b"", payload], canonical=True)
    hold(key, alg, signature, message)
    try:
        hold(key, alg, signature, message[:-1] + bytes([message[-1] ^ 1]))
    except exceptions.InvalidSignature:
        return
    raise AssertionError("holds for another message too")


def change(path, out, what):
    corim = cbor2.loads(read(path))
    tags = corim.value[1]
    inner = [cbor2.loads(t.value) for t in tags]
    list_ = inner[0][4][0][0][1]
    first = list_[0][1]
    flip = lambda b: bytes([b[0] ^ 1]) + b[1:]
    if what == "sha256":
        first[2][0][1] = flip(first[2][0][1])
    elif what == "sha384":
        first[2][1][1] = flip(first[2][1][1])
    elif what == "no-sha256":
        del first[2][0]
    elif what == "unknown-digest":
        first[2].append([99, b"x"])
    elif what == "version":
        first[0] = {0: "9.9"}
    elif what == "no-version":
        del first[0]
    elif what == "svn":
        list_[1][1][1] = CBORTag(552, 99)
    elif what == "no-svn":
        del list_[1][1][1]
    elif what == "more-svn":
        first[1] = CBORTag(552, 1)
    elif what == "format":
        first[11] = "fip"
    elif what == "missing":
        del list_[0]
    elif what == "twice":
        list_.append(list_[0])
    elif what == "extra":
        list_.append({0: "extra.bin", 1: first})
    elif what == "model":
        inner[0][4][0][0][0][0][2] = "other"
    elif what == "vendor":
        inner[0][4][0][0][0][0][1] = "other"
    elif what == "store-model":
        inner[1][2][0][1][0][2] = "other"
    elif what == "anchor":
        der = inner[1][6][0][0][1]
        inner[1][6][0][0][1] = der[:-1] + bytes([der[-1] ^ 1])
    elif what == "two-anchors":
        inner[1][6][0].append(inner[1][6][0][0])
    elif what == "anchor-is-ca":
        inner[1][6][0][0][0] = 2
    elif what == "no-anchor":
        del tags[1], inner[1]
    elif what == "endorsed":  # another triple of the same CoMID
        inner[0][4][1] = inner[0][4][0]
    elif what == "another-tag":
        tags.append(CBORTag(505, b""))
        inner.append({0: "x"})
    elif what == "dependent":
        corim.value[2] = [{0: "https://example.com/"}]
    elif what == "least-svn":
        first[1] = CBORTag(553, 1)
    elif what == "flags":
        first[3] = {0: True}
    elif what == "instance":
        inner[0][4][0][0][0][1] = CBORTag(550, bytes(8))
    elif what == "store-class":
        inner[1][2].append({1: {0: {1: "Other", 2: "other"}}})
    elif what == "claims":
        inner[1][5] = [{1: 1}]
    elif what == "about":  # what is for people
        inner[0][0] = inner[1][0] = "en"
        inner[0][1][1] = inner[1][1][1] = 7
        corim.value[5][0][1] = CBORTag(32, "https://example.com/")
    elif what == "same":
        pass
    else:
        raise AssertionError("unknown change " + what)
    corim.value[1] = [CBORTag(t.tag, cbor2.dumps(i, canonical=True)) for t, i in zip(tags, inner)]
    with open(out, "wb") as f:
        f.write(cbor2.dumps(corim, canonical=True))


if sys.argv[1] == "judge":
    judge(*sys.argv[2:])
elif sys.argv[1] == "verify":
    verify(sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5], sys.argv[6:])
else:
    change(*sys.argv[2:])
