#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# docs/architecture.md says where things stand, its picture is that of the map, and each room says what it knows.
set -eu
cd "$SOURCE"
python3 docs/architecture.py --check
below=
bad=0
folders=$(sed -n '/^[a-z]/s/^[^|]*| *\([^ ]*\) .*/\1/p' lib/rooms.map | tac)
for folder in $folders; do
    name=${folder#lib/}
    if [ -z "$below" ]; then
        wanted='May call: no other room.'
    else
        wanted="May call: $below and every room below it in \`lib/rooms.map\`."
    fi
    { grep -q '^Knows: ' "$folder/README.md" && grep -q '^Start at: ' "$folder/README.md"; } || {
        echo "$folder/README.md: expected lines \"Knows: \" and \"Start at: \""
        bad=1
    }
    grep -qxF "$wanted" "$folder/README.md" || {
        echo "$folder/README.md: expected the line: $wanted"
        bad=1
    }
    below=$name
done
[ "$below" = cli ] || {
    echo "lib/rooms.map does not end at cli: the pattern above finds no rooms"
    bad=1
}
exit $bad
