# SPDX-License-Identifier: Apache-2.0
# The demo's product: every image in one release with the devices; accepted by programs that are not ours;
# unchanged by a repeat; a changed byte, a key that does not fit and a version that falls are refused; and the
# page of the boot flash, drawn by a browser, shows a box a partition.
# slow: the product that the demo has just built
. "$(dirname "$0")/lib.sh"
need openssl fiptool jq chromium pngtopnm ppmhist
example=$SOURCE/examples/jetson-product

unset SOURCE_DATE_EPOCH
sh "$example/prepare.sh" "$ROTKIT" product >"$scratch/log" 2>&1 || {
    cat "$scratch/log" >&2
    fail "prepare.sh"
}
sed -n 1,3p product/devices/kdk_db.csv >kdk && mv kdk product/devices/kdk_db.csv
sed -n 1,3p product/devices/eps_seeds.csv >eps && mv eps product/devices/eps_seeds.csv
devices=3
experimental='rotkit: warning: experimental: the OEM signature is put in at offsets that no vendor golden confirms'
noted="$experimental
$experimental
rotkit: warning: a PublicKeyHash is unconfirmed: no vendor value was there to compare"
run 0 build product/product.yaml
stderr_is "$noted
rotkit: $devices devices, 5 images, release \"product/release\": new"
run 0 verify product/release
grep -qF ', 5 images; signer: not checked' "$out" || fail "$(cat "$out")"
(cd product/release && find . -type f -exec sha256sum {} + | sort -k 2) >first
sleep 1
run 0 build product/product.yaml
stderr_is "$noted
rotkit: $devices devices, 5 images, release \"product/release\": unchanged"
(cd product/release && find . -type f -exec sha256sum {} + | sort -k 2) >second
same "the release after a repeat" first second
run 0 verify product/release --not-older-than product/release

# Each image by its own key, and by no other.
images=product/release/images
for name in rot ta; do
    openssl pkey -in product/keys/$name.key -pubout -out $name.pub
done
ta=$images/bc50d971-d4c9-42c4-82cb-343fb7f37896.ta
run 0 verify --pub product/keys/pkc.pem $images/qspi.img
run 0 verify --ca product/keys/capsule.pem $images/update.Cap
run 0 verify --pub rot.pub $images/fip.bin
run 0 verify --pub ta.pub --key product/keys/ta-content.key $ta
grep -qF 'hash and GCM tag ok' "$out" || fail "$(cat "$out")"
run 3 verify --pub rot.pub $ta
run 3 verify --pub ta.pub $images/fip.bin
run 3 verify --ca product/ca/root.pem $images/update.Cap

# The kernel payload opens with the key that a device's own blob carries.
eks=$(find product/release/devices -name eks.img | sort | head -n 1)
run 0 blob open --root-key product/keys/oem_k1.key --json --show-secrets $eks
jq -r '.items[] | select(.tag == 1) | .value' "$out" >blob.key
run 0 verify --key blob.key $images/boot.img.enc

# Independent readers.
fiptool info $images/fip.bin >listed || fail "fiptool"
[ "$(wc -l <listed)" -eq 12 ] || fail "fiptool lists $(cat listed)"
mkdir un
fiptool unpack --out un $images/fip.bin
cmp un/nt-fw.bin /usr/share/qemu-efi-aarch64/QEMU_EFI.fd || fail "BL33 is not the UEFI firmware"
tar -xjOf product/bsp.tbz2 bsp/bootloader/bl31.bin | cmp - un/soc-fw.bin || fail "BL31 is not the archive's"
# The strings of a real board (jetson-factory.md 5), whose FAB is another; its slots; and the FAB that was packed for.
board=3701-500-0000-J.0-1-1-jetson-agx-orin-devkit-
run 0 match $images/update.Cap --board $board --compat 3701--0000--1--jetson-agx-orin-devkit- --layout product/flash_qspi.xml
[ "$(grep -c '^install ' "$out")" -eq 21 ] || fail "$(cat "$out")"
run 0 match $images/update.Cap --board 3701-300-0000-M.1-1-1-jetson-agx-orin-devkit-
run 3 match $images/update.Cap --board $board
run 3 match $images/update.Cap --board 3767-300-0005-K.2-1-1-jetson-orin-nano-devkit- --compat 3767--0005--1--jetson-orin-nano-devkit-
run 0 verify $images/update.Cap --for edk2-nvidia

