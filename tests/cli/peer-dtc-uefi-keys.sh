# SPDX-License-Identifier: Apache-2.0
# Do dtc, fdtget and fdtdump find the default keys and the capsule root where rotkit wrote them? And
# does rotkit read overlays that dtc made, and refuse those from which UEFI would enrol nothing?
. "$(dirname "$0")/lib.sh"
need dtc fdtget fdtdump xxd perl openssl

boot=$DATA/vectors/boot
keys=/fragment@0/__overlay__/firmware/uefi/variables
owner=11111111-2222-3333-4444-123456789abc

# bytes FILE NODE PROPERTY: the value, as fdtget reads it
bytes() {
    fdtget -t bx "$1" "$2" "$3" | tr ' ' '\n' | sed 's/^.$/0&/' | xxd -r -p
}

# Lists that efitools made, as they are; certificates become the same lists.
run 0 pack uefi-keys-dtbo -o keys.dtbo PK="$boot/uefi/PK.esl" KEK="$boot/uefi/KEK.crt" db="$boot/uefi/db.crt" \
    db="$boot/uefi/KEK.esl" --set owner=$owner
cat "$boot/uefi/db.esl" "$boot/uefi/KEK.esl" >db.esl
cp "$boot/uefi/PK.esl" "$boot/uefi/KEK.esl" .
for key in PK KEK db; do
    bytes keys.dtbo $keys/gEfiGlobalVariableGuid/${key}Default data >found
    cmp found $key.esl || fail "$key: fdtget finds other bytes than efitools made"
    fdtget -p keys.dtbo $keys/gEfiGlobalVariableGuid/${key}Default | grep -qx non-volatile || fail "$key is volatile"
done
[ "$(fdtget -t bx keys.dtbo $keys/gNVIDIAPublicVariableGuid/EnrollDefaultSecurityKeys data)" = 1 ] || fail "enrol"
[ "$(fdtget keys.dtbo /fragment@0 target-path)" = / ] || fail "target-path"
[ "$(fdtget keys.dtbo /fragment@0/board_config sw-modules)" = uefi ] || fail "sw-modules"
fdtdump keys.dtbo 2>/dev/null | grep -q 'version:.*17' || fail "fdtdump"
openssl x509 -in "$boot/uefi/PK.crt" -outform der -out PK.der
run 0 pack uefi-keys-dtbo -o der.dtbo PK=PK.der KEK="$boot/uefi/KEK.crt" db=db.esl --set owner=$owner
cmp keys.dtbo der.dtbo || fail "DER and PEM differ"

# There and back through dtc's source.
dtc -q -I dtb -O dts -o keys.dts keys.dtbo
dtc -q -I dts -O dtb -o again.dtbo keys.dts
run 0 verify again.dtbo
stdout_is "again.dtbo: uefi-keys-dtbo: structure holds, not signed (the image that carries it is); signer: not checked"

# broken SED MESSAGE: the overlay with one line changed
broken() {
    sed "$1" keys.dts | dtc -q -I dts -O dtb -o broken.dtbo -
    refuse 2 "rotkit: broken.dtbo: uefi-keys-dtbo: $2" verify broken.dtbo
}
broken 's,target-path = "/",target-path = "/x",' "the fragment's target-path is not \"/\""
broken 's/sw-modules = "uefi"/sw-modules = "cboot"/' "the fragment's board_config/sw-modules is not \"uefi\""
broken 's/data = \[01\]/data = [00]/' \
    "gNVIDIAPublicVariableGuid/EnrollDefaultSecurityKeys: data is not 01, so nothing would be enrolled"
broken 's/KEKDefault {/KEK {/' "no variable KEKDefault"
broken '/PKDefault {/,/}/s/non-volatile;//' "PKDefault: not marked non-volatile"
broken '/PKDefault {/,/}/s/data = .*;//' 'PKDefault: no property "data"'
broken '/KEKDefault {/,/}/s/data = .*;/data;/' "KEKDefault: no signature list"
cat PK.esl KEK.esl >two.esl
refuse 2 "rotkit: pack uefi-keys-dtbo: what was made would be refused: uefi-keys-dtbo: PKDefault: more than one platform key" \
    pack uefi-keys-dtbo -o no.dtbo PK=two.esl KEK=KEK.esl db=db.esl
refuse 2 'rotkit: pack uefi-keys-dtbo: part "PK": no certificate in PEM or DER' \
    pack uefi-keys-dtbo -o no.dtbo PK="$boot/keys/PK.key" KEK=KEK.esl db=db.esl

# ---- the capsule root in UEFI's device tree ----
printf '%s\n' '/dts-v1/;' '/ { compatible = "nvidia,tegra234"; chosen { }; firmware { optee { method = "smc"; }; }; };' |
    dtc -q -O dtb -o in.dtb -
