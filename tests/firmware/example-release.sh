# SPDX-License-Identifier: Apache-2.0
# A release of examples/optee is booted whole: TF-A authenticates its package, parses OP-TEE's header and starts the
# trusted OS that the header names (a stub: Debian has no OP-TEE), then U-Boot, which verifies the FIT, whose kernel says
# the version that the manifest states. One changed byte of any of them stops it.
. "$(dirname "$0")/lib-tf-a.sh"
need dtc fdtput jq python3
firmware optee "$K/rsa2048.pub.pem" SPD=opteed

mkdir -p board/keys board/components
install -m 600 "$K/rsa2048.pem" board/keys/rot.key
cp "$fw/bl2.bin" "$fw/bl31.bin" board/components
cp $uboot board/components/u-boot.bin
# The images of a trusted OS as OP-TEE's build leaves them: header version 2, pager (init) part, no pageable part.
aarch64-linux-gnu-gcc -nostdlib -static -Wl,-Ttext=0x0e100000,--build-id=none -o stub.elf "$SOURCE/tests/firmware/optee-stub.S" 2>log || fail "$(cat log)"
aarch64-linux-gnu-objcopy -O binary stub.elf board/components/tee-pager_v2.bin
: >board/components/tee-pageable_v2.bin
python3 - board/components <<'PY'
import os, struct, sys
pager = os.path.getsize(sys.argv[1] + "/tee-pager_v2.bin")
# magic "OPTE", version 2, AArch64, flags, number of images; of each: load address, id (0 pager), size
open(sys.argv[1] + "/tee-header_v2.bin", "wb").write(
    b"OPTE" + struct.pack("<BBHI", 2, 1, 0, 1) + struct.pack("<IIII", 0, 0x0E100000, 0, pager))
PY
version=$(sed -n 's/^  version: \(.*\..*\)/\1/p' "$SOURCE/examples/optee/manifest.yaml")
[ -n "$version" ] || fail "the manifest states no version"
program board/components/kernel "this is release $version"
device_tree board/components/board.dtb -machine virt,secure=on -cpu cortex-a57 -m 2048 -nodefaults -display none

sh "$SOURCE/examples/optee/prepare.sh" "$ROTKIT" board
run 0 build board/manifest.yaml
run 0 verify --pub board/keys/release.pem board/release
[ "$(jq -r .version board/release/release.json)" = "$version" ] || fail "release.json states another version"

# What the board has of its own: U-Boot's device tree, with the command that boots what stands in memory.
cp board/control.dtb running.dtb
fdtput -p running.dtb /config bootdelay -t i 0
fdtput running.dtb /config bootcmd -t s 'bootm 0x50000000'
# whole FIP FIT: into $said the line that ends it
whole() {
    cp "$2" os.itb
    tf_a "$1" '^ERROR: |^this is release .*[0-9]|^=> ' -dtb ../running.dtb -serial file:../secure \
        -device loader,file=../os.itb,addr=0x50000000,force-raw=on
    said=$(tr -d '\r' <console | grep -aE '^ERROR: |^this is release|^=> ' | head -n 1)
}
images=board/release/images
whole $images/fip.bin $images/os.itb
[ "$said" = "this is release $version" ] || fail "the board says \"$said\": $(tail -n 20 console)"
grep -qx 'trusted OS runs' secure || fail "the trusted OS says: $(cat secure)"
passed "examples/optee boots, its trusted OS runs, and it is $version"

cp $images/os.itb bad
flip bad "$(grep -abo 'this is release' bad | head -n 1 | cut -d : -f 1)"
whole $images/fip.bin bad
grep -qa 'Bad hash value' console || fail "U-Boot says: $(tail -n 20 console)"
[ "$said" = "ERROR: can't get kernel image!" ] || fail "another kernel runs: $said"
passed "another kernel: U-Boot refuses it"
cp $images/fip.bin bad
flip bad 700000
whole bad $images/os.itb
[ "$said" = 'ERROR:   BL2: Failed to load image id 5 (-80)' ] || fail "another U-Boot: $said"
passed "another U-Boot: TF-A refuses it"
# The extra images of OP-TEE are in the package under certificates of their own.
cp $images/fip.bin bad
flip bad "$(grep -abo 'trusted OS runs' bad | head -n 1 | cut -d : -f 1)"
whole bad $images/os.itb
[ "$said" = 'ERROR:   BL2: Failed to load image id 21 (-80)' ] || fail "another trusted OS: $said"
passed "another trusted OS: TF-A refuses it"
