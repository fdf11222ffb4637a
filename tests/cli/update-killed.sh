# SPDX-License-Identifier: Apache-2.0
# kill -9 before every step of rotkit update make that changes the disk: no bundle or a whole one, and the next run
# completes. The same for the folder that asks for its signature.
# slow: a kill at every step, four times over
. "$(dirname "$0")/lib.sh"
. "$SOURCE/tests/support/update.sh"
need openssl
unset SOURCE_DATE_EPOCH
shim=$BUILD/bin/disk_fault.so
[ -e "$shim" ] || fail "no $shim"
update_product product
firmware_pair

# killed STEP ARG...: whether it was
killed() {
    step=$1
    shift
    code=0
    # The sanitizer wants to be the first library, and is told that it is not.
    ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0 LD_PRELOAD=$shim DISK_FAULT_KILL=$step \
        "$ROTKIT" "$@" >"$out" 2>"$err" </dev/null || code=$?
    case $code in
    137) return 0 ;;
    0) return 1 ;;
    *) fail "killed at step $step: exit $code: $(cat "$err")" ;;
    esac
}
# sweep FOLDER LEAST ARG...: kills at every step; the run behind each kill makes what `whole` is
sweep() {
    folder=$1 least=$2 n=1
    shift 2
    while killed $n "$@"; do
        what="killed at step $n"
        if [ -e "$folder" ]; then
            diff -r whole "$folder" || fail "$what: half of it stands there"
            rm -r "$folder"
        fi
        run 0 "$@"
        diff -r whole "$folder" || fail "$what: the next run makes another"
        [ ! -e "$folder.staging" ] || fail "$what: the staging folder is left"
        rm -r "$folder"
        n=$((n + 1))
    done
    what=
    diff -r whole "$folder" || fail "the run that was not killed makes another"
    [ $n -gt "$least" ] || fail "killed $n times only: the sweep has lost its reach"
    rm -r "$folder"
}

run 0 update make --pub release.pem -q --key update.key -o whole old new
sweep bundle 10 update make --pub release.pem -q --key update.key -o bundle old new
sweep deep/er/bundle 12 update make --pub release.pem -q --key update.key -o deep/er/bundle old new

mv whole direct
SOURCE_DATE_EPOCH=1800000000 && export SOURCE_DATE_EPOCH # a round says when it was asked for
run 0 update make --pub release.pem -q --key pub:update.pem --to-sign whole old new
sweep round 6 update make --pub release.pem -q --key pub:update.pem --to-sign round old new
mv whole signed
sh "$SOURCE/examples/two-step/openssl.sh" signed update.key >"$scratch/log"
mv direct whole
sweep bundle 10 update make --pub release.pem -q --key pub:update.pem --attach signed -o bundle old new
