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

# Containers hold EPS seeds in the clear: nobody else reads them, and an archive has them when they are asked for alone.
umask 022
for container in product/odm/handover/*/*.img; do
    mode_is 600 "$container"
    mode_is 700 "$(dirname "$container")"
done
openssl pkey -in product/keys/release.key -pubout -out release.pem
run 0 release archive --pub release.pem product/odm -o odm.tar
tar -tf odm.tar >names
grep handover names && fail "containers in an archive"
mkdir unpacked
tar -C unpacked --strip-components=1 -xf odm.tar
run 0 verify --pub release.pem unpacked # without what was left out as a whole
run 0 release archive --pub release.pem --handover product/odm -o odm.tar
mode_is 600 odm.tar
[ "$(tar -tf odm.tar | grep -c 'handover/.*[.]img$')" -eq 20 ] || fail "no 20 containers in the archive"
rm -r unpacked
mkdir unpacked
tar -C unpacked --strip-components=1 -xf odm.tar
rm "$(ls unpacked/handover/*/*.img | head -n 1)"
run 3 verify --pub release.pem unpacked
grep -q '^rotkit: unpacked: "handover/.*" is missing$' "$err" || fail "$(cat "$err")"
