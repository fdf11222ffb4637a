# SPDX-License-Identifier: Apache-2.0
# A release by the keys of init is made again: unchanged says unchanged and no byte differs, though CA, release key and
# sealing are random; what is changed changes what follows from it and nothing else; a build that was killed takes over
# the certificates that it had made. The images of examples/optee, which sign by PSS, do the same.
. "$(dirname "$0")/lib.sh"
. "$SOURCE/tests/support/rounds.sh"
. "$SOURCE/tests/support/init.sh"
shim=$BUILD/bin/disk_fault.so
[ -e "$shim" ] || skip "the fault library was not built"
unset SOURCE_DATE_EPOCH # as a user has it

# again RELEASE MANIFEST OUTCOME: made again; into "changed" the files that differ
again() {
    sums "$1" >before
    run 0 build --json "$2"
    [ "$(jq -r .outcome "$out")" = "$3" ] || fail "$(cat "$out")"
    run 0 verify --pub "$(dirname "$2")/keys/release.pem" "$1"
    sums "$1" >after
    diff before after | sed -n 's/^[<>] [0-9a-f]*  \.\///p' | sort -u | grep -v '^release\.json\(\.sig\)\?$' | grep -v 'index\.json' >changed || :
}
init_product product
run 0 build -q product/manifest.yaml
again product/release product/manifest.yaml unchanged
is changed ""

# Another disk key: the key blobs, and no certificate, no sealed file.
openssl rand -hex 16 >product/keys/disk.key
again product/release product/manifest.yaml replaced
sed 's#.*/##' changed | sort -u >kinds
is kinds eks.img
[ "$(wc -l <changed)" -eq 4 ] || fail "$(cat changed)"
cmp before after && fail "nothing was changed"

# A device less, and it again: the others stay. (Its certificates are made anew: nothing remembers them.)
cp product/devices/kdk_db.csv kdk && cp product/devices/eps_seeds.csv eps
sed -i '$d' product/devices/kdk_db.csv product/devices/eps_seeds.csv
again product/release product/manifest.yaml replaced
sed 's#.*/\(0[0-9a-f]*4\)/.*#\1#' changed | sort -u >whose
is whose 00010000000000000004
cp kdk product/devices/kdk_db.csv && cp eps product/devices/eps_seeds.csv
again product/release product/manifest.yaml replaced
sed 's#.*/\(0[0-9a-f]*4\)/.*#\1#' changed | sort -u >whose
is whose 00010000000000000004
openssl_holds product/release product/keys/release.pem product/ca/root.pem
again product/release product/manifest.yaml unchanged
is changed ""

# Killed behind some of its devices: their certificates are taken over.
init_product cut 40
code=0
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0 LD_PRELOAD=$shim DISK_FAULT_KILL=400 \
    "$ROTKIT" build -q --jobs 1 cut/manifest.yaml >"$out" 2>"$err" </dev/null || code=$?
[ $code -eq 137 ] || fail "not killed: exit $code: $(cat "$err")"
made=$(($(wc -l <cut/release.staging/journal) - 1))
[ $made -gt 0 ] && [ $made -lt 40 ] || fail "$made devices were made when it was killed"
(cd cut/release.staging && find devices -name '*.der' -exec sha256sum {} +) >certificates
run 0 build --json cut/manifest.yaml
[ "$(jq .resumed "$out")" -eq $made ] || fail "$(cat "$out"), $made were made"
(cd cut/release && sha256sum -c --quiet) <certificates >differs 2>&1 || :
[ "$(grep -c FAILED differs || :)" -le $(($(wc -l <certificates) - 2 * made)) ] || fail "certificates were made anew: $(cat differs)"
run 0 verify --pub cut/keys/release.pem cut/release
again cut/release cut/manifest.yaml unchanged
is changed ""

# ---- images
sh "$SOURCE/examples/optee/prepare.sh" "$ROTKIT" board >"$out" 2>&1 || fail "$(cat "$out")"
sed -i 's/^  count: 20/  count: 2/' board/manifest.yaml
rm board/keys/release.*
run 0 key new -q --public board/keys/release.pem board/keys/release.key
run 0 build -q board/manifest.yaml
again board/release board/manifest.yaml unchanged
is changed ""
for part in bl31:fip.bin kernel:os.itb; do
    head -c 3000 /dev/urandom >board/components/${part%:*}.bin
    again board/release board/manifest.yaml replaced
    is changed "images/${part#*:}"
done
openssl_holds board/release board/keys/release.pem board/ca/root.pem
