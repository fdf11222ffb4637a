# SPDX-License-Identifier: Apache-2.0
# vbmeta structures as avbtool writes them (which Debian does not package), from libavb's description of the bytes
# (boot-images.md 5.5) and nothing of rotkit's. tests/cli/avb-vbmeta.sh has libavb itself judge what this makes.
#   vbmeta.py KEY.pem|none OUT [--flags N] [--rollback N] [--footer CONTENT SIZE] [--original N] [--location N]
#     [--hash NAME] DESCRIPTOR...
#   vbmeta.py --key KEY.pem OUT: the public key in avbtool's form
# DESCRIPTOR: hash:PARTITION:FILE, tree:PARTITION:FILE:TREE:ROOT:SALT, chain:PARTITION:KEY.pem, prop:KEY:VALUE, cmdline:TEXT
import hashlib
import struct
import sys

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

SALT = bytes(range(32))
STATED = {"location": "1", "hash": "sha256"}  # of chains, of hash descriptors


def load(path):
    with open(path, "rb") as f:
        return serialization.load_pem_private_key(f.read(), None)


def public(key):
    n = key.public_key().public_numbers().n
    bits = key.key_size
    return (struct.pack(">II", bits, -pow(n, -1, 2**32) % 2**32) + n.to_bytes(bits // 8, "big")
            + pow(2, 2 * bits, n).to_bytes(bits // 8, "big"))


def padded(data, to):
    return data + bytes(-len(data) % to)


def descriptor(tag, body):
    body = padded(body, 8)
    return struct.pack(">QQ", tag, len(body)) + body


def make(text):
    kind, *args = text.split(":")
    if kind == "prop":
        key, value = (a.encode() for a in args)
        return descriptor(0, struct.pack(">QQ", len(key), len(value)) + key + b"\0" + value + b"\0")
    if kind == "cmdline":
        return descriptor(3, struct.pack(">II", 0, len(args[0])) + args[0].encode())
    if kind == "chain":
        key = public(load(args[1]))
        return descriptor(4, struct.pack(">IIII", int(STATED["location"]), len(args[0]), len(key), 0) + bytes(60) + args[0].encode() + key)
    with open(args[1], "rb") as f:
        content = f.read()
    name = args[0].encode()
    if kind == "hash":
        digest = hashlib.new(STATED["hash"].lower(), SALT + content).digest()
        return descriptor(2, struct.pack(">Q32sIIII", len(content), STATED["hash"].encode(), len(name), 32, len(digest), 0) + bytes(60)
                          + name + SALT + digest)
    tree, root, salt = int(args[2]), bytes.fromhex(args[3]), bytes.fromhex(args[4])
    return descriptor(1, struct.pack(">IQQQIIIQQ32sIIII", 1, len(content), len(content), tree, 4096, 4096, 0, 0, 0, b"sha256",
                                     len(name), len(salt), len(root), 0) + bytes(60) + name + salt + root)


def vbmeta(key, descriptors, rollback, flags):
    body = b"".join(descriptors)
    blob = b"" if key is None else public(key)
    aux = padded(body + blob, 64)
    size = 0 if key is None else key.key_size // 8
    algorithm = {0: 0, 256: 1, 512: 2, 1024: 3}[size]
    auth_size = len(padded(bytes(32 + size), 64)) if key else 0
    header = struct.pack(">4sIIQQIQQQQQQQQQQQIIQ", b"AVB0", 1, 0, auth_size, len(aux), algorithm, 0, 32 if key else 0, 32 if key else 0, size,
                         len(body), len(blob), len(body) + len(blob), 0, 0, len(body), rollback, flags, 0, 0)[:128]
    header = padded(header[:128] + b"avbtool 1.3.0", 256)
    if key is None:
        return header + aux
    digest = hashlib.sha256(header + aux).digest()
    signature = key.sign(header + aux, padding.PKCS1v15(), hashes.SHA256())
    return header + padded(digest + signature, 64) + aux


def main(args):
    if args[0] == "--key":
        with open(args[2], "wb") as f:
            f.write(public(load(args[1])))
        return
    key = None if args[0] == "none" else load(args[0])
    out, rest, rollback, flags, footer, stated = args[1], args[2:], 0, 0, None, None
    while rest and rest[0].startswith("--"):
        if rest[0] == "--footer":
            footer, rest = (rest[1], int(rest[2])), rest[3:]
        elif rest[0] == "--original":
            stated, rest = int(rest[1]), rest[2:]
        elif rest[0][2:] in STATED:
            STATED[rest[0][2:]], rest = rest[1], rest[2:]
        elif rest[0] == "--flags":
            flags, rest = int(rest[1]), rest[2:]
        else:
            rollback, rest = int(rest[1]), rest[2:]
    made = vbmeta(key, [make(d) for d in rest], rollback, flags)
    with open(out, "wb") as f:
        if footer is None:
            f.write(padded(made, 4096))
            return
        with open(footer[0], "rb") as g:
            content = g.read()
        original = min([len(content)] + [struct.unpack(">Q", make(d)[16:24])[0] for d in rest if d.startswith("hash:")]
                       + [struct.unpack(">Q", make(d)[20:28])[0] for d in rest if d.startswith("tree:")])
        original = original if stated is None else stated
        content = padded(content, 4096)
        f.write(content + made + bytes(footer[1] - len(content) - len(made) - 64)
                + struct.pack(">4sIIQQQ", b"AVBf", 1, 0, original, len(content), len(made)) + bytes(28))


main(sys.argv[1:])
