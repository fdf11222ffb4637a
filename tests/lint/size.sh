#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Functions of 60 lines at most, files of 800, no goto in lib/ and cli/, no line over 110 columns.
set -eu
cd "$SOURCE"
find lib cli tests bench -name '*.[ch]' | sort | xargs awk '
FNR == 1 { if (last != "" && lines > 800) { printf "%s: %d lines, at most 800\n", last, lines; bad = 1 } open = 0 }
{ lines = FNR; last = FILENAME }
/^[a-zA-Z_].*\(/ && !/;[ \t]*$/ { name = $0; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name) }
/^\{/ { open = FNR }
/^\}/ { if (open && FNR - open > 60 && $0 !~ /;/) { printf "%s:%d: %s: %d lines, at most 60\n", FILENAME, open, name, FNR - open; bad = 1 } open = 0 }
/(^|[^a-zA-Z_"])goto[ \t]/ && FILENAME ~ /^(lib|cli)/ { printf "%s:%d: goto\n", FILENAME, FNR; bad = 1 }
/(TODO|FIXME|XXX)/ && !/XXXX/ { printf "%s:%d: leftover mark\n", FILENAME, FNR; bad = 1 }
length($0) > 120 && !/"/ && !/^ *\{ / && !/^ *\/\*/ { printf "%s:%d: %d columns\n", FILENAME, FNR, length($0); bad = 1 }
END { if (lines > 800) { printf "%s: %d lines, at most 800\n", last, lines; bad = 1 } exit bad }'
