# SPDX-License-Identifier: Apache-2.0
# The FITs that Debian ships for boards: does rotkit read them all, and find each image where U-Boot's dumpimage does?
# slow: fetches packages of other architectures
. "$(dirname "$0")/lib.sh"
need dumpimage fdtget jq perl xxd dpkg-deb apt-get
J=$SOURCE/build/judges
sh "$SOURCE/scripts/debian-foreign.sh" arm64 "$J/u-boot-arm64" u-boot-rockchip u-boot-sunxi >fetched 2>&1 &&
    sh "$SOURCE/scripts/debian-foreign.sh" armhf "$J/u-boot-armhf" u-boot-imx >fetched 2>&1 ||
    skip "Debian's U-Boot for boards cannot be fetched: $(tail -n 1 fetched)"

# told FILE: name, type, size of each image, as dumpimage lists them; the tools ask for a timestamp, which SPL does not
told() {
    dumpimage -T flat_dt -l "$1" 2>/dev/null | awk '
        /^ Image [0-9]+ \(/ { if (name) print name, type, size; name = $3; gsub(/[()]/, "", name) }
        /^  Type:/ { sub(/^  Type: */, ""); type = $0; gsub(/ /, "-", type) }
        /^  Data Size:/ { size = $3 }
        /^ Default Configuration|^ Configuration/ { if (name) print name, type, size; name = "" }'
}

# word TYPE: how U-Boot calls a type when it speaks to people
word() {
    case $1 in
    standalone) echo Standalone-Program ;;
    firmware) echo Firmware ;;
    flat_dt) echo Flat-Device-Tree ;;
    *) fail "a type that no FIT of Debian's had: $1" ;;
    esac
}

count=0 listed=0 hashed=0 images=0
find "$J/u-boot-arm64/usr/lib/u-boot" "$J/u-boot-armhf/usr/lib/u-boot" -type f ! -name '*.dtb' | sort >files
while read -r fit; do
    # A FIT by U-Boot's own words: a device tree that has /images.
    [ "$(xxd -p -l 4 "$fit")" = d00dfeed ] && fdtget -l "$fit" /images >names 2>/dev/null || continue
    count=$((count + 1))
    what=$fit
    run 0 verify "$fit"
    cp "$out" verified
    run 0 inspect --json "$fit"
    jq -r '.map[0].children[] | select(.note != null and .name != "padding") | [.name, (.note | split(",")[0]), .length, .offset, .digest // "-"] | @tsv' "$out" >read.tsv
    cut -f 1 read.tsv | same "the images of $fit" names -
    told "$fit" >told
    : >wanted
    number=0
    while IFS="$(printf '\t')" read -r name type length offset digest; do
        images=$((images + 1))
        echo "$name $(word "$type") $length" >>wanted
        tail -c +$((offset + 1)) "$fit" | head -c "$length" >ours
        if [ -s told ]; then
            dumpimage -T flat_dt -p $number -o taken "$fit" >/dev/null || fail "$fit: dumpimage takes no image $number out"
        else
            fdtget -t bx "$fit" "/images/$name" data | perl -ne 'print pack "C*", map hex, split' >taken
        fi
        cmp ours taken || fail "$fit: $name is other bytes"
        [ "$digest" = - ] || [ "$(fdtget "$fit" "/images/$name/hash-1" algo)" = "${digest%% *}" ] || fail "$fit: $name: $digest"
        number=$((number + 1))
    done <read.tsv
    if [ -s told ]; then
        listed=$((listed + 1))
        same "what dumpimage tells of $fit" told wanted
    fi
    case $(cat verified) in
    *': hashes ok, not signed; signer: not checked') hashed=$((hashed + 1)) ;;
    *': no hashes, not signed; signer: not checked') ! dumpimage -l "$fit" | grep -q 'Hash algo' || fail "$fit: hashes" ;;
    *) fail "$(cat verified)" ;;
    esac
done <files
what=
echo "$count FITs, $listed of them listed by dumpimage, $hashed with hashes, $images images"
[ $count -eq 34 ] || fail "$count FITs, expected 34"
[ $listed -eq 21 ] || fail "$listed FITs that dumpimage lists, expected 21"
[ $hashed -eq 11 ] || fail "$hashed FITs with hashes, expected 11"

# One that has hashes: dumpimage writes no word of a changed byte, rotkit does; and nobody signed it.
fit=$J/u-boot-armhf/usr/lib/u-boot/wandboard/u-boot.img
refuse 3 "rotkit: $fit: fit: configuration conf-1: is not signed" verify --pub "$DATA/vectors/boot/keys/rsa2048.pub.pem" "$fit"
perl -0777 -pe 'substr($_, 100000, 1) ^= "\x01"' "$fit" >flipped.img
refuse 3 'rotkit: flipped.img: fit: image firmware-1: its crc32 hash does not hold' verify flipped.img

# In a partition, and behind other firmware in a larger image: cut out at its place, it is read without its end.
fit=$J/u-boot-arm64/usr/lib/u-boot/rockpro64-rk3399/u-boot.itb
{ cat "$fit" && head -c 1000000 /dev/zero | tr '\0' '\377'; } >partition
run 0 verify partition
run 0 inspect partition
grep -q '  1000000    padding  0xff$' "$out" || fail "$(cat "$out")"
