#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Fetches one file of a Debian source package; no deb-src line is asked for.
#   debian-source.sh SOURCE FILE SHA256 FOLDER [BINARY]
# SOURCE: the source package; FILE: its file, such as u-boot_2023.01+dfsg.orig.tar.xz, which FOLDER gets; BINARY: a
# binary package that is built from it and that apt knows: its source stands where apt gets it from (mirror, proxy).
set -eu
source=$1 file=$2 sha256=$3 folder=$4 binary=${5:-$1}
holds() { echo "$sha256  $folder/$file" | sha256sum -c --quiet - >/dev/null 2>&1; }
holds && exit 0
mkdir -p "$folder"

case $source in
    lib*) letter=$(printf %.4s "$source") ;;
    *) letter=$(printf %.1s "$source") ;;
esac
deb=$(apt-get download --print-uris "$binary" 2>/dev/null | sed -n "s/^'\([^']*\)'.*/\1/p" | head -n 1)
for pool in "${deb%/*}" \
    "http://deb.debian.org/debian/pool/main/$letter/$source" \
    "http://deb.debian.org/debian-security/pool/updates/main/$letter/$source" \
    "http://snapshot.debian.org/archive/debian/20250520T000000Z/pool/main/$letter/$source"; do
    [ -n "$pool" ] || continue
    rm -f "$folder/$file"
    /usr/lib/apt/apt-helper download-file "$pool/$file" "$folder/$file" "SHA256:$sha256" >/dev/null 2>&1 && holds && exit 0
    curl -sSfL --retry 3 -o "$folder/$file" "$pool/$file" 2>/dev/null && holds && exit 0
done
rm -f "$folder/$file"
echo "debian-source: $file (SHA-256 $sha256) is in none of Debian's pools that can be reached" >&2
exit 1
