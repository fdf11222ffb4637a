#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Keys in a TPM 2.0 behind tpm2-pkcs11, which tpm2_ptool made; the TPM is swtpm's. A wrong PIN costs one of
# the tries that its dictionary attack logic counts, and locks nothing.
. "$(dirname "$0")/lib.sh"
. "$SOURCE/tests/support/swtpm.sh"
. "$SOURCE/tests/support/token.sh"
need tpm2_ptool
[ -n "$(find /usr/lib -name 'libtpm2_pkcs11.so*' | head -n 1)" ] || skip "tpm2-pkcs11 is absent"

tpm_of token
TPM2_PKCS11_TCTI=$tcti
TPM2_PKCS11_STORE=$scratch/store
TPM2_PKCS11_LOG_LEVEL=0
export TPM2_PKCS11_TCTI TPM2_PKCS11_STORE TPM2_PKCS11_LOG_LEVEL
mkdir "$TPM2_PKCS11_STORE"
echo 1234 >"$scratch/pin"
echo 9999 >"$scratch/wrong"

# The kernel's resource manager takes away what a program leaves in the TPM; here these do.
mkdir "$scratch/tools"
for tool in create createprimary load loadexternal unseal evictcontrol; do
    {
        printf '#!/bin/sh\n%s -t >/dev/null 2>&1\n' "$(command -v tpm2_flushcontext)"
        # shellcheck disable=SC2016 # the script's own words
        printf '%s "$@"\ncode=$?\n%s -t >/dev/null 2>&1\nexit $code\n' "$(command -v tpm2_$tool)" "$(command -v tpm2_flushcontext)"
    } >"$scratch/tools/tpm2_$tool"
    chmod +x "$scratch/tools/tpm2_$tool"
done
ptool() {
    PATH=$scratch/tools:$PATH tpm2_ptool "$@" >"$scratch/tool" 2>&1 || { cat "$scratch/tool" >&2; fail "tpm2_ptool $*"; }
}
ptool init
ptool addtoken --pid=1 --label=tpm --sopin=5678 --userpin=1234
ptool addkey --label=tpm --userpin=1234 --algorithm=rsa2048 --key-label=rsa
ptool addkey --label=tpm --userpin=1234 --algorithm=ecc256 --key-label=p256
ptool addkey --label=tpm --userpin=1234 --algorithm=ecc256 --key-label=always --attr-always-authenticate
ptool addkey --label=tpm --userpin=1234 --algorithm=aes256 --key-label=aes
ptool addkey --label=tpm --userpin=1234 --algorithm=hmac:sha256 --key-label=hmac

token=tpm
family tpm2-pkcs11
can_do 'RSA (no PSS with the longest salt)' P-256 HMAC-SHA-256 AES-ECB
token_lists rsa p256 always
for key in rsa p256; do
    token_checks $key
    token_certifies $key
done
token_signs rsa rsa-pkcs1-sha256 rsa-pkcs1-sha384 rsa-pss-sha256 rsa-pss-sha384
token_signs p256 ecdsa-sha256 ecdsa-sha384
token_signs always ecdsa-sha256
run 0 key check "$(key_uri always)"
grep -q 'PIN: is asked for at every use (CKA_ALWAYS_AUTHENTICATE)' "$out" || fail "$(cat "$out")"
token_lacks rsa rsa-pss-max-sha256 ', key "rsa": cannot sign: CKR_MECHANISM_PARAM_INVALID (0x71): the token does not take these parameters (digest or salt length)'
token_derives hmac HMAC-SHA-256
token_derives aes AES-ECB
grep -q 'AES-CMAC: token "tpm" lacks the mechanism CKM_AES_CMAC, which derivations need' "$out" || fail "$(cat "$out")"

# A master key of devices in the TPM: it derives the same each time, and nobody knows it.
new="device new --platform t234 --oem-id 1 --first-sn 1 --count 2 --plaintext-secrets --master"
run 0 $new "$(key_uri hmac)" --kdk-db kdk-once --eps-seeds eps-once --pubkey-db pub-once
run 0 $new "$(key_uri hmac)" --kdk-db kdk-twice --eps-seeds eps-twice --pubkey-db pub-twice
same "EPS seeds" eps-once eps-twice
[ "$(sort -u eps-once | wc -l)" -eq 2 ] || fail "two devices of one secret: $(cat eps-once)"

tries() {
    tpm2_getcap properties-variable | sed -n 's/^TPM2_PT_LOCKOUT_COUNTER: *//p'
}
[ "$(tries)" = 0x0 ] || fail "tries before: $(tries)"
token_refuses_pin p256
[ "$(tries)" = 0x1 ] || fail "a wrong PIN for two keys cost $(tries) tries"
tpm2_getcap properties-variable | grep -q 'inLockout: *0' || fail "the TPM is locked"
token_signs p256 ecdsa-sha256
