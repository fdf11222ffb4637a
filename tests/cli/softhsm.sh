# SPDX-License-Identifier: Apache-2.0
# A SoftHSM2 token of the test's own. Source it after lib.sh.
#   token_make LABEL         a new token; its PIN (1234) is in $scratch/pin
#   uri TOKEN KEY            a key's URI, with module-path ($module) and pin-source
# and what is below.

need softhsm2-util pkcs11-tool p11tool openssl
softhsm=/usr/lib/softhsm/libsofthsm2.so
[ -f "$softhsm" ] || skip "SoftHSM2 is absent"
faulty=$BUILD/bin/pkcs11_fault.so
module=$softhsm
mkdir "$scratch/tokens"
printf 'directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n' "$scratch/tokens" >"$scratch/softhsm2.conf"
SOFTHSM2_CONF=$scratch/softhsm2.conf
FAULT_MODULE=$softhsm
export SOFTHSM2_CONF FAULT_MODULE
# SoftHSM2 leaks when it reads an Edwards curve, the spy when it is loaded.
printf "leak:libsofthsm2\nleak:pkcs11-spy\n" >"$scratch/lsan"
LSAN_OPTIONS=suppressions=$scratch/lsan:print_suppressions=0
ASAN_OPTIONS=fast_unwind_on_malloc=0
export LSAN_OPTIONS ASAN_OPTIONS
printf '1234\n' >"$scratch/pin"

token_make() {
    softhsm2-util --init-token --free --label "$1" --pin 1234 --so-pin 5678 >/dev/null
}

# token_tool TOKEN ARG...: pkcs11-tool, logged in
token_tool() {
    token=$1
    shift
    pkcs11-tool --module "$softhsm" --token-label "$token" --login --pin 1234 "$@" >"$scratch/tool" 2>&1 || {
        cat "$scratch/tool" >&2
        fail "pkcs11-tool $*"
    }
}

# token_pair TOKEN TYPE LABEL ID: rsa:3072, EC:prime256v1, EC:edwards25519 ...
token_pair() {
    token_tool "$1" --keypairgen --key-type "$2" --label "$3" --id "$4" --sensitive
}

# token_secret TOKEN TYPE LABEL ID: AES:32, generic:32
token_secret() {
    token_tool "$1" --keygen --key-type "$2" --label "$3" --id "$4" --sensitive
}

# token_import TOKEN FILE LABEL ID: a private key (PEM) and its public half
token_import() {
    openssl pkey -in "$2" -outform DER -out "$scratch/private.der"
    openssl pkey -in "$2" -pubout -outform DER -out "$scratch/public.der"
    token_tool "$1" --write-object "$scratch/private.der" --type privkey --label "$3" --id "$4"
    token_tool "$1" --write-object "$scratch/public.der" --type pubkey --label "$3" --id "$4"
    rm -f "$scratch/private.der"
}

# token_import_secret TOKEN HEXFILE aes|generic LABEL: a 32-byte key; pkcs11-tool writes no generic one
token_import_secret() {
    if [ "$3" = generic ]; then
        GNUTLS_PIN=1234 p11tool --provider "$softhsm" --login --write "--secret-key=$(cat "$2")" --label "$4" \
            "pkcs11:token=$1" >"$scratch/tool" 2>&1 || {
            cat "$scratch/tool" >&2
            fail "p11tool $4"
        }
        return
    fi
    unhex <"$2" >"$scratch/secret.bin"
    token_tool "$1" --write-object "$scratch/secret.bin" --type secrkey --key-type AES:32 --label "$4"
    rm -f "$scratch/secret.bin"
}

uri() {
    printf 'pkcs11:token=%s;object=%s?module-path=%s&pin-source=file:%s' "$1" "$2" "$module" "$scratch/pin"
}
