#!/bin/sh
# A whole product in a folder: what examples/jetson-orin makes for the devices, and for the images a
# stand-in BSP archive, real UEFI firmware (Debian's qemu-efi-aarch64) and signing keys.
# What is there already stays, so that a second run changes nothing.
#   prepare.sh ROTKIT DIR
set -eu
rotkit=$1
dir=$2
here=$(cd "$(dirname "$0")" && pwd)
sh "$here/../jetson-orin/prepare.sh" "$rotkit" "$dir"
umask 077
cp "$here/flash_qspi.xml" "$dir/flash_qspi.xml"
cat "$dir/manifest.yaml" "$here/images.yaml" >"$dir/product.yaml"

# NAME SIZE: bytes that are the same each time; what a BSP has here is NVIDIA's.
stand_in() {
    openssl enc -aes-128-ctr -K 00000000000000000000000000000000 -iv "$(printf '%s' "$1" | openssl md5 -r | cut -c 1-32)" \
        -in /dev/zero 2>/dev/null | head -c "$2"
}

[ -e "$dir/bsp.tbz2" ] || {
    mkdir -p "$dir/bsp/bootloader"
    for part in "mb2_t234.bin 120000" "mb2_bct.bin 4096" "tegra234.dtb 60000" "bl2.bin 90000" "bl31.bin 70000" \
        "tee.bin 300000" "boot.img 700000"; do
        stand_in ${part% *} ${part#* } >"$dir/bsp/bootloader/${part% *}"
    done
    # The first bytes of an ELF program for 64-bit Arm: OP-TEE loads nothing else, and rotkit warns of it.
    { printf '\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\3\0\267\0' && stand_in ftpm.elf 399980; } >"$dir/bsp/bootloader/ftpm.elf"
    tar -C "$dir" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cjf "$dir/bsp.tbz2" bsp
    rm -r "$dir/bsp"
}
[ -e "$dir/fw.bin" ] || stand_in fw.bin 4096 >"$dir/fw.bin"
[ -e "$dir/uefi.bin" ] || cp /usr/share/qemu-efi-aarch64/QEMU_EFI.fd "$dir/uefi.bin"
[ -e "$dir/keys/ta-content.key" ] || openssl rand -hex 32 >"$dir/keys/ta-content.key"
for key in rot trusted-world non-trusted-world ta; do
    [ -e "$dir/keys/$key.key" ] || openssl genrsa -out "$dir/keys/$key.key" 2048 2>/dev/null
done
[ -e "$dir/keys/capsule.pem" ] ||
    openssl req -x509 -newkey rsa:2048 -nodes -keyout "$dir/keys/capsule.key" -out "$dir/keys/capsule.pem" \
        -subj "/CN=demo capsule signer" -days 3650 2>/dev/null
