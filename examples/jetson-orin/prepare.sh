#!/bin/sh
# Makes development keys, a CA, a factory certificate and databases of 20 devices in a folder.
# What is there already stays, so that a second run changes nothing.
#   prepare.sh ROTKIT DIR [CA-KEY-TYPE]
set -eu
rotkit=$1
dir=$2
ca_type=${3:-p384}
here=$(cd "$(dirname "$0")" && pwd)
umask 077

mkdir -p "$dir/keys" "$dir/factory"
cp "$here/manifest.yaml" "$dir/manifest.yaml"
[ -e "$dir/keys/oem_k1.key" ] || openssl rand -hex 32 >"$dir/keys/oem_k1.key"
[ -e "$dir/keys/payload.key" ] || openssl rand -hex 32 >"$dir/keys/payload.key"
[ -e "$dir/keys/disk.key" ] || openssl rand -hex 16 >"$dir/keys/disk.key"
[ -e "$dir/keys/uefi-auth.key" ] || openssl rand -hex 16 >"$dir/keys/uefi-auth.key"
[ -e "$dir/keys/pkc.pem" ] || {
    openssl ecparam -name prime256v1 -genkey -noout -out "$dir/keys/pkc.key"
    openssl pkey -in "$dir/keys/pkc.key" -pubout -out "$dir/keys/pkc.pem"
}
[ -e "$dir/keys/release.pem" ] || {
    openssl genpkey -algorithm ED25519 -out "$dir/keys/release.key"
    openssl pkey -in "$dir/keys/release.key" -pubout -out "$dir/keys/release.pem"
}
[ -e "$dir/factory/factory.pem" ] ||
    openssl req -x509 -newkey rsa:3072 -nodes -keyout "$dir/factory/factory.key" \
        -out "$dir/factory/factory.pem" -subj "/CN=demo factory" -days 3650 \
        -addext keyUsage=critical,keyEncipherment 2>/dev/null
[ -e "$dir/ca" ] ||
    "$rotkit" ca init -q "$dir/ca" --name "Demo Product" --key-type "$ca_type" --not-before 2026-01-01
[ -e "$dir/devices" ] || {
    mkdir "$dir/devices"
    "$rotkit" device new -q --oem-id 0x0102 --first-sn 0x0000000100000001 --count 20 \
        --kdk-db "$dir/devices/kdk_db.csv" --eps-seeds "$dir/devices/eps_seeds.csv" \
        --pubkey-db "$dir/devices/pubkey_db.csv" --plaintext-secrets
}
