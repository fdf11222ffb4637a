# SPDX-License-Identifier: Apache-2.0
# A build that is killed leaves the old release or none, and the next one is whole; two at once do not mix.
. "$(dirname "$0")/lib.sh"
need openssl
unset SOURCE_DATE_EPOCH

sh "$SOURCE/examples/jetson-orin/prepare.sh" "$ROTKIT" product p256 >"$scratch/log" 2>&1 || {
    cat "$scratch/log" >&2
    fail "prepare.sh"
}
# Many devices by a master key, so that a kill falls into the work.
openssl rand -hex 32 >product/master.key
chmod 600 product/master.key
sed -e 's/^  kdk-db:.*/  master-key: master.key\n  oem-id: 1\n  first-sn: 1\n  count: 5000/' -e '/eps-seeds/d' \
    -e 's/path: release/path: many/' product/manifest.yaml >product/many.yaml

# start: a build in the background that is at work. A folder that a killed build left gets a mark, which the
# new one clears away; asking for its lock would be in the new build's way.
start() {
    [ ! -d product/many.staging ] || : >product/many.staging/left
    "$ROTKIT" build product/many.yaml >"$out" 2>"$scratch/build.err" &
    pid=$!
    for _ in $(seq 200); do
        [ -d product/many.staging/devices ] && [ ! -e product/many.staging/left ] && return 0
        sleep 0.05
    done
    fail "the build did not begin: $(cat "$scratch/build.err")"
}

# end SIGNAL CODE
end() {
    kill -s "$1" "$pid"
    code=0
    wait "$pid" || code=$?
    [ "$code" -eq "$2" ] || fail "SIG$1: exit $code, expected $2"
    [ ! -e product/many ] || fail "SIG$1: a release was published"
}

start
end KILL 137
[ -d product/many.staging ] || fail "SIGKILL cannot have been cleaned up after"

start # over what the killed one left
run 2 build product/many.yaml
stderr_is 'rotkit: "product/many.staging" is in use: another build writes the same release'
end TERM 143
is "$scratch/build.err" 'rotkit: stopped by signal 15; nothing was published'

# The old release survives a build that fails at the end.
run 0 build product/manifest.yaml
(cd product/release && find . -type f -exec sha256sum {} + | sort -k 2) >before
sed 's/model: demo fTPM/model: other/' product/manifest.yaml >product/other.yaml
printf '0102 0000000100000099 %064d\r\n' 0 >>product/devices/kdk_db.csv
run 2 build product/other.yaml
(cd product/release && find . -type f -exec sha256sum {} + | sort -k 2) >after
same "the release after a failed build" before after
