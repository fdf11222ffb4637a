# SPDX-License-Identifier: Apache-2.0
"""Writes a crypto-agile event log: PCR=TEXT... measures SHA-256 (and SHA-1) of each text into its PCR.

eventlog.py FILE [locality=N] PCR=TEXT...   prints the SHA-256 digests as "PCR HEX" for tpm2_pcrextend
Source: TCG PC Client Platform Firmware Profile, 10.2 to 10.4.
"""
import hashlib
import struct
import sys

SHA1, SHA256 = 0x0004, 0x000B


def event2(pcr, kind, sha1, sha256, content):
    return (struct.pack("<III", pcr, kind, 2) + struct.pack("<H", SHA1) + sha1 + struct.pack("<H", SHA256) + sha256 +
            struct.pack("<I", len(content)) + content)


def main():
    spec = b"Spec ID Event03\0" + struct.pack("<IBBBBI", 0, 0, 2, 0, 2, 2)
    spec += struct.pack("<HHHH", SHA1, 20, SHA256, 32) + b"\0"
    log = struct.pack("<II", 0, 3) + bytes(20) + struct.pack("<I", len(spec)) + spec
    for arg in sys.argv[2:]:
        left, right = arg.split("=", 1)
        if left == "locality":
            log += event2(0, 3, bytes(20), bytes(32), b"StartupLocality\0" + bytes([int(right)]))
            continue
        data = right.encode()
        sha256 = hashlib.sha256(data).digest()
        log += event2(int(left), 0x0D, hashlib.sha1(data).digest(), sha256, data)
        print(left, sha256.hex())
    with open(sys.argv[1], "wb") as f:
        f.write(log)


main()
