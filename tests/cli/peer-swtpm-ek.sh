# SPDX-License-Identifier: Apache-2.0
# A live TPM (swtpm over libtpms) that is given our EPS creates the very EKs that ek derive computed.
. "$(dirname "$0")/lib.sh"
need swtpm swtpm_setup tpm2_createek tpm2_createprimary tpm2_readpublic jq openssl python3

state=$scratch/tpm
pid=
stop_tpm() {
    [ -z "$pid" ] || kill "$pid" 2>/dev/null || true
    [ -z "$pid" ] || wait "$pid" 2>/dev/null || true
    pid=
}
trap 'stop_tpm; rm -rf "$scratch"' EXIT

# swtpm's socket TCTI wants the control port right behind the data port; try until both are free.
start_tpm() {
    for _ in 1 2 3 4 5 6 7 8; do
        port=$((20000 + $(od -An -N2 -tu2 /dev/urandom) % 20000 / 2 * 2))
        swtpm socket --tpm2 --tpmstate dir="$state" --server type=tcp,port=$port,bindaddr=127.0.0.1 \
            --ctrl type=tcp,port=$((port + 1)),bindaddr=127.0.0.1 \
            --flags not-need-init,startup-clear >"$scratch/swtpm.log" 2>&1 &
        pid=$!
        TPM2TOOLS_TCTI=swtpm:host=127.0.0.1,port=$port
        export TPM2TOOLS_TCTI
        for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
            answers=false
            ! tpm2_getcap properties-fixed >/dev/null 2>&1 || answers=true
            kill -0 "$pid" 2>/dev/null || break
            ! $answers || return 0
            sleep 0.1
        done
        stop_tpm
    done
    cat "$scratch/swtpm.log" >&2
    fail "swtpm does not start"
}

# The EPS is the first TPM2B of 64 bytes behind the fixed head of PERSISTENT_DATA (ek-derivation.md, 5).
inject_eps() {
    python3 - "$state/tpm2-00.permall" "$1" <<'PY'
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

# ours TEMPLATE: the PEM that rotkit computed
ours() {
    jq -r --arg t "$1" 'select(.template == $t) | .public_pem' computed
}

check() {
    template=$1
    shift
    "$@" >"$scratch/tool.log" 2>&1 || {
        cat "$scratch/tool.log" >&2
        fail "$template: $1"
    }
    tpm2_readpublic -c ek.ctx -f pem -o theirs.pem -n theirs.name >/dev/null
    openssl pkey -pubin -in theirs.pem -outform DER -out theirs.der
    ours "$template" | openssl pkey -pubin -outform DER -out ours.der
    cmp -s theirs.der ours.der || fail "$template: the TPM made another EK"
    # The Name is a digest of the whole public area: attributes, policy and parameters agree too.
    jq -r --arg t "$template" 'select(.template == $t) | .name' computed | unhex >ours.name
    cmp -s theirs.name ours.name || fail "$template: the TPM's EK has another Name"
    tpm2_flushcontext -t >/dev/null 2>&1 || true
    echo "$template" >>agreed
}

attributes='fixedtpm|fixedparent|sensitivedataorigin|userwithauth|adminwithpolicy|restricted|decrypt'
printf ca3d0a99a2b93906f7a3342414efcfb3a385d44cd1fd459089d19b5071c0b7a0 | unhex >policy-b

mkdir "$state"
for eps in 1 2; do
    swtpm_setup --tpm2 --tpmstate "$state" --overwrite >"$scratch/setup.log" 2>&1 || {
        cat "$scratch/setup.log" >&2
        fail "swtpm_setup"
    }
    od -An -v -tx1 -N64 /dev/urandom | tr -d ' \n' >eps
    echo >>eps
    inject_eps "$(cat eps)"
    run 0 ek derive --eps eps --profile libtpms-1 --template L-1,L-2,H-1,H-2,H-3 --json
    cp "$out" computed
    start_tpm
    check L-1 tpm2_createek -G rsa -c ek.ctx -u ek.pub
    check L-2 tpm2_createek -G ecc -c ek.ctx -u ek.pub
    check H-3 tpm2_createek -G ecc384 -c ek.ctx -u ek.pub
    check H-1 tpm2_createprimary -C e -g sha256 -G rsa2048:aes128cfb -a "$attributes" -L policy-b -c ek.ctx
    check H-2 tpm2_createprimary -C e -g sha256 -G ecc256:aes128cfb -a "$attributes" -L policy-b -c ek.ctx
    stop_tpm
done
[ "$(wc -l <agreed)" -eq 10 ] || fail "agreed on $(cat agreed) only"
