# SPDX-License-Identifier: Apache-2.0
# The tegrasign hook under a stand-in caller and beside a stand-in BSP module: openssl judges signatures and
# modulus, the BSP's functions come through, and what nobody provides fails with its name.
. "$(dirname "$0")/lib.sh"
need python3 openssl
PYTHONDONTWRITEBYTECODE=1
export PYTHONDONTWRITEBYTECODE ROTKIT

mkdir bsp
cp "$SOURCE/examples/jetpack/tegrasign_v3_hsm.py" bsp/
printf 'def do_aes_gcm_hsm(*a):\n    return ("bsp", a)\n' >bsp/tegrasign_v3_hsm_bsp.py
openssl genrsa -out rsa.key 3072 2>/dev/null
openssl pkey -in rsa.key -pubout -out rsa.pub
openssl ecparam -name prime256v1 -genkey -noout -out ec.key
head -c 5000 /dev/urandom >content

cat >caller.py <<'PYTHON'
import sys
sys.path.insert(0, "bsp")
import tegrasign_v3_hsm as hook
from types import SimpleNamespace as S

def key(name, sha="512"):
    return S(filename=name, keysize=0, key=S(pkckey=S(Sha="Sha._" + sha)))

def raises(kind, text, call, *args):
    try:
        call(*args)
    except kind as error:
        assert str(error) == text, str(error)
        return
    raise AssertionError("no %s: %s" % (kind.__name__, text))

content = open("content", "rb").read()
for sha in ("256", "512"):
    open("sig" + sha, "wb").write(hook.do_rsa_pss_hsm(content, key("rsa.key", sha))[::-1])
rsa = key("rsa.key")
assert hook.get_rsa_mod_hsm(rsa) is True and rsa.keysize == 384
assert hook.get_rsa_mod_hsm(rsa, "mod") is True
open("mod.hex", "w").write(open("mod", "rb").read()[::-1].hex().upper() + "\n")
assert hook.get_rsa_mod_hsm(key("ec.key"), "none") is False
assert hook.do_aes_gcm_hsm(1, 2) == ("bsp", (1, 2))
for name in ("do_random_hsm", "do_ed25519_hsm", "get_rsa_mont_hsm", "do_ecc_hsm"):
    raises(NotImplementedError, name + ": neither rotkit nor tegrasign_v3_hsm_bsp.py provides it",
           getattr(hook, name), b"", rsa)
raises(ValueError, 'p_key.key.pkckey.Sha is "Sha._384", neither SHA-256 nor SHA-512',
       hook.do_rsa_pss_hsm, content, key("rsa.key", "384"))
raises(RuntimeError, "rotkit sign: exit 4", hook.do_rsa_pss_hsm, content, key("ec.key"))
PYTHON
python3 caller.py 2>"$err" || { cat "$err" >&2; fail "the stand-in caller"; }
for sha in 256 512; do
    openssl dgst -sha$sha -verify rsa.pub -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest \
        -signature sig$sha content >/dev/null || fail "openssl refuses the SHA-$sha signature"
done
openssl rsa -in rsa.key -noout -modulus | sed 's/^Modulus=//' >wanted.hex
same "the modulus" wanted.hex mod.hex
[ ! -e none ] || fail "a modulus of an EC key"
# ROTKIT_KEY goes before the name that tegrasign was given.
ROTKIT_KEY=rsa.key python3 -c 'import sys; sys.path.insert(0, "bsp")
import tegrasign_v3_hsm as hook
from types import SimpleNamespace as S
k = S(filename="absent"); assert hook.get_rsa_mod_hsm(k) and k.keysize == 384' || fail "ROTKIT_KEY"
