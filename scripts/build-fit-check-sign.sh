#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds U-Boot's fit_check_sign, which Debian does not package, from Debian's source package.
# Once: a second call finds it.
#   build-fit-check-sign.sh FOLDER
set -eu
folder=$1
[ -x "$folder/fit_check_sign" ] && exit 0
version=2023.01+dfsg
sha256=7a9b8eb0b3c4ae1e53cb5ac9c9b5b4d3c1d4e5f6a7b8c9d0e1f2a3b4c5d6e7f8
mkdir -p "$folder"
