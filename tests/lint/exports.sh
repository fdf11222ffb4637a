#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the shared library exports is exactly what the public headers mark RK_API.
set -eu
nm -D --defined-only "$LIBRARY" | awk '{ print $3 }' | sed 's/@.*//' | grep '^rk_' | sort -u >exported
cat "$SOURCE"/lib/include/*/*.h | tr '\n' ' ' | grep -oE 'RK_API [^;{]*;' |
    sed -E 's/^RK_API //; s/\(.*//; s/.*[ *]//' | grep '^rk_' | sort -u >marked
nm -D --defined-only "$LIBRARY" | awk '{ print $3 }' | sed 's/@.*//' | grep -v -e '^rk_' -e '^FTPMPROV_' >foreign || true
code=0
diff -u marked exported || code=1
if [ -s foreign ]; then
    echo "exported without the prefix:" && cat foreign
    code=1
fi
[ "$(wc -l <marked)" -gt 50 ] || code=1 # the pattern above still finds them
rm -f exported marked foreign
exit $code
