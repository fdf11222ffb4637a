# SPDX-License-Identifier: Apache-2.0
"""Lets NVIDIA's tegrasign_v3 sign with keys that rotkit reaches (tokens, helpers, files).

Rename the BSP's own tegrasign_v3_hsm.py to tegrasign_v3_hsm_bsp.py, put this file in its place, and run
the BSP's tools with --hsm. The environment says:

    ROTKIT       the rotkit binary (default: rotkit)
    ROTKIT_KEY   the PKC key by rotkit's key grammar (default: the key name tegrasign was given), e.g.
                 pkcs11:token=prod;object=pkc?module-path=/usr/lib/x.so&pin-source=file:/run/pin

Here are the RSA functions. Those of the symmetric keys (SBK, KEK) are the BSP's, as they are. What nobody
provides raises NotImplementedError with its name: Montgomery values (T194 and older), and Ed25519, for
which the byte order tegrasign expects is not public.
"""
import base64
import importlib
import json
import os
import subprocess

_BSP = "tegrasign_v3_hsm_bsp"
_FROM_BSP = ("do_hmac_sha256_hsm", "do_aes_gcm_hsm", "do_random_hsm", "do_derive_hmacsha_hsm",
             "do_derive_aesgcm_hsm", "do_kdf_kdf2_hsm", "do_kdf_oem_hsm")
_REFUSED = ("get_rsa_mont_hsm", "do_ed25519_hsm", "get_ed25519_pub_hsm")


def _rotkit(args, data=b""):
    tool = os.environ.get("ROTKIT", "rotkit")
    run = subprocess.run([tool, *args], input=data, stdout=subprocess.PIPE, check=False)
    if run.returncode != 0:
        raise RuntimeError("rotkit %s: exit %d" % (args[0], run.returncode))
    return run.stdout


def _key(p_key):
    return os.environ.get("ROTKIT_KEY") or p_key.filename


def _public(p_key):
    return json.loads(_rotkit(["key", "show", "--json", _key(p_key)]))


def _modulus(p_key):
    pem = _public(p_key)["public_key"]
    der = base64.b64decode("".join(pem.split("-----")[2].split()))

    def inside(at, tag):
        if der[at] != tag:
            raise ValueError("public key: tag 0x%02x at %d, expected 0x%02x" % (der[at], at, tag))
        size = der[at + 1]
        if size < 0x80:
            return at + 2, size
        count = size & 0x7f
        return at + 2 + count, int.from_bytes(der[at + 2:at + 2 + count], "big")

    algorithm, size = inside(inside(0, 0x30)[0], 0x30)
    bits, _ = inside(algorithm + size, 0x03)
    at, size = inside(inside(bits + 1, 0x30)[0], 0x02)
    return der[at:at + size].lstrip(b"\0")


def _sha(p_key):
    said = str(p_key.key.pkckey.Sha)
    known = [size for size in ("256", "512") if size in said]
    if len(known) != 1:
        raise ValueError("p_key.key.pkckey.Sha is \"%s\", neither SHA-256 nor SHA-512" % said)
    return known[0]


def do_rsa_pss_hsm(buf, p_key):
    """The PSS signature over buf, least significant byte first."""
    scheme = "rsa-pss-sha" + _sha(p_key)
    args = ["sign", "-q", "--key", _key(p_key), "--scheme", scheme, "-o", "-", "raw", "-"]
    return _rotkit(args, bytes(buf))[::-1]


def get_rsa_mod_hsm(p_key, pub_modf=None):
    """Sets p_key.keysize in bytes, writes the little-endian modulus; False where the key is not RSA."""
    if _public(p_key)["type"] != "RSA":
        return False
    modulus = _modulus(p_key)
    p_key.keysize = len(modulus)
    if pub_modf:
        with open(pub_modf, "wb") as file:
            file.write(modulus[::-1])
    return True


def _refusal(name):
    def refuse(*_args, **_kwargs):
        raise NotImplementedError("%s: neither rotkit nor %s.py provides it" % (name, _BSP))
    return refuse


def _bsp():
    try:
        return importlib.import_module(_BSP)
    except ModuleNotFoundError as error:
        if error.name != _BSP:
            raise
        return None


for _name in _FROM_BSP:
    globals()[_name] = getattr(_bsp(), _name, None) or _refusal(_name)
for _name in _REFUSED:
    globals()[_name] = _refusal(_name)


def __getattr__(name):
    if name.startswith("_"):
        raise AttributeError(name)
    return _refusal(name)
