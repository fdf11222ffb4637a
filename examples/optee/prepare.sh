#!/bin/sh
# Makes development keys, a CA, a factory certificate and the HUKs of 20 boards in a folder, and for each program of the
# board that DIR/components does not hold yet a stand-in, which says so: a real board's come from its build.
# What is there already stays, so that a second run changes nothing. Then `rotkit build DIR/manifest.yaml`.
#   prepare.sh ROTKIT DIR [CA-KEY-TYPE]
# TF-A has the SHA-256 of keys/rot.pem, DER, as its root of trust (ROT_KEY=keys/rot.key, or the ROTPK of your fuses);
# OP-TEE is built with TA_PUBLIC_KEY=keys/ta.pem; U-Boot starts with control.dtb, which carries the key of FITs.
set -eu
rotkit=$1
dir=$2
ca_type=${3:-p384}
here=$(cd "$(dirname "$0")" && pwd)
umask 077

mkdir -p "$dir/keys" "$dir/factory" "$dir/devices" "$dir/components"
cp "$here/manifest.yaml" "$dir/manifest.yaml"
for key in rot trusted-world non-trusted-world fit ta; do
    [ -e "$dir/keys/$key.key" ] || openssl genrsa -out "$dir/keys/$key.key" 2048 2>/dev/null
done
[ -e "$dir/keys/release.key" ] || openssl genpkey -algorithm ED25519 -out "$dir/keys/release.key"
for key in rot fit ta release; do
    openssl pkey -in "$dir/keys/$key.key" -pubout -out "$dir/keys/$key.pem"
done
[ -e "$dir/keys/master.key" ] || openssl rand -hex 32 >"$dir/keys/master.key"
[ -e "$dir/ca" ] || "$rotkit" ca init -q "$dir/ca" --name "Demo Board" --key-type "$ca_type" --not-before 2026-01-01
[ -e "$dir/factory/factory.pem" ] ||
    openssl req -x509 -newkey rsa:3072 -nodes -keyout "$dir/factory/factory.key" \
        -out "$dir/factory/factory.pem" -subj "/CN=demo factory" -days 3650 \
        -addext keyUsage=critical,keyEncipherment 2>/dev/null
# In a factory each board tells its HUK, or what OP-TEE makes of it, once and in a closed room.
if [ ! -e "$dir/devices/huk_db.csv" ]; then
    {
        echo unit,huk
        i=1
        while [ $i -le 20 ]; do
            printf '0102%016x,%s\n' $i "$(openssl rand -hex 16)"
            i=$((i + 1))
        done
    } >"$dir/devices/huk_db.csv.new"
    mv "$dir/devices/huk_db.csv.new" "$dir/devices/huk_db.csv"
fi

[ -e "$dir/components/ftpm_ta.elf" ] || cp "$here/ftpm_ta.elf" "$dir/components/ftpm_ta.elf"
for part in "bl2.bin 40000" "bl31.bin 30000" "tee-header_v2.bin 44" "tee-pager_v2.bin 300000" "tee-pageable_v2.bin 0" \
    "u-boot.bin 600000" "kernel.bin 700000"; do
    file=$dir/components/${part% *}
    [ -e "$file" ] || { echo "stand-in for ${part% *}: put your board's own in its place" && head -c "${part#* }" /dev/zero; } >"$file"
done
# An empty device tree: header, no reservation, one node without a name.
[ -e "$dir/components/board.dtb" ] ||
    printf '\320\015\376\355\000\000\000\110\000\000\000\070\000\000\000\110\000\000\000\050\000\000\000\021\000\000\000\020\000\000\000\000\000\000\000\000\000\000\000\020\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\001\000\000\000\000\000\000\000\002\000\000\000\011' \
        >"$dir/components/board.dtb"
[ -e "$dir/control.dtb" ] || "$rotkit" pack -q fit -o "$dir/control.dtb" pub="$dir/keys/fit.pem" dtb="$dir/components/board.dtb"
