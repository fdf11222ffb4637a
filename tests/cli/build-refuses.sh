# SPDX-License-Identifier: Apache-2.0
# Manifests and inputs that build refuses: one error, and no file is made or changed.
. "$(dirname "$0")/lib.sh"
need openssl

unset SOURCE_DATE_EPOCH
sh "$SOURCE/examples/jetson-orin/prepare.sh" "$ROTKIT" .
for db in kdk_db eps_seeds; do
    sed -n 1,3p devices/$db.csv >two && mv two devices/$db.csv
done
cp "$DATA/cli/manifest.yaml" good.yaml
cp -r devices good.devices
edit() { # SED-SCRIPT: the manifest, changed
    sed -E "$1" good.yaml >manifest.yaml
    if cmp -s good.yaml manifest.yaml; then fail "edit changes nothing: $1"; fi
}
row() { # FILE SED-SCRIPT: a database, changed
    rm -rf devices
    cp -r good.devices devices
    cp good.yaml manifest.yaml
    sed -E "$2" "good.devices/$1.csv" >"devices/$1.csv"
}
build="build manifest.yaml"

# The manifest.
edit 's/^platform:.*/platform: t264/'
refuse 2 "rotkit: manifest.yaml:4:11: platform: platform \"t264\" (Thor) is refused: its key blob 2.1 and the labels of its fTPM key derivation are not public" \
    $build
edit 's/^platform:.*/platform: t999/'
refuse 2 "rotkit: manifest.yaml:4:11: platform: unknown platform \"t999\" (known: t234, t194, optee)" \
    $build
edit 's/^product:/prodct:/'
refuse 2 "rotkit: manifest.yaml:3:1: unknown key \"prodct\"
  did you mean \"product\"?" \
    $build
edit 's/^product:.*/product: [a]/'
refuse 2 "rotkit: manifest.yaml:3:10: product: expected a single value" \
    $build
edit 's/^platform:.*//'
refuse 2 "rotkit: manifest.yaml:1:1: key \"platform\" is missing (what it is for: t234 (Jetson Orin), optee (any board with OP-TEE and the reference fTPM))" \
    $build
edit 's/^role:.*/role: both\nrole: odm/'
refuse 2 "rotkit: manifest.yaml:6:1: key \"role\" is on line 5 already" \
    $build
edit 's/^rotkit: 1/rotkit: 2/'
refuse 2 "rotkit: manifest.yaml:2:9: rotkit: this version reads manifests of format 1" \
    $build
edit 's/H-3/L-9/'
refuse 2 "rotkit: manifest.yaml:12:25: ek.templates: unknown template \"L-9\" (known: L-1, L-2, H-1, H-2, H-3, H-4, H-6, H-7, azure-sdk)" \
    $build
edit 's/^ek:/ek:\n  profile: ms-160/'
refuse 2 "rotkit: manifest.yaml:12:12: ek.profile: unknown profile \"ms-160\"
  known: ms-159
  known: ms-159-aes128
  known: libtpms-1
  known: tcg-184
  known: tcg-183
  known: ms-146
  known: ms-138
  known: ms-146-r32
  known: ms-138-r32
  known: libtpms-0" \
    $build
edit 's/^ek:/ek:\n  profile: ms-138/'
refuse 2 "rotkit: device 01020000000100000001: EK L-1: EPS of 64 bytes, profile ms-138 takes 32" \
    $build
edit 's/version: "2.0"/version: "2.1"/'
refuse 2 "rotkit: manifest.yaml:25:12: blob.version: unknown value \"2.1\" (known: 1.0, 2.0)" \
    $build
edit 's/spec-revision: 159/spec-revision: many/'
refuse 2 "rotkit: manifest.yaml:17:20: ek.certificate.spec-revision: \"many\" is no number" \
    $build
edit 's/not-before: 2026-01-01/not-before: 2026-02-30/'
refuse 2 "rotkit: manifest.yaml:18:17: ek.certificate.not-before: \"2026-02-30\" is no date, expected YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ" \
    $build
edit 's/^  per-device: true/  per-device: maybe/'
refuse 2 "rotkit: manifest.yaml:32:15: fuses.per-device: expected true or false, found \"maybe\"" \
    $build
edit 's/^rotkit: 1/rotkit: "1/'
refuse 2 "rotkit: manifest.yaml:14:20: no YAML: did not find expected key" \
    $build
edit '/accept-unconfirmed/d'
refuse 2 "rotkit: manifest.yaml:34:15: fuses.public-key: PublicKeyHash is not confirmed: its rule has been checked against no vendor value, and fuses burn once
  give the value that tegrasign printed, or say accept-unconfirmed" \
    $build
edit '/boot-security-info-preset/s/0x1e0/0x1e1/'
refuse 2 "rotkit: manifest.yaml:32:3: fuses: BootSecurityInfo preset 0x1e1 has authentication scheme 1 burnt, the key needs 2" \
    $build
refuse 7 "rotkit: cannot open \"absent.yaml\": No such file or directory" \
    build absent.yaml
refuse 2 "rotkit: \"devices\" is a folder, expected a file" \
    build devices
refuse 2 "rotkit: an operand is missing: rotkit build MANIFEST
  see 'rotkit help build'" \
    build

