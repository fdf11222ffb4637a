# SPDX-License-Identifier: Apache-2.0
# Does rotkit take of AVB what libavb takes, as U-Boot 2023.01 has it (lib/libavb of Debian's source, built for this
# machine): vbmeta, hash descriptors, chains, keys, flags, rollback? tests/support/vbmeta.py makes the images.
. "$(dirname "$0")/lib.sh"
for program in python3 gcc veritysetup; do
    command -v $program >/dev/null || fail "$program is absent"
done
V=$DATA/vectors/boot
K=$V/keys
judges=$BUILD/../judges
tarball=u-boot_2023.01+dfsg.orig.tar.xz
sh "$SOURCE/scripts/debian-source.sh" u-boot $tarball e75da6f089d063aaef39a1c17f1631791d87700662624e18de2121fa39a1ed44 \
    "$judges" u-boot-tools
tar -xf "$judges/$tarball" --strip-components=1 --wildcards '*/lib/libavb/*'
mkdir host
for header in stdint stdbool stddef string stdio; do
    echo "#include <$header.h>"
done >host/common.h
: >host/log.h
printf '#include <stdlib.h>\n#define hang abort\n' >host/hang.h
gcc -O1 -w -DAVB_COMPILATION -Ihost -Ilib/libavb -c lib/libavb/*.c || fail "libavb does not build"
gcc -O1 -w -Ihost -Ilib/libavb "$SOURCE/tests/firmware/avb-judge.c" ./*.o -o judge || fail "the judge does not build"

make() {
    python3 "$SOURCE/tests/support/vbmeta.py" "$@" || fail "vbmeta.py $*"
}
# case NAME LIBAVB CODE: libavb says so of boot and vendor under the root key, and rotkit's verify gives the code
case_is() {
    found=$(./judge root.avbpubkey 4 boot vendor 2>/dev/null | tail -n 1)
    [ "$found" = "$2" ] || fail "$1: libavb says $found, expected $2"
    run "$3" verify --pub root.avbpubkey --with boot=boot.img --with vendor=vendor.img --with small=small.img \
        --not-older-than oldest.img vbmeta.img
    passed "$1: libavb $2, rotkit $3"
}
fresh() {
    cp first/*.img .
}
make --key "$K/rsa2048.pem" root.avbpubkey
perl -e 'print pack "N*", map { $_ * 2654435761 % 4294967296 } 1 .. 1250' >boot.img
perl -e 'print pack "N*", map { $_ * 69069 } 1 .. 2048' >small
cp small small.img
veritysetup format --no-superblock --salt 00112233 --data-blocks 2 --hash-offset 8192 small.img small.img >said
root=$(sed -n 's/^Root hash: *\t*//p' said)
set -- hash:boot:boot.img "tree:small:small:$(($(stat -c %s small.img) - 8192)):$root:00112233" chain:vendor:"$K/tw.pem" prop:a:b
make "$K/tw.pem" vendor.img --footer boot.img 131072 hash:vendor:boot.img
make "$K/rsa2048.pem" vbmeta.img --rollback 5 "$@"
make "$K/rsa2048.pem" oldest.img --rollback 4 "$@"
mkdir first
cp ./*.img first

case_is "everything as it was made" OK 0
flip boot.img 17
case_is "a byte of a hashed partition" ERROR_VERIFICATION 3
fresh
flip vendor.img 4000
case_is "a byte of a chained partition" ERROR_VERIFICATION 3
fresh
make "$K/ntw.pem" vendor.img --footer first/boot.img 131072 hash:vendor:boot.img
case_is "a chained partition by another key" ERROR_PUBLIC_KEY_REJECTED 3
fresh
make "$K/ntw.pem" vbmeta.img --rollback 5 "$@"
case_is "a vbmeta by another key" ERROR_PUBLIC_KEY_REJECTED 3
fresh
make none vbmeta.img --rollback 5 "$@"
case_is "a vbmeta that is not signed" ERROR_VERIFICATION 3
fresh
make "$K/rsa2048.pem" vbmeta.img --rollback 3 "$@"
case_is "an older vbmeta" ERROR_ROLLBACK_INDEX 3
fresh
make "$K/tw.pem" vendor.img chain:deeper:"$K/ntw.pem"
case_is "a chain below a chain" ERROR_INVALID_METADATA 3
fresh
for at in 600 700 1100; do
    fresh
    flip vbmeta.img $at
    case_is "byte $at of vbmeta" ERROR_VERIFICATION 3
done
fresh
make "$K/tw.pem" vendor.img --flags 4 --footer first/boot.img 131072 hash:vendor:first/boot.img
case_is "flags in a chained vbmeta" ERROR_INVALID_METADATA 3
fresh
make "$K/rsa2048.pem" vbmeta.img --rollback 5 --location 0 "$@"
case_is "vbmeta's own rollback index in a chain" ERROR_INVALID_METADATA 3
fresh
make "$K/rsa2048.pem" vbmeta.img --rollback 5 --hash sha384 "$@"
case_is "a partition's hash by SHA-384" ERROR_INVALID_METADATA 3
# What libavb takes and rotkit does not: it looks at no descriptor then, or at another partition's.
fresh
make "$K/tw.pem" vendor.img --footer first/boot.img 131072 hash:boot:first/boot.img
case_is "another partition's image, signed by the chain's key" OK 3
fresh
make "$K/rsa2048.pem" vbmeta.img --rollback 5 --flags 2 "$@"
flip boot.img 17
case_is "verification disabled in a signed vbmeta" OK 3
