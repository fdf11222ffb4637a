#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Keys in opencryptoki's soft token, which pkcsconf and pkcs11-tool made, behind a pkcsslotd of our own: it
# keeps its things in fixed places of the system, so the test runs in namespaces where they are the test's.
if [ "${1:-}" != inside ]; then
    command -v pkcsslotd >/dev/null 2>&1 || { echo "SKIP: pkcsslotd is absent" >&2; exit 77; }
    [ "$(id -u)" -eq 0 ] || { echo "SKIP: pkcsslotd wants root" >&2; exit 77; }
    unshare -m -i true 2>/dev/null || { echo "SKIP: no namespaces of our own" >&2; exit 77; }
    exec unshare -m -i sh "$0" inside
fi
. "$(dirname "$0")/lib.sh"
. "$SOURCE/tests/support/token.sh"
need pkcsslotd pkcsconf pkcs11-tool p11tool
module=$(find /usr/lib -path '*/pkcs11/libopencryptoki.so' | head -n 1)
[ -n "$module" ] || skip "libopencryptoki.so is absent"

daemon=
trap '[ -z "$daemon" ] || kill "$daemon" 2>/dev/null; rm -rf "$scratch"' EXIT
for place in /etc/opencryptoki /var/lib/opencryptoki /run /dev/shm; do
    mount -t tmpfs none "$place"
done
mkdir -p /var/lib/opencryptoki/swtok/TOK_OBJ /run/lock/opencryptoki/swtok
printf 'version opencryptoki-3.1\nslot 3\n{\nstdll = libpkcs11_sw.so\n}\n' >/etc/opencryptoki/opencryptoki.conf
chgrp -R pkcs11 /var/lib/opencryptoki /run/lock
chmod -R g+rwX /var/lib/opencryptoki /run/lock
pkcsslotd -f >"$scratch/daemon.log" 2>&1 &
daemon=$!
for _ in $(seq 100); do
    pkcsconf -t >/dev/null 2>&1 && break
    sleep 0.05
done
pkcsconf -t >"$scratch/tool" 2>&1 || fail "no slot daemon: $(cat "$scratch/daemon.log" "$scratch/tool")"

# conf LINES ARG...: what pkcsconf asks for, line by line
conf() {
    lines=$1
    shift
    printf '%b' "$lines" | pkcsconf "$@" -c 3 >"$scratch/tool" 2>&1 || fail "pkcsconf $*: $(cat "$scratch/tool")"
}
conf '87654321\nprod\n' -I
conf '87654321\n56785678\n56785678\n' -P
conf '56785678\n12341234\n12341234\n' -u
echo 12341234 >"$scratch/pin"
echo 99999999 >"$scratch/wrong"
tool() {
    pkcs11-tool --module "$module" --token-label prod --login --pin 12341234 "$@" >"$scratch/tool" 2>&1 || fail "pkcs11-tool $*: $(cat "$scratch/tool")"
}
tool --keypairgen --key-type rsa:2048 --label rsa --id 01
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -out import.key 2>/dev/null
openssl pkey -in import.key -outform DER -out import.der
tool --write-object import.der --type privkey --label import
rm import.der
tool --keygen --key-type generic:32 --label generic --id 03
printf '%064x\n' 22136 >aes.key
unhex <aes.key >aes.bin
tool --write-object aes.bin --type secrkey --key-type AES:32 --label aes --id 04

token=prod
family opencryptoki
can_do RSA HMAC-SHA-256 AES-ECB
token_lists rsa import
for key in rsa import; do
    token_checks $key
    token_certifies $key
done
token_signs rsa rsa-pkcs1-sha256 rsa-pkcs1-sha384 rsa-pkcs1-sha512 rsa-pss-sha256 rsa-pss-sha384 rsa-pss-max-sha512
token_signs import rsa-pkcs1-sha256 rsa-pss-sha256
# A key without an id and without a public key object: its own attributes are enough.
openssl pkey -in import.key -pubout -out wanted
run 0 key show -o found "$(key_uri import)"
same "the public half of the imported key" wanted found
token_derives generic HMAC-SHA-256
token_derives aes AES-ECB
grep -q 'AES-CMAC: token "prod" lacks the mechanism CKM_AES_CMAC, which derivations need' "$out" || fail "$(cat "$out")"

# The master key of devices, which derives by HMAC-SHA-256: the same secrets as from a file. A root key of
# key blobs needs AES-CMAC.
GNUTLS_PIN=12341234 p11tool --provider "$module" --login --write "--secret-key=$(cat aes.key)" --label master "pkcs11:token=prod" \
    >"$scratch/tool" 2>&1 || fail "p11tool: $(cat "$scratch/tool")"
new="device new --platform t234 --oem-id 1 --first-sn 1 --count 3 --plaintext-secrets"
run 0 $new --master aes.key --kdk-db kdk-file --eps-seeds eps-file --pubkey-db pub-file
run 0 $new --master "$(key_uri master)" --kdk-db kdk-token --eps-seeds eps-token --pubkey-db pub-token
same "KDK0 database" kdk-file kdk-token
same "EPS seeds" eps-file eps-token
printf '%032x\n' 7 >auth.key
refuse 4 'rotkit: token "prod" lacks the mechanism CKM_AES_CMAC, which derivations need' \
    blob pack --platform t234 --version 2.0 --root-key "$(key_uri aes)" --uefi-auth-key auth.key -o x.img

token_refuses_pin rsa
# pkcsconf's word for how often it was tried: PIN_COUNT_LOW is one wrong PIN, FINAL_TRY two.
pkcsconf -t -c 3 | grep -q '|USER_PIN_COUNT_LOW|' || fail "$(pkcsconf -t -c 3)"
if pkcsconf -t -c 3 | grep -q 'USER_PIN_FINAL_TRY\|USER_PIN_LOCKED'; then fail "a wrong PIN was tried twice: $(pkcsconf -t -c 3)"; fi
token_signs rsa rsa-pkcs1-sha256
