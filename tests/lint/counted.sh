#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Numbers of things are written by one helper (rotkit/counted.h), so that no message says "1 files".
# The two files left out write and read signed texts, not messages.
set -eu
cd "$SOURCE"
things='bytes|characters|files|devices|images|certificates|entries|keys|signatures|units|devices|parts|payloads|records|rows|lines|events|lists|bits|licences|errors|warnings|components|partitions|shards|subkeys|EKs|digests|attributes|reissues'
found=$(find cli lib -name '*.c' ! -name counted.c ! -name checkpoint_text.c ! -name terms.c | sort | THINGS=$things xargs perl -0777 -ne '
    s/\s+/ /g;
    while (/%(?:zu|u|d|llu|" *PRIu(?:32|64) *")[" ]+(?:EK |CA |hex |key )?(?:$ENV{THINGS})[^a-z][^;]{0,40}/g) { print "$ARGV: $&\n" }')
ternary=$(grep -rnE '== 1 \? "" : "s"' cli lib --include=*.c | grep -v lib/base/counted.c || true)
[ -z "$found$ternary" ] || {
    echo "say numbers of things by RK_COUNTED:" && printf '%s\n' "$found" "$ternary"
    exit 1
}
