#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Which folder may include from which, and where each third-party library lives: the map is data.
set -eu
cd "$SOURCE"
found=$(mktemp)
bad=0

# Whose a public header is; what is not listed is base's and for everyone.
owner() {
    case $1 in
    device_sn | devicedb | key | mac | sigbook | signer | trust | pkcs7 | tegra_sign | cms | ekb | nvftpm | fuse) echo keys ;;
    attest | crl | ek | ekcert | tpm) echo ftpm ;;
    slots | tnspec) echo image ;;
    identity) echo platform ;;
    component | retire | tpmcheck | update) echo build ;;
    licence) echo ledger ;;
    manifest | ledger | enroll | build) echo "$1" ;;
    artifact | release | shard | version) echo release ;;
    *) echo base ;;
    esac
}

# folder: whose public headers it may use, beside its own and base's
allowed() {
    case $1 in
    base | manifest | keys) echo "" ;;
    ftpm | bct | image | ledger) echo "keys" ;;
    platform | release) echo "keys ftpm bct image manifest ledger" ;;
    enroll) echo "keys ftpm release" ;;
    build) echo "keys ftpm bct image manifest ledger platform release enroll" ;;
    esac
}

for folder in base keys ftpm bct image platform manifest ledger release enroll build; do
    [ -d lib/$folder ] || continue
    for header in $(cat lib/$folder/*.[ch] | sed -n 's,^#include "ftpmprov/\(.*\)\.h".*,\1,p' | sort -u); do
        whose=$(owner "$header")
        case " base $folder $(allowed $folder) " in
        *" $whose "*) ;;
        *)
            echo "lib/$folder includes ftpmprov/$header.h, which is $whose's"
            bad=1
            ;;
        esac
    done
done

# Private headers never cross a folder, base excepted.
for folder in base keys ftpm bct image platform manifest ledger release enroll build; do
    [ -d lib/$folder ] || continue
    grep -nH '^#include "' lib/$folder/*.[ch] 2>/dev/null |
        grep -v -e "\"$folder/" -e '"base/' -e '"ftpmprov/' >"$found" || true
    if [ -s "$found" ]; then
        echo "a private header crosses into $folder:" && cat "$found"
        bad=1
    fi
done

# cli sees public headers only.
grep -nH '^#include "' cli/*.[ch] | grep '/' | grep -v '"ftpmprov/' | cut -d: -f1,2,3 |
    grep -e '"base/' -e '"keys/' -e '"ftpm/' -e '"platform/' -e '"manifest/' -e '"build/' -e '"release/' >"$found" || true
if [ -s "$found" ]; then
    echo "cli includes a private header:" && cat "$found"
    bad=1
fi

# header pattern | folders that may include it
while IFS='|' read -r pattern homes; do
    grep -lE "^#include <$pattern" lib/*/*.[ch] cli/*.[ch] 2>/dev/null | while read -r file; do
        folder=$(basename "$(dirname "$file")")
        case " $homes " in *" $folder "*) ;; *) echo "$file includes <$pattern>, whose home is: $homes" ;; esac
    done >"$found"
    if [ -s "$found" ]; then
        cat "$found"
        bad=1
    fi
done <<'MAP'
yaml.h|manifest
jansson|base
tss2/|ftpm
archive|build release
sqlite3|ledger
libpq|ledger
libxml/|base
libfdt|image
zlib|image
p11-kit/|keys
cbor.h|enroll
MAP
rm -f "$found"

# The own header comes first.
for source in lib/*/*.c; do
    own=$(basename "$source" .c).h
    folder=$(basename "$(dirname "$source")")
    [ -e "lib/$folder/$own" ] || continue
    first=$(grep -m 1 '^#include' "$source")
    [ "$first" = "#include \"$folder/$own\"" ] || {
        echo "$source: the first include is $first, expected its own header"
        bad=1
    }
done
exit $bad
