# SPDX-License-Identifier: Apache-2.0
# ODM and OEM apart: what crosses over is the NVFTPM containers alone, and the OEM's blobs hold the
# same identity as those of a build in one house.
. "$(dirname "$0")/lib.sh"
. "$SOURCE/tests/support/example.sh"
need openssl jq
unset SOURCE_DATE_EPOCH

example_product product rsa3072
example_roles product
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
