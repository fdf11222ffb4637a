# SPDX-License-Identifier: Apache-2.0
# TAs below subkeys, and encryption under a device's own key: openssl verifies each level's signature by the key that the
# level above carries, computes the UUIDs, and the key of the device from its HUK. (The goldens of OP-TEE's own tool are
# made again byte for byte in unit.optee_subkey.)
. "$(dirname "$0")/lib.sh"
need openssl perl xxd jq
V=$DATA/vectors/boot
K=$V/keys
elf=$V/inputs/ta.elf

run 0 pack optee-subkey -o vendor.unsigned pub="$K/optee_sub1.pub.pem" --set max-depth=1 --set version=1 \
    --set uuid=f04fa996-148a-453c-b037-1dcfbad120a6
run 3 verify --pub "$K/rsa2048.pub.pem" vendor.unsigned
run 0 sign optee-subkey vendor.unsigned -o vendor.bin --key "$K/rsa2048.pem"
run 0 pack optee-subkey -o team.unsigned pub="$K/optee_sub2.pub.pem" subkey=vendor.bin --set name=team
run 0 sign optee-subkey team.unsigned -o team.bin --key "$K/optee_sub1.pem"
run 0 pack optee-ta -o ta.unsigned elf="$elf" subkey=team.bin --set name=fTPM --set version=7

# ---- the UUIDs, by openssl
# next UUID NAME: version 5 in form, by SHA-512
next() {
    { printf '%s' "$1" | tr -d - | unhex && printf '%s' "$2"; } | openssl dgst -sha512 -binary | head -c 16 |
        perl -0777 -ne '@b = unpack "C*"; $b[6] = $b[6] & 15 | 80; $b[8] = $b[8] & 63 | 128; print map { sprintf "%02x", $_ } @b'
}
team=$(next f04fa996-148a-453c-b037-1dcfbad120a6 team)
ftpm=$(next "$team" fTPM)
run 0 inspect --json ta.unsigned
[ "$(jq -r '[.. | objects | select(.name? == "uuid") | .note] | join(" ")' "$out")" = \
    "f04fa996148a453cb0371dcfbad120a6 $team $ftpm" ] || fail "UUIDs: $(cat "$out"), openssl: $team $ftpm"

# ---- device-specific encryption: the key of the device from its HUK and OP-TEE's TA key
# A board (OP-TEE 4.6 in QEMU) loaded a TA under the key of ta_device_key.json.
known=$V/optee/ta_device_key.json
cat >conf <<CONF
asn1 = SEQUENCE:spki
[spki]
alg = SEQUENCE:alg
key = BITWRAP,SEQUENCE:key
[alg]
oid = OID:rsaEncryption
none = NULL
[key]
n = INTEGER:0x$(jq -r .root_key_modulus "$known")
e = INTEGER:65537
CONF
openssl asn1parse -genconf conf -noout -out root.der
jq -r .huk "$known" >huk
jq -r .key "$known" >device.key
iv=000102030405060708090a0b
run 0 encrypt optee-ta ta.unsigned -o ta.known --key device.key --set iv=$iv
run 0 encrypt optee-ta ta.unsigned -o ta.derived --key huk --with ta-key=root.der --set iv=$iv
cmp ta.known ta.derived || fail "another key than the board's"
echo 0f1e2d3c4b5a69788796a5b4c3d2e1f0 >huk
run 0 encrypt optee-ta ta.unsigned -o ta.sealed --key huk --with ta-key="$K/rsa2048.pub.pem"
echo "04000000 $(openssl rsa -pubin -in "$K/rsa2048.pub.pem" -noout -modulus | sed 's/Modulus=//')" | unhex >message
openssl mac -digest SHA256 -macopt hexkey:"$(cat huk)" -in message HMAC >device.key
refuse 4 'rotkit: "ta.sealed": sign optee-ta: another key than that of subkey 2 above it ('"$(echo "$team" | sed 's/^\(.\{8\}\)\(....\)\(....\)\(....\)/\1-\2-\3-\4-/')"'), which must sign' \
    sign optee-ta ta.sealed -o none --key "$K/rsa2048.pem" --content-key device.key
