# SPDX-License-Identifier: Apache-2.0
"""Loose copies of an EK certificate: loose_certs.py CERT.der FOLDER writes one file a fault, named for
it. Signatures do not hold any more; whoever reads a certificate does so before."""
import sys


def parse(data):
    values, at = [], 0
    while at < len(data):
        tag, length, head = data[at], data[at + 1], 2
        if length & 0x80:
            head += length & 0x7F
            length = int.from_bytes(data[at + 2 : at + head], "big")
        content = data[at + head : at + head + length]
        values.append([tag, parse(content) if tag & 0x20 else content])
        at += head + length
    return values


def write(values):
    out = b""
    for tag, content in values:
        body = write(content) if isinstance(content, list) else content
        size = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
        out += bytes([tag]) + (bytes([0x80 | len(size)]) + size if len(body) > 127 else bytes([len(body)])) + body
    return out


OIDS = {
    "san": "551d11", "basic": "551d13", "usage": "551d0f", "eku": "551d25", "aki": "551d23", "sda": "551d09",
    "policies": "551d20", "crl": "551d1f", "aia": "2b06010505070101",
}


def extension(tbs, name):
    return next(e for e in tbs[7][1][0][1] if e[1][0][1] == bytes.fromhex(OIDS[name]))


def value(name, hexa, critical=None):
    """The extension's value, and its BOOLEAN as it shall stand there (None: as it was)."""

    def change(tbs):
        e = extension(tbs, name)
        e[1][-1][1] = bytes.fromhex(hexa)
        if critical is not None:
            e[1] = [e[1][0], [1, critical], e[1][-1]]

    return change


def field(at, content):
    return lambda tbs: tbs[at].__setitem__(1, content)


def time(at, tag, text):
    return lambda tbs: tbs[4][1].__setitem__(at, [tag, text])


def unsorted_issuer(tbs):
    pairs = [rdn[1][0] for rdn in tbs[3][1]]
    tbs[3][1] = [[0x31, sorted(pairs, key=lambda p: write([p]), reverse=True)]]


def without(name):
    return lambda tbs: tbs[7][1][0][1].remove(extension(tbs, name))


def twice(name):
    return lambda tbs: tbs[7][1][0][1].append(extension(tbs, name))


# One RDN of tpmModel and tpmManufacturer, the greater first.
UNSORTED_SAN = "301ea41c301a3118300a060567810502020c0178300a060567810502010c0178"
CHANGES = {
    "unchanged": lambda tbs: None,
    "length-in-basic": value("basic", "308100"),
    "length-in-aki": value("aki", "3081168014" + "ab" * 20),
    "boolean-critical": value("basic", "3000", b"\x01"),
    "boolean-in-basic": value("basic", "3003010101"),
    "integer-serial": field(1, b"\x00\x01"),
    "bit-string-usage": value("usage", "03020521"),
    "set-order-san": value("san", UNSORTED_SAN),
    "set-order-issuer": unsorted_issuer,
    "default-critical": value("eku", "300706056781050801", b"\x00"),
    "default-in-basic": value("basic", "3003010100"),
    "malformed-aki": value("aki", "300502"),
    "malformed-san": value("san", "3002a400"),
    "twice-eku": twice("eku"),
    "version-2": field(0, [[2, b"\x01"]]),
    "version-1-written": field(0, [[2, b"\x00"]]),
    "time-digits": time(0, 0x17, b"260101000000X"),
    # What these readers take, whoever else refuses it.
    "version-left-out": lambda tbs: tbs.__delitem__(0),
    "serial-negative": field(1, b"\x80" * 20),
    "serial-zero": field(1, b"\x00"),
    "serial-21": field(1, b"\x00" + b"\x80" * 20),
    "issuer-empty": field(3, []),
    "time-form": time(1, 0x18, b"20331231235959Z"),
    "time-order": time(1, 0x17, b"200101000000Z"),
    "basic-ca": value("basic", "30030101ff"),
    "san-dns": value("san", "3003820178"),
    "aki-empty": value("aki", "3000"),
    "eku-critical": value("eku", "300706056781050801", b"\xff"),
    "usage-extra": value("usage", "03020224"),
    "no-san": without("san"), "no-basic": without("basic"), "no-usage": without("usage"), "no-eku": without("eku"),
    "no-sda": without("sda"), "no-aki": without("aki"),
}

if __name__ == "__main__":
    good = open(sys.argv[1], "rb").read()
    for name, change in CHANGES.items():
        cert = parse(good)
        change(cert[0][1][0][1])
        with open("%s/%s.der" % (sys.argv[2], name), "wb") as out:
            out.write(write(cert))
