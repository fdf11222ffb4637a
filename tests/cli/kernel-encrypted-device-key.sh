# SPDX-License-Identifier: Apache-2.0
# Does an encrypted kernel open under the user key that the device's own key blob carries, and under
# no other? boot-images.md 5.0: K is the blob's item of tag 1.
. "$(dirname "$0")/lib.sh"
need jq

eks=$DATA/vectors/ekb/eks
image=$DATA/vectors/boot/kernel/boot_signed.img
golden=$DATA/vectors/boot/kernel/boot_userkey.enc
cp "$eks/in/oem_k1.key" "$eks/in/sym32.key" "$eks/in/sym2.key" "$eks/in/auth.key" .

run 0 blob pack --platform t234 --version 2.0 --root-key oem_k1.key --uefi-payload-key sym32.key \
    --disk-key sym2.key --uefi-auth-key auth.key -o eks.img
run 0 encrypt kernel-encrypted "$image" -o kernel.enc --key sym32.key --set derivation-string=rotkit-test-0001

# What only the device has: its blob and its fuse key.
run 0 blob open --root-key oem_k1.key --json --show-secrets eks.img
DEVICE_KEY=$(jq -r '.items[] | select(.tag == 1) | .value' "$out")
export DEVICE_KEY
run 0 verify --key env:DEVICE_KEY kernel.enc
stdout_is "kernel.enc: kernel-encrypted: GCM tag ok, $(stat -c %s "$image") bytes inside; not signed: 0x0-0x13ff, 0x1460-0x1fff; signer: holder of the user key"
stderr_is ""
hides "$DEVICE_KEY" "$out" kernel.enc

# Without it: intact, but no more.
run 0 verify kernel.enc
stdout_is "kernel.enc: kernel-encrypted: digests ok; GCM tag not checked: needs the user key; signer: not checked"

# The golden is under the same key; another device's opens neither.
run 0 verify --key env:DEVICE_KEY "$golden"
echo ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f >other.key
for file in kernel.enc "$golden"; do
    refuse 3 "rotkit: $file: kernel-encrypted: the GCM tag at 0x1450 does not hold: another key, or header bytes 0x1400 to 0x144f or the ciphertext are changed" \
        verify --key other.key "$file"
done

# Encrypted twice: another IV each time, unless reproducible is asked for.
iv() {
    tail -c +5189 "$1" | head -c 12 | cksum
}
for i in 1 2; do
    run 0 encrypt kernel-encrypted "$image" -o fresh$i --key sym32.key --set derivation-string=rotkit-test-0001
    run 0 encrypt --reproducible kernel-encrypted "$image" -o same$i --key sym32.key --set derivation-string=rotkit-test-0001
done
[ "$(iv fresh1)" != "$(iv fresh2)" ] || fail "the same IV twice"
cmp same1 same2 || fail "not reproducible"

# Anti-rollback: the version's ratchet.
for level in 1 2; do
    run 0 encrypt kernel-encrypted "$image" -o v$level --key sym32.key --set derivation-string=rotkit-test-0001 \
        --set version=0x000${level}0000
done
run 0 verify --key sym32.key --not-older-than v1 v2
refuse 8 'rotkit: v2: could not be checked: that the anti-rollback value of "version" is signed: needs the encryption key: --key' \
    verify --not-older-than v1 v2
refuse 3 'rotkit: v1: "header/Stage2Component/version" falls from 131072 to 65536' verify --not-older-than v2 v1
