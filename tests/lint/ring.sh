#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every function that the shared library exports is called by a test over installed headers alone: tests/unit/ring,
# tests/cli/ring-*.c or examples/consumer. Those include nothing of this project but <ftpmprov/...>.
set -eu
cd "$SOURCE"
scratch=$(mktemp -d "${TMPDIR:-/tmp}/rotkit-ring.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
code=0

# Comments apart: what only they name is not called.
cat tests/unit/ring/*.[ch] tests/cli/ring-*.c examples/consumer/*.c >"$scratch/all.c"
perl -0777 -pe 's{/\*.*?\*/}{}gs; s{"(?:[^"\\\n]|\\.)*"}{""}g' "$scratch/all.c" |
    grep -oE '\brk_[a-z0-9_]+' | sort -u >"$scratch/called"
nm -D --defined-only "$LIBRARY" | awk '{ print $3 }' | sed 's/@.*//' | grep '^rk_' | sort -u >"$scratch/exported"
[ "$(wc -l <"$scratch/exported")" -ge 50 ] || {
    echo "$LIBRARY exports nearly nothing: the pattern above finds them no more" >&2
    code=1
}

# untested LIST: the functions of the list that nothing calls
untested() {
    comm -23 "$1" "$scratch/called"
}
# The search finds what is missing: a function that comes anew, without a test.
{ cat "$scratch/exported" && echo rk_a_function_that_comes_anew; } | sort >"$scratch/anew"
untested "$scratch/anew" | grep -qx rk_a_function_that_comes_anew || {
    echo "a new function without a test would not be seen" >&2
    code=1
}
untested "$scratch/exported" >"$scratch/untested"
if [ -s "$scratch/untested" ]; then
    sed 's,^,exported and called by no test in tests/unit/ring\, tests/cli/ring-*.c or examples/consumer: ,' \
        "$scratch/untested" >&2
    code=1
fi
if grep -nE '^#include' tests/unit/ring/*.[ch] tests/cli/ring-*.c examples/consumer/*.c |
    grep -vE '<(ftpmprov/[a-z]+|openssl/[a-z0-9_]+|sys/stat|[a-z]+)\.h>$|"(ring|suite|fault)\.h"$'; then
    echo "these tests stand where a program of somebody else's stands: <ftpmprov/...> alone" >&2
    code=1
fi
exit $code
