#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# CoRIMs made by cbor2 and cryptography alone, with the keys of ../boot/keys and an Ed25519 key of a
# fixed seed: python3 make.py. ECDSA and PSS draw randomness, so a new run gives other signatures.
import hashlib
import os

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, utils

here = os.path.dirname(os.path.abspath(__file__))
keys = os.path.join(here, "..", "boot", "keys")
Tag = cbor2.CBORTag
dumps = lambda v: cbor2.dumps(v, canonical=True)


def load(name):
    with open(os.path.join(keys, name), "rb") as f:
        return serialization.load_pem_private_key(f.read(), None)


def put(name, data):
    with open(os.path.join(here, name), "wb") as f:
        f.write(data)


def cert(name):
    with open(os.path.join(keys, name), "rb") as f:
        return x509.load_pem_x509_certificate(f.read()).public_bytes(serialization.Encoding.DER)


def content(more={}):
    env = {0: {1: "Example", 2: "demo"}}
    one = {0: "boot.cap", 1: {0: {0: "1.2.3"}, 1: Tag(552, 5), 11: "capsule",
           2: [[1, hashlib.sha256(b"boot").digest()], [7, hashlib.sha384(b"boot").digest()]]}}
    two = {0: "fip.bin", 1: {2: [[8, hashlib.sha512(b"fip").digest()]]}}
    comid = {1: {0: "demo/reference-values"}, 2: [{0: "Example", 2: [0]}], 4: {0: [[env, [one, two]]]}}
    store = {1: {0: "demo/ek-roots"}, 2: [{1: env}], 6: {0: [[0, cert("cap_root.crt")]], 1: [cert("cap_sub.crt")]}}
    doc = {0: "demo", 1: [Tag(506, dumps(comid)), Tag(507, dumps(store))], 5: [{0: "Example", 2: [1]}]}
    doc.update(more)
    return dumps(Tag(501, doc))


def raw_ecdsa(der, half):
    r, s = utils.decode_dss_signature(der)
    return r.to_bytes(half, "big") + s.to_bytes(half, "big")


def pss(md):
    return padding.PSS(padding.MGF1(md), md.digest_size)


SIGN = {
    -7: lambda k, m: raw_ecdsa(k.sign(m, ec.ECDSA(hashes.SHA256())), 32),
    -36: lambda k, m: raw_ecdsa(k.sign(m, ec.ECDSA(hashes.SHA512())), 66),
    -8: lambda k, m: k.sign(m),
    -37: lambda k, m: k.sign(m, pss(hashes.SHA256()), hashes.SHA256()),
}


def sign(key, alg, payload, more={}):
    spki = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    head = {1: alg, 3: "application/rim+cbor", 4: hashlib.sha256(spki).digest(), 8: dumps({0: {0: "Example"}})}
    head.update(more)
    head = dumps(head)
    signature = SIGN[alg](key, dumps(["Signature1", head, b"", payload]))
    return dumps(Tag(18, [head, {}, payload, signature]))


ed = ed25519.Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"rotkit CoRIM vector").digest())
put("ed25519.pub.pem", ed.public_key().public_bytes(serialization.Encoding.PEM,
                                                    serialization.PublicFormat.SubjectPublicKeyInfo))
small = dumps(Tag(501, {0: "small", 1: [Tag(506, dumps({1: {0: "c"}, 4: {0: [[{0: {1: "V", 2: "M"}}, [
    {0: "a", 1: {2: [[1, hashlib.sha256(b"a").digest()]]}}]]]}}))]}))
put("unsigned.cbor", content())
put("unsigned-small.cbor", small)
# 4: rim-validity, 3: a profile, and members that no draft has
put("unsigned-more.cbor", content({3: [Tag(37, bytes(16))], 4: {0: Tag(1, 1700000000), 1: Tag(1, 1900000000)},
                                   -1: "private", "text": [1.5, True, None, {1: [Tag(32, "u")]}]}))
put("es256.cbor", sign(load("p256.pem"), -7, small))
put("es512.cbor", sign(load("p521.pem"), -36, small))
put("eddsa.cbor", sign(ed, -8, small))
put("ps256.cbor", sign(load("rsa3072.pem"), -37, small))
put("x5chain.cbor", sign(load("cap_sign.key"), -37, content(), {33: [cert("cap_sign.crt"), cert("cap_sub.crt")]}))
# a chain that leads to the CA, of somebody else than who signed
put("stolen.cbor", sign(load("p256.pem"), -7, small, {33: [cert("cap_sign.crt"), cert("cap_sub.crt")]}))
put("expired.cbor", sign(ed, -8, content({4: {1: Tag(1, 1700000000)}})))
put("early.cbor", sign(ed, -8, small, {8: dumps({0: {0: "E"}, 1: {0: Tag(1, 1800000000), 1: Tag(1, 1900000000)}})}))
