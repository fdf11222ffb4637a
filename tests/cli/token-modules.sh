#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Which module and which token a key URI means: by file, by folder and name, by p11-kit's name; what a
# listing without a URI shows; and that no other module is touched.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/softhsm.sh"
need p11-kit strace

# p11-kit's module for TPMs makes its store in the home folder, and says on stderr what it misses.
HOME=$scratch
TPM2_PKCS11_STORE=$scratch/tpm-store
TSS2_LOG=all+NONE
export HOME TPM2_PKCS11_STORE TSS2_LOG
mkdir "$TPM2_PKCS11_STORE"
token_make prod
token_make empty
token_pair prod EC:prime256v1 p256 01
names() {
    "$ROTKIT" key list --json "$@" 2>/dev/null | jq -r '.tokens[].label' | sort | tr '\n' ' '
}

# By name, as p11-kit has it, without regard of case, or the file's without lib and .so.
for by in module-name=softhsm2 module-name=SoftHSM2 module-name=sofths%6D2 "module-path=$softhsm" \
    "module-path=$(dirname "$softhsm")&module-name=softhsm2" "module-path=$softhsm&module-name=softhsm2"; do
    [ "$(names "pkcs11:?$by")" = "empty prod " ] || fail "$by: $(names "pkcs11:?$by")"
    run 0 key show "pkcs11:token=prod;object=p256?$by&pin-source=file:$scratch/pin"
done
# Private objects are seen after a login alone, by either way of naming the PIN.
kinds() {
    "$ROTKIT" key list "$@" 2>/dev/null | grep -oE '(public|private) key' | sort | tr '\n' ' '
}
[ "$(kinds "pkcs11:token=prod?module-path=$softhsm")" = "public key " ] || fail "a private key without a login"
[ "$(kinds --passphrase "file:$scratch/pin" "pkcs11:token=prod?module-path=$softhsm")" = "private key public key " ] || fail "--passphrase"
[ "$(kinds "pkcs11:token=prod?module-path=$softhsm&pin-source=file:$scratch/pin")" = "private key public key " ] || fail "pin-source"
find /usr/share/p11-kit/modules /etc/pkcs11/modules -name '*.module' 2>/dev/null | sed 's|.*/||; s|\.module$||' >configured
grep -qx softhsm2 configured || fail "p11-kit knows no softhsm2: $(cat configured)"
# Only the module that is named is started.
ASAN_OPTIONS=detect_leaks=0 strace -f -e trace=openat,connect -o calls "$ROTKIT" key list 'pkcs11:?module-name=softhsm2' >"$out" 2>"$err" || fail "$(cat "$err")"
grep -q "$scratch/tokens" calls || fail "the module named was not started"
grep -E "tpm-store|/dev/tpm|trust-source|ca-certificates" calls >&2 && fail "another module was started"
code=0
"$ROTKIT" key list 'pkcs11:?module-name=softhsm3' >"$out" 2>"$err" || code=$?
[ "$code" -eq 4 ] || fail "exit $code"
{
    echo 'rotkit: no PKCS #11 module is called "softhsm3"'
    sed 's/.*/  p11-kit is configured with "&"/' configured
    echo '  any other is named by its file: module-path=/PATH'
} | sort >wanted
# Where it was looked for last, in the words of the loader.
grep -q '^  PKCS #11 module "libsofthsm3.so": .*/libsofthsm3.so' "$err" || fail "$(cat "$err")"
grep -v '"libsofthsm3.so"' "$err" | sort >found
same "the modules that are known" wanted found

# What the URI says of slot and library counts, too.
[ "$(names "pkcs11:library-manufacturer=SoftHSM?module-path=$softhsm")" = "empty prod " ] || fail "library-manufacturer"
[ -z "$(names "pkcs11:library-manufacturer=Other?module-path=$softhsm")" ] || fail "another library-manufacturer"
[ -z "$(names "pkcs11:slot-description=Other?module-path=$softhsm")" ] || fail "another slot-description"
slot=$(pkcs11-tool --module "$softhsm" --token-label prod -L | sed -n 's/^Slot.*: SoftHSM slot ID \(.*\)/\1/p' | head -n 1)
[ "$(names "pkcs11:slot-id=$((slot))?module-path=$softhsm")" = "$(pkcs11-tool --module "$softhsm" -L | sed -n 's/^  token label *: //p' | head -n 1) " ] ||
    fail "slot-id"

# Without a URI: tokens that may have keys. The system's trust store is shown when it is asked for.
names >shown
grep -q 'empty prod' shown || fail "key list: $(cat shown)"
grep -q 'System Trust' shown && fail "the trust store was listed"
names pkcs11: | grep -q 'System Trust' || fail "pkcs11: $(names pkcs11:)"
names 'pkcs11:?module-name=p11-kit-trust' | grep -q 'System Trust' || fail "module-name=p11-kit-trust"

# Parameters are for modules that take some; SoftHSM2 takes none, and says so.
refuse 4 "rotkit: PKCS #11 module \"$softhsm\": cannot be started: CKR_ARGUMENTS_BAD (0x7): the module does not take what it is called with: it may need parameters (x-init-reserved) or settings of its own" \
    key list "pkcs11:?module-path=$softhsm&x-init-reserved=a"
# A module of p11-kit's that does not start is left out, and named where nothing else is found.
ASAN_OPTIONS=detect_leaks=0 # tpm2-pkcs11 leaks when it fails
export ASAN_OPTIONS
grep -qx tpm2_pkcs11 configured || skip "p11-kit is not configured with tpm2-pkcs11"
TPM2_PKCS11_TCTI=device:/no/such run 4 key show 'pkcs11:token=nowhere;object=k'
sed -n '/^rotkit: /p;/does not start/p' "$err" >found
is found 'rotkit: no token is there that the key URI names
  module "tpm2_pkcs11" does not start: CKR_GENERAL_ERROR (0x5)'
TPM2_PKCS11_TCTI=device:/no/such run 0 key list
