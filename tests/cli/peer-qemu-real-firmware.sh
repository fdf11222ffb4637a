# SPDX-License-Identifier: Apache-2.0
# Real firmware: Debian's UEFI for 64-bit Arm as the UEFI component of a FIP, of a Jetson boot image
# with its device tree, and of the boot flash; and the EFI programs inside it, signed one by one.
# slow: every EFI program of a real firmware
. "$(dirname "$0")/lib.sh"
need fiptool dtc sbverify perl xz openssl

uefi=/usr/share/qemu-efi-aarch64/QEMU_EFI.fd
[ -f $uefi ] || skip "qemu-efi-aarch64 is absent"
boot=$DATA/vectors/boot

# ---- FIP: BL33 is UEFI, and fiptool takes it out again ----
run 0 pack fip -o real.fip nt-fw=$uefi soc-fw="$boot/inputs/bl31.bin" --set align=16
fiptool unpack --nt-fw nt-fw.bin --soc-fw soc-fw.bin real.fip >/dev/null || fail "fiptool unpacks nothing"
cmp nt-fw.bin $uefi || fail "fiptool finds another UEFI"
run 0 verify real.fip

# ---- UEFI with its own device tree, then the NVDA header (boot-images.md 1.2, 1.3) ----
printf '%s\n' '/dts-v1/;' '/ { compatible = "nvidia,tegra234"; firmware { }; };' | dtc -q -O dtb -o plain.dtb -
run 0 pack uefi-dtb -o uefi.dtb dtb=plain.dtb cert="$boot/keys/cap_root.crt" --set lowest-supported-version=0x00240400
run 0 pack tegra-bch -o cpubl.bin payload=$uefi append=uefi.dtb --set magic=CPBL --set pad-to=0x10000
run 0 verify cpubl.bin
tail -c +8193 cpubl.bin | head -c "$(stat -c %s $uefi)" | cmp - $uefi || fail "UEFI does not follow the header"
at=$((8192 + $(stat -c %s $uefi)))
tail -c +$((at + 1)) cpubl.bin | head -c "$(stat -c %s uefi.dtb)" | cmp - uefi.dtb || fail "the device tree does not follow"

# ---- the boot flash: at the published offset (boot-images.md 4) ----
run 0 pack qspi -o qspi.bin layout="$SOURCE/examples/jetson-product/flash_qspi.xml" A_cpu-bootloader=cpubl.bin
[ "$(stat -c %s qspi.bin)" -eq 67108864 ] || fail "not 64 MiB"
tail -c +$((0xC20000 + 1)) qspi.bin | head -c "$(stat -c %s cpubl.bin)" | cmp - cpubl.bin || fail "not at 0xC20000"
run 0 verify qspi.bin
printf '\377' | dd of=qspi.bin bs=1 seek=$((0xC20000 + 8192 + 4096)) conv=notrunc 2>/dev/null
run 3 verify qspi.bin
grep -q 'A_cpu-bootloader' "$err" || fail "which partition is broken goes unsaid: $(cat "$err")"

# ---- the EFI programs inside: PE32 sections of the volume that the LZMA section holds ----
perl -0777 -ne 'print substr($_, $-[0] + 20) if
    /\x98\x58\x4e\xee\x14\x39\x59\x42\x9d\x6e\xdc\x7b\xd7\x94\x03\xcf\x18\x00/' <$uefi |
    xz --format=lzma --single-stream -dc >volume
perl -0777 -ne 'while (/MZ/g) {
    my $o = $-[0];
    next if $o < 4 || $o + 64 > length;
    my $pe = unpack("V", substr($_, $o + 60, 4));
    next if $pe > 4096 || substr($_, $o + $pe, 6) ne "PE\0\0\x64\xaa";
    my $section = unpack("V", substr($_, $o - 4, 4));
    print "$o ", ($section & 0xffffff) - 4, "\n" if $section >> 24 == 0x10;
}' <volume | sort -k2,2n >programs
[ "$(wc -l <programs)" -gt 20 ] || fail "only $(wc -l <programs) programs found in $uefi"

count=0
while read -r offset len; do
    tail -c +$((offset + 1)) volume | head -c "$len" >program.efi
    what="program at $offset" run 0 verify program.efi
    count=$((count + 1))
    [ $((count % 20)) -eq 1 ] || continue
    run 0 sign --key "$boot/keys/db.key" --cert "$boot/uefi/db.crt" uefi-pe program.efi -o signed.efi
    sbverify --cert "$boot/uefi/db.crt" signed.efi >/dev/null 2>&1 || fail "sbverify refuses the program at $offset"
    run 0 verify --ca "$boot/uefi/db.crt" signed.efi
    printf '\125\252' | dd of=signed.efi bs=1 seek=$((len / 2)) conv=notrunc 2>/dev/null
    run 3 verify signed.efi
done <programs
