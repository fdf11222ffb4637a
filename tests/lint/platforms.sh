#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What is one platform's stands in its folder: the code of the others, of the tool and of what all share names none. Its
# name is found in lib/platform/tegra, manifests, examples and documents alone; lib/tables names its row by what it is.
set -eu
cd "$SOURCE"
[ "$(grep -rli t234 lib/platform/tegra --include=*.c | wc -l)" -ge 4 ] || { echo "t234 is named elsewhere than this lint looks" && exit 1; }
found=$(find lib cli cmake CMakeLists.txt -path lib/platform/tegra -prune -o -type f ! -name '*.md' -exec grep -niH t234 {} + || true)
[ -z "$found" ] || {
    echo "the name of one platform, where those of the table, or words, would do:"
    printf '%s\n' "$found"
    exit 1
}
# So it is with the second one's folder.
found=$(grep -rn '"optee"' lib cli --include=*.c --include=*.h | grep -v '^lib/platform/optee/' || true)
[ -z "$found" ] || { echo "platform optee is named outside of its folder: $found" && exit 1; }
