#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The promised ring: what lib/include/ftpmprov marks RK_API is exactly what the shared library exports, at
# most 130 functions, all of which lib/include/ftpmprov alone declares.
set -eu
cd "$SOURCE"
scratch=$(mktemp -d "${TMPDIR:-/tmp}/rotkit-exports.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
most=130

nm -D --defined-only "$LIBRARY" | awk '{ print $3 }' | sed 's/@.*//' >"$scratch/symbols"
grep '^rk_' "$scratch/symbols" | sort -u >"$scratch/exported"
cat lib/include/ftpmprov/*.h | grep -v '^#define' | tr '\n' ' ' | grep -oE 'RK_API [^;{]*;' |
    sed -E 's/^RK_API //; s/\(.*//; s/.*[ *]//' | sort -u >"$scratch/marked"
code=0
diff -u "$scratch/marked" "$scratch/exported" || code=1
if grep -v -e '^rk_' -e '^FTPMPROV_' "$scratch/symbols"; then
    echo "exported without the prefix" >&2
    code=1
fi
count=$(wc -l <"$scratch/exported")
if [ "$count" -gt "$most" ] || [ "$count" -lt 50 ]; then # the pattern above still finds them
    echo "$count functions are exported, 50 to $most are to be" >&2
    code=1
fi
if grep -rn 'RK_API' --include='*.[ch]' lib cli | grep -v '^lib/include/ftpmprov/'; then
    echo "RK_API promises, and what is promised stands in lib/include/ftpmprov" >&2
    code=1
fi
exit $code
