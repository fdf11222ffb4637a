#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds TF-A with Trusted Board Boot for PLAT=qemu from the sources of Debian's arm-trusted-firmware and mbedtls.
#   build-tf-a.sh FOLDER NAME ROOT.pub.pem [MAKE-VARIABLE=VALUE...]
# FOLDER/NAME gets bl1.bin, bl2.bin and bl31.bin, whose root of trust is the public key ROOT.pub.pem; a second call with
# the same key and variables finds them.
# Changed in the sources:
# - mbed TLS 2.28.3 prints the first digit of an OID with %c, which the snprintf of TF-A 2.8 does not know.
# - QEMU's port has no memory for the counters against rollback: it reads 0 and refuses to raise it. Here both stand at 3
#   after each reset, and can be raised.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=$1 name=$2 root=$3
shift 3
# The public key's SHA-256 is what the firmware holds, as TF-A's own makefile has it.
rotpk=$(openssl pkey -pubin -in "$root" -pubout -outform DER | openssl dgst -sha256 -r | cut -d ' ' -f 1)
from="$rotpk $* $(sha256sum <"$0")"
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
exec 9>"$folder/lock"
flock 9
[ "$(cat "$folder/$name/from" 2>&1)" = "$from" ] && exit 0

tfa=arm-trusted-firmware_2.8.0+dfsg.orig.tar.xz
mbedtls=mbedtls_2.28.3.orig.tar.gz
sh "$here/debian-source.sh" arm-trusted-firmware $tfa \
    a4ecc35e0b893fe8682c075fc1bdb858de87e4cb18fbed9a1597e2c9f6d320de "$folder" arm-trusted-firmware-tools
sh "$here/debian-source.sh" mbedtls $mbedtls \
    3b4953aa55a681e084d31892d9904cc5328d6b4958ea57b90ae4b4f94ae69a8d "$folder" libmbedtls-dev
work=$(mktemp -d "$folder/work.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir "$work/tfa" "$work/mbedtls" "$work/out"
tar -xf "$folder/$tfa" -C "$work/tfa" --strip-components=1
tar -xf "$folder/$mbedtls" -C "$work/mbedtls" --strip-components=1
(
    cd "$work"
    sed -i "s/\"%c\.%u\", component1,/\"%d.%u\", component1 - '0',/" mbedtls/library/oid.c
    # The OID that a counter has in a certificate ends in 1 for the trusted one, in 2 for the other.
    port=tfa/plat/qemu/common/qemu_trusted_boot.c
    sed -i '/^int plat_get_nv_ctr/,$d' $port
    cat >>$port <<'C'
static unsigned int counters[2] = { 3, 3 };

static unsigned int *counter(const char *oid)
{
	while (oid[1] != '\0')
		oid++;
	return &counters[*oid == '2'];
}

int plat_get_nv_ctr(void *cookie, unsigned int *nv_ctr)
{
	*nv_ctr = *counter(cookie);
	return 0;
}

int plat_set_nv_ctr(void *cookie, unsigned int nv_ctr)
{
	*counter(cookie) = nv_ctr;
	return 0;
}
C
    # make writes the hash anew when it is older than the key that it would make.
    : >rot.key
    printf %s "$rotpk" | perl -ne 'print pack("H*", $_)' >rotpk.bin
    touch -d @0 rot.key
    env -u MAKEFLAGS TF_LDFLAGS=--no-warn-rwx-segments make -s -C tfa -j"$(nproc)" PLAT=qemu \
        CROSS_COMPILE=aarch64-linux-gnu- TRUSTED_BOARD_BOOT=1 MBEDTLS_DIR="$work/mbedtls" LOG_LEVEL=40 \
        BUILD_BASE="$work/build" ROT_KEY="$work/rot.key" ROTPK_HASH="$work/rotpk.bin" "$@" bl1 bl2 bl31 &&
        mv build/qemu/release/bl1.bin build/qemu/release/bl2.bin build/qemu/release/bl31.bin out &&
        printf '%s\n' "$from" >out/from
) >"$work/log" 2>&1 || {
    tail -n 20 "$work/log" >&2
    exit 1
}
rm -rf "${folder:?}/$name"
mv -T "$work/out" "$folder/$name"
