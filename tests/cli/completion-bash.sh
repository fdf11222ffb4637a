# SPDX-License-Identifier: Apache-2.0
# What bash completes, asked of bash itself.
. "$(dirname "$0")/lib.sh"
need bash

run 0 completion bash
stderr_is ""
cp "$out" rotkit.bash
bash -n rotkit.bash || fail "no bash"

# completes WANTED WORD...: the candidates for the last word, sorted, on one line
completes() {
    wanted=$1
    shift
    bash -c '. ./rotkit.bash
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
        _rotkit
        printf "%s\n" "${COMPREPLY[@]}"' bash "$@" | sort | tr '\n' ' ' >found
    [ "$(cat found)" = "$wanted " ] || fail "$*: completes $(cat found), expected $wanted"
}

completes "secret" rotkit sec
completes "derive" rotkit ek d
completes "derive" rotkit help ek d
completes "--profile" rotkit ek derive --p
completes "--template" rotkit ek derive --json --t
completes "--quiet" rotkit ek derive --qu
# A value or an operand is a file: left to the shell.
completes "" rotkit ek derive --eps ""
completes "" rotkit ek derive x
