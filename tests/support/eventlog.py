# SPDX-License-Identifier: Apache-2.0
"""Writes a crypto-agile event log: PCR=TEXT... measures the digest of each text, of each bank, into its PCR.

eventlog.py FILE [banks=sha1,sha256] [locality=N] [hcrtm=TEXT] [pad=00*N] PCR=TEXT...
prints the digests as "PCR HEX" for tpm2_pcrextend: of sha256, or of the last bank that banks= names
Source: TCG PC Client Platform Firmware Profile, 10.2 to 10.4.
"""
import hashlib
import struct
import sys

ALGS = {"sha1": (0x0004, 20), "sha256": (0x000B, 32), "sha384": (0x000C, 48), "sha512": (0x000D, 64), "sm3_256": (0x0012, 32)}


def digest(bank, data):
    return hashlib.new("sm3" if bank == "sm3_256" else bank, data).digest()


def event2(pcr, kind, digests, content):
    out = struct.pack("<III", pcr, kind, len(digests))
    for bank, value in digests.items():
        out += struct.pack("<H", ALGS[bank][0]) + value
    return out + struct.pack("<I", len(content)) + content


def main():
    banks, pad, events = ["sha1", "sha256"], b"", b""
    for arg in sys.argv[2:]:
        left, right = arg.split("=", 1)
        if left == "banks":
            banks = right.split(",")
            continue
        if left == "pad":
            octet, count = right.split("*")
            pad = bytes([int(octet, 16)]) * int(count)
            continue
        if left == "locality":
            zeros = {bank: bytes(ALGS[bank][1]) for bank in banks}
            events += event2(0, 3, zeros, b"StartupLocality\0" + bytes([int(right)]))
            continue
        data = right.encode()
        digests = {bank: digest(bank, data) for bank in banks}
        if left == "hcrtm":
            events += event2(0, 0x80000010, digests, b"HCRTM")
            continue
        events += event2(int(left), 0x0D, digests, data)
        print(left, digests["sha256" if banks == ["sha1", "sha256"] else banks[-1]].hex())
    spec = b"Spec ID Event03\0" + struct.pack("<IBBBBI", 0, 0, 2, 0, 2, len(banks))
    for bank in banks:
        spec += struct.pack("<HH", *ALGS[bank])
    spec += b"\0"
    with open(sys.argv[1], "wb") as f:
        f.write(struct.pack("<II", 0, 3) + bytes(20) + struct.pack("<I", len(spec)) + spec + events + pad)


main()
