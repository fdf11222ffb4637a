# SPDX-License-Identifier: Apache-2.0
# The product of examples/jetson-orin for tests. Source it behind lib.sh.

# example_product DIR [CA-KEY-TYPE [DEVICES]]: its keys, CA and databases, of twenty devices unless said
example_product() {
    sh "$SOURCE/examples/jetson-orin/prepare.sh" "$ROTKIT" "$1" "${2:-p384}" >"$scratch/log" 2>&1 || {
        cat "$scratch/log" >&2
        fail "prepare.sh"
    }
    sed -i "$((${3:-20} + 1)),\$d" "$1/devices/kdk_db.csv" "$1/devices/eps_seeds.csv"
}

# example_roles DIR: the product as two companies make it: DIR/odm.yaml, and oem.yaml from its handover
example_roles() {
    sed -e 's/^role: both/role: odm/' -e '/^blob:/,/^$/d' -e 's/path: release/path: odm/' \
        -e 's/^\( *\)oem-k1: .*/\1already-burnt: true # OemK1 is the OEM'"'"'s/' "$1/manifest.yaml" >"$1/odm.yaml"
    cat >oem.yaml <<Y
rotkit: 1
product: oem
platform: t234
role: oem
devices: { handover: $1/odm/handover }
blob:
  root-key: $1/keys/oem_k1.key
  payload-key: $1/keys/payload.key
  disk-key: $1/keys/disk.key
  auth-key: $1/keys/uefi-auth.key
release: { path: oem }
Y
}
