#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A build that is cut anywhere goes on where it was: the release is that of an uncut build, what was made
# is not made again, and nothing half made or changed is taken over.
# slow: a build for each place where one can be cut; build-interrupted has one
. "$(dirname "$0")/lib.sh"
need jq openssl
unset SOURCE_DATE_EPOCH # the factory certificate is of today

sh "$SOURCE/examples/jetson-orin/prepare.sh" "$ROTKIT" product rsa3072 >"$out" 2>&1 || fail "$(cat "$out")"
printf '%064x\n' 77 >product/keys/master.key
sed -i -e 's/^  kdk-db: .*/  master-key: keys\/master.key\n  oem-id: 0x0102\n  first-sn: 0x1c0\n  count: 48/' \
    -e '/^  eps-seeds:/d' -e 's/templates: .*/templates: [L-1, L-2]/' product/manifest.yaml
run 0 build -o uncut product/manifest.yaml
build="build -o cut product/manifest.yaml"

# cut SIGNAL COUNT: stops a build when at least COUNT devices are in its journal
cut() {
    "$ROTKIT" $build >"$out" 2>"$err" </dev/null &
    pid=$!
    for _ in $(seq 2000); do
        [ "$(wc -l <cut.staging/journal 2>/dev/null || echo 0)" -gt "$2" ] && break
        kill -0 "$pid" 2>/dev/null || fail "the build ended by itself: $(cat "$err")"
        sleep 0.01
    done
    kill -s "$1" "$pid"
    code=0
    wait "$pid" || code=$?
    [ ! -e cut ] || fail "SIG$1: a release was published"
}
made() {
    echo $(($(wc -l <cut.staging/journal) - 1))
}
# completes AT_LEAST: the next run takes over that many devices, and the release is the uncut one
completes() {
    run 0 $build --json
    [ "$(jq .resumed "$out")" -ge "$1" ] || fail "$(jq .resumed "$out") devices were taken over, expected $1"
    diff -rq -x secrets uncut cut >&2 || fail "another release than the uncut one"
    [ "$(cd uncut && find . -type f | wc -l)" -eq "$(cd cut && find . -type f | wc -l)" ] || fail "other files"
    run 0 verify --pub product/keys/release.pem cut
    [ ! -e cut.staging ] || fail "the staging folder is left"
    rm -r cut
}

for signal in KILL INT TERM; do
    cut $signal 8
    case $signal:$code in KILL:137 | INT:130 | TERM:143) ;; *) fail "SIG$signal: exit $code" ;; esac
    completes 8
done
# Cut again and again.
for n in 8 16 24; do
    cut KILL $n
    [ "$(made)" -ge "$n" ] || fail "the second run lost devices: $(made) of $n"
done
completes 24

# What was changed or torn meanwhile is made anew.
device() {
    find cut.staging/devices -name eks.img | sort | sed -n "$1p"
}
cut KILL 16
printf x >>"$(device 5)"
run 0 $build --json
[ "$(jq .resumed "$out")" -eq 4 ] || fail "a changed key blob: $(jq .resumed "$out") devices were taken over, expected 4"
diff -rq -x secrets uncut cut >&2 || fail "a changed key blob is in the release"
rm -r cut
cut KILL 16
rm "$(device 9)"
run 0 $build --json
[ "$(jq .resumed "$out")" -eq 8 ] || fail "a lost key blob: $(jq .resumed "$out") devices were taken over, expected 8"
diff -rq -x secrets uncut cut >&2 || fail "a lost key blob"
rm -r cut
cut KILL 16
printf 'half a li' >>cut.staging/journal
mkdir -p cut.staging/images && echo stray >cut.staging/images/stray
completes 16
cut KILL 16
sed -i '4s/^./9/' cut.staging/journal
run 0 $build --json
[ "$(jq .resumed "$out")" -eq 2 ] || fail "a changed journal: $(jq .resumed "$out") devices were taken over, expected 2"
diff -rq -x secrets uncut cut >&2 || fail "a changed journal"
rm -r cut

# Other inputs: started anew, and said so.
cut KILL 16
cp product/keys/disk.key disk && openssl rand -hex 16 >product/keys/disk.key
run 0 $build
grep -qx 'rotkit: warning: the interrupted build in "cut.staging" was of other inputs: starting anew' "$err" || fail "$(cat "$err")"
cmp -s "$(find uncut/devices -name eks.img | sort | head -n 1)" "$(find cut/devices -name eks.img | sort | head -n 1)" &&
    fail "the old key is in the blob"
exit 0
