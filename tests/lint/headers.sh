#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Each header compiles alone; public ones with the installed include path only.
set -eu
cd "$SOURCE"
flags="-std=c17 -Wall -Wextra -Werror -fsyntax-only -D_GNU_SOURCE -DOPENSSL_NO_DEPRECATED -x c -"
bad=0

alone() {
    header=$1
    shift
    echo "#include \"$PWD/$header\"" | ${CC:-cc} "$@" $flags
}

for header in lib/include/ftpmprov/*.h; do
    alone "$header" -I lib/include || bad=1
done
for header in lib/*/*.h; do
    [ "${header#lib/include}" = "$header" ] || continue
    alone "$header" -I lib -I lib/include $(pkg-config --cflags tss2-mu yaml-0.1 jansson p11-kit-1) || bad=1
done
for header in cli/*.h; do
    alone "$header" -I cli -I lib/include || bad=1
done
exit $bad
