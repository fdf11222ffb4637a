# SPDX-License-Identifier: Apache-2.0
# A supplier's archive, packed by tar, cpio, zip and the programs that compress: its member arrives whole,
# and no archive starts a program, unfolds without end, or has two members of one name.
# slow: bombs of hundreds of megabytes, packed and refused
. "$(dirname "$0")/lib.sh"
need tar cpio zip gzip bzip2 xz zstd lz4 python3

mkdir -p in/d
head -c 70000 /dev/urandom >in/d/b.bin
printf 'another' >in/d/c.bin
cat >product.yaml <<'EOF'
rotkit: 1
product: archives
platform: t234
components: { b: "a!d/b.bin" }
images:
  update.bup: { format: bup, set: { version: 35.3.1 }, parts: { kernel: b } }
release: { path: release }
EOF
build() { # CODE STDERR
    rm -rf release
    run "$1" build -q product.yaml
    stderr_is "$2"
    [ "$1" -eq 0 ] || [ ! -e release ] || fail "a refused archive left a release"
}
wanted() { # WHAT
    build 0 ''
    if ! python3 -c 'import sys; sys.exit(open("in/d/b.bin", "rb").read() not in open("release/images/update.bup", "rb").read())'; then
        fail "$1: the member is not in the image"
    fi
}
where='product.yaml:4:13: components:'

# ---- what people pack
pack_tar() {
    tar -C in -cf a.tar d
}
pack_tar
for program in cat gzip bzip2 xz 'xz --format=lzma' 'zstd -q' 'lz4 -q'; do
    $program <a.tar >a || fail "$program"
    wanted "tar, $program"
done
(cd in && find . | cpio -o -H newc 2>/dev/null) >a
wanted cpio
rm -f a.zip
(cd in && zip -q -r ../a.zip d)
mv a.zip a
wanted zip
(cd in && tar -cf ../a ./d//b.bin)
wanted "another spelling of the name"

# ---- no program is started, whatever an archive begins with
mkdir bin
for program in lzop lrzip grzip uncompress compress gzip bzip2 bunzip2 xz unxz lzma unlzma zstd unzstd lz4 uudecode gpg; do
    printf '#!/bin/sh\n: >"%s/started"\ncat "%s/a.tar"\n' "$PWD" "$PWD" >bin/$program
    chmod +x bin/$program
done
save=$PATH
PATH=$PWD/bin:$PATH
for magic in 'GRZipII\0\2\4:)' 'LRZI\0\6' '\211LZO\0\r\n\32\n' '\37\235\220' 'begin 644 a\n' '\355\253\356\333' '\375\67zXZ\0' \
    'BZh9' '\37\213\10\0' '\50\265\57\375' '\4\42M\30' '\135\0\0\200\0' 'LZIP\1\14'; do
    { printf "$magic" && head -c 4096 /dev/zero && cat a.tar; } >a
    rm -rf release
    code=0
    "$ROTKIT" build -q product.yaml >"$out" 2>"$err" </dev/null || code=$?
    [ $code -eq 2 ] || fail "an archive that begins with $magic: exit $code, $(cat "$err")"
    [ ! -e started ] || fail "an archive that begins with $magic started a program"
done
PATH=$save
grep -rl 'archive_read_support_\(filter\|format\|compression\)_all\|archive_read_support_filter_program' \
    "$SOURCE/lib" "$SOURCE/cli" && fail "libarchive's list of filters is in use, which starts programs"

# ---- what unfolds
python3 - <<'PY' # the member that is wanted behind one that is only large
import tarfile, io
def tar(name, files):
    with tarfile.open(name, "w") as t:
        for path, size in files:
            info = tarfile.TarInfo(path)
            info.size = size
            t.addfile(info, open("/dev/zero", "rb"))
tar("bomb.tar", [("d/a.bin", 290 << 20), ("d/b.bin", 7)])
tar("wanted.tar", [("d/b.bin", 290 << 20)])
PY
for bomb in bomb wanted; do
    xz -0 <$bomb.tar >a
    build 2 "rotkit: $where \"a$([ $bomb = bomb ] || printf '!d/b.bin')\": unfolds to more than $(((256 * 1048576 + 200 * $(wc -c <a)) / 1048576)) MiB, and an honest archive of its size does not: unpack it by hand, and look at what is in it"
done
rm -f a.zip
mkdir big && mkdir big/d && head -c 400M /dev/zero >big/d/a.bin && cp in/d/b.bin big/d
(cd big && zip -q -r ../a.zip d)
mv a.zip a
build 2 "rotkit: $where \"a\": unfolds to more than $(((256 * 1048576 + 200 * $(wc -c <a)) / 1048576)) MiB, and an honest archive of its size does not: unpack it by hand, and look at what is in it"
gzip <a.tar | gzip >a
build 2 "rotkit: $where \"a\": compressed more than once: unpack the outer layer"

# Holes cost memory as bytes do.
rm big/d/b.bin
truncate -s 900M big/d/b.bin
tar -C big -S -cf a d/b.bin
[ "$(wc -c <a)" -lt 20000 ] || fail "tar makes no hole"
build 2 "rotkit: $where \"a!d/b.bin\": unfolds to more than $(((256 * 1048576 + 200 * $(wc -c <a)) / 1048576)) MiB, and an honest archive of its size does not: unpack it by hand, and look at what is in it"

# ---- which of two
cp a.tar twice.tar
(cd in && printf 'the second' >d/b.bin && tar -rf ../twice.tar ./d//b.bin)
cp twice.tar a
build 2 "rotkit: $where \"a!./d//b.bin\": it is there twice: which one is meant?"
(cd in && printf 'the third' >d/c.bin && tar -rf ../a.tar d/c.bin)
cp a.tar a
run 0 build -q product.yaml # nobody asks for that one
(cd in && rm d/b.bin && ln -s c.bin d/b.bin && tar -cf ../a d)
build 2 "rotkit: $where \"a!d/b.bin\": no regular file: name the one it points to"

# ---- cut off
cp twice.tar whole
truncate -s 60000 whole
cp whole a
build 2 "rotkit: $where \"a!d/b.bin\": Truncated tar archive"