run 0 pack uefi-dtb -o uefi.dtb dtb=in.dtb cert="$boot/keys/cap_root.crt" cert=PK.der \
    --set lowest-supported-version=0x00230301 --set image-type=bf0d4599-20d4-414e-b2c5-3595b1cda402
[ "$(fdtget -t x uefi.dtb /firmware/uefi fmp-lowest-supported-version)" = 230301 ] || fail "lowest version"
[ "$(fdtget -t s uefi.dtb /firmware/uefi fmp-image-type-id-guid)" = bf0d4599-20d4-414e-b2c5-3595b1cda402 ] || fail "type"
[ "$(bytes uefi.dtb /firmware/uefi fmp-image-type-id-guid | wc -c)" -eq 37 ] || fail "GUID and its NUL are 37 bytes"
[ "$(fdtget uefi.dtb /firmware/optee method)" = smc ] || fail "the rest of the tree"
openssl x509 -in "$boot/keys/cap_root.crt" -outform der -out root.der
: >wanted
for der in root.der PK.der; do
    perl -0777 -ne 'print pack("N", length), $_, "\0" x (-length() % 4)' $der >>wanted
done
bytes uefi.dtb /firmware/uefi fmp-pkcs7-cert-buffer-xdr >found
cmp found wanted || fail "the certificates are not as EDK2 reads them"

# Written again, values are replaced, not added; lower than before is a step back.
run 0 pack uefi-dtb -o older.dtb dtb=uefi.dtb --set lowest-supported-version=0x00230300
[ "$(fdtget -t x older.dtb /firmware/uefi fmp-lowest-supported-version)" = 230300 ] || fail "not replaced"
bytes older.dtb /firmware/uefi fmp-pkcs7-cert-buffer-xdr >found
cmp found wanted || fail "the certificates went"

# bad PROPERTY VALUE MESSAGE
bad() {
    cp uefi.dtb bad.dtb
    fdtput -t bx bad.dtb /firmware/uefi "$1" $2
    refuse 2 "rotkit: bad.dtb: uefi-dtb: /firmware/uefi/$1: $3" verify bad.dtb
}
bad fmp-lowest-supported-version "0 1 2" "cut short at offset 0x0: 4 wanted, 3 left"
bad fmp-lowest-supported-version "0 1 2 3 4" "trailing data at offset 0x4: 1 left"
bad fmp-image-type-id-guid "62 66 0" "3 bytes, expected a GUID of 37 with its NUL"
for value in "ff ff ff ff 30" "0 0 0 4 30 2 5 0"; do
    cp uefi.dtb bad.dtb
    fdtput -t bx bad.dtb /firmware/uefi fmp-pkcs7-cert-buffer-xdr $value
    run 2 verify bad.dtb
done
# A certificate with something behind it that the length takes in.
long=$(perl -0777 -ne 'print join(" ", map { sprintf("%x", $_) } unpack("C*", pack("N", length() + 8) . $_ . "\0" x (8 + -length() % 4)))' PK.der)
cp uefi.dtb bad.dtb
fdtput -t bx bad.dtb /firmware/uefi fmp-pkcs7-cert-buffer-xdr $long
run 2 verify bad.dtb
grep -q "fmp-pkcs7-cert-buffer-xdr: no certificate of $(($(stat -c %s PK.der) + 8)) bytes at 0x" "$err" || fail "$(cat "$err")"
refuse 2 'rotkit: pack uefi-dtb: nothing to write: needs a part "cert", or a setting "lowest-supported-version" or "image-type"' \
    pack uefi-dtb -o no.dtb dtb=in.dtb
openssl req -x509 -newkey rsa:2048 -nodes -keyout /dev/null -subj /CN=TestRoot -days 30 -out test.crt 2>/dev/null
refuse 2 "rotkit: pack uefi-dtb: EDK2's public test certificate, whose key everybody has
  accept-test-keys=yes takes it, on a developer's own board" pack uefi-dtb -o no.dtb dtb=in.dtb cert=test.crt
run 0 pack uefi-dtb -o dev.dtb dtb=in.dtb cert=test.crt --set accept-test-keys=yes
run 0 inspect dev.dtb
grep -q "EDK2's public test certificate: anybody can sign a capsule" "$out" || fail "the test certificate goes unnoticed"

# Every cut of either: refused, and nothing but refused.
for file in keys.dtbo uefi.dtb; do
    for len in 0 1 3 4 7 39 40 41 56 100 200 $(($(stat -c %s $file) - 1)); do
        head -c "$len" $file >cut
        what="$file cut to $len" run 2 verify cut
    done
done
