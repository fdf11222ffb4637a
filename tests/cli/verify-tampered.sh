# SPDX-License-Identifier: Apache-2.0
# verify finds every changed, missing or added file of a release, and exits 3; or 2 where a changed byte leaves no JSON.
. "$(dirname "$0")/lib.sh"
need jq openssl

unset SOURCE_DATE_EPOCH
sh "$SOURCE/examples/jetson-orin/prepare.sh" "$ROTKIT" .
sed -n 1,2p devices/kdk_db.csv >kdk && mv kdk devices/kdk_db.csv
sed -n 1,2p devices/eps_seeds.csv >eps && mv eps devices/eps_seeds.csv
run 0 build manifest.yaml -q
run 0 verify release
stderr_is ""
find release -type f | sort >files
[ "$(wc -l <files)" -ge 20 ] || fail "too few files"

# The message names the file; the rest of it depends on what the file is.
while read -r file; do
    cp "$file" hold
    size=$(stat -c %s "$file")
    for offset in 0 $((size / 2)) $((size - 1)); do
        what="$file changed at $offset"
        byte=$(od -An -tu1 -j "$offset" -N 1 hold | tr -d ' ')
        printf "\\$(printf %03o $((byte ^ 1)))" | dd of="$file" bs=1 seek="$offset" conv=notrunc 2>/dev/null
        case $file in
        release/release.json) jq . "$file" >/dev/null 2>&1 && wanted=3 || wanted=2 ;;
        *) wanted=3 ;;
        esac
        run $wanted verify release
        stdout_is ""
        grep -q '^rotkit: release: ' "$err" || fail "$file: $(cat "$err")"
        cp hold "$file"
    done
    what="$file removed"
    rm "$file"
    if [ "$file" = release/release.json ]; then
        run 2 verify release # a folder like any other
    else
        run 3 verify release
    fi
    stdout_is ""
    cp hold "$file"
    case $file in
    release/release.json) continue ;; # nothing above holds its digest
    esac
    what="$file longer"
    echo >>"$file"
    run 3 verify release
    stdout_is ""
    cp hold "$file"
done <files
run 0 verify release
stderr_is ""

# What is not in an index has no business there.
for place in release release/ca release/devices release/devices/* release/devices/*/*; do
    [ -d "$place" ] || continue
    what=$place/extra
    : >"$place/extra"
    run 3 verify release
    stdout_is ""
    rm "$place/extra"
done
run 0 verify release
