#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds U-Boot's fit_check_sign, which Debian does not package, from the source of Debian's u-boot.
# A second call finds it.
#   build-fit-check-sign.sh FOLDER
set -eu
folder=$1
[ -x "$folder/fit_check_sign" ] && exit 0
tarball=u-boot_2023.01+dfsg.orig.tar.xz
sha256=e75da6f089d063aaef39a1c17f1631791d87700662624e18de2121fa39a1ed44
mkdir -p "$folder"
sh "$(dirname "$0")/debian-source.sh" u-boot $tarball $sha256 "$folder" u-boot-tools
work=$(mktemp -d "$folder/work.XXXXXX")
trap 'rm -rf "$work"' EXIT
tar -xf "$folder/$tarball" -C "$work" --strip-components=1
(
    cd "$work"
    make -s tools-only_defconfig
    # Not wanted, and it needs the headers of GnuTLS and libuuid.
    scripts/config -d TOOLS_MKEFICAPSULE
    make -s olddefconfig
    make -s -j"$(nproc)" NO_SDL=1 tools-only
) >"$work/log" 2>&1 || {
    tail -n 20 "$work/log" >&2
    exit 1
}
mv "$work/tools/fit_check_sign" "$folder/fit_check_sign"
