#!/bin/sh
# Installs what sections of packages.txt name and is missing. Asks apt only when something is.
#   setup.sh SECTION...
set -eu
cd "$(dirname "$0")"

packages_of() {
    awk -v section="[$1]" '
        /^\[/ { inside = $0 == section; found = found || inside; next }
        inside && !/^#/ { print }
        END { if (!found) { print "setup: packages.txt has no section " section >"/dev/stderr"; exit 1 } }' packages.txt
}

missing=
for section; do
    packages=$(packages_of "$section")
    for package in $packages; do
        status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
        [ "$status" = installed ] || missing="$missing $package"
    done
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || {
        echo "setup: packages are missing and there is no root to install them:$missing" >&2
        exit 1
    }
    as_root=sudo
fi
echo "setup: installing$missing"
$as_root apt-get update -qq
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
