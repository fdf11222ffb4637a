#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every function that returns an enum rk_rc must be checked; those that only build an error are excepted.
set -eu
cd "$SOURCE"
found=$(mktemp)
find lib cli -name "*.h" | sort | xargs cat | tr '\n' ' ' | grep -oE '(RK_API )?enum rk_rc rk_[a-z0-9_]+\([^;{]*;' |
    grep -v RK_MUST_CHECK | grep -vE 'rk_(fail|wrap|note|json_unlike|release_bad_member|given_at|given_fail|manifest_at|plan_at|manifest_fail|token_fail|live_fail)' >"$found" || true
if [ -s "$found" ]; then
    echo "without RK_MUST_CHECK:" && cat "$found"
    rm -f "$found"
    exit 1
fi
rm -f "$found"
