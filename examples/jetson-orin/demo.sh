#!/bin/sh
# The main job: 20 Jetson Orin devices from a manifest to a verified release, and a look at one of them.
#   demo.sh DIR
set -eu
dir=$1
here=$(cd "$(dirname "$0")" && pwd)
rotkit=${ROTKIT:-$here/../../build/release/bin/rotkit}

sh "$here/prepare.sh" "$rotkit" "$dir"
echo "\$ rotkit build $dir/manifest.yaml"
"$rotkit" build "$dir/manifest.yaml"
echo "\$ rotkit verify $dir/release"
"$rotkit" verify "$dir/release"

device=$(find "$dir/release/devices" -name eks.img | sort | head -n 1)
folder=$(dirname "$device")
echo
echo "one device:"
ls "$folder"
echo "\$ rotkit blob open --root-key $dir/keys/oem_k1.key $device"
"$rotkit" blob open --root-key "$dir/keys/oem_k1.key" "$device"
echo "\$ openssl verify (the EK certificate, by a program that is not ours)"
openssl verify -CAfile "$dir/ca/root.pem" -untrusted "$dir/ca/issuing.pem" "$folder/ek-cert-l-1.der"
