#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The number of threads changes nothing in a release.
# slow: a build for each number of jobs; token-signs and init-builds have the verb
. "$(dirname "$0")/lib.sh"
unset SOURCE_DATE_EPOCH # the factory certificate is of today

sh "$SOURCE/examples/jetson-orin/prepare.sh" "$ROTKIT" product rsa3072 >"$out" 2>&1 || fail "$(cat "$out")"
printf '%064x\n' 77 >product/keys/master.key
sed -i -e 's/^  kdk-db: .*/  master-key: keys\/master.key\n  oem-id: 0x0102\n  first-sn: 0x1fd\n  count: 21/' \
    -e '/^  eps-seeds:/d' -e 's/templates: .*/templates: [L-1, L-2]/' product/manifest.yaml
for jobs in 1 2 3 8 64; do
    run 0 build --jobs $jobs -o jobs-$jobs product/manifest.yaml
    diff -rq -x secrets jobs-1 jobs-$jobs >&2 || fail "--jobs $jobs gives another release than --jobs 1"
done
[ "$(find jobs-1/devices -name eks.img | wc -l)" -eq 21 ] || fail "not every device was made"
run 0 build -j 3 -o jobs-1 product/manifest.yaml
grep -q unchanged "$err" || fail "$(cat "$err")"

for bad in 0 65; do
    refuse 2 "rotkit: --jobs: $bad, expected 1 to 64
  see 'rotkit help build'" build --jobs $bad product/manifest.yaml
done
