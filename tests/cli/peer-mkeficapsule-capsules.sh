# SPDX-License-Identifier: Apache-2.0
# Capsules of others are read, whatever they carry: accept and revert (mkeficapsule), a driver and two payloads with
# dependencies (EDK2's GenerateCapsule), a header of a page, image headers of versions 1 and 2, vendors' bytes, no
# firmware management at all. What each payload is signed by is held; what would be lost by signing is not signed.
. "$(dirname "$0")/lib.sh"
need mkeficapsule perl openssl
K=$DATA/vectors/boot/keys
I=$DATA/vectors/boot/inputs
U=$DATA/vectors/boot/uefi
openssl pkey -in "$K/cap_sign.key" -pubout -out sign.pub
type=09d7cf52-0720-4710-91d1-08469b7fe9c8

# shows LINE...: each matches a line of what inspect printed
shows() {
    for line; do
        grep -qE "$line" "$out" || fail "no line \"$line\" in: $(cat "$out")"
    done
}

# ---- accept and revert ----
mkeficapsule --fw-accept --guid $type accept.cap
cmp accept.cap "$DATA/image/capsule-accept.cap" || fail "mkeficapsule writes another accept capsule"
run 0 inspect accept.cap
stdout_is "capsule
0x000000       44  UEFI capsule  accept capsule: keep the firmware that was tried
0x000000       28    capsule header
0x000000       16      guid  4660990cc0bc044d85ece1fcedf1c6f8
0x000010        4      header_size  0x0000001c
0x000014        4      flags  0x00000000
0x000018        4      image_size  0x0000002c
0x00001c       16    image type  $type
structure holds, not signed"
mkeficapsule --fw-revert revert.cap
run 0 inspect revert.cap
shows '^0x000000 +28  UEFI capsule  revert capsule: back to the firmware before$'
for file in accept.cap revert.cap; do
    run 0 verify $file
    run 3 verify --ca "$K/cap_root.crt" $file
done
refuse 2 'rotkit: "accept.cap": sign capsule: 0 drivers and 0 payloads of firmware management: rotkit signs capsules of one payload' \
    sign capsule accept.cap -o no.cap --key "$K/cap_sign.key" --cert "$K/cap_sign.crt"
{ cat accept.cap && printf x; } | perl -0777 -pe 'substr($_, 24, 4) = pack("V", 45)' >long.cap
refuse 2 'rotkit: long.cap: capsule: trailing data at offset 0x2c: 1 left' verify long.cap

# ---- a driver and two payloads ----
cp "$DATA/image/multi_edk2.Cap" multi.cap
run 0 inspect multi.cap
shows '^0x000014 +4      flags  0x00050000$' '^0x000040 +3096    embedded driver  \(uefi-pe\)$' \
    '^0x000c58 +3240    payload 1 of 2  image type bf0d4599-20d4-414e-b2c5-3595b1cda402$' '^0x001518 +1000      payload$' \
    "^0x001900 +2772    payload 2 of 2  image type $type\$" '^0x001928 +8        support  0x0000000000000003$' \
    '^0x0021b0 +31      dependencies$' '^0x0021d7 +4        version  0x00000007$' '^0x0021df +501      payload$'
tail -c 501 multi.cap >found
head -c 501 "$I/bl31.bin" >wanted
cmp found wanted || fail "the golden carries something else"
# The payloads are held under who signs capsules; the driver is db's, so that much is not known.
run 8 verify --ca "$K/cap_root.crt" multi.cap
grep -q 'could not be checked: an embedded driver, which UEFI holds against db' "$err" || fail "$(cat "$err")"
run 3 verify --ca "$U/KEK.crt" multi.cap
grep -q 'multi.cap: capsule: payload 1 of 2: ' "$err" || fail "$(cat "$err")"
for at in 0x1518 0x2180 0x21b1 0x21df; do # payload 1; and of payload 2 signature, dependencies, payload
    cp multi.cap flipped.cap
    flip flipped.cap $((at))
    run 3 verify --ca "$K/cap_root.crt" flipped.cap
done
refuse 2 'rotkit: "multi.cap": sign capsule: 1 driver and 2 payloads of firmware management: rotkit signs capsules of one payload' \
    sign capsule multi.cap -o no.cap --key "$K/cap_sign.key" --cert "$K/cap_sign.crt"
# Without the driver, by hand: header, offsets and sizes anew.
perl -0777 -pe 'substr($_, 0x40, 3096) = ""; substr($_, 0x28, 8) = "";
    substr($_, 0x24, 2) = pack("v", 0); substr($_, 0x28, 16) = pack("Q<2", 0x18, 0x18 + 3240);
    substr($_, 0x18, 4) = pack("V", length)' multi.cap >two.cap
