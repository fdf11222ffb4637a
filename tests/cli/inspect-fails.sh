# SPDX-License-Identifier: Apache-2.0
# inspect draws a file whole, whatever in it does not hold, says what that is, and ends with 3; so do --json and --html.
# What a file inside does not hold leaves its neighbours as they are.
. "$(dirname "$0")/lib.sh"
need jq sgdisk

V=$DATA/vectors/boot
# draws NAME FILE OFFSET MESSAGE: with that byte changed, the same places and sizes
draws() {
    cp "$2" "$1"
    run 0 inspect "$1"
    awk '/^0x/ { print $1, $2 }' "$out" >whole
    [ -s whole ] || fail "$1: nothing is drawn of the good one"
    flip "$1" "$3"
    run 3 inspect "$1"
    stderr_is "rotkit: \"$1\": $4"
    [ "$(tail -n 1 "$out")" = "does not hold" ] || fail "$1: $(tail -n 1 "$out")"
    awk '/^0x/ { print $1, $2 }' "$out" >drawn
    same "the map of $1" whole drawn
    run 3 inspect --html page.html "$1"
    [ -s page.html ] || fail "$1: no page"
    rm page.html
    run 3 inspect --json "$1"
    jq -e '[.. | .outcome? | select(. == "fails")] | length > 0' "$out" >/dev/null || fail "$1: JSON: nothing fails"
}
draws t.bct "$V/t210/t.bct" 2000 't210-bct: hash at 0x310 over [0x510, 0x2800) does not hold'
draws t.img "$V/t210/out.img" $((0x8010)) 't210-bct: hash of boot loader 0 at 0x8000 does not hold'
draws boot.img "$V/avb/boot.img" 100 "avb: the image's digest does not hold"
draws a.ta "$V/optee/ta_signed.ta" 700 'optee-ta: hash at 0x14 does not hold: header or image changed'
draws a.efi "$V/uefi/min_aarch64.signed.efi" 700 \
    'uefi-pe: Authenticode digest (SHA256) of headers, sections and what follows them up to 0x600 does not hold'
draws mb1.bin "$V/tegra/bch_MB1B_256xaa.bin" 8200 "tegra-bch: the component's digest does not hold: SHA-512 of [0x2000, 0x2100)"
draws a.fit "$V/fit/kernel.fit" $((0x100)) 'fit: image kernel-1: its sha256 hash does not hold'
draws user.enc "$V/kernel/boot_userkey.enc" 8300 "kernel-encrypted: the component's digest does not hold: SHA-512 of [0x2000, 0x$(printf %x "$(stat -c %s "$V/kernel/boot_userkey.enc")"))"

# ---- a flash image, and the files in it
truncate -s 1M good
sgdisk -o -n 1:1024:1087 -c 1:first -n 2:1088:1151 -c 2:second good >log 2>&1 || fail "sgdisk: $(cat log)"
dd if="$V/tegra/bch_MB1B_256xaa.bin" of=good bs=512 seek=1024 conv=notrunc 2>log
dd if="$V/tegra/bch_PSCB_64x22.bin" of=good bs=512 seek=1088 conv=notrunc 2>log
dd if=/dev/zero of=good bs=512 count=34 conv=notrunc 2>log # a QSPI has no primary table
draws flash good $((1024 * 512 + 8200)) "qspi: first at 0x80000: tegra-bch: the component's digest does not hold: SHA-512 of [0x2000, 0x2100)"
run 3 inspect --json flash
jq -e '[.. | select(.name? == "first" or .name? == "second") | .outcome] == ["fails", "unknown"] or
    [.. | select(.name? == "first" or .name? == "second") | .outcome] == ["fails", "holds"]' "$out" >log || fail "$(jq -c . "$out")"
draws flash good $((1024 * 1024 - 512 + 56)) "qspi: the GPT header's CRC does not hold"
# Both: the first is told, and the second is drawn all the same.
flip flash $((1088 * 512 + 8200))
run 3 inspect flash
stderr_is "rotkit: \"flash\": qspi: the GPT header's CRC does not hold"
grep -q 'second' "$out" || fail "$(cat "$out")"
