#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The sources are as clang-format with the repository's .clang-format leaves them.
set -eu
cd "$SOURCE"
clang-format --version | grep -q 'version 14' || exit 77
found=$(mktemp)
find lib cli tests bench -name '*.[ch]' | sort | xargs clang-format --dry-run -Werror 2>&1 | grep -c 'error:' >"$found" || true
count=$(cat "$found")
rm -f "$found"
[ "$count" -eq 0 ] || {
    echo "$count places: run clang-format -i on lib cli tests bench" >&2
    exit 1
}
