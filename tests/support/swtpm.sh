# SPDX-License-Identifier: Apache-2.0
# Live TPMs for tests: swtpm over libtpms, with an EPS of ours. Source it behind lib.sh.
need swtpm tpm2_getcap python3

tpm_pid=
tpm_stop() {
    [ -z "$tpm_pid" ] || kill "$tpm_pid" 2>/dev/null || true
    [ -z "$tpm_pid" ] || wait "$tpm_pid" 2>/dev/null || true
    tpm_pid=
}
trap 'tpm_stop; rm -rf "$scratch"' EXIT

# tpm_start STATE-FOLDER [HOW]: with HOW, tpm_begin HOW starts it up, with $tpm_flags. A missing state is made. Sets $tcti, and the TCTI of tpm2-tools with it.
# swtpm's socket TCTI wants the control port right behind the data port; try until both are free. Where another
# test's swtpm has them, ours ends, and the answer was not ours.
tpm_start() {
    tpm_stop
    for _ in 1 2 3 4 5 6 7 8; do
        port=$((20000 + $(od -An -N2 -tu2 /dev/urandom) % 20000 / 2 * 2))
        swtpm socket --tpm2 --tpmstate dir="$1" --server type=tcp,port=$port,bindaddr=127.0.0.1 \
            --ctrl type=tcp,port=$((port + 1)),bindaddr=127.0.0.1 \
            --flags "${tpm_flags:-not-need-init,startup-clear}" >"$scratch/swtpm.log" 2>&1 &
        tpm_pid=$!
        tpm_how=${2:-}
        tcti=swtpm:host=127.0.0.1,port=$port
        TPM2TOOLS_TCTI=$tcti
        TSS2_LOG=all+NONE
        export TPM2TOOLS_TCTI TSS2_LOG
        for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25; do
            answers=false
            [ -z "$tpm_how" ] || ! tpm_begin "$tpm_how" >/dev/null 2>&1 || tpm_how=
            ! tpm2_getcap properties-fixed >/dev/null 2>&1 || answers=true
            kill -0 "$tpm_pid" 2>/dev/null || break
            ! $answers || return 0
            sleep 0.1
        done
        tpm_stop
    done
    cat "$scratch/swtpm.log" >&2
    fail "swtpm does not start"
}

# tpm_restart: as a device that boots again
tpm_restart() {
    tpm_start "$tpm_state"
}

# tpm_eps STATE-FOLDER EPS-HEX: the EPS is the first TPM2B of 64 bytes behind the fixed head of
# PERSISTENT_DATA (ek-derivation.md, 5).
tpm_eps() {
    python3 - "$1/tpm2-00.permall" "$2" <<'PY'
import sys
path, eps = sys.argv[1], bytes.fromhex(sys.argv[2])
data = bytearray(open(path, "rb").read())
at = data.index(bytes.fromhex("12213443")) + 4 + 2  # magic, min_version
at += 1 + 3 * 2                                      # disableClear, algorithms
for _ in range(6):                                   # policies and auths
    at += 2 + int.from_bytes(data[at:at + 2], "big")
assert data[at:at + 2] == b"\x00\x40", "no EPS where it should be"
data[at + 2:at + 66] = eps
open(path, "wb").write(data)
PY
}

# tpm_blank: a manufactured state with a random EPS in $scratch/blank, made once
tpm_blank() {
    [ -d "$scratch/blank" ] || {
        mkdir "$scratch/blank"
        tpm_start "$scratch/blank"
        tpm_stop
    }
}

# tpm_of NAME [EPS-HEX]: starts a fresh TPM with this EPS, or with the random one of the blank
tpm_of() {
    tpm_blank
    tpm_stop
    tpm_state=$scratch/tpm-$1
    rm -rf "$tpm_state"
    cp -r "$scratch/blank" "$tpm_state"
    [ -z "${2:-}" ] || tpm_eps "$tpm_state" "$2"
    tpm_start "$tpm_state"
}

# demo_product DIR [CA-KEY-TYPE]: the example of twenty devices, built, and DIR/eps with the EPS of each
demo_product() {
    sh "$SOURCE/examples/jetson-orin/prepare.sh" "$ROTKIT" "$1" "${2:-p384}" >"$scratch/log" 2>&1 || {
        cat "$scratch/log" >&2
        fail "prepare.sh"
    }
    # The clock of this test is 2026-01-01 and a day: what the example's CA and certificates allow.
    run 0 build -q "$1/manifest.yaml"
    "$ROTKIT" device derive --json --show-secrets --kdk-db "$1/devices/kdk_db.csv" \
        --eps-seeds "$1/devices/eps_seeds.csv" --template L-2 2>/dev/null >"$1/derived"
    jq -r '.device_sn + " " + .eps' "$1/derived" >"$1/eps"
}

# eps_of PRODUCT SN
eps_of() {
    awk -v sn="$2" '$1 "" == sn "" { print $2 }' "$1/eps"
}

# through RULE...: the TCTI of the running TPM with answers spoiled on purpose, see tpm_proxy.py
through() {
    echo "cmd:exec python3 $SOURCE/tests/support/tpm_proxy.py $port $*"
}
