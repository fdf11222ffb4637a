# SPDX-License-Identifier: Apache-2.0
# make install: what lands below DESTDIR and PREFIX, and that it works from there.
. "$(dirname "$0")/lib.sh"
need make cmake pkg-config

root=$scratch/root
make -C "$SOURCE" install "BUILD_DIR=$BUILD" PREFIX=/opt/rotkit "DESTDIR=$root" >"$scratch/log" 2>&1 || {
    cat "$scratch/log" >&2
    fail "make install"
}
(cd "$root" && find . -type f -o -type l) | sort >found
grep -v '^\./opt/rotkit/' found && fail "outside of PREFIX"

# has COUNT PATTERN: so many files of this name below PREFIX
has() {
    count=$(grep -cE "^\./opt/rotkit/$2\$" found) || true
    [ "$count" -eq "$1" ] || fail "$count files \"$2\", expected $1"
}
has 1 'bin/rotkit'
has 1 'lib(/[^/]*)?/libftpmprov\.a'
has 3 'lib(/[^/]*)?/libftpmprov\.so(\.[0-9.]*)?'
has 1 'lib(/[^/]*)?/pkgconfig/ftpmprov\.pc'
has "$(find "$SOURCE/lib/include/ftpmprov" -name '*.h' | wc -l)" 'include/ftpmprov/[a-z]*\.h'
has "$(find "$BUILD/man" -name '*.1' | wc -l)" 'share/man/man1/rotkit[a-z-]*\.1'
has 1 'share/man/man5/rotkit-manifest\.5'
has 1 'share/bash-completion/completions/rotkit'
has 2 'share/rotkit/[a-z-]*\.schema\.json'
has "$(find "$SOURCE/examples" -type f | wc -l)" 'share/doc/rotkit/examples/.*'
# Nothing else: each of the patterns above, and no more.
grep -vE '^\./opt/rotkit/(bin/rotkit|lib(/[^/]*)?/(libftpmprov\.[a-z0-9.]*|pkgconfig/ftpmprov\.pc)|include/ftpmprov/[a-z]*\.h|share/(man/man[15]/rotkit[a-z-]*\.[15]|bash-completion/completions/rotkit|rotkit/[a-z-]*\.schema\.json|doc/rotkit/examples/.*))$' found &&
    fail "this is installed too"

"$root/opt/rotkit/bin/rotkit" help >"$out" || fail "the installed binary does not run"
# ftpmprov.pc tells where it stands, whatever PREFIX was configured.
PKG_CONFIG_PATH=$(dirname "$(find "$root" -name ftpmprov.pc)")
export PKG_CONFIG_PATH
include=$(pkg-config --variable=includedir ftpmprov)
[ -f "$include/ftpmprov/ftpmprov.h" ] || fail "includedir is \"$include\""
