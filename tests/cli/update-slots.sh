# SPDX-License-Identifier: Apache-2.0
# The sizes of slots out of the flash layout that devices were partitioned by, in either way of naming them.
. "$(dirname "$0")/lib.sh"
. "$SOURCE/tests/support/update.sh"
need openssl jq
unset SOURCE_DATE_EPOCH
update_product product

# layout FILE NAME:SIZE...: a flash layout of one QSPI, with slots of what else UEFI requires
layout() {
    file=product/$1
    shift
    for name in $required; do
        set -- "$@" "A_$name:0x200" "B_$name:0x200"
    done
    {
        echo '<partition_layout version="01.00.0000"><device type="spi" instance="0" sector_size="512" num_sectors="4096">'
        for partition; do
            echo "<partition name=\"${partition%:*}\" type=\"data\"><size> ${partition#*:} </size></partition>"
        done
        echo '</device></partition_layout>'
    } >"$file"
}
# stated NAME SLOTS: the release of product/good.yaml with these lines in the place of its slots
stated() {
    sed "s/^    slots: .*/    $2/" product/good.yaml >product/$1.yaml
    run 0 build -q -o "$1" product/$1.yaml
}
# refused MESSAGE SLOTS
refused() {
    sed "s/^    slots: .*/    $2/" product/good.yaml >product/bad.yaml
    run 2 build -q -o bad product/bad.yaml
    stderr_is "rotkit: product/bad.yaml:$1"
    [ ! -e bad ] || fail "a refused build left a release"
}

good
version=1.0.0 ftpm=1.9 os=4.2.0 capsule=3 ta=2
firmware_only old
good
firmware_only good
layout orin.xml BCT:0x100 A_boot:0x1000 A_secure-os:0x2000 B_boot:0x1000 B_secure-os:0x1800 A_only:0x10 A_:0x10 B_:0x10 b:0x10
layout xavier.xml boot:0x1000 boot_b:0x1000 secure-os:0x2000 secure-os_b:0x1800 _b:0x10
for board in orin xavier; do
    stated $board "layout: $board.xml"
    # The same sizes, stated as numbers, give the same release.
    jq .update good/release.json >as-numbers
    jq .update $board/release.json >as-layout
    same "what $board.xml gives" as-numbers as-layout
    run 0 update check old $board
    grep -qxF 'holds: size: every part of every capsule fits both slots' "$out" || fail "$(cat "$out")"
done

# broken NAME LINE
broken() {
    run 3 update check old "$1"
    stderr_is 'rotkit: the update from 1.0.0 to 1.1.0 breaks 0 of 0 devices (1 found)'
    grep '^breaks: ' "$out" >lines
    is lines "$2"
}
layout moved.xml A_boot:0x1000 A_secure-os:0x4000 B_boot:0x1000 B_secure-os:0x4000
stated moved 'layout: moved.xml'
broken moved 'breaks: size: slots of "secure-os" are stated as 16384 and 16384 bytes, were 8192 and 6144: an update moves no partition'
head -c 7000 /dev/zero >product/large.bin
good
part=large.bin
firmware_only large
sed 's/^    slots: .*/    layout: orin.xml/' product/large.yaml >product/large-layout.yaml
run 0 build -q -o large-layout product/large-layout.yaml
broken large-layout 'breaks: size: "secure-os" of "images/update.Cap": 7000 bytes, slot B has 6144'

# Slots beside a layout, and a part of which nobody says what its slots take.
layout boot.xml A_boot:0x1000 B_boot:0x1000
stated both 'layout: boot.xml\n    slots: { secure-os: "0x2000 0x1800" }'
for release in good both; do
    jq '.update.slots | sort_by(.name)' $release/release.json >$release.slots
done
same "what both give" good.slots both.slots
stated some 'layout: boot.xml'
run 3 update check some some
grep -qxF 'unknown: size: "secure-os" of "images/update.Cap": the size of its slots is unknown; state it in release.update.slots or layout' "$out" ||
    fail "$(cat "$out")"

# ---- refused
required=
refused '13:20: release.update.slots: "boot" has its sizes from release.update.layout' 'layout: orin.xml\n    slots: { boot: "0x1000" }'
refused '12:20: release.update.layout-device: needs release.update.layout' 'layout-device: spi'
refused '12:13: release.update.layout: "product/orin.xml": layout:1: no device of type "nvme"' 'layout: orin.xml\n    layout-device: nvme'
layout none.xml A_boot:0x1000 B_secure-os:0x1000
refused '12:13: release.update.layout: "product/none.xml": device "spi" has no partitions A_x and B_x, or x and x_b' 'layout: none.xml'
layout wide.xml A_boot:0x1000 B_boot:0xFFFFFFFF
refused '12:13: release.update.layout: "product/wide.xml": layout:3: partition "B_boot" is 0xffffffff bytes at 0x1000, the device ends at 0x200000' 'layout: wide.xml'
# shellcheck disable=SC2046
layout many.xml $(for i in $(seq 65); do echo "A_$i:16 B_$i:16"; done)
refused '12:13: release.update.layout: "product/many.xml": more than 64 pairs of slots' 'layout: many.xml'
sed 's/^    slots: .*/    layout: absent.xml/' product/good.yaml >product/bad.yaml
run 7 build -q -o bad product/bad.yaml
stderr_is 'rotkit: product/bad.yaml:12:13: release.update.layout: cannot open "product/absent.xml": No such file or directory'
