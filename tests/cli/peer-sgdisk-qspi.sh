# SPDX-License-Identifier: Apache-2.0
# Does sgdisk see the partitions of a QSPI image where the published map has them, and accept the table?
# slow: flash images of 64 MiB, each partition read by another program; fuzz.image-qspi replays the format
. "$(dirname "$0")/lib.sh"
need sgdisk gdisk
layout=$SOURCE/examples/jetson-product/flash_qspi.xml
V=$DATA/vectors/boot

head -c 3000 "$V/inputs/mb2.bin" >mb2
run 0 pack tegra-bch -q -o mb2.bch payload=mb2 --set magic=MB2B
run 0 sign tegra-bch -q mb2.bch -o mb2.signed --key "$V/keys/p256.pem" --set experimental=oem-insert
run 0 pack qspi -o qspi layout="$layout" A_mb2=mb2.signed B_mb2=mb2.signed uefi_variables=mb2
stderr_is ""
[ "$(stat -c %s qspi)" -eq 67108864 ] || fail "another size than 64 MiB"

# A QSPI keeps the secondary table alone: gdisk makes the primary one of it, in a copy without the BCT.
{ head -c 17408 /dev/zero; tail -c +17409 qspi; } >disk
printf 'r\nb\nc\ny\nw\ny\n' | gdisk disk >log 2>&1 || fail "gdisk takes no table from ours: $(cat log)"
grep -q 'operation has completed successfully' log || fail "gdisk: $(tail -n 5 log)"
sgdisk -v disk >judged 2>&1 || :
grep -q 'No problems found' judged || fail "sgdisk: $(cat judged)"
sgdisk -p disk >listed 2>/dev/null || fail "sgdisk reads no table"

# boot-images.md 4, "Resulting T234 64 MiB QSPI map": name, start, size. Slot B stands 0x1EC0000 further.
cat >map <<'ROWS'
A_mb1 0x100000 0x80000
A_psc_bl1 0x180000 0x40000
A_MB1_BCT 0x1C0000 0x20000
A_MEM_BCT 0x1E0000 0x40000
A_tsec-fw 0x220000 0x100000
A_nvdec 0x320000 0x100000
A_mb2 0x420000 0x80000
A_xusb-fw 0x4A0000 0x40000
A_bpmp-fw 0x4E0000 0x180000
A_bpmp-fw-dtb 0x660000 0x400000
A_psc-fw 0xA60000 0xC0000
A_mts-mce 0xB20000 0x80000
A_sc7 0xBA0000 0x30000
A_pscrf 0xBD0000 0x30000
A_mb2rf 0xC00000 0x20000
A_cpu-bootloader 0xC20000 0x380000
A_secure-os 0xFA0000 0x400000
A_smm-fw 0x13A0000 0x200000
A_eks 0x15A0000 0x40000
A_dce-fw 0x15E0000 0x500000
A_spe-fw 0x1AE0000 0x90000
A_rce-fw 0x1B70000 0x100000
A_adsp-fw 0x1C70000 0x200000
A_reserved_on_boot 0x1E70000 0x150000
B_mb1 0x1FC0000 0x80000
B_mb2 0x22E0000 0x80000
B_adsp-fw 0x3B30000 0x200000
uefi_variables 0x3E80000 0x40000
uefi_ftw 0x3EC0000 0x80000
worm 0x3F70000 0x30000
BCT-boot-chain_backup 0x3FA0000 0x10000
reserved_partition 0x3FB0000 0x10000
B_VER 0x3FD0000 0x10000
A_VER 0x3FE0000 0x10000
ROWS
while read -r name start size; do
    awk -v name="$name" -v first=$((start / 512)) -v last=$(((start + size) / 512 - 1)) \
        '$7 == name && $2 == first && $3 == last { found = 1 } END { exit !found }' listed ||
        fail "sgdisk does not see $name at $start with $size bytes: $(grep -F "$name" listed)"
done <map
[ "$(grep -cE '^ +[0-9]+ ' listed)" -eq 55 ] || fail "sgdisk lists another number of partitions"
cmp -n "$(stat -c %s mb2.signed)" -i $((0x420000)):0 qspi mb2.signed || fail "A_mb2 is not at its place"
cmp -n "$(stat -c %s mb2.signed)" -i $((0x22E0000)):0 qspi mb2.signed || fail "B_mb2 is not at its place"

# The signature inside is found, and a changed byte in it; the table's own CRCs hold it together.
run 0 verify --pub "$V/keys/p256.pub.pem" qspi
for at in $((0x421000)) $((0x422100)) $((0x3FFFE10)) $((0x3FFBF00)); do
    cp qspi bad
    printf '\125' | dd of=bad bs=1 seek=$at conv=notrunc 2>/dev/null
    run 3 verify --pub "$V/keys/p256.pub.pem" bad
done

# Layouts that would brick a board are refused with the line.
refused() {
    sed "$2" "$layout" >bad.xml
    refuse 2 "rotkit: pack qspi: $1" pack qspi -o x layout=bad.xml
}
refused 'layout:11: partition "A_mb1" at 0x80000 overlaps "BCT" at 0x0 of line 6' \
    '10,20{s/<partition name="A_mb1".*/&\n<start_location>0x80000<\/start_location>/;}'
refused 'layout:4: no device of type "spi"' 's/type="spi"/type="sdmmc_user"/'
refused 'layout:4: version: expected 01.00.0000: found "02.00.0000"' 's/01\.00\.0000/02.00.0000/'
refused 'layout:11: partition "BCT" is on line 6 already' 's/name="A_mb1"/name="BCT"/'
