#!/bin/sh
# The main job: a Jetson Orin product from one manifest. Boot flash, update capsule, FIP and trusted
# application, and for 20 devices key blob and certificates; verified, and looked at.
#   demo.sh DIR
set -eu
dir=$1
here=$(cd "$(dirname "$0")" && pwd)
rotkit=${ROTKIT:-$here/../../build/release/bin/rotkit}

sh "$here/prepare.sh" "$rotkit" "$dir"
say() {
    echo "\$ $*"
}
say rotkit build "$dir/product.yaml"
"$rotkit" build "$dir/product.yaml"
say rotkit verify --pub "$dir/keys/release.pem" "$dir/release"
"$rotkit" verify --pub "$dir/keys/release.pem" "$dir/release"
echo
ls -l "$dir/release/images"
say rotkit inspect --html "$dir/qspi.html" "$dir/release/images/qspi.img"
"$rotkit" inspect --html "$dir/qspi.html" "$dir/release/images/qspi.img"
# The strings of a real board, as its nv_boot_control.conf has them; its slots are those of the layout.
board=3701-500-0000-J.0-1-1-jetson-agx-orin-devkit-
compat=3701--0000--1--jetson-agx-orin-devkit-
say rotkit match --board $board --compat $compat --layout "$dir/flash_qspi.xml" "$dir/release/images/update.Cap"
"$rotkit" match --board $board --compat $compat --layout "$dir/flash_qspi.xml" "$dir/release/images/update.Cap"

device=$(find "$dir/release/devices" -name eks.img | sort | head -n 1)
folder=$(dirname "$device")
echo
echo "one device:"
ls "$folder"
say rotkit blob open --root-key "$dir/keys/oem_k1.key" "$device"
"$rotkit" blob open --root-key "$dir/keys/oem_k1.key" "$device"
say "openssl verify (the EK certificate, by a program that is not ours)"
openssl verify -CAfile "$dir/ca/root.pem" -untrusted "$dir/ca/issuing.pem" "$folder/ek-cert-l-1.der"

echo
rm -rf "$dir/dps" "$dir/corim"
say rotkit enroll azure-dps --pub "$dir/keys/release.pem" -o "$dir/dps" "$dir/release"
"$rotkit" enroll azure-dps --pub "$dir/keys/release.pem" -o "$dir/dps" "$dir/release"
say rotkit enroll corim --set vendor=Demo --key "$dir/keys/release.key" -o "$dir/corim" "$dir/release"
"$rotkit" enroll corim --set vendor=Demo --key "$dir/keys/release.key" -o "$dir/corim" "$dir/release"
say rotkit verify --pub "$dir/keys/release.pem" "$dir/corim/corim.cbor"
"$rotkit" verify --pub "$dir/keys/release.pem" "$dir/corim/corim.cbor"
