# SPDX-License-Identifier: Apache-2.0
# The goldens of tests/data/vectors/boot: byte for byte where signing is deterministic, verified where it is
# not. OP-TEE TAs, FIT images, EFI programs and T210 images have tests of their own.
. "$(dirname "$0")/lib.sh"
V=$DATA/vectors/boot
K=$V/keys
I=$V/inputs

# equals GOLDEN FILE
equals() {
    cmp "$V/$1" "$2" >&2 || fail "$2 is not $1"
}

# repeat BYTE COUNT
repeat() {
    head -c "$2" /dev/zero | tr '\0' "$1"
}

# BCH: the values of boot-images.md 1.3, goldens of libtegrarcm.
repeat '\252' 256 >aa
repeat '\042' 64 >22
repeat '\021' 48 >11
while read -r magic payload golden; do
    run 0 pack tegra-bch -q -o bch payload="$payload" --set magic="$magic"
    equals "tegra/bch_$golden.bin" bch
    run 0 verify bch
    stdout_is "bch: tegra-bch: digests ok, no OEM signature; signer: not checked"
done <<'ROWS'
MB1B aa MB1B_256xaa
PSCB 22 PSCB_64x22
TSEC 11 TSEC_48x11
XXXX 22 XXXX_64x22
ROWS

# BUP: the generator's dotted version of the first entry came out as 0.
run 0 pack bup -o bup mb1/0/2="$I/mb1.bin" mb2/3531/0/common="$I/mb2.bin" \
    BCT/35.3.1/1/3767-300-0000-M.1-1-1-jetson-orin-nano-devkit-="$I/bct_dev.bin" \
    BCT/3531/2/3767--0000--1--jetson-orin-nano-devkit-="$I/bct_prod.bin"
equals bup/bup_v3_4entries.bin bup
run 0 inspect bup
for line in '0x000028      184      mb1  version 0x0, production boards' \
    '0x000198      184      BCT  version 0x3531, non-production boards, 3767-300-0000-M.1-1-1-jetson-orin-nano-devkit-'; do
    grep -qF "$line" "$out" || fail "inspect does not say: $line"
done

# Capsules: both verify, and the header of ours is EDK2's but for the certificate's length.
cat "$K/cap_sub.crt" "$K/cap_root.crt" >chain.pem
run 0 verify --ca "$K/cap_root.crt" "$V/capsule/bup_edk2.Cap"
stdout_is "$V/capsule/bup_edk2.Cap: capsule: signature holds; not signed: 0x0-0x5f, 0x68-0x8df; certificate \"CN=rotkit test capsule root\" is not valid before 2026-11-23T14:48:18Z (firmware does not look); signer: CN=rotkit test capsule signer"
run 0 verify --ca "$K/cap_root.crt" --at 2027-01-01 "$V/capsule/bup_edk2.Cap"
stdout_is "$V/capsule/bup_edk2.Cap: capsule: signature holds; not signed: 0x0-0x5f, 0x68-0x8df; signer: CN=rotkit test capsule signer"
run 0 verify --ca chain.pem "$V/capsule/bup_mkeficapsule.Cap"
run 3 verify --ca "$V/uefi/PK.crt" "$V/capsule/bup_edk2.Cap"
run 0 pack capsule -o cap payload=bup --set version=0x00230301
cat "$K/cap_sign.crt" "$K/cap_sub.crt" >signer.pem
run 0 sign capsule cap -o signed.Cap --key "$K/cap_sign.key" --cert signer.pem
for at in 0 16 20 32 36 40 48 52 64 68 76 80 88 96 108 112; do # all but the sizes that hold the certificate
    a=$(xxd -p -s "$at" -l 4 signed.Cap)
    b=$(xxd -p -s "$at" -l 4 "$V/capsule/bup_edk2.Cap")
    [ "$a" = "$b" ] || fail "capsule at $at: $a, EDK2 has $b"
done

