# SPDX-License-Identifier: Apache-2.0
# Are our T210 BCTs and images what cbootimage makes of the same text, for every field that we place,
# and does bct_dump read in ours what was set?
# slow: another program for each setting; unit.t210 has the goldens
. "$(dirname "$0")/lib.sh"
need cbootimage bct_dump openssl perl

v=$DATA/vectors/boot/t210
keys=$DATA/vectors/boot/keys
cp "$v/t.cfg" "$v/img.cfg" "$v/t.bct" .
cp "$DATA/vectors/boot/inputs/bl33.bin" bl.bin
chmod u+w ./*

# same_bct NAME: the BCT of NAME.cfg
same_bct() {
    cbootimage -gbct -s tegra210 "$1.cfg" peer.bct >/dev/null || fail "cbootimage refuses $1.cfg"
    run 0 pack t210-bct -o "$1.bct" config="$1.cfg"
    cmp "$1.bct" peer.bct || fail "$1: not cbootimage's bytes"
}

# same_image NAME FILE...: the image of NAME.cfg
same_image() {
    name=$1
    shift
    cbootimage -s tegra210 "$name.cfg" peer.img >/dev/null || fail "cbootimage refuses $name.cfg"
    set -- "$@" t.bct=t.bct
    run 0 pack t210-bct -o "$name.img" config="$name.cfg" "$@"
    cmp "$name.img" peer.img || fail "$name: not cbootimage's bytes"
}

# ---- goldens ----
run 0 pack t210-bct -o golden.bct config=t.cfg
cmp golden.bct "$v/t.bct" || fail "the golden BCT"
run 0 pack t210-bct -o golden.img config=img.cfg t.bct=t.bct bl.bin=bl.bin
cmp golden.img "$v/out.img" || fail "the golden image"

# ---- every SDRAM field of every set, each with a value of its own ----
{
    cat t.cfg
    for set in 0 1 2 3; do echo "SDRAM[$set].MemoryType = NvBootMemoryType_LpDdr4;"; done
} >sets.cfg
same_bct sets
run 0 pack t210-bct -o names.cfg image=sets.bct --set output=config
perl -pe 's/= 0x\w+;/sprintf("= 0x%08x;", 0x5a000000 + 0x101 * ++$n)/e if /^SDRAM/ && !/MemoryType/' names.cfg >all.cfg
[ "$(grep -c '^SDRAM' all.cfg)" -eq 1896 ] || fail "fields of four SDRAM sets: $(grep -c '^SDRAM' all.cfg), expected 4 * 474"
same_bct all
bct_dump all.bct | grep '^SDRAM' | tr -d ' ' | sort >dumped
grep '^SDRAM' all.cfg | tr -d ' ' | sort >wanted
same "what bct_dump reads" wanted dumped

# ---- every other field alone, each value on top of the golden's text ----
n=0
while read -r line; do
    n=$((n + 1))
    { cat t.cfg; echo "$line"; } >one.cfg
    same_bct one
    bct_dump one.bct | tr -d ' ' | grep -qxF "$(echo "${line%%#*}" | sed 's/.*=> //' | tr -d ' ')" || fail "bct_dump does not say $line"
done <<'END'
PartitionSize = 0x07654321;
BlockSize = 0x00001000;
BlockSize = 0x00100000;
PageSize = 0x00000200;
OdmData = 0x12345678;
DebugCtrl = 0x89abcdef;
ChipUid = 0x000102030405060708090a0b0c0d0e0f;
DevType[0] = NvBootDevType_Spi;
DeviceParam[0].SpiFlashParams.ReadCommandTypeFast = 0x000000a5;
DeviceParam[0].SpiFlashParams.PageSize2kor16k = 0x000000a6;
DeviceParam[0].SpiFlashParams.ClockDivider = 0x000000a7;
DeviceParam[0].SpiFlashParams.ClockSource = NvBootSpiClockSource_ClockM;
SDRAM[0].MemoryType = NvBootMemoryType_None;
SDRAM[0].MemoryType = NvBootMemoryType_LpDdr2;
SDRAM[0].MemoryType = NvBootMemoryType_Ddr3;
SDRAM[2].PllMKVCO = 0x000000a8;
END
[ "$n" -eq 16 ] || fail "$n rows"
grep -v -e DevType -e DeviceParam t.cfg >sdmmc.cfg
cat >>sdmmc.cfg <<'END'
DevType[0] = NvBootDevType_Sdmmc;
DeviceParam[0].SdmmcParams.ClockDivider = 0x000000a1;
DeviceParam[0].SdmmcParams.DataWidth = NvBootSdmmcDataWidth_8Bit;
DeviceParam[0].SdmmcParams.MaxPowerClassSupported = 0x000000a2;
DeviceParam[0].SdmmcParams.MultiPageSupport = 0x000000a3;
END
same_bct sdmmc
bct_dump sdmmc.bct | tr -d ' ' >dumped
grep -e DevType -e DeviceParam sdmmc.cfg | tr -d ' ' | while read -r line; do
    grep -qxF "$line" dumped || fail "bct_dump does not say $line"
done
: >empty.cfg
same_bct empty

# ---- and back: our text, and bct_dump's, make the same BCT ----
for bct in t all sdmmc empty; do
    run 0 pack t210-bct -o back.cfg image=$bct.bct --set output=config
    run 0 pack t210-bct -o back.bct config=back.cfg
    cmp back.bct $bct.bct || fail "$bct: text and back"
    cbootimage -gbct -s tegra210 back.cfg peer.bct >/dev/null || fail "cbootimage refuses our text of $bct"
    cmp peer.bct $bct.bct || fail "$bct: text and cbootimage"
done
bct_dump all.bct | grep -e '^P[a-z]*Size' -e '^BlockSize' -e '^OdmData' -e '^De' -e '^SDRAM' -e '^ChipUid' >dump.cfg
run 0 pack t210-bct -o back.bct config=dump.cfg
cmp back.bct all.bct || fail "bct_dump's text is not taken back"

# ---- images: copies, redundancy, versions, loaders over blocks, of whole and broken length ----
head -c 256 bl.bin >bl256
perl -e 'print pack("C*", map { $_ % 251 } 1 .. 76800)' >big
head -c 32769 big >odd
for copies in 1 2 3 64; do
    for redundancy in 1 2 3 4; do
        for bl in bl.bin bl256 big odd; do
            {
                echo "Bctfile = t.bct;"
                echo "Version = 0x$copies$redundancy;"
                echo "Bctcopy = $copies;"
                echo "Redundancy = $redundancy;"
                echo "BootLoader = $bl,0x80108000,0x80108004,Complete;"
            } >i.cfg
            [ $copies -ne 64 ] || [ $bl = big ] || continue
            same_image i $bl=$bl
        done
    done
done
printf '%s\n' 'Bctfile = t.bct;' 'BootLoader = bl.bin,1,2,Complete;' >default.cfg
same_image default bl.bin=bl.bin

# ---- updates ----
head -c 256 big >rsa
for line in 'RsaKeyModulusFile = rsa;' 'RsaPssSigBctFile = rsa;' 'RsaPssSigBlFile = rsa;' 'RehashBl;' \
    'ChipUid = 0x12;' 'DebugCtrl = 3;' 'SDRAM[1].PllMKVCO = 7;' 'DevType[0] = NvBootDevType_Sdmmc;' 'PartitionSize = 0x2000000;'; do
    echo "$line" >u.cfg
    cbootimage -s tegra210 -u u.cfg golden.img peer.img >/dev/null || fail "cbootimage -u $line"
    run 0 pack t210-bct -o u.img config=u.cfg image=golden.img rsa=rsa
    cmp u.img peer.img || fail "update: $line"
done
perl -0777 -pe 'substr($_, 0x8010, 1) ^= "\1"' golden.img >changed.img
echo 'RehashBl;' >u.cfg
cbootimage -s tegra210 -u u.cfg changed.img peer.img >/dev/null
run 0 pack t210-bct -o u.img config=u.cfg image=changed.img
cmp u.img peer.img || fail "RehashBl"

# ---- signatures: ours held by openssl, openssl's put in by cbootimage held by us ----
pss="-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32"
run 0 sign --key "$keys/rsa2048.pem" --set region=bootloader t210-bct golden.img -o s1.img
run 0 sign --key "$keys/rsa2048.pem" t210-bct s1.img -o s2.img
cut_at() {
    perl -0777 -e 'local $/; open F, "<", shift; $_ = <F>; $_ = substr $_, hex shift, hex shift; $_ = reverse $_ if shift; print' "$@"
}
cut_at s2.img 510 22f0 0 >bct.signed
cut_at s2.img 320 100 1 >bct.sig
cut_at s2.img 235c 100 1 >bl.sig
openssl dgst -sha256 $pss -verify "$keys/rsa2048.pub.pem" -signature bct.sig bct.signed >/dev/null || fail "openssl: BCT"
openssl dgst -sha256 $pss -verify "$keys/rsa2048.pub.pem" -signature bl.sig bl.bin >/dev/null || fail "openssl: boot loader"
bct_dump s2.img | grep -A16 '^RsaKeyModulus' | tail -16 | tr -d ' \n' >modulus
openssl rsa -pubin -in "$keys/rsa2048.pub.pem" -noout -modulus 2>/dev/null | sed 's/.*=//' | tr 'A-F' 'a-f' | tr -d '\n' >wanted
perl -ne 'print join "", reverse /../g' wanted >swapped
cmp -s modulus wanted || cmp -s modulus swapped || fail "the modulus that bct_dump prints"

openssl dgst -sha256 $pss -sign "$keys/rsa2048.pem" -out bl.sig bl.bin
cut_at s2.img 210 100 1 >n.be
printf '%s\n' 'RsaPssSigBlFile = bl.sig;' 'RsaKeyModulusFile = n.be;' >u.cfg
cbootimage -s tegra210 -u u.cfg golden.img p1.img >/dev/null
cut_at p1.img 510 22f0 0 >bct.signed
openssl dgst -sha256 $pss -sign "$keys/rsa2048.pem" -out bct.sig bct.signed
echo 'RsaPssSigBctFile = bct.sig;' >u.cfg
cbootimage -s tegra210 -u u.cfg p1.img p2.img >/dev/null
run 0 verify --pub "$keys/rsa2048.pub.pem" p2.img
run 3 verify --pub "$keys/rsa2048.pub.pem" p1.img
