#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The tests. A skipped one is a failure: a program that it asks is missing.
#   check: under sanitizers, all but the slow ones; of a sweep of faults every seventh point
#   all:   what check runs (unless it has passed for this very commit), then what it leaves out, and all as
#          released, with every point of every sweep and a hundred kills
set -eu
export CK_TIMEOUT_MULTIPLIER=10 # a loaded machine is no fault
# Freed memory is kept from use for 16 MB of it, not for 256: each page of that is one that the kernel has to find.
export ASAN_OPTIONS=quarantine_size_mb=16
cd "$(dirname "$0")/.."
stamp=build/dev/check-passed

# run PRESET CTEST-OPTION...: prints each test as it ends
run() {
    folder=build/$1
    shift
    ctest --test-dir "$folder" -j "$(nproc)" --output-on-failure --no-tests=error --output-log "$folder/tests.log" "$@"
    if grep '\*\*\*Skipped' "$folder/tests.log"; then
        echo "run-tests: tests were skipped, see above: what they need is missing" >&2
        exit 1
    fi
}

build() {
    cmake --preset "$1"
    cmake --build --preset "$1"
}

# The commit, where nothing in the tree differs from it.
commit() {
    [ -z "$(git status --porcelain 2>&1)" ] && git rev-parse HEAD
}

check() {
    rm -f $stamp
    build dev
    FAULT_STEP=7 run dev -LE slow
    commit >$stamp || rm -f $stamp
}

everything() {
    if [ -s $stamp ] && [ "$(commit)" = "$(cat $stamp)" ]; then
        echo "run-tests: \"make check\" has passed for this commit"
    else
        check
    fi
    FAULT_STEP=7 STORM=20 run dev -L slow
    build release
    cmake --build --preset release --target benches
    run release
}

case ${1:-} in
    check) check ;;
    all) everything ;;
    *)
        echo "usage: run-tests.sh check|all" >&2
        exit 2
        ;;
esac