# Files it names.
cp good.yaml manifest.yaml
edit 's/oem_k1.key/absent.key/'
refuse 7 "rotkit: manifest.yaml:26:13: blob.root-key: cannot open \"keys/absent.key\": No such file or directory" \
    $build
edit 's,disk-key: keys/disk.key,disk-key: keys/oem_k1.key,'
refuse 2 "rotkit: manifest.yaml:28:13: blob.disk-key: key file \"keys/oem_k1.key\": 64 hex digits, expected 32" \
    $build
edit '/auth-key/d'
refuse 2 "rotkit: manifest.yaml:25:3: blob: key \"auth-key\" is missing (tag 4: UEFI variable authentication key, 16 bytes; a fused device halts without it)" \
    $build
edit 's,certificate: ca/chain.pem,certificate: ca/absent.pem,'
refuse 7 "rotkit: manifest.yaml:21:18: ek.ca.certificate: cannot open \"ca/absent.pem\": No such file or directory" \
    $build
edit 's,key: ca/issuing.key,key: ca/root.key,'
refuse 3 "rotkit: manifest.yaml:21:18: ek.ca.certificate: CA certificate \"ca/chain.pem\": the CA certificate and the CA key do not belong together" \
    $build
edit 's,recipient: factory/factory.pem,recipient: ca/issuing.pem,'
refuse 2 "rotkit: manifest.yaml:40:14: secrets.recipient: recipient certificate's key usage lacks keyAgreement" \
    $build
edit '/^secrets:/d; /recipient/d'
refuse 2 "rotkit: manifest.yaml:32:3: secrets.recipient: fuse files hold keys; name the factory certificate to seal them to, or give --plaintext-secrets" \
    $build
edit 's,kdk-db: devices/kdk_db.csv,kdk-db: devices/absent.csv,'
refuse 7 "rotkit: cannot open \"devices/absent.csv\": No such file or directory" \
    $build
edit 's,kdk-db: devices/kdk_db.csv,kdk-db: devices,'
refuse 7 "rotkit: cannot read \"devices\": Is a directory" \
    $build

# Databases.
row kdk_db '2s/..$//'
refuse 2 "rotkit: devices/kdk_db.csv:2: malformed row
  expected: oem_id of 4 hex digits, sn of 16, KDK0 of 64, one blank between" \
    $build
row kdk_db '2s/ 0000/  000/'
refuse 2 "rotkit: devices/kdk_db.csv:2: a character that is no hex digit
  expected: oem_id of 4 hex digits, sn of 16, KDK0 of 64, one blank between" \
    $build
row kdk_db '2s/[0-9a-f]\r?$/g/'
refuse 2 "rotkit: devices/kdk_db.csv:2: a character that is no hex digit
  expected: oem_id of 4 hex digits, sn of 16, KDK0 of 64, one blank between" \
    $build
row kdk_db '3s/^0102 .{16}/0102 0000000100000001/'
refuse 2 "rotkit: devices/kdk_db.csv:3: device 01020000000100000001 is on line 1 already: two devices would have one identity" \
    $build
row eps_seeds '3d'
refuse 2 "rotkit: devices/eps_seeds.csv: ends before \"devices/kdk_db.csv\" does: both need the same devices" \
    $build
row kdk_db '3d'
refuse 2 "rotkit: devices/kdk_db.csv: ends before \"devices/eps_seeds.csv\" does: both need the same devices" \
    $build
row eps_seeds '2s/ 0000000100000002/ 0000000100000009/'
refuse 2 "rotkit: devices/eps_seeds.csv:2: row is for device 01020000000100000009, expected 01020000000100000002
  devices/kdk_db.csv:2 asks for it: both files need the same devices in the same order" \
    $build

# A CA that may not sign, and one that has expired.
row kdk_db '2s/^/&/'
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca/leaf.key -out ca/leaf.pem -days 36500 \
    -subj /CN=leaf -addext basicConstraints=critical,CA:FALSE 2>/dev/null
edit 's,ca/chain.pem,ca/leaf.pem,; s,ca/issuing.key,ca/leaf.key,'
refuse 2 "rotkit: manifest.yaml:21:18: ek.ca.certificate: CA certificate \"ca/leaf.pem\": this is no CA certificate (basicConstraints)" \
    $build
"$ROTKIT" ca init -q old --name Old --key-type p256 --not-before 2001-01-01 --days 365
edit 's,ca/chain.pem,old/chain.pem,; s,ca/issuing.key,old/issuing.key,'
refuse 2 "rotkit: manifest.yaml:21:18: ek.ca.certificate: CA certificate \"old/chain.pem\": this CA certificate expired on 2001-12-31T23:59:59Z" \
    $build
"$ROTKIT" ca init -q young --name Young --key-type p256 --not-before 2101-01-01 --days 365
edit 's,ca/chain.pem,young/chain.pem,; s,ca/issuing.key,young/issuing.key,'
refuse 2 "rotkit: manifest.yaml:21:18: ek.ca.certificate: CA certificate \"young/chain.pem\": this CA certificate is not valid before 2101-01-01T00:00:00Z" \
    $build

# Another's folder in the release's place.
cp good.yaml manifest.yaml
mkdir release
echo mine >release/file
refuse 2 "rotkit: \"release\" exists and is no release: name another folder" \
    $build
rm -r release
