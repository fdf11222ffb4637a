# SPDX-License-Identifier: Apache-2.0
# The tegrasign hook, called as R35 and as R36 call it, beside a BSP module: openssl judges signatures and modulus,
# the BSP's names come through, its own functions sign with rotkit's key, and what nobody provides fails with its
# name. Order of calls, arguments and how answers are compared are those of the tegrasign_v3.py and _internal.py that
# public copies of R35.3.1 and R36 hold; Sha is a number there (tegrasign_v3_util.py).
. "$(dirname "$0")/lib.sh"
need openssl
python=/usr/bin/python3
[ -x $python ] || python=python3
need $python
PYTHONDONTWRITEBYTECODE=1
export PYTHONDONTWRITEBYTECODE ROTKIT
unset ROTKIT_KEY

mkdir bsp alone
cp "$SOURCE/examples/jetpack/tegrasign_v3_hsm.py" bsp/
cp "$SOURCE/examples/jetpack/tegrasign_v3_hsm.py" alone/
openssl genrsa -out rsa.key 3072 2>/dev/null
openssl pkey -in rsa.key -pubout -out rsa.pub
openssl genrsa -out other.key 3072 2>/dev/null
openssl ecparam -name prime256v1 -genkey -noout -out ec.key
head -c 5000 /dev/urandom >content

