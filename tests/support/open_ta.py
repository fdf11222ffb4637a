#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Opens an encrypted TA as OP-TEE does, by python3-cryptography: signature, hash, device key, GCM.

  open_ta.py TA PUBLIC-KEY huk|class KEY-HEX-FILE >ELF        (facts: optee-ftpm.md, boot-images.md 5.2)
"""
import hashlib
import hmac
import struct
import sys

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

ta = open(sys.argv[1], "rb").read()
public = serialization.load_pem_public_key(open(sys.argv[2], "rb").read())
key = bytes.fromhex(open(sys.argv[4]).read().strip())

magic, img_type, img_size, algo, hash_size, sig_size = struct.unpack_from("<IIIIHH", ta)
assert magic == 0x4F545348 and img_type == 2 and hash_size == 32, "header"
at = 20
digest, at = ta[at:at + 32], at + 32
signature, at = ta[at:at + sig_size], at + sig_size
boot, at = ta[at:at + 20], at + 20
encryption, at = ta[at:at + 12], at + 12
enc_algo, flags, iv_size, tag_size = struct.unpack("<IIHH", encryption)
assert enc_algo == 0x40000810 and iv_size == 12 and tag_size == 16, "encryption header"
assert flags == (0 if sys.argv[3] == "huk" else 1), "whose key"
iv, at = ta[at:at + 12], at + 12
tag, at = ta[at:at + 16], at + 16
assert len(ta) == at + img_size, "length"
if flags == 0:
    modulus = public.public_numbers().n
    message = struct.pack("<I", 4) + modulus.to_bytes((modulus.bit_length() + 7) // 8, "big")
    key = hmac.new(key, message, hashlib.sha256).digest()
elf = AESGCM(key).decrypt(iv, ta[at:] + tag, None)
assert digest == hashlib.sha256(ta[:20] + boot + encryption + iv + tag + elf).digest(), "hash"
pads = {0x70004830: padding.PKCS1v15(), 0x70414930: padding.PSS(padding.MGF1(hashes.SHA256()), 32)}
public.verify(signature, digest, pads[algo], utils.Prehashed(hashes.SHA256()))
sys.stderr.write("uuid %s version %d\n" % (boot[:16].hex(), struct.unpack("<I", boot[16:])[0]))
sys.stdout.buffer.write(elf)
