#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds U-Boot for QEMU's arm64 board from the source of Debian's u-boot, with what Debian's own build leaves out: PSS in
# FITs, encrypted FITs, and UEFI capsules that are authenticated.
#   build-u-boot.sh FOLDER
# FOLDER/u-boot gets u-boot.bin; a second call finds it.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=$1
from=$(sha256sum <"$0")
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
exec 9>"$folder/lock"
flock 9
[ "$(cat "$folder/u-boot/from" 2>&1)" = "$from" ] && exit 0

tarball=u-boot_2023.01+dfsg.orig.tar.xz
sh "$here/debian-source.sh" u-boot $tarball \
    e75da6f089d063aaef39a1c17f1631791d87700662624e18de2121fa39a1ed44 "$folder" u-boot-qemu
work=$(mktemp -d "$folder/work.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir "$work/source" "$work/out"
tar -xf "$folder/$tarball" -C "$work/source" --strip-components=1
# What no case needs is left out, for the time that it takes. U-Boot finds 32 MiB in each of QEMU's flash chips, and its own
# partitions of 64 MiB do not fit them.
cat >"$work/fragment" <<'CONFIG'
CONFIG_FIT_RSASSA_PSS=y
CONFIG_FIT_CIPHER=y
CONFIG_EFI_CAPSULE_ON_DISK=y
CONFIG_EFI_IGNORE_OSINDICATIONS=y
CONFIG_EFI_CAPSULE_FIRMWARE_RAW=y
CONFIG_EFI_CAPSULE_AUTHENTICATE=y
CONFIG_CMD_EFIDEBUG=y
CONFIG_MTDPARTS_NOR0="32m(u-boot)"
CONFIG_MTDPARTS_NOR1="32m(u-boot-env)"
# CONFIG_USB is not set
# CONFIG_NVME_PCI is not set
# CONFIG_E1000 is not set
# CONFIG_TPM is not set
# CONFIG_CMD_BOOTEFI_SELFTEST is not set
# CONFIG_TOOLS_MKEFICAPSULE is not set
CONFIG
(
    cd "$work/source"
    export CROSS_COMPILE=aarch64-linux-gnu-
    unset MAKEFLAGS
    make -s qemu_arm64_defconfig
    scripts/kconfig/merge_config.sh -m .config ../fragment
    make -s olddefconfig
    # An option whose dependency is missing is dropped without a word.
    for option in $(sed -n 's/^\(CONFIG_[A-Z_]*=y\)$/\1/p' ../fragment); do
        grep -qx "$option" .config || {
            echo "$option was dropped"
            exit 1
        }
    done
    make -s -j"$(nproc)" NO_SDL=1 u-boot.bin && mv u-boot.bin ../out/ && printf '%s\n' "$from" >../out/from
) >"$work/log" 2>&1 || {
    tail -n 20 "$work/log" >&2
    exit 1
}
rm -rf "${folder:?}/u-boot"
mv -T "$work/out" "$folder/u-boot"
