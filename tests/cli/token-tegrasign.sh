# SPDX-License-Identifier: Apache-2.0
# The tegrasign hook with a key that never leaves its token, given by the environment as in the hook's head: the
# signature and the modulus are judged by openssl with the public half that pkcs11-tool reads.
. "$(dirname "$0")/lib.sh"
need python3
. "$(dirname "$0")/softhsm.sh"
PYTHONDONTWRITEBYTECODE=1
export PYTHONDONTWRITEBYTECODE ROTKIT

token_make prod
token_pair prod rsa:3072 pkc 01
token_tool prod --read-object --type pubkey --label pkc --output-file pub.der
openssl pkey -pubin -inform DER -in pub.der -out pub.pem
head -c 5000 /dev/urandom >content
cat >caller.py <<'PYTHON'
import os, sys
sys.path.insert(0, os.path.join(os.environ["SOURCE"], "examples", "jetpack"))
import tegrasign_v3_hsm as hook
from types import SimpleNamespace as S
k = S(filename=None, key=S(pkckey=S(Sha=1)))
assert hook.get_rsa_mod_hsm(k, "mod") is True and k.keysize == 384
open("mod.hex", "w").write(open("mod", "rb").read()[::-1].hex().upper() + "\n")
open("sig", "wb").write(hook.do_rsa_pss_hsm(open("content", "rb").read(), k)[::-1])
PYTHON
ROTKIT_KEY="pkcs11:token=prod;object=pkc?module-path=$module&pin-source=file:$scratch/pin" SOURCE=$SOURCE \
    python3 caller.py 2>"$err" || { cat "$err" >&2; fail "the hook with a token"; }
openssl rsa -pubin -in pub.pem -noout -modulus | sed 's/^Modulus=//' >wanted.hex
same "the modulus" wanted.hex mod.hex
openssl dgst -sha512 -verify pub.pem -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:64 -signature sig content \
    >/dev/null || fail "openssl refuses the token's signature"
