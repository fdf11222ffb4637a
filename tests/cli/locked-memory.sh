# SPDX-License-Identifier: Apache-2.0
# Memory that cannot be locked is said, not with -q, and refused on demand.
. "$(dirname "$0")/lib.sh"
drop=
if [ "$(id -u)" -eq 0 ]; then
    need setpriv
    drop="setpriv --bounding-set=-ipc_lock --inh-caps=-ipc_lock"
fi

# unlocked ARG...: rotkit without the right to lock more than 64 KiB
unlocked() {
    code=0
    (
        ulimit -l 64
        exec $drop "$ROTKIT" "$@"
    ) >"$out" 2>"$err" </dev/null || code=$?
}

printf '%0128d\n' 7 >eps
unlocked ek derive --eps eps --template L-2
[ "$code" -eq 0 ] || skip "cannot drop the right to lock memory: $(cat "$err")"
stderr_is "rotkit: warning: secrets are wiped but may be swapped: the memory lock limit is too low"
unlocked ek derive -q --eps eps --template L-2
[ "$code" -eq 0 ] || fail "exit $code"
stderr_is ""
unlocked ek derive -q --eps eps --template L-2 --require-locked-memory
[ "$code" -eq 7 ] || fail "exit $code, expected 7"
stdout_is ""
stderr_is "rotkit: memory cannot be locked: the memory lock limit is too low"
unlocked help ek derive
stderr_is ""
