# SPDX-License-Identifier: Apache-2.0
# EK certificates with one thing changed each: ek_mutants.py FOLDER [sweep]. Each is FOLDER/mutants/NAME.der, the CA
# FOLDER/ca.der, whose signature those have that are not of a sweep. The bytes are put together here and not by a certificate library,
# which would mend most of what is changed.
import pathlib
import sys

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa


def length(n, wide=0):
    if n < 0x80 and not wide:
        return bytes([n])
    octets = n.to_bytes(max(1, (n.bit_length() + 7) // 8) + max(0, wide - 1), "big")
    return bytes([0x80 | len(octets)]) + octets


def tlv(tag, *parts, wide=0):
    body = b"".join(parts)
    return bytes([tag]) + length(len(body), wide) + body


def seq(*parts, **kw):
    return tlv(0x30, *parts, **kw)


def set_(*parts, **kw):
    return tlv(0x31, *parts, **kw)


def oid(text):
    arcs = [int(arc) for arc in text.split(".")]
    out = b""
    for arc in [40 * arcs[0] + arcs[1]] + arcs[2:]:
        groups = [arc & 0x7f]
        while arc > 0x7f:
            arc >>= 7
            groups.insert(0, 0x80 | arc & 0x7f)
        out += bytes(groups)
    return tlv(6, out)


def integer(n):
    return tlv(2, n.to_bytes(n.bit_length() // 8 + 1, "big", signed=True))


def bits(data, unused=0):
    return tlv(3, bytes([unused]), data)


def octets(data):
    return tlv(4, data)


TRUE, FALSE, NULL = b"\x01\x01\xff", b"\x01\x01\x00", b"\x05\x00"
UTF8, NUMERIC, PRINTABLE, T61, IA5, VISIBLE, GENERAL, UNIVERSAL, BMP = 12, 18, 19, 20, 22, 26, 27, 28, 30
CN, ORG, COUNTRY, UNIQUE = "2.5.4.3", "2.5.4.10", "2.5.4.6", "2.5.4.45"
MAKER, MODEL, VERSION, SPEC = "2.23.133.2.1", "2.23.133.2.2", "2.23.133.2.3", "2.23.133.2.16"
SDA, SKI, KU, SAN, BC, NC, CRLDP, POLICIES, MAPPINGS, AKI, PCON, EKU, ANYPOL = (
    "2.5.29." + n for n in "9 14 15 17 19 30 31 32 33 35 36 37 54".split())
AIA = "1.3.6.1.5.5.7.1.1"
OCSP, ISSUERS = "1.3.6.1.5.5.7.48.1", "1.3.6.1.5.5.7.48.2"
EK, ANY_EKU, CLIENT = "2.23.133.8.1", "2.5.29.37.0", "1.3.6.1.5.5.7.3.2"
RSA_OID, EC_OID = "1.2.840.113549.1.1.1", "1.2.840.10045.2.1"
P256, P384, P521, P224 = "1.2.840.10045.3.1.7", "1.3.132.0.34", "1.3.132.0.35", "1.3.132.0.33"


def attr(kind, value, tag=UTF8, more=b""):
    return seq(oid(kind), value if tag is None else tlv(tag, value), more)


def rdn(*args, **kw):
    return set_(attr(*args, **kw))


def ext(kind, value, critical=None, **kw):
    flag = {None: b"", True: TRUE, False: FALSE}.get(critical, critical)
    return seq(kind if isinstance(kind, bytes) else oid(kind), flag, octets(value), **kw)


def name(*rdns):
    return seq(*rdns)


ISSUER = name(rdn(ORG, b"Development"), rdn(CN, b"Development EK CA"))
IDS = [rdn(MAKER, b"id:4E564944"), rdn(MODEL, b"demo fTPM"), rdn(VERSION, b"id:00010000")]
FROM, TO = tlv(0x17, b"260101000000Z"), tlv(0x18, b"99991231235959Z")
KEYID = bytes(range(20))


def san(*names):
    return seq(*names)


def directory(*rdns):
    return tlv(0xa4, seq(*rdns))


def spec(*fields):
    return seq(seq(oid(SPEC), set_(seq(*(fields or (tlv(UTF8, b"2.0"), integer(0), integer(159)))))))


# ---- keys

rsa_ca = rsa.generate_private_key(65537, 2048)
ec_ca = ec.generate_private_key(ec.SECP384R1())
point_key = ec.generate_private_key(ec.SECP256R1())
RSA_N = rsa.generate_private_key(65537, 2048).public_key().public_numbers().n


def uncompressed(key):
    return key.public_key().public_bytes(serialization.Encoding.X962,
                                         serialization.PublicFormat.UncompressedPoint)


POINT = uncompressed(point_key)


def ec_spki(point=POINT, curve=oid(P256), alg=oid(EC_OID), unused=0, more=b"", end=b""):
    return seq(seq(alg, curve, more), bits(point, unused), end)


def rsa_spki(n=integer(RSA_N), e=integer(65537), params=NULL, inner=b"", after=b"", unused=0, alg=oid(RSA_OID)):
    return seq(seq(alg, params), bits(seq(n, e, inner) + after, unused))


ECDSA = {"sha1": "1.2.840.10045.4.1", "sha224": "1.2.840.10045.4.3.1", "sha256": "1.2.840.10045.4.3.2",
         "sha384": "1.2.840.10045.4.3.3", "sha512": "1.2.840.10045.4.3.4"}
DIGEST = {"sha1": hashes.SHA1(), "sha224": hashes.SHA224(), "sha256": hashes.SHA256(),
          "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}

# ---- a certificate by its parts

EXTS = [
    (SAN, san(directory(*IDS)), True),
    (BC, seq(), True),
    (SDA, spec(), None),
    (AKI, seq(tlv(0x80, KEYID)), None),
    (KU, b"\x03\x02\x03\x08", True),
    (EKU, seq(oid(EK)), None),
]
PARTS = {"version": tlv(0xa0, integer(2)), "serial": integer(0x784F5CEBF92E863D3E9822F39DED12A4E2F7B75B),
         "tbs_alg": seq(oid(ECDSA["sha384"])), "issuer": ISSUER, "validity": seq(FROM, TO), "subject": seq(),
         "spki": ec_spki(), "uids": b"", "alg": None, "after_exts": b"", "in_exts": b"", "after_sig": b"",
         "after": b"", "wide": 0, "wide_tbs": 0, "wide_exts": 0, "signature": None, "no_exts": False,
         "explicit": 0xa3}


def certificate(exts=EXTS, raw_exts=None, **given):
    p = dict(PARTS, **given)
    body = b"".join(ext(*e) if isinstance(e, tuple) else e for e in exts) if raw_exts is None else raw_exts
    tail = b"" if p["no_exts"] else tlv(p["explicit"], seq(body, wide=p["wide_exts"]), p["in_exts"])
    tbs = seq(p["version"], p["serial"], p["tbs_alg"], p["issuer"], p["validity"], p["subject"], p["spki"],
              p["uids"], tail, p["after_exts"], wide=p["wide_tbs"])
    signature = p["signature"]
    if signature is None:
        signature = bits(ec_ca.sign(tbs, ec.ECDSA(hashes.SHA384())))
    alg = p["tbs_alg"] if p["alg"] is None else p["alg"]
    return seq(tbs, alg, signature, p["after_sig"], wide=p["wide"]) + p["after"]


def exts_with(kind, value=None, critical="same", twice=False, drop=False):
    out = []
    for e in EXTS:
        if e[0] != kind:
            out.append(e)
        elif not drop:
            changed = (kind, e[1] if value is None else value, e[2] if critical == "same" else critical)
            out += [changed, changed] if twice else [changed]
    if kind not in [e[0] for e in EXTS] and not drop:
        out.append((kind, value, None if critical == "same" else critical))
    return out


MUTANTS = {}


def put(label, der=None, **kw):
    assert label not in MUTANTS, label
    MUTANTS[label] = certificate(**kw) if der is None else der


def with_ext(label, kind, *args, **kw):
    put(label, exts=exts_with(kind, *args, **kw))


def with_spki(label, spki, usage=b"\x03\x02\x03\x08"):
    put(label, exts=exts_with(KU, usage), spki=spki)


def rsa_key(label, **kw):
    with_spki(label, rsa_spki(**kw), b"\x03\x02\x05\x20")


put("good")
put("good-rsa", exts=exts_with(KU, b"\x03\x02\x05\x20"), spki=rsa_spki())

# ---- around and lengths
good = MUTANTS["good"]
for label, tail in (("ff", b"\xff" * 300), ("ff1", b"\xff"), ("00", b"\0" * 20), ("001", b"\0"), ("again", good),
                    ("text", b"\n")):
    put("around-trail-" + label, after=tail)
put("around-short", good[:-1])
put("around-cut", good[:200])
put("around-inside-signature", after_sig=NULL)
put("around-indefinite", b"\x30\x80" + good[4:] + b"\0\0")
put("length-outer", wide=3)
put("length-tbs", wide_tbs=3)
put("length-exts", wide_exts=2)
put("length-serial", serial=tlv(2, b"\x01", wide=1))
put("length-issuer", issuer=seq(rdn(CN, b"CA"), wide=1))
put("length-issuer-value", issuer=name(set_(seq(oid(CN), tlv(UTF8, b"CA", wide=1)))))
put("length-subject", subject=seq(wide=1))
put("length-validity", validity=seq(FROM, TO, wide=1))
put("length-time", validity=seq(tlv(0x17, b"260101000000Z", wide=1), TO))
put("length-spki", spki=seq(seq(oid(EC_OID), oid(P256)), bits(POINT), wide=1))
put("length-spki-curve", spki=ec_spki(curve=tlv(6, oid(P256)[2:], wide=1)))
put("length-spki-bits", spki=seq(seq(oid(EC_OID), oid(P256)), tlv(3, b"\0", POINT, wide=1)))
put("length-ext", raw_exts=b"".join(ext(*e) for e in EXTS[:-1]) + ext(*EXTS[-1], wide=1))
put("length-alg", tbs_alg=seq(oid(ECDSA["sha384"]), wide=1))
put("length-alg-outer", alg=seq(oid(ECDSA["sha384"]), wide=1))
with_ext("length-in-san", SAN, san(tlv(0xa4, seq(*IDS), wide=1)))
with_ext("length-in-san-value", SAN, san(directory(set_(seq(oid(MAKER), tlv(UTF8, b"id:4E564944", wide=1))), *IDS[1:])))
with_ext("length-in-sda", SDA, spec(tlv(UTF8, b"2.0", wide=1), integer(0), integer(159)))
with_ext("length-in-aki", AKI, seq(tlv(0x80, KEYID, wide=1)))
with_ext("length-in-ku", KU, tlv(3, b"\x03\x08", wide=1))
with_ext("length-in-bc", BC, seq(wide=1))
with_ext("length-in-eku", EKU, seq(oid(EK), wide=1))

# ---- version and serial
put("version-absent", version=b"")
put("version-absent-no-exts", version=b"", no_exts=True)
for n in (0, 1, 3, 4, -1, 127, 255, 256, 1 << 40):
    put("version-%d" % n, version=tlv(0xa0, integer(n)))
put("version-wide", version=tlv(0xa0, tlv(2, b"\0\x02")))
put("version-empty", version=tlv(0xa0, tlv(2)))
put("version-nothing", version=tlv(0xa0))
put("version-two", version=tlv(0xa0, integer(2), integer(2)))
put("version-enumerated", version=tlv(0xa0, tlv(10, b"\x02")))
put("version-octets", version=tlv(0x80, b"\x02"))
for n in (0, 1, 127, 128, -1, -129, 1 << 159, (1 << 160) - 1, 1 << 167, 1 << 400):
    put("serial-%x" % n if n < 1 << 100 else "serial-%d-bytes-%x" % (len(integer(n)) - 2, n >> n.bit_length() - 4), serial=integer(n))
for n in (19, 20, 21, 22, 40):
    put("serial-octets-%d" % n, serial=tlv(2, b"\x11" * n))
put("serial-empty", serial=tlv(2))
put("serial-wide", serial=tlv(2, b"\0\x11"))
put("serial-wide-zero", serial=tlv(2, b"\0\0"))
put("serial-wide-negative", serial=tlv(2, b"\xff\x91"))
put("serial-negative-20", serial=tlv(2, b"\x91" * 20))
put("serial-octet-string", serial=tlv(4, b"\x11"))
put("serial-absent", serial=b"")
put("serial-twice", serial=integer(1) * 2)

# ---- algorithms
for label, kind in list(ECDSA.items()):
    put("alg-ecdsa-" + label, tbs_alg=seq(oid(kind)), signature=bits(ec_ca.sign(b"x", ec.ECDSA(hashes.SHA256()))))
for label, kind in (("md2", 2), ("md5", 4), ("sha1", 5), ("sha256", 11), ("sha384", 12), ("sha512", 13), ("sha224", 14),
                    ("oaep", 7), ("pss-bare", 10), ("key", 1)):
    for params, given in (("", NULL), ("-bare", b"")):
        put("alg-rsa-%s%s" % (label, params), tbs_alg=seq(oid("1.2.840.113549.1.1.%d" % kind), given))
sha256_id = seq(oid("2.16.840.1.101.3.4.2.1"), NULL)
pss = seq(tlv(0xa0, sha256_id), tlv(0xa1, seq(oid("1.2.840.113549.1.1.8"), sha256_id)), tlv(0xa2, integer(32)))
put("alg-pss", tbs_alg=seq(oid("1.2.840.113549.1.1.10"), pss))
put("alg-pss-empty", tbs_alg=seq(oid("1.2.840.113549.1.1.10"), seq()))
put("alg-pss-broken", tbs_alg=seq(oid("1.2.840.113549.1.1.10"), seq(tlv(0xa0, integer(1)))))
put("alg-pss-trailer-default", tbs_alg=seq(oid("1.2.840.113549.1.1.10"), seq(tlv(0xa0, sha256_id), tlv(0xa3, integer(1)))))
for label, kind in (("ed25519", "1.3.101.112"), ("ed448", "1.3.101.113"), ("dsa-sha256", "2.16.840.1.101.3.4.3.2"),
                    ("dsa-sha1", "1.2.840.10040.4.3"), ("ecdsa-sha3-256", "2.16.840.1.101.3.4.3.10"),
                    ("rsa-sha3-256", "2.16.840.1.101.3.4.3.14"), ("sm2", "1.2.156.10197.1.501"), ("unknown", "1.2.3.4"),
                    ("mldsa65", "2.16.840.1.101.3.4.3.18")):
    put("alg-" + label, tbs_alg=seq(oid(kind)))
put("alg-ecdsa-null", tbs_alg=seq(oid(ECDSA["sha384"]), NULL))
put("alg-ecdsa-octets", tbs_alg=seq(oid(ECDSA["sha384"]), octets(b"x")))
put("alg-rsa-sha256-octets", tbs_alg=seq(oid("1.2.840.113549.1.1.11"), octets(b"x")))
put("alg-two-params", tbs_alg=seq(oid(ECDSA["sha384"]), NULL, NULL))
put("alg-empty", tbs_alg=seq())
put("alg-not-oid", tbs_alg=seq(integer(1)))
put("alg-differs-outer", alg=seq(oid(ECDSA["sha256"])))
put("alg-differs-params", alg=seq(oid(ECDSA["sha384"]), NULL))
put("alg-outer-unknown", alg=seq(oid("1.2.3.4")))
put("alg-null-broken", tbs_alg=seq(oid(ECDSA["sha384"]), b"\x05\x01\x00"))
put("signature-unused", signature=bits(b"\x30\x06\x02\x01\x01\x02\x01\x02", 1))
put("signature-unused-set", signature=bits(b"\x30\x06\x02\x01\x01\x02\x01\x03", 1))
put("signature-unused-9", signature=bits(b"\x30\x06\x02\x01\x01\x02\x01\x03", 9))
put("signature-empty", signature=tlv(3))
put("signature-no-bytes", signature=bits(b""))
put("signature-octets", signature=octets(b"x"))
put("signature-absent", signature=b"")
put("signature-constructed", signature=tlv(0x23, bits(b"abc")))
put("signature-wrong", signature=bits(ec_ca.sign(b"other", ec.ECDSA(hashes.SHA384()))))

# ---- names: issuer and subject alike
STRINGS = [
    ("utf8", UTF8, "Grüße".encode()), ("utf8-bad", UTF8, b"\xff\xfe"), ("utf8-overlong", UTF8, b"\xc0\xaf"),
    ("utf8-surrogate", UTF8, b"\xed\xa0\x80"), ("utf8-empty", UTF8, b""), ("utf8-nul", UTF8, b"a\0b"),
    ("printable", PRINTABLE, b"CA 1"), ("printable-at", PRINTABLE, b"a@b"), ("printable-under", PRINTABLE, b"a_b"),
    ("printable-amp", PRINTABLE, b"a&b*c"), ("printable-8bit", PRINTABLE, b"\xe4"), ("printable-empty", PRINTABLE, b""),
    ("ia5", IA5, b"a@b"), ("ia5-8bit", IA5, b"\xe4"), ("t61", T61, b"CA"), ("t61-8bit", T61, b"\xe4\xff"),
    ("numeric", NUMERIC, b"12 34"), ("numeric-letter", NUMERIC, b"12a"), ("visible", VISIBLE, b"CA"),
    ("visible-8bit", VISIBLE, b"\xe4"), ("general", GENERAL, b"CA"), ("universal", UNIVERSAL, b"\0\0\0C"),
    ("universal-odd", UNIVERSAL, b"\0\0C"), ("universal-high", UNIVERSAL, b"\0\x11\0\0"), ("bmp", BMP, b"\0C\0A"),
    ("bmp-odd", BMP, b"\0C\0"), ("bmp-surrogate", BMP, b"\xd8\0\0A"), ("bmp-pair", BMP, b"\xd8\x3d\xde\0"),
    ("bmp-noncharacter", BMP, b"\xff\xfe"), ("bmp-nul", BMP, b"\0C\0\0"), ("bmp-empty", BMP, b""),
    ("octets", 4, b"CA"), ("integer", 2, b"\x05"), ("bits", 3, b"\0CA"), ("bits-empty", 3, b""), ("null", 5, b""),
    ("oid", 6, b"\x55\x04\x03"), ("boolean", 1, b"\xff"), ("enumerated", 10, b"\x01"), ("sequence", 0x30, b""),
    ("utc", 0x17, b"260101000000Z"), ("context", 0x80, b"CA"), ("graphic", 25, b"CA"), ("videotex", 21, b"CA"),
    ("utf8-constructed", 0x2c, tlv(UTF8, b"CA")), ("relative-oid", 13, b"\x01"), ("tag-zero", 0, b"CA"),
]
for where in ("issuer", "subject"):
    san_critical = dict(exts=exts_with(SAN, critical=True))
    for label, tag, value in STRINGS:
        put("%s-%s" % (where, label), **{where: name(rdn(ORG, b"O"), rdn(CN, value, tag))})
    put(where + "-country-3", **{where: name(rdn(COUNTRY, b"USA", PRINTABLE))})
    put(where + "-country-1", **{where: name(rdn(COUNTRY, b"U", PRINTABLE))})
    put(where + "-country-utf8", **{where: name(rdn(COUNTRY, b"US"))})
    put(where + "-long-cn", **{where: name(rdn(CN, b"C" * 65))})
    put(where + "-long-org", **{where: name(rdn(ORG, b"C" * 300))})
    put(where + "-unique-bits", **{where: name(rdn(UNIQUE, b"\0CA", 3))})
    put(where + "-email", **{where: name(rdn("1.2.840.113549.1.9.1", b"a@b.example", IA5))})
    put(where + "-unknown-type", **{where: name(rdn("1.2.3.4.5", b"x"))})
    put(where + "-two-in-set", **{where: name(set_(attr(CN, b"A"), attr(ORG, b"B")))})
    put(where + "-two-unordered", **{where: name(set_(attr(ORG, b"B"), attr(CN, b"A")))})
    put(where + "-two-alike", **{where: name(set_(attr(CN, b"A"), attr(CN, b"A")))})
    put(where + "-empty-set", **{where: name(set_())})
    put(where + "-empty-and-more", **{where: name(set_(), rdn(CN, b"A"))})
    put(where + "-attr-more", **{where: name(rdn(CN, b"A", more=NULL))})
    put(where + "-attr-no-value", **{where: name(set_(seq(oid(CN))))})
    put(where + "-attr-no-type", **{where: name(set_(seq(tlv(UTF8, b"A"))))})
    put(where + "-set-is-sequence", **{where: name(seq(attr(CN, b"A")))})
    put(where + "-is-set", **{where: set_(rdn(CN, b"A"))})
    put(where + "-oid-padded", **{where: name(set_(seq(tlv(6, b"\x55\x04\x80\x03"), tlv(UTF8, b"A"))))})
    put(where + "-oid-cut", **{where: name(set_(seq(tlv(6, b"\x55\x04\x83"), tlv(UTF8, b"A"))))})
    put(where + "-oid-empty", **{where: name(set_(seq(tlv(6), tlv(UTF8, b"A"))))})
    put(where + "-oid-huge", **{where: name(set_(seq(oid("2.25.%d" % (1 << 100)), tlv(UTF8, b"A"))))})
    put(where + "-oid-31", **{where: name(set_(seq(oid("2.25.%d" % ((1 << 31) - 1)), tlv(UTF8, b"A"))))})
    put(where + "-oid-32", **{where: name(set_(seq(oid("2.25.%d" % (1 << 31)), tlv(UTF8, b"A"))))})
    put(where + "-long-tag", **{where: name(set_(seq(oid(CN), b"\x1f\x1f\x01A")))})
put("issuer-empty", issuer=seq())
put("issuer-absent", issuer=b"")
put("subject-named-san-plain", exts=exts_with(SAN, critical=None), subject=name(rdn(CN, b"A")))
put("subject-absent", subject=b"")

# ---- validity
UTC, GEN = 0x17, 0x18
TIMES = [
    ("minutes", UTC, b"2601010000Z"), ("no-z", UTC, b"260101000000"), ("zone", UTC, b"260101000000+0100"),
    ("zone-minus", UTC, b"260101000000-1130"), ("zone-zero", UTC, b"260101000000+0000"), ("zone-25", UTC, b"260101000000+2500"),
    ("zone-60", UTC, b"260101000000+0060"), ("minutes-zone", UTC, b"2601010000+0100"),
    ("month-0", UTC, b"260001000000Z"), ("month-13", UTC, b"261301000000Z"), ("day-0", UTC, b"260100000000Z"),
    ("day-32", UTC, b"260132000000Z"), ("feb-29", UTC, b"260229000000Z"), ("feb-29-leap", UTC, b"240229000000Z"),
    ("feb-30", UTC, b"240230000000Z"), ("hour-24", UTC, b"260101240000Z"), ("minute-60", UTC, b"260101006000Z"),
    ("second-60", UTC, b"260101000060Z"), ("letters", UTC, b"26010100000aZ"), ("empty", UTC, b""), ("space", UTC, b"26010100000 Z"),
    ("small-z", UTC, b"260101000000z"), ("year-49", UTC, b"490101000000Z"), ("year-50", UTC, b"500101000000Z"),
    ("long-year", UTC, b"20260101000000Z"), ("fraction", UTC, b"260101000000.5Z"),
    ("gen", GEN, b"20260101000000Z"), ("gen-2049", GEN, b"20491231235959Z"), ("gen-2050", GEN, b"20500101000000Z"),
    ("gen-fraction", GEN, b"20260101000000.5Z"), ("gen-fraction-0", GEN, b"20260101000000.0Z"), ("gen-zone", GEN, b"20260101000000+0100"),
    ("gen-no-z", GEN, b"20260101000000"), ("gen-minutes", GEN, b"202601010000Z"), ("gen-hours", GEN, b"2026010100Z"),
    ("gen-year-0", GEN, b"00000101000000Z"), ("gen-year-1", GEN, b"00010101000000Z"), ("gen-1900-leap", GEN, b"19000229000000Z"),
    ("gen-2000-leap", GEN, b"20000229000000Z"), ("gen-month-13", GEN, b"20261301000000Z"), ("gen-sec-60", GEN, b"20260101000060Z"),
    ("gen-1949", GEN, b"19490101000000Z"),
    ("integer", 2, b"\x01"), ("utf8", UTF8, b"260101000000Z"), ("constructed", 0x37, tlv(UTC, b"260101000000Z")),
]
for label, tag, value in TIMES:
    put("from-" + label, validity=seq(tlv(tag, value), TO))
    put("to-" + label, validity=seq(FROM, tlv(tag, value)))
put("validity-reversed", validity=seq(tlv(UTC, b"300101000000Z"), tlv(UTC, b"200101000000Z")))
put("validity-same", validity=seq(FROM, FROM))
put("validity-one", validity=seq(FROM))
put("validity-three", validity=seq(FROM, TO, TO))
put("validity-empty", validity=seq())
put("validity-absent", validity=b"")

# ---- the key
for label, curve, key in (("p224", P224, ec.SECP224R1()), ("p384", P384, ec.SECP384R1()), ("p521", P521, ec.SECP521R1()),
                          ("k256", "1.3.132.0.10", ec.SECP256K1()), ("bp256", "1.3.36.3.3.2.8.1.1.7", ec.BrainpoolP256R1()),
                          ("p192", "1.2.840.10045.3.1.1", ec.SECP192R1())):
    key = ec.derive_private_key(7, key)
    with_spki("key-ec-" + label, ec_spki(uncompressed(key), oid(curve)))
with_spki("key-ec-sm2", ec_spki(curve=oid("1.2.156.10197.1.301")))
with_spki("key-ec-unknown-curve", ec_spki(curve=oid("1.2.3.4")))
with_spki("key-ec-inf", ec_spki(b"\0"))
with_spki("key-ec-inf-long", ec_spki(b"\0" * 65))
with_spki("key-ec-empty", ec_spki(b""))
with_spki("key-ec-compressed", ec_spki(bytes([2 + POINT[64] % 2]) + POINT[1:33]))
with_spki("key-ec-compressed-other", ec_spki(bytes([3 - POINT[64] % 2]) + POINT[1:33]))
with_spki("key-ec-compressed-off", ec_spki(b"\x02" + b"\xff" * 32))
with_spki("key-ec-hybrid", ec_spki(bytes([6 + POINT[64] % 2]) + POINT[1:]))
with_spki("key-ec-hybrid-wrong", ec_spki(bytes([7 - POINT[64] % 2]) + POINT[1:]))
with_spki("key-ec-off-curve", ec_spki(POINT[:-1] + bytes([POINT[-1] ^ 1])))
with_spki("key-ec-zeros", ec_spki(b"\x04" + b"\0" * 64))
with_spki("key-ec-too-large", ec_spki(b"\x04" + b"\xff" * 64))
with_spki("key-ec-short", ec_spki(POINT[:-1]))
with_spki("key-ec-long", ec_spki(POINT + b"\0"))
with_spki("key-ec-other-curve", ec_spki(curve=oid(P384)))
with_spki("key-ec-unused", ec_spki(POINT[:-1] + bytes([POINT[-1] & 0xfe]), unused=1))
with_spki("key-ec-unused-shifted", ec_spki(((int.from_bytes(POINT, "big") << 3)).to_bytes(65, "big"), unused=3))
with_spki("key-ec-unused-8", ec_spki(unused=8))
with_spki("key-ec-params-null", ec_spki(curve=NULL))
with_spki("key-ec-params-none", ec_spki(curve=b""))
prime = (1 << 256) - (1 << 224) + (1 << 192) + (1 << 96) - 1
GEN_P = bytes.fromhex("046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
                      "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5")
explicit = seq(integer(1), seq(oid("1.2.840.10045.1.1"), integer(prime)),
               seq(octets((prime - 3).to_bytes(32, "big")), octets(bytes.fromhex("5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b"))),
               octets(GEN_P), integer(int("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16)), integer(1))
with_spki("key-ec-params-explicit", ec_spki(curve=explicit))
with_spki("key-ec-params-more", ec_spki(more=NULL))
with_spki("key-spki-more", ec_spki(end=NULL))
with_spki("key-ec-alg-ecdh", ec_spki(alg=oid("1.3.132.1.12")))
with_spki("key-ec-alg-unknown", ec_spki(alg=oid("1.2.3.4")))
with_spki("key-ec-alg-padded", ec_spki(alg=tlv(6, b"\x2a\x86\x48\xce\x3d\x80\x02\x01")))
with_spki("key-absent", b"")
with_spki("key-empty", seq())
with_spki("key-bits-are-octets", seq(seq(oid(EC_OID), oid(P256)), octets(POINT)))
with_spki("key-ed25519", seq(seq(oid("1.3.101.112")), bits(bytes(range(32)))))
with_spki("key-x25519", seq(seq(oid("1.3.101.110")), bits(bytes(range(32)))))
with_spki("key-ed25519-short", seq(seq(oid("1.3.101.112")), bits(bytes(range(31)))))
with_spki("key-ed25519-null", seq(seq(oid("1.3.101.112"), NULL), bits(bytes(range(32)))))
for size in (512, 768, 1023, 1024, 1536, 2047, 3072, 4096, 8192, 16384, 17000):
    rsa_key("key-rsa-%d" % size, n=integer((1 << size - 1) | RSA_N | 1 if size > 2048 else RSA_N >> 2048 - size | 1))
rsa_key("key-rsa-even", n=integer(RSA_N - 1))
rsa_key("key-rsa-negative", n=integer(-RSA_N))
rsa_key("key-rsa-negative-seeming", n=tlv(2, RSA_N.to_bytes(256, "big")))
rsa_key("key-rsa-zero", n=integer(0))
rsa_key("key-rsa-one", n=integer(1))
rsa_key("key-rsa-wide", n=tlv(2, b"\0\0" + RSA_N.to_bytes(256, "big")))
rsa_key("key-rsa-length", n=tlv(2, b"\0" + RSA_N.to_bytes(256, "big"), wide=4))
for e in (0, 1, 2, 3, 4, 17, 65536, 65539, -1, -3, (1 << 31) - 1, (1 << 31) + 1, (1 << 32) + 1, (1 << 33) + 1, (1 << 63) - 1, (1 << 63) + 1,
          (1 << 64) + 1, (1 << 200) + 1):
    rsa_key("key-rsa-e-%x" % e, e=integer(e))
rsa_key("key-rsa-e-modulus", e=integer(RSA_N))
rsa_key("key-rsa-e-wide", e=tlv(2, b"\0\x01\0\x01"))
rsa_key("key-rsa-e-empty", e=tlv(2))
rsa_key("key-rsa-e-none", e=b"")
rsa_key("key-rsa-three", inner=integer(1))
rsa_key("key-rsa-after", after=NULL)
rsa_key("key-rsa-params-none", params=b"")
rsa_key("key-rsa-params-octets", params=octets(b""))
rsa_key("key-rsa-params-null-long", params=b"\x05\x81\x00")
rsa_key("key-rsa-params-null-content", params=b"\x05\x01\x00")
rsa_key("key-rsa-params-two", params=NULL + NULL)
rsa_key("key-rsa-unused", unused=1)
rsa_key("key-rsa-alg-oaep", alg=oid("1.2.840.113549.1.1.7"))
rsa_key("key-rsa-alg-pss", alg=oid("1.2.840.113549.1.1.10"))
rsa_key("key-rsa-alg-pss-none", alg=oid("1.2.840.113549.1.1.10"), params=b"")
rsa_key("key-rsa-alg-pss-params", alg=oid("1.2.840.113549.1.1.10"), params=pss)
rsa_key("key-rsa-alg-x500", alg=oid("2.5.8.1.1"))

# ---- unique identifiers, the list of extensions
put("uid-both", uids=tlv(0x81, b"\0abc") + tlv(0x82, b"\0abc"))
put("uid-issuer", uids=tlv(0x81, b"\0abc"))
put("uid-subject", uids=tlv(0x82, b"\0abc"))
put("uid-reversed", uids=tlv(0x82, b"\0abc") + tlv(0x81, b"\0abc"))
put("uid-empty", uids=tlv(0x81))
put("uid-bad-bits", uids=tlv(0x81, b"\x09a"))
put("uid-constructed", uids=tlv(0xa1, bits(b"abc")))
put("exts-none", no_exts=True)
put("exts-empty", raw_exts=b"")
put("exts-in-more", in_exts=NULL)
put("exts-after", after_exts=NULL)
put("exts-after-seq", after_exts=seq())
put("exts-after-tag4", after_exts=tlv(0xa4, seq()))
put("exts-tag-83", explicit=0x83)
put("exts-tag-a4", explicit=0xa4)
put("exts-element-set", raw_exts=b"".join(ext(*e) for e in EXTS) + set_(oid("1.2.3"), octets(b"")))
put("exts-element-empty", raw_exts=b"".join(ext(*e) for e in EXTS) + seq())
put("exts-element-more", raw_exts=b"".join(ext(*e) for e in EXTS) + seq(oid("1.2.3"), octets(b""), NULL))
put("exts-element-no-value", raw_exts=b"".join(ext(*e) for e in EXTS) + seq(oid("1.2.3")))
put("exts-value-bits", raw_exts=b"".join(ext(*e) for e in EXTS) + seq(oid("1.2.3"), bits(b"")))
put("exts-value-constructed", raw_exts=b"".join(ext(*e) for e in EXTS) + seq(oid("1.2.3"), tlv(0x24, octets(b"a"))))
put("exts-many", exts=EXTS + [("1.2.3.%d" % n, b"\x05\0", None) for n in range(40)])
put("exts-reversed", exts=EXTS[::-1])
for label, kind in (("padded", tlv(6, b"\x2a\x80\x03")), ("cut", tlv(6, b"\x2a\x83")), ("empty", tlv(6)),
                    ("huge", oid("2.25.%d" % (1 << 100))), ("first-40", oid("0.39.1")), ("arc-3", tlv(6, b"\x7f\x01"))):
    put("exts-oid-" + label, exts=EXTS + [ext(kind, b"\x05\0")])
for label, flag in (("false", FALSE), ("01", b"\x01\x01\x01"), ("fe", b"\x01\x01\xfe"), ("empty", b"\x01\x00"), ("two", b"\x01\x02\xff\xff"),
                    ("twice", TRUE + TRUE), ("integer", integer(1))):
    put("critical-" + label, exts=EXTS + [ext("1.2.3", b"\x05\0", flag)])
    with_ext("critical-san-" + label, SAN, critical=flag)
    with_ext("critical-aki-" + label, AKI, critical=flag)
for kind, label in ((SAN, "san"), (BC, "bc"), (SDA, "sda"), (AKI, "aki"), (KU, "ku"), (EKU, "eku")):
    with_ext("missing-" + label, kind, drop=True)
    with_ext("dup-" + label, kind, twice=True)
    with_ext("critflip-" + label, kind, critical=None if dict((e[0], e[2]) for e in EXTS)[kind] else True)
    with_ext("empty-" + label, kind, b"")
    with_ext("null-" + label, kind, NULL)
    with_ext("emptyseq-" + label, kind, seq())
    with_ext("garbage-" + label, kind, b"\xde\xad\xbe\xef")
    with_ext("trail-" + label, kind, dict((e[0], e[1]) for e in EXTS)[kind] + NULL)
    with_ext("trailff-" + label, kind, dict((e[0], e[1]) for e in EXTS)[kind] + b"\xff")
    with_ext("cut-" + label, kind, dict((e[0], e[1]) for e in EXTS)[kind][:-1])
put("dup-unknown", exts=EXTS + [("1.2.3", NULL, None)] * 2)
put("dup-differs", exts=EXTS + [(SAN, san(directory(*IDS[:1])), True)])
put("unknown-critical", exts=EXTS + [("1.2.3", NULL, True)])
put("unknown-empty", exts=EXTS + [("1.2.3", b"", None)])

# ---- subjectAltName
OTHER = {
    "dns": tlv(0x82, b"ek.example"), "dns-8bit": tlv(0x82, b"\xe4"), "email": tlv(0x81, b"a@b.example"), "uri": tlv(0x86, b"http://a.example/x"),
    "uri-bad": tlv(0x86, b"http://a b/%zz"), "ip": tlv(0x87, b"\x7f\0\0\x01"), "ip-5": tlv(0x87, b"12345"), "rid": tlv(0x88, b"\x2a\x03"),
    "x400": tlv(0xa3, seq()), "edi": tlv(0xa5, tlv(0xa1, tlv(UTF8, b"x"))), "tag9": tlv(0x89, b"x"), "universal": NULL,
    "other-upn": tlv(0xa0, oid("1.3.6.1.4.1.311.20.2.3"), tlv(0xa0, tlv(UTF8, b"x"))),
    "other-perm": tlv(0xa0, oid("1.3.6.1.5.5.7.8.3"), tlv(0xa0, seq(tlv(UTF8, b"x"), oid("1.2.3")))),
    "other-perm-empty": tlv(0xa0, oid("1.3.6.1.5.5.7.8.3"), tlv(0xa0, seq())),
    "other-perm-text": tlv(0xa0, oid("1.3.6.1.5.5.7.8.3"), tlv(0xa0, tlv(UTF8, b"x"))),
    "other-perm-ia5": tlv(0xa0, oid("1.3.6.1.5.5.7.8.3"), tlv(0xa0, seq(tlv(IA5, b"x")))),
    "other-perm-ia5-bad": tlv(0xa0, oid("1.3.6.1.5.5.7.8.3"), tlv(0xa0, seq(tlv(IA5, b"\xff")))),
    "other-perm-none": tlv(0xa0, oid("1.3.6.1.5.5.7.8.3")), "other-perm-plain": tlv(0xa0, oid("1.3.6.1.5.5.7.8.3"), tlv(0x80, b"x")),
    "other-hw": tlv(0xa0, oid("1.3.6.1.5.5.7.8.4"), tlv(0xa0, seq(oid("2.23.133.1.2"), octets(b"x")))),
    "other-primitive": tlv(0x80, oid("1.3.6.1.5.5.7.8.3")), "other-empty": tlv(0xa0), "long-tag": b"\xbf\x1f\x01\x00",
    "directory": directory(*IDS), "directory-cn": directory(rdn(CN, b"x")), "directory-empty": directory(),
}
for label, other in OTHER.items():
    with_ext("san-" + label, SAN, san(directory(*IDS), other))
    with_ext("san-first-" + label, SAN, san(other, directory(*IDS)))
with_ext("san-only-dns", SAN, san(OTHER["dns"]))
with_ext("san-only-cn", SAN, san(directory(rdn(CN, b"x"))))
for i, label in enumerate(("m", "mo", "v")):
    kind = (MAKER, MODEL, VERSION)[i]
    for what, tag, value in STRINGS:
        with_ext("san-%s-%s" % (label, what), SAN, san(directory(*IDS[:i], rdn(kind, value, tag), *IDS[i + 1:])))
    with_ext("san-no-" + label, SAN, san(directory(*IDS[:i], *IDS[i + 1:])))
    with_ext("san-twice-" + label, SAN, san(directory(*IDS, rdn(kind, b"again"))))
    with_ext("san-twice-empty-" + label, SAN, san(directory(*IDS, rdn(kind, b""))))
    with_ext("san-first-empty-" + label, SAN, san(directory(rdn(kind, b""), *IDS)))
    with_ext("san-valueless-" + label, SAN, san(directory(*IDS[:i], set_(seq(oid(kind))), *IDS[i + 1:])))
with_ext("san-one-set", SAN, san(directory(set_(*(r[2:] for r in IDS)))))
with_ext("san-one-set-sorted", SAN, san(directory(set_(*sorted(r[2:] for r in IDS)))))
with_ext("san-extra-cn", SAN, san(directory(*IDS, rdn(CN, b"x"))))
with_ext("san-empty-set", SAN, san(directory(set_(), *IDS)))
with_ext("san-attr-more", SAN, san(directory(rdn(MAKER, b"id:4E564944", more=NULL), *IDS[1:])))
with_ext("san-set-is-sequence", SAN, san(directory(seq(attr(MAKER, b"id:4E564944")), *IDS[1:])))
with_ext("san-attr-is-set", SAN, san(directory(set_(set_(oid(MAKER), tlv(UTF8, b"x"))), *IDS[1:])))
with_ext("san-implicit-directory", SAN, san(tlv(0xa4, *IDS)))
with_ext("san-directory-trailing", SAN, san(tlv(0xa4, seq(*IDS), NULL)))
with_ext("san-directory-primitive", SAN, san(tlv(0x84, seq(*IDS))))
with_ext("san-directory-application", SAN, san(tlv(0x64, seq(*IDS))))
with_ext("san-directory-universal", SAN, san(tlv(0x04, seq(*IDS))))
with_ext("san-directory-set", SAN, san(tlv(0xa4, set_(*IDS))))
with_ext("san-is-set", SAN, set_(directory(*IDS)))
with_ext("san-bare", SAN, directory(*IDS))
with_ext("san-oid-padded", SAN, san(directory(set_(seq(tlv(6, b"\x67\x81\x05\x02\x80\x01"), tlv(UTF8, b"x"))), *IDS[1:])))
for label, value in (("lower", b"id:4e564944"), ("short", b"id:4E56"), ("long", b"id:4E56494400"), ("none", b"id:"), ("noid", b"NVID"), ("odd", b"id:4E56494")):
    with_ext("san-maker-" + label, SAN, san(directory(rdn(MAKER, value), *IDS[1:])))
    with_ext("san-version-" + label, SAN, san(directory(*IDS[:2], rdn(VERSION, value))))

# ---- subjectDirectoryAttributes
two, zero, rev = tlv(UTF8, b"2.0"), integer(0), integer(159)
for label, tag, value in STRINGS:
    with_ext("sda-family-" + label, SDA, spec(tlv(tag, value), zero, rev))
for label, value in (("big", integer(1 << 31)), ("bigger", integer(1 << 63)), ("negative", integer(-1)), ("wide", tlv(2, b"\0\x01")),
                     ("empty", tlv(2)), ("enumerated", tlv(10, b"\x01")), ("text", two)):
    with_ext("sda-level-" + label, SDA, spec(two, value, rev))
    with_ext("sda-revision-" + label, SDA, spec(two, zero, value))
with_ext("sda-two-fields", SDA, spec(two, zero))
with_ext("sda-one-field", SDA, spec(two))
with_ext("sda-four-fields", SDA, spec(two, zero, rev, rev))
with_ext("sda-other-only", SDA, seq(seq(oid("2.23.133.2.18"), set_(seq()))))
with_ext("sda-other-first", SDA, seq(seq(oid("2.23.133.2.18"), set_(seq())), spec()[2:]))
with_ext("sda-two-values", SDA, seq(seq(oid(SPEC), set_(seq(two, zero, rev), seq(two, zero, rev)))))
with_ext("sda-no-values", SDA, seq(seq(oid(SPEC), set_())))
with_ext("sda-twice", SDA, seq(spec()[2:], spec()[2:]))
with_ext("sda-second-bad", SDA, seq(spec()[2:], seq(oid(SPEC), set_(NULL))))
with_ext("sda-first-bad", SDA, seq(seq(oid(SPEC), set_(NULL)), spec()[2:]))
with_ext("sda-values-sequence", SDA, seq(seq(oid(SPEC), seq(seq(two, zero, rev)))))
with_ext("sda-attr-more", SDA, seq(seq(oid(SPEC), set_(seq(two, zero, rev)), NULL)))
with_ext("sda-attr-novalues", SDA, seq(seq(oid(SPEC))))
with_ext("sda-set", SDA, set_(spec()[2:]))
with_ext("sda-element-set", SDA, seq(spec()[2:], set_()))
with_ext("sda-value-set", SDA, seq(seq(oid(SPEC), set_(set_(two, zero, rev)))))

# ---- basicConstraints, keyUsage
for label, value in (("false", seq(FALSE)), ("true", seq(TRUE)), ("01", seq(b"\x01\x01\x01")), ("path", seq(integer(0))), ("false-path", seq(FALSE, integer(0))),
                     ("true-path", seq(TRUE, integer(0))), ("path-negative", seq(integer(-1))), ("path-big", seq(integer(1 << 63))),
                     ("path-bigger", seq(integer(1 << 64))), ("path-wide", seq(tlv(2, b"\0\0"))), ("boolean", FALSE), ("more", seq(NULL)),
                     ("two-paths", seq(integer(0), integer(0))), ("empty-boolean", seq(b"\x01\x00"))):
    with_ext("bc-" + label, BC, value)
for label, value in (("none", b"\x03\x01\0"), ("zero", b"\x03\x02\0\0"), ("zero-7", b"\x03\x02\x07\0"), ("agree-unused-0", b"\x03\x02\0\x08"), ("encipher", b"\x03\x02\x05\x20"),
                     ("both", b"\x03\x02\x03\x28"), ("sign", b"\x03\x02\x07\x80"), ("sign-agree", b"\x03\x02\x03\x88"), ("unused-set", b"\x03\x02\x04\x08"),
                     ("unused-8", b"\x03\x02\x08\0"), ("nine-bits", b"\x03\x03\x07\x08\x80"), ("long", b"\x03\x04\0\x08\0\0"), ("empty", b"\x03\0"), ("octets", b"\x04\x02\x03\x08"),
                     ("all", b"\x03\x03\x07\xff\x80"), ("decipher", b"\x03\x03\x07\0\x80"), ("unused-only", b"\x03\x01\x03"), ("constructed", tlv(0x23, b"\x03\x02\x03\x08"))):
    with_ext("ku-" + label, KU, value)
    put("ku-rsa-" + label, exts=exts_with(KU, value), spki=rsa_spki())

# ---- authorityKeyIdentifier, subjectKeyIdentifier, extKeyUsage
issuer_names = tlv(0xa1, tlv(0xa4, ISSUER))
for label, value in (("no-keyid", seq(issuer_names, tlv(0x82, b"\x01"))), ("all", seq(tlv(0x80, KEYID), issuer_names, tlv(0x82, b"\x01"))),
                     ("keyid-empty", seq(tlv(0x80))), ("keyid-late", seq(issuer_names, tlv(0x80, KEYID))), ("keyid-constructed", seq(tlv(0xa0, octets(KEYID)))),
                     ("serial-only", seq(tlv(0x82, b"\x01"))), ("issuer-only", seq(issuer_names)), ("octets", octets(KEYID)), ("more", seq(tlv(0x80, KEYID), NULL)),
                     ("keyid-long", seq(tlv(0x80, KEYID * 10))), ("keyid-cut", b"\x30\x04\x80\x05\x01\x02")):
    with_ext("aki-" + label, AKI, value)
for label, value in (("good", octets(KEYID)), ("empty", octets(b"")), ("raw", KEYID), ("bits", bits(KEYID)), ("more", octets(KEYID) + NULL), ("none", b"")):
    with_ext("ski-" + label, SKI, value)
with_ext("ski-critical", SKI, octets(KEYID), True)
for label, value in (("any", seq(oid(ANY_EKU))), ("client", seq(oid(CLIENT))), ("ek-client", seq(oid(EK), oid(CLIENT))), ("client-ek", seq(oid(CLIENT), oid(EK))),
                     ("twice", seq(oid(EK), oid(EK))), ("not-oid", seq(integer(1))), ("oid-then-null", seq(oid(EK), NULL)), ("padded", seq(oid(EK), tlv(6, b"\x2a\x80\x03"))),
                     ("huge", seq(oid(EK), oid("2.25.%d" % (1 << 90)))), ("set", set_(oid(EK))), ("bare", oid(EK))):
    with_ext("eku-" + label, EKU, value)

# ---- what an EK certificate may have beside these
policy = seq(oid("1.2.3.4"))
for label, value in (("good", seq(policy)), ("empty", seq()), ("twice", seq(policy, policy)), ("two", seq(policy, seq(oid("1.2.3.5")))), ("not-oid", seq(seq(integer(1)))),
                     ("element-empty", seq(seq())), ("bare-oid", seq(oid("1.2.3.4"))), ("cps", seq(seq(oid("1.2.3.4"), seq(seq(oid("1.3.6.1.5.5.7.2.1"), tlv(IA5, b"http://x")))))),
                     ("qualifier-broken", seq(seq(oid("1.2.3.4"), NULL))), ("huge", seq(seq(oid("2.25.%d" % (1 << 90))))), ("huge-two", seq(policy, seq(oid("2.25.%d" % (1 << 90))))),
                     ("padded", seq(seq(tlv(6, b"\x2a\x80\x03")))), ("cut", seq(seq(tlv(6, b"\x2a\x83")))), ("trail", seq(policy) + NULL), ("octets", octets(b"x")), ("none", b"")):
    with_ext("policies-" + label, POLICIES, value)
with_ext("policies-critical", POLICIES, seq(policy), True)
url = tlv(0x86, b"http://ca.example/ek.der")
for label, value in (("good", seq(seq(oid(ISSUERS), url))), ("empty", seq()), ("ocsp", seq(seq(oid(OCSP), url))), ("dns", seq(seq(oid(ISSUERS), tlv(0x82, b"x")))), ("no-location", seq(seq(oid(ISSUERS)))),
                     ("not-oid", seq(seq(integer(1), url))), ("element-empty", seq(seq())), ("more", seq(seq(oid(ISSUERS), url, NULL))), ("unknown", seq(seq(oid("1.2.3"), url))),
                     ("uri-8bit", seq(seq(oid(ISSUERS), tlv(0x86, b"\xff")))), ("octets", octets(b"x")), ("trail", seq(seq(oid(ISSUERS), url)) + NULL), ("location-cut", seq(tlv(0x30, oid(ISSUERS), b"\x86\x09x")))):
    with_ext("aia-" + label, AIA, value)
with_ext("aia-critical", AIA, seq(seq(oid(ISSUERS), url)), True)
full = tlv(0xa0, tlv(0xa0, url))
for label, value in (("good", seq(seq(full))), ("empty", seq()), ("point-empty", seq(seq())), ("relative", seq(seq(tlv(0xa0, tlv(0xa1, attr(CN, b"x")))))), ("directory", seq(seq(tlv(0xa0, tlv(0xa0, tlv(0xa4, ISSUER)))))),
                     ("reasons", seq(seq(full, tlv(0x81, b"\x07\x80")))), ("issuer", seq(seq(tlv(0xa2, tlv(0xa4, ISSUER))))), ("not-seq", seq(NULL)), ("name-empty", seq(seq(tlv(0xa0)))), ("name-primitive", seq(seq(tlv(0x80, b"x")))),
                     ("full-empty", seq(seq(tlv(0xa0, tlv(0xa0))))), ("uri-cut", seq(tlv(0x30, tlv(0xa0, tlv(0xa0, b"\x86\x09x"))))), ("octets", octets(b"x")), ("trail", seq(seq(full)) + NULL)):
    with_ext("crldp-" + label, CRLDP, value)
with_ext("crldp-critical", CRLDP, seq(seq(full)), True)
for label, kind, value in (("pcon", PCON, seq(tlv(0x80, b"\0"))), ("pcon-empty", PCON, seq()), ("pcon-wide", PCON, seq(tlv(0x80, b"\0\0"))), ("pcon-none", PCON, seq(tlv(0x81))), ("pcon-octets", PCON, octets(b"")),
                           ("mappings", MAPPINGS, seq(seq(oid("1.2.3"), oid("1.2.4")))), ("mappings-one", MAPPINGS, seq(seq(oid("1.2.3")))), ("mappings-empty", MAPPINGS, seq()), ("mappings-null", MAPPINGS, NULL),
                           ("anypol", ANYPOL, integer(0)), ("anypol-negative", ANYPOL, integer(-1)), ("anypol-seq", ANYPOL, seq()), ("anypol-big", ANYPOL, integer(1 << 63)),
                           ("nc-dns", NC, seq(tlv(0xa0, seq(tlv(0x82, b"example"))))), ("nc-empty", NC, seq()), ("nc-empty-tree", NC, seq(tlv(0xa0))), ("nc-null", NC, NULL), ("nc-trail", NC, seq(tlv(0xa0, seq(tlv(0x82, b"example")))) + NULL),
                           ("nc-directory", NC, seq(tlv(0xa0, seq(tlv(0xa4, ISSUER))))), ("nc-ip", NC, seq(tlv(0xa1, seq(tlv(0x87, b"\x0a\0\0\0\xff\0\0\0"))))), ("nc-ip-5", NC, seq(tlv(0xa1, seq(tlv(0x87, b"12345"))))),
                           ("nc-ip-mask", NC, seq(tlv(0xa1, seq(tlv(0x87, b"\x0a\0\0\0\xff\0\xff\0"))))), ("nc-dns-8bit", NC, seq(tlv(0xa0, seq(tlv(0x82, b"\xe4"))))), ("nc-dns-dot", NC, seq(tlv(0xa0, seq(tlv(0x82, b".example"))))),
                           ("nc-email", NC, seq(tlv(0xa0, seq(tlv(0x81, b"a@example"))))), ("nc-uri", NC, seq(tlv(0xa0, seq(tlv(0x86, b"example"))))), ("nc-more", NC, seq(tlv(0xa0, seq(tlv(0x82, b"example"))), NULL)),
                           ("nc-element-null", NC, seq(tlv(0xa0, NULL))), ("nc-element-empty", NC, seq(tlv(0xa0, seq()))),
                           ("ian", "2.5.29.18", b"\xde\xad"), ("freshest", "2.5.29.46", b"\xde\xad"), ("ct", "1.3.6.1.4.1.11129.2.4.2", octets(b"x")), ("nocheck", "1.3.6.1.5.5.7.48.1.5", NULL)):
    with_ext("ext-" + label, kind, value)


# ---- the sweep: each value of a certificate changed in each way, each octet too

def parse(der):
    """[tag, content or list of nodes], of each value; None where the octets are no DER."""
    nodes = []
    while der:
        if len(der) < 2 or der[0] & 0x1f == 0x1f:
            return None
        n, at = der[1], 2
        if n & 0x80:
            at = 2 + (n & 0x7f)
            if n == 0x80 or n > 0x84 or len(der) < at:
                return None
            n = int.from_bytes(der[2:at], "big")
        if len(der) < at + n:
            return None
        content = der[at:at + n]
        inside = None
        if der[0] & 0x20:
            inside = parse(content)
            if inside is None:
                return None
        elif der[0] == 4 and content:
            inside = parse(content)
        elif der[0] == 3 and content[:1] == b"\0" and content[1:2] == b"\x30":
            inside = parse(content[1:])
        nodes.append([der[0], content if inside is None else inside, content[:1] if der[0] == 3 and inside is not None else b""])
        der = der[at + n:]
    return nodes


def build(node):
    if isinstance(node, bytes):
        return node
    tag, content, before = node[:3]
    return tlv(tag, before + (content if isinstance(content, bytes) else b"".join(map(build, content))),
               wide=node[3] if len(node) > 3 else 0)


def places(nodes):
    for i, node in enumerate(nodes):
        yield nodes, i
        if not isinstance(node[1], bytes):
            yield from places(node[1])


TAGS = (0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0a, 0x0c, 0x13, 0x17, 0x18, 0x1e, 0x30, 0x31, 0x80, 0x82, 0xa0, 0xa3, 0xa4, 0x24, 0x10)


def changes(node):
    """What may stand in the place of a value."""
    tag, content, before = node
    yield "gone", []
    yield "twice", [node, node]
    yield "empty", [[tag, b"", b""]]
    yield "null-before", [NULL, node]
    yield "null-behind", [node, NULL]
    yield "wide", [[tag, content, before, 1]]
    yield "wider", [[tag, content, before, 3]]
    yield "bit-6", [[tag ^ 0x20, content, before]]
    for other in TAGS:
        yield "tag-%02x" % other, [[other, content, before]]
    if isinstance(content, bytes):
        for label, value in (("zero", b"\0"), ("00-before", b"\0" + content), ("ff-before", b"\xff" + content), ("80-before", b"\x80" + content),
                             ("00-behind", content + b"\0"), ("cut", content[:-1]), ("cut-front", content[1:]), ("ff", b"\xff"), ("short-junk", b"\x30\x05\x02")):
            yield label, [[tag, value, before]]
    else:
        yield "null-inside", [[tag, content + [NULL], before]]
        yield "null-first", [[tag, [NULL] + content, before]]
        yield "junk-inside", [[tag, content + [b"\x02"], before]]
        yield "reversed", [[tag, content[::-1], before]]


def sweep():
    for kind in ("good", "good-rsa"):
        der = MUTANTS[kind]
        whole = parse(der)
        assert b"".join(map(build, whole)) == der
        for n, (siblings, i) in enumerate(list(places(whole))):
            if siblings is whole:
                continue
            node = siblings[i]
            for label, instead in list(changes(node)):
                siblings[i:i + 1] = instead
                yield "%s-value-%03d-%s" % (kind, n, label), b"".join(map(build, whole))
                siblings[i:i + len(instead)] = [node]
        for at in range(4, len(der)):
            for mask in (0x01, 0x02, 0x20, 0x80, 0xff):
                yield "%s-octet-%04d-%02x" % (kind, at, mask), der[:at] + bytes([der[at] ^ mask]) + der[at + 1:]


def main(folder, mode="one-by-one"):
    (folder / "mutants").mkdir(parents=True, exist_ok=True)
    for label, der in MUTANTS.items() if mode == "one-by-one" else sweep():
        (folder / "mutants" / (label + ".der")).write_bytes(der)
    ca = certificate(exts=[(BC, seq(TRUE), True), (KU, b"\x03\x02\x01\x06", True)], subject=ISSUER,
                     spki=ec_spki(uncompressed(ec_ca), oid(P384)))
    (folder / "ca.der").write_bytes(ca)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), *sys.argv[2:])
