#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Unpacks Debian packages of another architecture into a folder; nothing is installed, and apt's own lists stay as they
# are.
#   debian-foreign.sh ARCHITECTURE FOLDER PACKAGE...
set -eu
architecture=$1 folder=$2
shift 2
missing=
for package; do
    [ -e "$folder/.has-$package" ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

mkdir -p "$folder"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/debs"
apt() {
    apt-get -qq -o Dir::State::lists="$work/lists" -o Dir::Cache="$work/cache" -o APT::Architecture="$architecture" \
        -o APT::Architectures="$architecture" -o Acquire::Languages=none -o Acquire::Retries=3 \
        -o APT::Sandbox::User=root "$@"
}
apt update >"$work/log" 2>&1 || cat "$work/log" >&2
for package in $missing; do
    (cd "$work/debs" && apt download "$package") || {
        echo "debian-foreign: apt has no package $package of $architecture" >&2
        exit 1
    }
    dpkg-deb -x "$work/debs/$package"_*.deb "$folder"
    touch "$folder/.has-$package"
done