# FIP: fiptool's packages, encrypt_fw's payload, cert_create's chain.
run 0 pack fip -o fip tb-fw="$I/bl2.bin" soc-fw="$I/bl31.bin" tos-fw="$I/bl32.bin" nt-fw="$I/bl33.bin" --set align=16
equals fip/fip_plain_align16.bin fip
run 0 pack fip -o fip tb-fw="$I/bl2.bin" soc-fw="$I/bl31.bin" nt-fw="$I/bl33.bin" # that golden has no BL32
equals fip/fip_plain_align1.bin fip
echo 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f >sym.key
run 0 encrypt fip fip -o sealed --key sym.key --set images=soc-fw --set enc-key=bssk --set iv=1234567890abcdef12345678
tail -c +1201 sealed | head -c 2092 >payload # 176 bytes of table and 1024 of BL2 stand in front
equals encfw/bl31_gcm_bssk.enc payload
run 0 verify --pub "$K/rsa2048.pub.pem" "$V/fip/fip_tbbr.bin"
stdout_is "$V/fip/fip_tbbr.bin: fip: certificate chain and hashes hold; not signed: 0x0-0x217; signer: root-of-trust key"
run 0 verify --pub "$K/p256.pub.pem" "$V/fip/fip_no_bl2_sha384.bin"
stdout_is "$V/fip/fip_no_bl2_sha384.bin: fip: certificate chain and hashes hold; not signed: 0x0-0x217; signer: root-of-trust key"
run 3 verify --pub "$K/rsa3072.pub.pem" "$V/fip/fip_tbbr.bin"
stderr_is "rotkit: $V/fip/fip_tbbr.bin: fip: trusted-key-cert: its signature does not hold under the root-of-trust key"

# Secure Boot variables: PKCS#1 v1.5 without attributes, so efitools' own bytes.
for name in PK KEK db; do
    run 0 pack uefi-auth -o list cert="$V/uefi/$name.crt" --set owner=11111111-2222-3333-4444-123456789abc
    equals "uefi/$name.esl" list
    signer=PK
    [ $name = db ] && signer=KEK
    run 0 sign uefi-auth list -o auth --key "$K/$signer.key" --cert "$V/uefi/$signer.crt" --set variable=$name \
        --set time=2024-01-02T03:04:05Z
    equals "uefi/$name.auth" auth
    run 0 verify --ca "$V/uefi/$signer.crt" "$V/uefi/$name.auth"
    grep -qF "signature holds for variable $name;" "$out" || fail "$name.auth: $(cat "$out")"
    run 3 verify --ca "$V/uefi/$signer.crt" --set variable=dbx "$V/uefi/$name.auth"
done

# Kernel side.
run 0 verify --ca "$V/uefi/db.crt" "$V/kernel/boot_signed.img"
run 0 verify --ca "$V/uefi/db.crt" --with content="$V/kernel/boot.img" "$V/kernel/boot.img.sig"
run 3 verify --ca "$V/uefi/db.crt" --with content="$I/kernel.bin" "$V/kernel/boot.img.sig"
run 3 verify --ca "$V/uefi/PK.crt" "$V/kernel/boot_signed.img"
run 3 verify --ca "$V/uefi/db.crt" "$V/kernel/boot.img"
run 0 encrypt kernel-encrypted "$V/kernel/boot_signed.img" -o enc --key sym.key \
    --set derivation-string=rotkit-test-0001 --set iv=a0a1a2a3a4a5a6a7a8a9aaab
equals kernel/boot_userkey.enc enc
run 0 verify --key sym.key enc
stdout_is "enc: kernel-encrypted: GCM tag ok, 9624 bytes inside; not signed: 0x0-0x13ff, 0x1460-0x1fff; signer: holder of the user key"
echo 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e10 >other.key
run 3 verify --key other.key enc

# AVB footer: digest of the image, signature of vbmeta.
run 0 verify --pub "$K/rsa2048.pub.pem" "$V/avb/boot.img"
stdout_is "$V/avb/boot.img: avb: digests and signature hold; not signed: 0x1100-0x123f, 0x1540-0x11fff; signer: the key given"
run 3 verify --pub "$K/rsa3072.pub.pem" "$V/avb/boot.img"
run 0 inspect "$V/avb/boot.img"
grep -qF 'rollback_index  0x0000000000000007' "$out" || fail "another rollback index"

# Every IV is drawn anew, and the same again when it shall be.
run 0 encrypt kernel-encrypted "$V/kernel/boot.img" -o one --key sym.key --set derivation-string=rotkit-test-0001
run 0 encrypt kernel-encrypted "$V/kernel/boot.img" -o two --key sym.key --set derivation-string=rotkit-test-0001
cmp -s one two && fail "two runs drew the same IV"
for name in one two; do
    run 0 encrypt kernel-encrypted "$V/kernel/boot.img" -o $name --key sym.key --reproducible \
        --set derivation-string=rotkit-test-0001
done
cmp one two || fail "--reproducible gives two results"
