# SPDX-License-Identifier: Apache-2.0
# Helpers of the command line tests: run the binary, compare exit code and the whole of stdout and
# stderr, and see that a refused run left nothing behind. Source it first; it moves to a scratch folder.
set -eu

: "${ROTKIT:?the binary under test}" "${DATA:?tests/data}"
LC_ALL=C
TZ=UTC
SOURCE_DATE_EPOCH=1767225600
export LC_ALL TZ SOURCE_DATE_EPOCH
umask 022

scratch=$(mktemp -d "${TMPDIR:-/tmp}/rotkit-cli.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM
out=$scratch/stdout
err=$scratch/stderr
mkdir "$scratch/work"
cd "$scratch/work"

fail() {
    echo "FAIL: $*" >&2
    exit 1
}

# skip WHY: the peer is absent
skip() {
    echo "SKIP: $*" >&2
    exit 77
}

need() {
    for program; do
        command -v "$program" >/dev/null 2>&1 || skip "$program is absent"
    done
}

# run CODE ARG...: runs rotkit, stdout and stderr into $out and $err, and compares the exit code; a
# test that loops says in $what where it stands.
run() {
    run_wanted=$1
    shift
    code=0
    "$ROTKIT" "$@" >"$out" 2>"$err" </dev/null || code=$?
    # Where the memory lock limit is low (a container), every run that reads secrets says so; and of keys
    # that others may read, which tests make by echo and git by checkout (key-files.sh judges that).
    sed -i -e '/^rotkit: warning: secrets are wiped but may be swapped: /d' \
        -e '/^rotkit: warning: key file ".*": others may read it: "chmod go-r"$/d' "$err"
    [ "$code" -eq "$run_wanted" ] && return 0
    cat "$err" >&2
    fail "rotkit $*: exit $code, expected $run_wanted${what:+ ($what)}"
}

# same WHAT WANTED-FILE FOUND-FILE
same() {
    diff -u "$2" "$3" >&2 || fail "$1 differs"
}

# is FILE TEXT: the whole file is TEXT and a newline; an empty TEXT means an empty file.
is() {
    if [ -z "$2" ]; then
        : >"$scratch/wanted"
    else
        printf '%s\n' "$2" >"$scratch/wanted"
    fi
    same "$(basename "$1")" "$scratch/wanted" "$1"
}

stdout_is() {
    is "$out" "$1"
}

stderr_is() {
    is "$err" "$1"
}

# Every file, link and folder with mode and content.
snapshot() {
    find . -printf '%M %p %l\n' | sort
    find . -type f -exec sha256sum {} + | sort
}

# refuse CODE STDERR ARG...: exit code and whole stderr as given, no stdout, no file made or changed.
refuse() {
    refuse_code=$1
    refuse_text=$2
    shift 2
    snapshot >"$scratch/before"
    run "$refuse_code" "$@"
    stderr_is "$refuse_text"
    stdout_is ""
    snapshot >"$scratch/after"
    same "the folder after a refused run" "$scratch/before" "$scratch/after"
}

# mode_is MODE FILE
mode_is() {
    found=$(stat -c %a "$2")
    [ "$found" = "$1" ] || fail "$2: mode $found, expected $1"
}

# hides WORD FILE...: no file holds the word
hides() {
    word=$1
    shift
    if grep -qF -e "$word" "$@"; then
        fail "a secret shows in $*"
    fi
}

# flip FILE OFFSET: another byte stands there; one that is only written may stand there already
flip() {
    perl -e 'open F, "+<", $ARGV[0] or die; seek F, $ARGV[1], 0; read F, $b, 1; seek F, $ARGV[1], 0; print F chr(ord($b) ^ 1)' \
        "$1" "$2"
}

# unhex <HEX >BYTES
unhex() {
    perl -0777 -ne "s/\\s//g; print pack(q(H*), \$_)"
}
