# SPDX-License-Identifier: Apache-2.0
"""Lets NVIDIA's tegrasign_v3 (R35, R36) sign with RSA keys that rotkit reaches: tokens, helpers, files.

Rename the BSP's own tegrasign_v3_hsm.py to tegrasign_v3_hsm_bsp.py, put this file in its place, and run
the BSP's tools with --hsm. The environment says:

    ROTKIT       the rotkit binary (default: rotkit)
    ROTKIT_KEY   the PKC key by rotkit's key grammar (default: the key name tegrasign was given), e.g.
                 pkcs11:token=prod;object=pkc?module-path=/usr/lib/x.so&pin-source=file:/run/pin

Here is what an RSA key takes: do_rsa_pss_hsm, get_rsa_mod_hsm, get_rsa_mod_from_pubkey_hsm. Every other
name is the BSP's, as it is: SBK, KEK, ECDSA, Ed25519, XMSS, Montgomery values (T194 and older). Those work
with the key files that tegrasign was given; where the BSP's functions sign or ask by one of the names
above, they come here too. A function that the BSP's file has not, or any where there is no such file, raises
NotImplementedError with its name when it is called.
"""
import base64
import importlib
import json
import os
import subprocess

_BSP = "tegrasign_v3_hsm_bsp"


def _rotkit(args, data=b""):
    tool = os.environ.get("ROTKIT", "rotkit")
    run = subprocess.run([tool, *args], input=data, stdout=subprocess.PIPE, check=False)
    if run.returncode != 0:
        raise RuntimeError("rotkit %s: exit %d" % (args[0], run.returncode))
    return run.stdout


def _key(p_key):
    name = os.environ.get("ROTKIT_KEY") or p_key.filename
    if not name:
        raise ValueError("no key is named: set ROTKIT_KEY, or give tegrasign --key")
    return name


def _public(p_key):
    return json.loads(_rotkit(["key", "show", "--json", _key(p_key)]))


def _modulus(pem):
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
    """tegrasign_v3_util.Sha has _256 = 0 and _512 = 1."""
    said = p_key.key.pkckey.Sha
    known = [size for number, size in ((0, "256"), (1, "512")) if said == number or size in str(said)]
    if len(known) != 1:
        raise ValueError("p_key.key.pkckey.Sha is \"%s\", neither SHA-256 nor SHA-512" % said)
    return known[0]


def do_rsa_pss_hsm(buf, p_key):
    """The PSS signature over buf, least significant byte first; the salt is as long as the hash."""
    scheme = "rsa-pss-sha" + _sha(p_key)
    args = ["sign", "-q", "--key", _key(p_key), "--scheme", scheme, "-o", "-", "raw", "-"]
    return _rotkit(args, bytes(buf))[::-1]


def get_rsa_mod_hsm(p_key, pub_modf=None):
    """Sets p_key.keysize in bytes, writes the little-endian modulus; False where the key is not RSA.

    Not so for ROTKIT_KEY: at False the caller would try the key file that it was given, another key.
    """
    public = _public(p_key)
    if public["type"] != "RSA":
        if os.environ.get("ROTKIT_KEY"):
            raise ValueError("ROTKIT_KEY is of type %s, this hook signs with RSA keys" % public["type"])
        return False
    modulus = _modulus(public["public_key"])
    p_key.keysize = len(modulus)
    if pub_modf:
        with open(pub_modf, "wb") as file:
            file.write(modulus[::-1])
    return True


def get_rsa_mod_from_pubkey_hsm(p_key, pub_modf=None):  # pylint: disable=unused-argument
    """False, at which R36, that asks this first, goes on to get_rsa_mod_hsm: it knows public keys too."""
    return False


def _refusal(name):
    def refuse(*_args, **_kwargs):
        raise NotImplementedError("%s: neither rotkit nor %s.py provides it" % (name, _BSP))
    return refuse


def _bsp():
    """The BSP's module, whose own functions call ours; None where there is none."""
    try:
        module = importlib.import_module(_BSP)
    except ModuleNotFoundError as error:
        if error.name != _BSP:
            raise
        return None
    for ours in (do_rsa_pss_hsm, get_rsa_mod_hsm, get_rsa_mod_from_pubkey_hsm):
        setattr(module, ours.__name__, ours)
    return module


_bsp_module = _bsp()


def __getattr__(name):
    if not name.startswith("__") and hasattr(_bsp_module, name):
        return getattr(_bsp_module, name)
    if not name.islower() or name.startswith("_"):
        raise AttributeError("%s: neither rotkit nor %s.py provides it" % (name, _BSP))
    return _refusal(name)
