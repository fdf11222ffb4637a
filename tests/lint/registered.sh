#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every tests/unit/*/test_*.c is run: by ctest in this build, by rk_unit_test() where a condition of
# CMakeLists.txt holds, or by a command line test. One that nobody registers finds nothing.
set -eu
: "${SOURCE:?the source tree}" "${BUILD:?the build tree}"
bad=0
registered=$(cat "$BUILD"/tests/unit/*/CTestTestfile.cmake)
written=$(cat "$SOURCE"/tests/unit/*/CMakeLists.txt)
called=$(cat "$SOURCE"/tests/cli/*.sh)

for file in "$SOURCE"/tests/unit/*/test_*.c; do
    stem=${file##*/test_}
    stem=${stem%.c}
    case "$registered" in *"/test_$stem\""*) continue ;; esac
    case "$written" in *"rk_unit_test($stem)"*) continue ;; esac
    case "$called" in *"/bin/test_$stem\""*) continue ;; esac
    echo "${file#"$SOURCE"/}: nothing runs it: rk_unit_test($stem) is missing" >&2
    bad=1
done
exit $bad
