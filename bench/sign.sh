#!/bin/sh
# Signatures a second, one session after the other: a key in SoftHSM2 beside the same key in a file. A token's
# signature is held against its public key, which is in the figure.
#   sign.sh SCRATCH SECONDS
set -eu
here=$(cd "$(dirname "$0")" && pwd)
bin=${BIN:-$here/../build/release/bin}
scratch=$1
module=/usr/lib/softhsm/libsofthsm2.so
mkdir -p "$scratch/tokens"
printf 'directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n' "$scratch/tokens" >"$scratch/softhsm2.conf"
SOFTHSM2_CONF=$scratch/softhsm2.conf
export SOFTHSM2_CONF
echo 1234 >"$scratch/pin"
softhsm2-util --init-token --free --label bench --pin 1234 --so-pin 5678 >/dev/null
id=10
keys=
for type in p256 p384 rsa3072; do
    id=$((id + 1))
    "$bin/rotkit" key new -q --type $type "$scratch/$type.key"
    for half in privkey: pubkey:-pubout; do
        openssl pkey -in "$scratch/$type.key" ${half#*:} -outform DER -out "$scratch/half.der"
        pkcs11-tool --module $module --token-label bench --login --pin 1234 --write-object "$scratch/half.der" \
            --type ${half%:*} --label $type --id $id >/dev/null 2>&1
    done
    keys="$keys $scratch/$type.key pkcs11:object=$type;token=bench?module-path=$module&pin-source=file:$scratch/pin"
done
# shellcheck disable=SC2086
"$bin/sign_bench" "$2" $keys
