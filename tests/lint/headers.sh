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

for header in $(find lib/include/ftpmprov -name '*.h'); do
    alone "$header" -I lib/include -I lib || bad=1
done
for header in $(find lib -name '*.h' ! -path 'lib/include/ftpmprov/*') $(find cli -name '*.h'); do
    alone "$header" -I . -I lib -I lib/include $(pkg-config --cflags tss2-mu yaml-0.1 jansson p11-kit-1) || bad=1
done
exit $bad
