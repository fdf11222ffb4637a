# SPDX-License-Identifier: Apache-2.0
# What does Keylime read of EK certificates? keylime_judge.py FOLDER [CA.der]: "NAME takes" or "NAME refuses WHY", a
# line each. The reading is that of Python cryptography, pyasn1 and pyasn1_modules; the order of calls is
# that of Keylime's verify_ek (formats/ek-certificate.md 4.5): the certificate, or where that fails what pyasn1
# makes of it; its issuer, its signature's hash, its key; with a CA the issuer's name and the signature.
import pathlib
import sys
import warnings

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from pyasn1.codec.der import decoder, encoder
from pyasn1_modules import rfc2459


def load(der):
    try:
        return x509.load_der_x509_certificate(der)
    except Exception:
        again = encoder.encode(decoder.decode(der, asn1Spec=rfc2459.Certificate())[0])
        return x509.load_der_x509_certificate(again)


def check(cert, ca):
    issuer = cert.issuer
    kind = cert.signature_hash_algorithm
    if kind is None or not (cert.signature_algorithm_oid.dotted_string.startswith(("1.2.840.113549.1.1.", "2.16.840.1.101.3.4.3.", "1.2.840.10045.4.")) and
                            "dsa-with" not in cert.signature_algorithm_oid._name.replace("ecdsa-with", "")) or cert.signature_algorithm_oid.dotted_string == "1.2.840.113549.1.1.10":
        raise ValueError("neither RSA PKCS #1 v1.5 nor ECDSA")
    cert.public_key()
    if ca is None:
        return
    if issuer != ca.subject:
        raise ValueError("no CA has this name")
    key = ca.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(cert.signature, cert.tbs_certificate_bytes, padding.PKCS1v15(), kind)
    else:
        key.verify(cert.signature, cert.tbs_certificate_bytes, ec.ECDSA(kind))


warnings.simplefilter("ignore")
ca = x509.load_der_x509_certificate(pathlib.Path(sys.argv[2]).read_bytes()) if len(sys.argv) > 2 else None
for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    try:
        check(load(path.read_bytes()), ca)
        print(path.name, "takes")
    except BaseException as error:  # a panic of its Rust is no Exception
        print(path.name, "refuses", type(error).__name__, str(error).split("\n")[0][:120])