# ---- every name of the R36.2 module ----
cp "$DATA"/cases/jetson/hsm-hook-r36/*.py bsp/
(cd bsp && $python try.py) >names 2>"$err" || { cat "$err" >&2; fail "try.py"; }
is names "do_hmac_sha256_hsm -> bsp
do_rsa_pss_hsm rotkit's own
do_ed25519_hsm -> bsp
do_aes_gcm_hsm -> bsp
get_rsa_mod_hsm rotkit's own
get_rsa_mont_hsm -> bsp
get_rsa_mod_from_pubkey_hsm -> False
get_rsa_mont_from_pubkey_hsm -> bsp
get_ed25519_pub_hsm -> bsp
do_random_hsm -> bsp
oem_hsm_kdf -> bsp
oem_hsm_aes_gcm -> bsp
oem_hsm_hmacsha -> bsp"

# ---- the callers ----
# A BSP module of another release: names that no list of ours knows, a constant, one function that signs by its own.
cat >bsp/tegrasign_v3_hsm_bsp.py <<'PYTHON'
NV_DEBUG_YAML = "debug.yaml"

def do_rsa_pss_hsm(buf, p_key):
    raise AssertionError("the BSP signs by itself")

def get_rsa_mod_hsm(p_key, pub_modf=None):
    raise AssertionError("the BSP reads the key by itself")

def sign_files_in_batch_hsm(p_key, given, made):
    for i in given:
        made[i] = do_rsa_pss_hsm(given[i]["data_to_sign"], p_key)[:]
    return 0

def of_a_release_to_come_hsm(*a):
    return ("bsp", a)

do_aes_gcm_hsm = do_kdf_oem_hsm = get_ecc_pub_hsm = get_ed25519_pub_hsm = of_a_release_to_come_hsm
PYTHON

cat >caller.py <<'PYTHON'
import importlib, sys
sys.path.insert(0, "bsp")
from types import SimpleNamespace as S

class Sha:
    _512 = 1
    _256 = 0

def key(name):
    return S(filename=name, keysize=16, mode="Unknown", key=S(pkckey=S(Sha=Sha._256)))

def by_name(name):  # import_function() of R36
    return getattr(__import__("tegrasign_v3_hsm", fromlist=[name]), name)

def raises(kind, text, call, *args):
    try:
        call(*args)
    except kind as error:
        assert str(error) == text, str(error)
        return
    raise AssertionError("no %s: %s" % (kind.__name__, text))

def sign(p_key, pkh, sha):
    p_key.key.pkckey.Sha = sha
    made = by_name("do_rsa_pss_hsm")(content, p_key)
    assert made is not None and not isinstance(made, str)
    with open(pkh + ".sig", "wb") as file:
        file.write(made[:])

def r35(name, pkh):
    p_key = key(name)
    from tegrasign_v3_hsm import get_rsa_mod_hsm
    if (get_rsa_mod_hsm(p_key, pkh) if pkh else get_rsa_mod_hsm(p_key)) is True:
        p_key.mode = "PKC"
        return p_key
    from tegrasign_v3_hsm import get_ed25519_pub_hsm
    assert get_ed25519_pub_hsm(p_key, pkh) == ("bsp", (p_key, pkh))
    return p_key

def r36(name, pkh):
    p_key = key(name)
    if by_name("get_rsa_mod_from_pubkey_hsm")(p_key, pkh) is True or by_name("get_rsa_mod_hsm")(p_key, pkh) is True:
        p_key.mode = "PKC"
        return p_key
    assert by_name("get_ecc_pub_hsm")(p_key, pkh) == ("bsp", (p_key, pkh))
    return p_key

content = open("content", "rb").read()
for caller in (r35, r36):
    for name in ("rsa.key", "rsa.pub"):
        pkh = "%s-%s" % (caller.__name__, name)
        p_key = caller(name, pkh)
        assert p_key.mode == "PKC" and p_key.keysize == 384, (caller, name)
        assert caller(name, None).keysize == 384
        with open(pkh + ".hex", "w") as file:
            file.write(open(pkh, "rb").read()[::-1].hex().upper() + "\n")
    sign(caller("rsa.key", None), caller.__name__ + "-256", Sha._256)
    sign(caller("rsa.key", None), caller.__name__ + "-512", Sha._512)
    assert caller("ec.key", "none").mode == "Unknown"

# The BSP's own functions come to rotkit's key; its other names come through, whatever they are.
made = {}
p_key = key("rsa.key")
p_key.key.pkckey.Sha = Sha._512
assert by_name("sign_files_in_batch_hsm")(p_key, {0: {"data_to_sign": bytearray(content)}}, made) == 0
open("batch-512.sig", "wb").write(made[0])
for name in ("do_aes_gcm_hsm", "do_kdf_oem_hsm", "of_a_release_to_come_hsm"):
    assert by_name(name)(1, 2) == ("bsp", (1, 2))
from tegrasign_v3_hsm import NV_DEBUG_YAML
assert NV_DEBUG_YAML == "debug.yaml"

hook = importlib.import_module("tegrasign_v3_hsm")
p_key.key.pkckey.Sha = 2
raises(ValueError, 'p_key.key.pkckey.Sha is "2", neither SHA-256 nor SHA-512', hook.do_rsa_pss_hsm, content, p_key)
raises(RuntimeError, "rotkit sign: exit 4", hook.do_rsa_pss_hsm, content, key("ec.key"))
raises(RuntimeError, "rotkit key: exit 7", hook.get_rsa_mod_hsm, key("absent.key"))
raises(ValueError, "no key is named: set ROTKIT_KEY, or give tegrasign --key", hook.get_rsa_mod_hsm, key(None))
PYTHON
$python caller.py 2>"$err" || { cat "$err" >&2; fail "the callers of R35 and R36"; }

openssl rsa -in rsa.key -noout -modulus | sed 's/^Modulus=//' >wanted.hex
for caller in r35 r36; do
    same "the modulus for $caller" wanted.hex $caller-rsa.key.hex
    same "the modulus of a public key for $caller" wanted.hex $caller-rsa.pub.hex
done
for made in r35-256 r35-512 r36-256 r36-512 batch-512; do
    perl -0777 -ne 'print scalar reverse' $made.sig >native
    openssl dgst -sha${made#*-} -verify rsa.pub -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest \
        -signature native content >/dev/null || fail "openssl refuses the signature $made"
done
[ ! -e none ] || fail "a modulus of an EC key"

# ---- without the BSP's file: a name when it is called; constants when they are asked for ----
cat >none.py <<'PYTHON'
import sys
sys.path.insert(0, "alone")
import tegrasign_v3_hsm as hook
for name in ("do_random_hsm", "do_ed25519_hsm", "get_rsa_mont_hsm", "do_ecc_hsm"):
    try:
        getattr(hook, name)(None, None)
    except NotImplementedError as error:
        assert str(error) == name + ": neither rotkit nor tegrasign_v3_hsm_bsp.py provides it", str(error)
    else:
        raise AssertionError(name)
assert not hasattr(hook, "NV_DEBUG_YAML")
PYTHON
$python none.py 2>"$err" || { cat "$err" >&2; fail "the hook alone"; }
# A BSP's file that itself lacks a module is not taken for none.
echo 'import absent_module' >alone/tegrasign_v3_hsm_bsp.py
$python -c 'import sys; sys.path.insert(0, "alone"); import tegrasign_v3_hsm' 2>"$err" && fail "a broken BSP file is passed over"
grep -q "No module named 'absent_module'" "$err" || fail "$(cat "$err")"

# ---- ROTKIT_KEY goes before the name that tegrasign was given, and never silently makes room for it ----
cat >given.py <<'PYTHON'
import sys
sys.path.insert(0, "bsp")
import tegrasign_v3_hsm as hook
from types import SimpleNamespace as S
k = S(filename=sys.argv[1], key=S(pkckey=S(Sha=1)))
assert hook.get_rsa_mod_hsm(k, "given.mod") is True and k.keysize == 384
open("given.hex", "w").write(open("given.mod", "rb").read()[::-1].hex().upper() + "\n")
PYTHON
ROTKIT_KEY=rsa.key $python given.py other.key || fail "ROTKIT_KEY"
same "the modulus of ROTKIT_KEY" wanted.hex given.hex
# A helper is a key as any other: its signature, by the hook, holds.
openssl pkey -in rsa.key -pubout -out helper.pub
cat >helper <<'HELPER'
#!/bin/sh
echo "$1" >helper-asked
exec openssl pkeyutl -sign -inkey rsa.key -pkeyopt digest:sha256 -pkeyopt rsa_padding_mode:pss -pkeyopt rsa_pss_saltlen:32
HELPER
chmod 755 helper
cat >by-helper.py <<'PYTHON'
import sys
sys.path.insert(0, "bsp")
import tegrasign_v3_hsm as hook
from types import SimpleNamespace as S
k = S(filename="none", key=S(pkckey=S(Sha=0)))
open("helper.sig", "wb").write(hook.do_rsa_pss_hsm(b"by a helper", k)[::-1])
PYTHON
ROTKIT_KEY="helper:$PWD/helper?public=helper.pub" $python by-helper.py || fail "a helper as ROTKIT_KEY"
is helper-asked rsa-pss-sha256
printf 'by a helper' | openssl dgst -sha256 -verify helper.pub -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 \
    -signature helper.sig >judged || fail "a helper's signature: $(cat judged)"
ROTKIT_KEY=ec.key $python given.py rsa.key 2>"$err" && fail "an EC ROTKIT_KEY: tegrasign goes on with another key"
tail -n 1 "$err" >last
is last "ValueError: ROTKIT_KEY is of type EC, this hook signs with RSA keys"
