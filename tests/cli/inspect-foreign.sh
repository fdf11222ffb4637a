# SPDX-License-Identifier: Apache-2.0
# A file of no format of ours is still told by what its own programs write at its start.
. "$(dirname "$0")/lib.sh"
need dtc gzip xz zstd bzip2 tar
# looks FILE NAME: neither inspect nor verify knows it, and both say what it is
looks() {
    refuse 2 "rotkit: \"$1\": unknown format: it looks like $2
  'rotkit pack --formats' lists the known ones" inspect "$1"
    refuse 2 "rotkit: $1: unknown format: it looks like $2
  'rotkit pack --formats' lists the known ones" verify "$1"
}
echo '/dts-v1/; / { model = "x"; };' | dtc -q -O dtb -o tree.dtb
looks tree.dtb 'a device tree'
cp "$ROTKIT" elf
looks elf 'an ELF file'
cp /usr/share/qemu-efi-aarch64/QEMU_EFI.fd volume
looks volume 'an EDK2 firmware volume'
seq 1000 >text
for program in gzip xz zstd bzip2; do
    $program -c text >"$program.out"
    looks $program.out "data compressed by $program"
done
tar -cf text.tar text
looks text.tar 'a tar archive'
# Bytes that begin like one and end before they say so, and bytes of nobody.
head -c 3 tree.dtb >cut
refuse 2 "rotkit: \"cut\": unknown format
  'rotkit pack --formats' lists the known ones" inspect cut
refuse 2 "rotkit: \"text\": unknown format
  'rotkit pack --formats' lists the known ones" inspect text
