# SPDX-License-Identifier: Apache-2.0
# Layouts as BSPs have them: a partition that fills leaves room for what stands behind it, and words that the flashing
# script would replace are named and can be set. sgdisk judges the tables.
. "$(dirname "$0")/lib.sh"
need sgdisk
layout=$DATA/image/layout-grow-then-gpt.xml

# judge IMAGE NAME FIRST LAST...: sgdisk finds no problem, and these partitions
judge() {
    image=$1
    shift
    sgdisk -v "$image" >judged 2>&1 || fail "sgdisk: $(cat judged)"
    grep -q 'No problems found' judged || fail "sgdisk: $(cat judged)"
    sgdisk -p "$image" >listed
    while [ $# -ne 0 ]; do
        awk -v name="$1" -v first="$2" -v last="$3" '$7 == name && $2 == first && $3 == last { found = 1 } END { exit !found }' \
            listed || fail "no $1 from $2 to $3: $(cat listed)"
        shift 3
    done
}

# 65536 sectors, the last 33 for the secondary table.
run 0 pack qspi -o disk --set device=sdmmc_user layout="$layout"
stderr_is ""
judge disk APP 40 2087 UDA 2088 65502

# More behind it, each with its own alignment: it ends where they begin.
sed 's|<partition name="secondary_gpt"|<partition name="B1" type="data"><size> 512 </size><align_boundary> 65536 </align_boundary></partition>\
<partition name="B2" type="data"><size> 1024 </size></partition>&|' "$layout" >more.xml
run 0 pack qspi -o disk --set device=sdmmc_user layout=more.xml
judge disk APP 40 2087 UDA 2088 65407 B1 65408 65408 B2 65409 65410
sed 's|<partition name="UDA"|<partition name="TWO" type="data"><allocation_attribute> 0x808 </allocation_attribute></partition>&|' \
    "$layout" >two.xml
refuse 2 'rotkit: pack qspi: layout:8: partition "UDA" takes the rest of the device, as "TWO" of line 8 does' \
    pack qspi -o x --set device=sdmmc_user layout=two.xml
sed 's|<size> 1048576 </size>|<size> 33517056 </size>|' "$layout" >full.xml
refuse 2 'rotkit: pack qspi: layout:8: partition "UDA" has no size' pack qspi -o x --set device=sdmmc_user layout=full.xml

# Words instead of numbers.
sed -e 's/num_sectors="65536"/num_sectors="INT_NUM_SECTORS"/' -e 's|<size> 1048576 </size>|<size> APPSIZE </size>|' "$layout" >words.xml
refuse 2 "rotkit: pack qspi: layout:4: num_sectors: \"INT_NUM_SECTORS\" is a placeholder, which the BSP's flashing script replaces
  pack qspi takes its value: --set placeholders=INT_NUM_SECTORS=NUMBER; elsewhere the layout needs the number itself" \
    pack qspi -o x --set device=sdmmc_user layout=words.xml
refuse 2 "rotkit: pack qspi: layout:7: size: \"APPSIZE\" is a placeholder, which the BSP's flashing script replaces
  pack qspi takes its value: --set placeholders=APPSIZE=NUMBER; elsewhere the layout needs the number itself" \
    pack qspi -o x --set device=sdmmc_user --set placeholders=INT_NUM_SECTORS=0x10000,XAPPSIZE=1 layout=words.xml
refuse 2 'rotkit: pack qspi: layout:7: size: "1 MiB" is no number' \
    pack qspi -o x --set device=sdmmc_user --set "placeholders=INT_NUM_SECTORS=65536,APPSIZE=1 MiB" layout=words.xml
run 0 pack qspi -o disk --set device=sdmmc_user --set placeholders=APPSIZE=0x100000,INT_NUM_SECTORS=65536 layout=words.xml
judge disk APP 40 2087 UDA 2088 65502
