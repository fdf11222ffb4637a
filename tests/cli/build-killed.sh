# SPDX-License-Identifier: Apache-2.0
# kill -9 before every step of a build that changes the disk: no release or a whole one, and the same build again
# completes it, with what the first has made.
# slow: a build and its repeat for each step
. "$(dirname "$0")/lib.sh"
need openssl
unset SOURCE_DATE_EPOCH
shim=$BUILD/bin/disk_fault.so
[ -e "$shim" ] || fail "no $shim"
run 0 init -q product
for file in kdk_db eps_seeds; do
    head -n 2 product/devices/$file.csv >rows && cat rows >product/devices/$file.csv
done
openssl genpkey -algorithm ed25519 -out product/release.key
openssl pkey -in product/release.key -pubout -out release.pub
sed -i '/^release:/,/^  #key:/s/^  #key: $/  key: release.key/' product/manifest.yaml
grep -q '^  key: release.key' product/manifest.yaml || fail "the manifest of init has another shape"

step=1
kills=0
while :; do
    code=0
    ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0 LD_PRELOAD=$shim DISK_FAULT_KILL=$step \
        "$ROTKIT" build -q product/manifest.yaml >"$out" 2>"$err" </dev/null || code=$?
    what="killed at step $step"
    [ $code -eq 137 ] || break
    kills=$((kills + 1))
    [ ! -e product/release ] || run 0 verify --pub release.pub product/release
    run 0 build -q product/manifest.yaml
    run 0 verify --pub release.pub product/release
    [ ! -e product/release.staging ] || fail "$what: the staging folder is left"
    rm -r product/release
    step=$((step + ${FAULT_STEP:-1}))
done
[ $code -eq 0 ] || fail "$what: exit $code: $(cat "$err")"
[ $kills -gt $((30 / ${FAULT_STEP:-1})) ] || fail "killed $kills times only: the sweep has lost its reach"
