#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Each header compiles alone. Installed ones do with nothing beside them but the C library, and name neither
# a header of this project that is not installed nor a type of OpenSSL.
set -eu
cd "$SOURCE"
flags="-std=c17 -Wall -Wextra -Werror -fsyntax-only -x c -"
bad=0
scratch=$(mktemp -d "${TMPDIR:-/tmp}/rotkit-headers.XXXXXX")
trap 'rm -rf "$scratch"' EXIT

alone() {
    header=$1
    shift
    echo "#include \"$header\"" | ${CC:-cc} "$@" $flags || bad=1
}

cp -r lib/include/ftpmprov "$scratch"
for header in lib/include/ftpmprov/*.h; do
    alone "ftpmprov/$(basename "$header")" -pedantic -I "$scratch"
done
for header in $(find lib -name '*.h' ! -path 'lib/include/ftpmprov/*') $(find cli -name '*.h'); do
    alone "$PWD/$header" -D_GNU_SOURCE -DOPENSSL_NO_DEPRECATED \
        -I . -I lib -I lib/include $(pkg-config --cflags tss2-mu yaml-0.1 jansson p11-kit-1 libpq)
done
if grep -nE '^#include' lib/include/ftpmprov/*.h | grep -vE '"ftpmprov/|<std[a-z]*\.h>'; then
    echo "an installed header includes installed headers and the C library alone" >&2
    bad=1
fi
# Comments may speak of OpenSSL; declarations do not.
for header in lib/include/ftpmprov/*.h; do
    if echo "#include \"ftpmprov/$(basename "$header")\"" | ${CC:-cc} -E -P -I "$scratch" -x c - |
        grep -nE '\b(EVP_|X509|BIGNUM|BIO|OSSL_|ASN1_|STACK_OF|TPM[ST2][A-Z_]|CK_)'; then
        echo "$header: a type of OpenSSL, of a TPM or of a token" >&2
        bad=1
    fi
done
exit $bad