# A changed byte in any image; an image too many; a signer that release.json does not name.
for image in $images/*; do
    cp "$image" "$scratch/good"
    flip "$image" 9000
    run 3 verify product/release
    cp "$scratch/good" "$image"
done
cp $images/fip.bin $images/extra.bin
run 3 verify product/release
rm $images/extra.bin
run 0 verify product/release

# Versions may not fall: trusted counter, TA version, capsule, boot image ratchet.
for change in 's/tfw-nvctr: "3"/tfw-nvctr: "2"/' 's/version: "2", enc-key/version: "1", enc-key/' \
    's/version: "0x00230301"/version: "0x00230300"/' 's/0x50000000", version: "0x00030100"/0x50000000", version: "0x00020100"/'; do
    sed "$change" product/product.yaml >product/older.yaml
    cmp -s product/product.yaml product/older.yaml && fail "the manifest has another shape"
    run 0 build -q product/older.yaml -o older
    run 3 verify older --not-older-than product/release
    run 0 verify product/release --not-older-than older
    rm -r older
done

# What would brick a board is refused before anything is made.
refused() {
    sed "$2" product/product.yaml >product/bad.yaml
    cmp -s product/product.yaml product/bad.yaml && fail "the manifest has another shape: $2"
    run 2 build -q product/bad.yaml -o bad
    grep -qF "$1" "$err" || fail "$(cat "$err")"
    [ ! -e bad ] && [ ! -e bad.staging ] || fail "something was left behind"
}
openssl ecparam -name prime256v1 -genkey -noout -out product/keys/foreign.key
refused 'is not the key of fuses.public-key, whose hash the fuses will hold: the board would not boot' 's,sign: { key: keys/pkc.key },sign: { key: keys/foreign.key },'
refused 'is not blob.payload-key, with which the devices decrypt' '/encrypt: { key: keys\/payload.key }/s,payload,ta-content,'
refused 'image "update.bup" is made of itself' 's,parts: { mb2: mb2.bin\, cpu,parts: { mb2: update.bup\, cpu,'
refused 'no component and no image is named "nowhere"' 's,parts: { payload: update.bup },parts: { payload: nowhere },'
refused 'holds no file "bsp/bootloader/bl9.bin"' 's,bootloader/bl2.bin,bootloader/bl9.bin,'
refused 'expected archive!path/inside, without ".."' 's,bsp.tbz2!bsp/bootloader/bl2.bin,bsp.tbz2!../bl2.bin,'
refused 'capsule has no setting "versoin"' 's,set: { version: "0x00230301",set: { versoin: "0x00230301",'
refused 'unknown format "capsul" (known: ' 's,format: capsule,format: capsul,'

# SBK: prepared, handed over, taken back, checked.
cat >product/sbk.yaml <<'YAML'
rotkit: 1
product: sbk
platform: t234
components: { mb2: uefi.bin }
images:
  mb2.bin:
    format: tegra-bch
    parts: { payload: mb2 }
    set: { magic: MB2B, load: "1" }
    encrypted-by: bsp
    bsp: { input: hand/mb2.bin, output: hand/mb2.signed }
release: { path: sbk }
YAML
mkdir product/hand
run 2 build product/sbk.yaml
stderr_is "rotkit: product/sbk.yaml:11:41: images.mb2.bin: waits for the BSP's tool, since SBK encryption has no public definition
  encrypt and sign \"product/hand/mb2.bin\" with it
  put what it makes at \"product/hand/mb2.signed\", and build again"
run 0 verify product/hand/mb2.bin
cp product/hand/mb2.bin product/hand/mb2.signed
run 3 build product/sbk.yaml
grep -qF 'is not encrypted: bit 26 of the flags at 0x141c is 0' "$err" || fail "$(cat "$err")"

# The page: one box a partition, x and width as offset and size; and it draws something.
run 0 inspect --html page.html $images/qspi.img
run 0 inspect --json $images/qspi.img
jq -r '.map[0].children[] | "\(.offset) \(.length) \(.name)"' "$out" >wanted
perl -ne 'while (/<rect class="region" x="(\d+)" y="0" width="(\d+)".*?<title>(.*?), 0x/g) { print "$1 $2 $3\n" }' page.html >boxes
same "boxes and regions" wanted boxes
[ "$(wc -l <boxes)" -ge 55 ] || fail "$(wc -l <boxes) boxes"
! grep -qiE 'src=|href=|<script|url\(' page.html || fail "the page reaches out"
chromium --headless --no-sandbox --disable-gpu --user-data-dir="$scratch/chromium" --window-size=1300,400 \
    --screenshot="$scratch/page.png" "file://$PWD/page.html" >"$scratch/log" 2>&1 || fail "chromium: $(cat "$scratch/log")"
colours=$(pngtopnm "$scratch/page.png" | ppmhist -noheader | wc -l)
[ "$colours" -ge 12 ] || fail "the page is blank: $colours colours"
