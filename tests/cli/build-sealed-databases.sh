# SPDX-License-Identifier: Apache-2.0
# A fleet whose KDK0s and EPS seeds lie sealed on disk, by openssl and by rotkit: the release is that of the
# same databases in the clear; changed, for another key, or without a key, nothing is built.
. "$(dirname "$0")/lib.sh"
need openssl

run 0 init -q product
cd product
cp -r devices plain
run 0 build -q manifest.yaml
for device in release/devices/*/*/device.json; do
    grep '"public_tpm2b"\|"sn"' "$device"
done >clear
rm -rf release

seal() { # FILE RECIPIENT
    openssl cms -encrypt -binary -outform DER -aes-256-gcm -in "$1" -out "$1.cms" "$2"
    mv "$1.cms" "$1"
}
for name in kdk_db eps_seeds; do
    seal devices/$name.csv factory/factory.pem
done
refuse 4 'rotkit: "devices/kdk_db.csv" is sealed: a manifest names the key that opens it (devices.key), or open it first (rotkit secret open)' \
    build -q manifest.yaml
sed -i 's/^devices:$/devices:\n  key: factory\/factory.key/' manifest.yaml
run 0 build -q manifest.yaml
for device in release/devices/*/*/device.json; do
    grep '"public_tpm2b"\|"sn"' "$device"
done >sealed
same "the devices" clear sealed
run 0 build manifest.yaml
grep -q unchanged "$err" || fail "a repeat is no repeat: $(cat "$err")"
secret=$(cut -d' ' -f3 plain/kdk_db.csv | head -n 1 | tr -d '\r')
[ ${#secret} -eq 64 ] || fail "no KDK0 in the database"
if grep -rqF "$secret" . --exclude-dir=plain; then
    fail "a KDK0 lies in the clear"
fi

# ---- what does not open
rm -rf release
cp devices/kdk_db.csv good
size=$(wc -c <good)
for at in 40 300 $((size / 2)) $((size - 1)); do
    cp good devices/kdk_db.csv
    flip devices/kdk_db.csv "$at"
    code=0
    "$ROTKIT" build -q manifest.yaml >"$out" 2>"$err" || code=$?
    [ $code -eq 3 ] || [ $code -eq 2 ] || fail "a byte at $at is changed: exit $code, $(cat "$err")"
    [ ! -e release ] || fail "a byte at $at is changed, and there is a release"
done
cp plain/kdk_db.csv devices/kdk_db.csv
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout other.key -out other.pem -subj /CN=other 2>/dev/null
seal devices/kdk_db.csv other.pem
run 3 build -q manifest.yaml
grep -q '^rotkit: "devices/kdk_db.csv": cannot be opened: sealed to another key, or changed' "$err" || fail "$(cat "$err")"
[ ! -e release ] || fail "a release from another factory's database"

# ---- sealed by rotkit itself, 200 KiB of rows: more than a piece and a line reader's room
rm -rf devices
mkdir devices
run 0 device new --count 2400 --oem-id 0x0102 --first-sn 0x0100000001 --recipient factory/factory.pem \
    --kdk-db devices/kdk_db.csv --eps-seeds devices/eps_seeds.csv --pubkey-db pubkeys
run 0 secret open --key factory/factory.key devices/kdk_db.csv -o opened
[ "$(wc -c <opened)" -gt 200000 ] || fail "a short database"
printf '0102 oops\r\n' >>opened
rm devices/kdk_db.csv
mv opened devices/kdk_db.csv
seal devices/kdk_db.csv factory/factory.pem
run 2 build -q manifest.yaml
grep -q '^rotkit: devices/kdk_db.csv:2401: ' "$err" || fail "not in the last row: $(cat "$err")"
