# SPDX-License-Identifier: Apache-2.0
# Do others find the disk passphrase that rotkit finds? python3-cryptography's KBKDF (SP 800-108, CMAC, counter of 8 bits)
# over random keys, ECIDs and contexts, openssl's CMAC over the message of one; and cryptsetup opens with rotkit's
# passphrase what it was given theirs for, from its input and as a key file, with the newline where it says.
. "$(dirname "$0")/lib.sh"
need python3 openssl xxd
python3 -c 'import cryptography.hazmat.primitives.kdf.kbkdf' 2>/dev/null || skip "python3-cryptography is absent"
PATH=$PATH:/usr/sbin:/sbin

cat >judge.py <<'PYTHON'
import os, random
from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.kdf.kbkdf import CounterLocation, KBKDFCMAC, Mode

def kdf(key, label, context):
    return KBKDFCMAC(algorithms.AES, Mode.CounterMode, 16, 1, 4, CounterLocation.BeforeFixed, label, context, None).derive(key)

for n in range(24):
    key = os.urandom(16)
    ecid = random.getrandbits(random.choice([1, 60, 100, 101, 128]))
    context = bytes(random.choice(range(0x21, 0x7f)) for _ in range(n * 40 // 23)).replace(b"|", b"-").replace(b"\\", b"/")
    unique = kdf(kdf(key, b"luks-srv-ecid", b"%032x" % (ecid & (1 << 100) - 1)), b"luks-srv-passphrase-unique", context)
    generic = kdf(kdf(key, b"luks-srv-generic", b"generic-key"), b"luks-srv-passphrase-generic", context)
    print(key.hex(), hex(ecid), context.decode(), unique.hex(), generic.hex(), sep="|")
PYTHON
python3 judge.py >table
seen=0
while IFS='|' read -r key ecid context unique generic; do
    echo "$key" >disk.key
    run 0 blob luks --disk-key disk.key "--context=$context" --ecid "$ecid"
    stdout_is "$unique"
    run 0 blob luks --disk-key disk.key "--context=$context"
    stdout_is "$generic"
    seen=$((seen + 1))
done <table
[ "$seen" -eq 24 ] || fail "$seen rows"

# openssl, told nothing but the formula: 01, label, 00, context, 128 as four bytes
# kdf KEY LABEL CONTEXT
kdf() {
    printf '\001%s\000%s\000\000\000\200' "$2" "$3" |
        openssl mac -cipher AES-128-CBC -macopt hexkey:"$1" CMAC | tr A-F a-f
}
key=$(openssl rand -hex 16)
echo "$key" >disk.key
uuid=5f4c5e9f-1b6c-4b1f-8d2a-11a5c1b0e20d
theirs=$(kdf "$(kdf "$key" luks-srv-ecid 0000000abcdef00123456789abcdef00)" luks-srv-passphrase-unique $uuid)
run 0 blob luks --disk-key disk.key --context $uuid --ecid 0xabcdef00123456789abcdef00
stdout_is "$theirs"

# What cryptsetup was given openssl's value for opens with rotkit's.
need cryptsetup
truncate -s 20M disk
printf %s "$theirs" | cryptsetup -q luksFormat --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 --uuid $uuid disk -
"$ROTKIT" blob luks --disk-key disk.key --context $uuid --ecid 0xabcdef00123456789abcdef00 |
    cryptsetup open --test-passphrase disk || fail "cryptsetup refuses the passphrase from its input"
"$ROTKIT" blob luks --disk-key disk.key --context $uuid --ecid 0xabcdef00123456789abcdef00 --no-newline |
    cryptsetup open --test-passphrase --key-file - disk || fail "cryptsetup refuses the passphrase as a key file"
"$ROTKIT" blob luks --disk-key disk.key --context $uuid --ecid 0xabcdef00123456789abcdef00 |
    cryptsetup open --test-passphrase --key-file - disk 2>/dev/null && fail "a key file with the newline opens: help says it does not"
"$ROTKIT" blob luks --disk-key disk.key --context $uuid |
    cryptsetup open --test-passphrase disk 2>/dev/null && fail "the passphrase of all boards opens one board's disk"
exit 0
