# SPDX-License-Identifier: Apache-2.0
# A release of examples/tf-a-board is booted whole: TF-A authenticates its package up to U-Boot, which verifies the FIT,
# whose kernel says the version that the manifest states. One changed byte of either stops it.
. "$(dirname "$0")/lib-tf-a.sh"
need dtc fdtput jq
firmware rsa "$K/rsa2048.pub.pem"

mkdir -p board/keys
install -m 600 "$K/rsa2048.pem" board/keys/rot.key
cp "$fw/bl2.bin" "$fw/bl31.bin" board
cp $uboot board/u-boot.bin
head -c 20000 $uboot >board/tee.bin
version=$(sed -n 's/^  version: //p' "$SOURCE/examples/tf-a-board/manifest.yaml")
[ -n "$version" ] || fail "the manifest states no version"
program board/kernel "this is release $version"
device_tree board/board.dtb -machine virt,secure=on -cpu cortex-a57 -m 2048 -nodefaults -display none

sh "$SOURCE/examples/tf-a-board/prepare.sh" "$ROTKIT" board
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
    tf_a "$1" '^ERROR: |^this is release .*[0-9]|^=> ' -dtb ../running.dtb \
        -device loader,file=../os.itb,addr=0x50000000,force-raw=on
    said=$(tr -d '\r' <console | grep -aE '^ERROR: |^this is release|^=> ' | head -n 1)
}
images=board/release/images
whole $images/fip.bin $images/os.itb
[ "$said" = "this is release $version" ] || fail "the board says \"$said\": $(tail -n 20 console)"
passed "examples/tf-a-board boots and is $version"

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
