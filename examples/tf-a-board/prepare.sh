#!/bin/sh
# Makes development keys in a folder that holds the board's programs (bl2.bin, bl31.bin, tee.bin, u-boot.bin, kernel.bin)
# and its device tree (board.dtb), and control.dtb, the device tree that U-Boot starts with: it carries the key of FITs.
# What is there already stays, so that a second run changes nothing.
#   prepare.sh ROTKIT DIR
# TF-A has the SHA-256 of keys/rot.pem, DER, as its root of trust: build it with ROT_KEY=keys/rot.key, or with a ROTPK of
# your board's fuses. Then `rotkit build DIR/manifest.yaml`.
set -eu
rotkit=$1
dir=$2
here=$(cd "$(dirname "$0")" && pwd)
umask 077

for file in bl2.bin bl31.bin tee.bin u-boot.bin kernel.bin board.dtb; do
    [ -e "$dir/$file" ] || { echo "prepare.sh: $dir/$file is missing: it comes from your board's build" >&2; exit 1; }
done
mkdir -p "$dir/keys"
cp "$here/manifest.yaml" "$dir/manifest.yaml"
for key in rot trusted-world non-trusted-world fit; do
    [ -e "$dir/keys/$key.key" ] || openssl genrsa -out "$dir/keys/$key.key" 2048 2>/dev/null
done
[ -e "$dir/keys/release.key" ] || openssl genpkey -algorithm ED25519 -out "$dir/keys/release.key"
for key in rot fit release; do
    openssl pkey -in "$dir/keys/$key.key" -pubout -out "$dir/keys/$key.pem"
done
[ -e "$dir/control.dtb" ] || "$rotkit" pack -q fit -o "$dir/control.dtb" pub="$dir/keys/fit.pem" dtb="$dir/board.dtb"
