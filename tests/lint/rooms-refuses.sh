#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# rooms.py lets a sound tree of two rooms pass, and names each fault that is put into it.
set -eu
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

cat >map <<'EOF'
high | lib/high | high | | calls low
low | lib/low | low | acme/ | calls nobody
EOF

# The sound tree: high/verb.c calls high/help.c and low/work.c.
write_sound() {
    mkdir -p source/lib/high source/lib/low source/lib/include/rotkit third/acme
    : >third/acme/acme.h
    echo 'int verb(void);' >source/lib/include/rotkit/high.h
    echo 'int work(void);' >source/lib/include/rotkit/low.h
    echo 'int help(void);' >source/lib/high/help.h
    printf '#include "high/help.h"\nint help(void) { return 1; }\n' >source/lib/high/help.c
    printf '#include "rotkit/low.h"\n#include "high/help.h"\nint verb(void);\nint verb(void) { return help() + work(); }\n' \
        >source/lib/high/verb.c
    echo 'int inner(void);' >source/lib/low/inner.h
    printf '#include "rotkit/low.h"\n#include <acme/acme.h>\nint work(void) { return 2; }\n' >source/lib/low/work.c
}

# Every object that is not there or older than its file.
build() {
    (cd source && find lib -name '*.c') | while read -r file; do
        object=build/lib/CMakeFiles/rk_objects.dir/${file#lib/}.o
        [ ! "$object" -nt "source/$file" ] || continue
        mkdir -p "${object%/*}"
        "$CC" -c -Isource/lib -Isource/lib/include -isystem third -o "$object" "source/$file"
    done
}

# The sound tree again, with its objects.
lay_out() {
    rm -rf source build
    cp -a sound/source sound/build .
}

# expect CODE TEXT: what rooms.py exits with, and all that it prints.
expect() {
    code=0
    said=$(python3 "$SOURCE/tests/lint/rooms.py" map source build 2>&1) || code=$?
    if [ "$code" != "$1" ] || [ "$said" != "$2" ]; then
        printf '%s: exit code %s, expected %s; it says\n%s\nexpected\n%s\n' "$case" "$code" "$1" "$said" "$2" >&2
        exit 1
    fi
}

case='a sound tree'
write_sound
build
expect 0 ''
mkdir sound
mv source build sound

case='an object left from a file that is gone'
lay_out
printf 'int verb(void);\nint left(void);\nint left(void) { return verb(); }\n' >source/lib/low/left.c
build
rm source/lib/low/left.c
expect 0 ''

case='a file that is not built'
lay_out
build
rm build/lib/CMakeFiles/rk_objects.dir/low/work.c.o
expect 1 'lib/low/work.c has no object below build: build first'

case='a call upwards, which no include shows'
lay_out
printf 'int verb(void);\nint more(void);\nint more(void) { return verb(); }\n' >source/lib/low/more.c
build
expect 1 'lib/low/more (low) calls up into lib/high/verb (high): verb'

case='a circle in a room'
lay_out
printf '#include "high/help.h"\nint verb(void);\nint help(void) { return verb(); }\n' >source/lib/high/help.c
build
expect 1 'a circle: lib/high/help calls lib/high/verb (verb); lib/high/verb calls lib/high/help (help)'

case='a circle of three files, a fourth that only calls into it'
lay_out
for pair in 'one two' 'two three' 'three one' 'four one'; do
    name=${pair% *}
    printf 'int %s(void);\nint %s(void);\nint %s(void) { return %s(); }\n' "$name" "${pair#* }" "$name" "${pair#* }" \
        >"source/lib/low/$name.c"
done
build
expect 1 'a circle: lib/low/one calls lib/low/two (two); lib/low/three calls lib/low/one (one); lib/low/two calls lib/low/three (three)'

case='an include upwards'
lay_out
printf '#include "rotkit/high.h"\nint more(void);\nint more(void) { return 3; }\n' >source/lib/low/more.c
build
expect 1 'lib/low/more.c (low) includes "rotkit/high.h" of high, which is above it'

case='a private header in another room'
lay_out
printf '#include "low/inner.h"\nint more(void);\nint more(void) { return 3; }\n' >source/lib/high/more.c
build
expect 1 'lib/high/more.c includes "low/inner.h", which is private to low'

case='a third-party header outside of its home'
lay_out
printf '#include <acme/acme.h>\nint more(void);\nint more(void) { return 3; }\n' >source/lib/high/more.c
build
expect 1 'lib/high/more.c includes <acme/acme.h>, whose home is low'

case='a shared header that the map does not name'
lay_out
echo 'int more(void);' >source/lib/include/rotkit/more.h
build
expect 1 'lib/include/rotkit/more.h is in no room of the map'

case='a file in no room'
lay_out
mkdir source/lib/attic
printf 'int old(void);\nint work(void);\nint old(void) { return work(); }\n' >source/lib/attic/old.c
build
expect 1 'lib/attic/old is in no room of the map
lib/attic/old.c is in no room of the map'

case='a source whose own header is not the first'
lay_out
printf '#include "rotkit/low.h"\n#include "high/help.h"\nint help(void) { return 1; }\n' >source/lib/high/help.c
build
expect 1 'lib/high/help.c: its own header is not the first include'
