#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# One setting, one reader: each variable of the environment that rotkit names is asked for once in lib and cli, and the man
# page names it; a variable that the user names is asked for by rk_env_named alone.
set -eu
cd "$SOURCE"
calls=$(grep -rnoE '\bsecure_getenv\([^)]*\)' lib cli --include=*.c --include=*.h)
[ "$(printf '%s\n' "$calls" | wc -l)" -ge 8 ] || { echo "secure_getenv is called elsewhere than this lint looks" && exit 1; }
twice=$(printf '%s\n' "$calls" | sed 's/.*secure_getenv//' | sort | uniq -d)
[ -z "$twice" ] || {
    echo "read in two places:"
    printf '%s\n' "$calls" | grep -F "$twice"
    exit 1
}
unnamed=$(printf '%s\n' "$calls" | grep -v 'secure_getenv("' | grep -v '^lib/base/env\.c:' || true)
[ -z "$unnamed" ] || { echo "a variable that the user names is rk_env_named's to read: $unnamed" && exit 1; }
for name in $(printf '%s\n' "$calls" | sed -n 's/.*secure_getenv("\([A-Z_]*\)").*/\1/p'); do
    grep -qF "$name" "$MAN/rotkit.1" || { echo "no man page names $name" && exit 1; }
done