run 0 verify --ca "$K/cap_root.crt" two.cap
grep -q '^two.cap: capsule: signature of every payload holds; ' "$out" || fail "$(cat "$out")"
# One of them not signed: the rest does not stand for it.
run 0 pack capsule payload="$I/bl2.bin" --set version=1 -o plain.cap
run 0 sign capsule plain.cap -o signed.cap --key "$K/cap_sign.key" --cert "$K/cap_sign.crt"
perl -e 'sub item { local (@ARGV, $/) = shift; substr(<>, 0x30) } my ($a, $b) = map { item($_) } "signed.cap", "plain.cap";
    local (@ARGV, $/) = "plain.cap"; my $h = substr(<>, 0, 0x20);
    $_ = $h . pack("VvvQ<2", 1, 0, 2, 0x18, 0x18 + length $a) . $a . $b; substr($_, 0x18, 4) = pack("V", length); print' >half.cap
refuse 3 'rotkit: half.cap: capsule: payload 2 of 2: is not signed' verify --pub sign.pub half.cap

# ---- one payload, in other dress ----
cp signed.cap v3.cap
# dress PERL NAME: v3.cap changed, its size anew
dress() {
    perl -0777 -pe "$1; substr(\$_, 0x18, 4) = pack('V', length)" v3.cap >"$2"
}
dress 'substr($_, 0x20, 0) = "\0" x 0xfe0; substr($_, 0x10, 4) = pack("V", 0x1000)' page.cap
dress 'substr($_, 0x30, 4) = pack("V", 2); substr($_, 0x58, 8) = ""' v2.cap
dress 'substr($_, 0x30, 4) = pack("V", 1); substr($_, 0x50, 16) = ""' v1.cap
dress '$_ .= "vendor"; substr($_, 0x4c, 4) = pack("V", 6)' vendor.cap
for file in page v2 v1; do
    run 0 verify --pub sign.pub $file.cap
    run 3 verify --ca "$U/KEK.crt" $file.cap
done
refuse 8 "rotkit: vendor.cap: capsule: could not be checked: the vendor's bytes, which no signature covers" \
    verify --pub sign.pub vendor.cap
run 3 verify --ca "$U/KEK.crt" vendor.cap
run 0 verify vendor.cap
run 0 inspect page.cap
shows '^0x001000 +16    FMP capsule header$'
run 0 inspect vendor.cap
shows ' +6    vendor.s bytes$'
run 0 inspect v1.cap
shows '^0x000030 +32    FMP image header$' '^0x000050 +32    authentication$'
for row in v2:2:0:0x0 v1:1:0:0x0 vendor:3:6:0x1; do
    IFS=: read -r file version bytes support <<ROW
$row
ROW
    refuse 2 "rotkit: \"$file.cap\": sign capsule: image header version $version, $bytes vendor bytes, ImageCapsuleSupport $support: rotkit signs version 3 with neither vendor bytes nor dependencies" \
        sign capsule $file.cap -o no.cap --key "$K/cap_sign.key" --cert "$K/cap_sign.crt"
done
# Signing keeps the index and the instance that mkeficapsule wrote.
mkeficapsule --index 4 --instance 9 --guid $type "$I/bl2.bin" indexed.cap
run 0 sign capsule indexed.cap -o indexed.signed.cap --key "$K/cap_sign.key" --cert "$K/cap_sign.crt"
run 0 inspect indexed.signed.cap
shows 'index  0x04$' 'hardware_instance  0x0000000000000009$'
run 0 verify --pub sign.pub indexed.signed.cap

# ---- not by firmware management: told by its sizes; a capsule inside is shown ----
perl -e 'print pack("VvvC8", 0x11223344, 0x5566, 0x7788, 1 .. 8), pack("V3", 0x20, 0x50001, 0x20 + 100), "\0" x 4, "x" x 100' >other.cap
run 0 inspect other.cap
shows '^0x000000 +132  UEFI capsule  not by firmware management: type 11223344-5566-7788-0102-030405060708$' \
    '^0x000020 +100    payload$' '^structure holds, not signed as firmware management does$'
run 3 verify --pub sign.pub other.cap
perl -e 'local (@ARGV, $/) = "signed.cap"; $_ = <>;
    print pack("VvvC8", 0x11223344, 0x5566, 0x7788, 1 .. 8), pack("V3", 0x1c, 0, 0x1c + length), $_' >nested.cap
run 0 inspect nested.cap
shows 'payload  \(capsule\)$' 'FMP capsule header$'
