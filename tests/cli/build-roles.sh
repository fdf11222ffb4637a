# SPDX-License-Identifier: Apache-2.0
# ODM and OEM apart: what crosses over is the NVFTPM containers alone, and the OEM's blobs hold the
# same identity as those of a build in one house.
. "$(dirname "$0")/lib.sh"
need openssl jq
unset SOURCE_DATE_EPOCH

sh "$SOURCE/examples/jetson-orin/prepare.sh" "$ROTKIT" product rsa3072 >"$scratch/log" 2>&1 || {
    cat "$scratch/log" >&2
    fail "prepare.sh"
}
sed -e 's/^role: both/role: odm/' -e '/^blob:/,/^$/d' -e 's/path: release/path: odm/' \
    -e '/oem-k1/d' product/manifest.yaml >product/odm.yaml
cat >oem.yaml <<'Y'
rotkit: 1
product: oem
platform: t234
role: oem
devices: { handover: product/odm/handover }
blob:
  root-key: product/keys/oem_k1.key
  payload-key: product/keys/payload.key
  disk-key: product/keys/disk.key
  auth-key: product/keys/uefi-auth.key
release: { path: oem }
Y
run 0 build product/manifest.yaml
run 0 build product/odm.yaml
[ "$(find product/odm/handover -name 'ftpm_eks_*.img' | wc -l)" -eq 20 ] || fail "no 20 containers"
[ -z "$(find product/odm -name eks.img)" ] || fail "an ODM build made key blobs"
run 0 build oem.yaml
run 0 verify oem product/odm
count=0
for blob in oem/devices/*/*/eks.img; do
    twin=product/release/${blob#oem/}
    cmp -s "$blob" "$twin" || fail "$blob: not the blob of the build in one house"
    count=$((count + 1))
done
[ "$count" -eq 20 ] || fail "$count key blobs"
