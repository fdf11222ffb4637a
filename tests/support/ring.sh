# SPDX-License-Identifier: Apache-2.0
# Sourced by tests/cli/ring-*.sh: builds ring-read.c with a copy of the installed headers and the shared library alone.
: "${BUILD:?the build tree}" "${SOURCE:?the source tree}"
library=$(find "$BUILD" -name libftpmprov.so | head -n 1)
[ -n "$library" ] || fail "no shared library in $BUILD"
mkdir include
cp -r "$SOURCE/lib/include/ftpmprov" include
cc -std=c17 -Wall -Wextra -Werror $SANITIZE -I include "$SOURCE/tests/cli/ring-read.c" "$library" \
    -Wl,-rpath,"$(dirname "$library")" -o ring-read

# tells CODE ARG...: what the program says, into $out and $err
tells() {
    tells_wanted=$1
    shift
    code=0
    ./ring-read "$@" >"$out" 2>"$err" </dev/null || code=$?
    [ "$code" -eq "$tells_wanted" ] && return 0
    cat "$err" >&2
    fail "ring-read $*: exit $code, expected $tells_wanted"
}