refuse 2 'rotkit: "ta.sealed": sign optee-ta: is encrypted, and the signature covers the plaintext: give the encryption key too (--content-key)' \
    sign optee-ta ta.sealed -o none --key "$K/optee_sub2.pem"
run 0 sign optee-ta ta.sealed -o ta.signed --key "$K/optee_sub2.pem" --content-key device.key
run 0 sign optee-ta ta.sealed -o again --key "$K/optee_sub2.pem" --content-key huk --with ta-key="$K/rsa2048.pub.pem"
run 0 verify --pub "$K/rsa2048.pub.pem" --key device.key ta.signed again
run 0 verify --pub "$K/rsa2048.pub.pem" --key huk --with ta-key="$K/rsa2048.pub.pem" ta.signed
run 3 verify --pub "$K/rsa2048.pub.pem" --key huk ta.signed
run 3 verify --pub "$K/rsa2048.pub.pem" --key huk --with ta-key="$K/rsa3072.pub.pem" ta.signed
run 8 verify --pub "$K/rsa2048.pub.pem" ta.signed
run 3 verify --pub "$K/optee_sub2.pub.pem" --key device.key ta.signed
refuse 2 'rotkit: "ta.unsigned": encrypt optee-ta: part "ta-key" is for enc-key=device' \
    encrypt optee-ta ta.unsigned -o none --key huk --with ta-key="$K/rsa2048.pub.pem" --set enc-key=class

# ---- the signatures, by openssl: each level's header and image, by the key above
# level OFFSET IMAGE-LENGTH SIGNATURE-LENGTH KEY FILE
level() {
    perl -e 'open F, "<", $ARGV[3]; local $/; $_ = <F>; my ($at, $image, $sig) = @ARGV;
        open S, ">", "signed"; print S substr($_, $at, 20), substr($_, $at + 52 + $sig, $image);
        open S, ">", "signature"; print S substr($_, $at + 52, $sig)' "$1" "$2" "$3" "$5"
    openssl dgst -sha256 -verify "$4" -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 -signature signature signed >judge ||
        fail "level at $1: $(cat judge)"
}
run 0 sign optee-ta ta.unsigned -o plain --key "$K/optee_sub2.pem"
level 0 320 256 "$K/rsa2048.pub.pem" plain
level 692 448 256 "$K/optee_sub1.pub.pem" plain
level 1512 $((20 + 2500)) 384 "$K/optee_sub2.pub.pem" plain
run 0 verify --pub "$K/rsa2048.pub.pem" plain
stdout_is "plain: optee-ta: hash ok; not signed: 0x34-0x133, 0x2e8-0x3e7, 0x61c-0x79b; signer: the key given, by 2 subkeys (rsa-pss-sha256)"

# ---- depth: the team's subkey may sign TAs, and no subkey
refuse 2 'rotkit: pack optee-subkey: the subkey above has max_depth 0: it may sign TAs, and no subkey' \
    pack optee-subkey -o none pub="$K/rsa3072.pub.pem" subkey=team.bin --set name=x
# ---- version: lower ones of a subkey are older
run 0 pack optee-subkey -o vendor2.unsigned pub="$K/optee_sub1.pub.pem" --set max-depth=1 --set version=2 \
    --set uuid=f04fa996-148a-453c-b037-1dcfbad120a6
run 0 sign optee-subkey vendor2.unsigned -o vendor2.bin --key "$K/rsa2048.pem"
run 0 verify --pub "$K/rsa2048.pub.pem" --not-older-than vendor.bin vendor2.bin
run 3 verify --pub "$K/rsa2048.pub.pem" --not-older-than vendor2.bin vendor.bin

# ---- signed elsewhere
run 0 sign optee-ta ta.unsigned --to-sign round --key pub:"$K/optee_sub2.pub.pem"
