# SPDX-License-Identifier: Apache-2.0
# Shards with the keys of init, which sign at random: made apart, in rounds, and joined; a repeat of each step
# changes no byte, and a merge that is killed goes on. openssl holds what comes out.
. "$(dirname "$0")/lib.sh"
. "$SOURCE/tests/support/rounds.sh"
. "$SOURCE/tests/support/init.sh"
shim=$BUILD/bin/disk_fault.so
[ -e "$shim" ] || skip "the fault library was not built"
unset SOURCE_DATE_EPOCH # as a user has it

init_product product 4
run 0 build -q -o whole product/manifest.yaml
(cd whole && find . -type f | sort) >there
# By machines that have no release key: in rounds.
cp -rp product away
send_away away/manifest.yaml keys/release.key
for i in 0 1; do
    rm -rf round
    run 0 build -q --shard $i/2 --to-sign round -o shard-$i away/manifest.yaml
    sh "$SOURCE/examples/two-step/openssl.sh" round vault/release.key >signed
    [ -s signed ] || fail "shard $i: nothing was signed"
    run 0 build -q --shard $i/2 --attach round -o shard-$i away/manifest.yaml
    run 0 verify --pub product/keys/release.pem shard-$i
    sums shard-$i >one
    run 0 build --json --shard $i/2 --to-sign again -o shard-$i away/manifest.yaml
    [ "$(jq -r .outcome "$out")" = unchanged ] || fail "shard $i again: $(cat "$out")"
    sums shard-$i >two
    same "shard $i, made again" one two
done

merge="release merge --key product/keys/release.key"
refuse 4 'rotkit: --key: the key is public only and cannot sign' release merge --key pub:product/keys/release.pem -o merged shard-0 shard-1
run 0 $merge -o merged shard-1 shard-0
stderr_is 'rotkit: 4 devices, release "merged": new'
(cd merged && find . -type f | sort) >here-files
same "the files of a build without shards" there here-files
for i in 0 1; do
    (cd shard-$i && find devices secrets -name '*.der' -o -name '*.cms' -o -name '*.img') | while read -r file; do
        cmp "shard-$i/$file" "merged/$file" || fail "$file is another in the merged release"
    done
done
run 0 verify --pub product/keys/release.pem merged
openssl_holds merged product/keys/release.pem product/ca/root.pem
[ $held -eq 8 ] || fail "$held EK certificates"
sums merged >one
run 0 $merge --json -o merged shard-0 shard-1
[ "$(jq -r .outcome "$out")" = unchanged ] || fail "$(cat "$out")"
sums merged >two
same "the release, merged again" one two

# ---- what nobody signed may say anything: one of the two has no secrets
run 0 init -q bare
for i in 0 1; do
    run 0 build -q --shard $i/2 -o bare-$i bare/manifest.yaml
done
[ ! -e bare-1/secrets ] || fail "the second shard has secrets"
cp bare-1/release.json whole.json
chmod u+w bare-1/release.json
while read -r member filter; do
    what=$filter
    jq "$filter" whole.json >bare-1/release.json
    run 2 release merge -o never bare-0 bare-1
    grep -q "^rotkit: shard \"bare-1\": release.json: .*member \"$member\" is missing or malformed" "$err" || fail "$(cat "$err")"
    [ ! -e never ] || fail "a release was made"
done <<'CHANGES'
secrets del(.secrets)
secrets .secrets=7
index del(.shard.index)
index .shard.index=2
count .shard.count="2"
index .shard.count=0
devices .shard.devices=-1
devices_in_fleet del(.shard.devices_in_fleet)
CHANGES
what=
cp whole.json bare-1/release.json
run 0 release merge -o bare-merged bare-0 bare-1

step=1
kills=0
while :; do
    what="killed at step $step"
    rm -rf cut
    code=0
    ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0 LD_PRELOAD=$shim DISK_FAULT_KILL=$step \
        "$ROTKIT" $merge -q -o cut shard-0 shard-1 >"$out" 2>"$err" </dev/null || code=$?
    [ $code -eq 137 ] || break
    kills=$((kills + 1))
    [ ! -e cut ] || run 0 verify --pub product/keys/release.pem cut
    run 0 $merge -q -o cut shard-0 shard-1
    run 0 verify --pub product/keys/release.pem cut
    step=$((step + 13))
done
[ $code -eq 0 ] || fail "exit $code: $(cat "$err")"
[ $kills -gt 2 ] || fail "$kills kills only"
