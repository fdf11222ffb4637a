#!/bin/sh
# Speed and memory of the device lane, in one thread, beside swtpm_setup --create-ek-cert in the same run.
#   run.sh [SECONDS-PER-FIGURE]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
bin=$(cd "${BIN:-$here/../build/release/bin}" && pwd)
seconds=${1:-10}
peer_runs=20
scratch=$(mktemp -d "${TMPDIR:-/tmp}/rotkit-bench.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM

now_ms() {
    date +%s%3N
}

# The peer makes a TPM state, an RSA-2048 and an ECC EK and a certificate for each, one device a run.
peer() {
    mkdir "$scratch/localca" "$scratch/state"
    cat >"$scratch/localca.conf" <<EOF
statedir = $scratch/localca
signingkey = $scratch/localca/signkey.pem
issuercert = $scratch/localca/issuercert.pem
certserial = $scratch/localca/certserial
EOF
    printf '%s\n' '--platform-manufacturer bench' '--platform-version 1' '--platform-model bench' \
        >"$scratch/localca.options"
    cat >"$scratch/setup.conf" <<EOF
create_certs_tool = swtpm_localca
create_certs_tool_config = $scratch/localca.conf
create_certs_tool_options = $scratch/localca.options
EOF
    # The first run also makes the peer's CA and is not counted.
    for i in $(seq 0 "$peer_runs"); do
        [ "$i" -ne 1 ] || start=$(now_ms)
        swtpm_setup --tpm2 --tpmstate "$scratch/state" --overwrite --create-ek-cert \
            --config "$scratch/setup.conf" >"$scratch/peer.log" 2>&1 || {
            cat "$scratch/peer.log" >&2
            return 1
        }
    done
    took=$(($(now_ms) - start))
    awk -v n="$peer_runs" -v ms="$took" 'BEGIN {
        printf "%-34s %6u in %5.1f s  %9.2f ms each  %9.1f a second\n",
            "swtpm_setup --create-ek-cert", n, ms / 1000, ms / n, 1000 * n / ms }'
}

rate() { # WHAT COUNT MILLISECONDS
    awk -v what="$1" -v n="$2" -v ms="$3" 'BEGIN {
        printf "%-34s %6u in %5.1f s  %9.2f ms each  %9.1f a second\n", what, n, ms / 1000, ms / n, 1000 * n / ms }'
}

genrsa() {
    start=$(now_ms)
    for i in $(seq "$peer_runs"); do
        openssl genrsa -out /dev/null 2048 2>/dev/null
    done
    rate "openssl genrsa 2048" "$peer_runs" $(($(now_ms) - start))
}

# The seed is kept and another unique asked for each time, so that every key is another one.
libtpms() {
    mkdir "$scratch/tpm"
    swtpm socket --tpm2 --tpmstate "dir=$scratch/tpm" --server "type=unixio,path=$scratch/tpm/socket" \
        --ctrl "type=unixio,path=$scratch/tpm/socket.ctrl" --flags not-need-init,startup-clear \
        --pid "file=$scratch/tpm/pid" --daemon
    export TPM2TOOLS_TCTI="swtpm:path=$scratch/tpm/socket"
    start=$(now_ms)
    for i in $(seq "$peer_runs"); do
        printf '%0256d' "$i" | tpm2_createprimary -C e -G rsa2048 -u - -c "$scratch/tpm/key" >/dev/null
        tpm2_flushcontext -t 2>/dev/null || :
    done
    took=$(($(now_ms) - start))
    start=$(now_ms)
    for i in $(seq "$peer_runs"); do
        tpm2_getcap properties-fixed >/dev/null
        tpm2_flushcontext -t 2>/dev/null || :
    done
    rate "libtpms CreatePrimary RSA-2048" "$peer_runs" $((took - $(now_ms) + start))
    read -r pid <"$scratch/tpm/pid"
    kill "$pid"
}

"$bin/rotkit" ca init -q "$scratch/ca" --name bench --key-type p256 2>"$scratch/ca.log" || {
    cat "$scratch/ca.log" >&2
    exit 1
}
echo "# $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(openssl version | cut -d ' ' -f 1,2)"
echo "# rotkit, one thread, default profile"
"$bin/rotkit_bench" "$seconds" "$scratch/ca" L-1 L-2 H-3 H-4 H-6 H-7
if grep -qw avx512ifma /proc/cpuinfo; then
    echo "# rotkit, every drawn witness raised (ROTKIT_PRIME_SEARCH=ifma,exact)"
    ROTKIT_PRIME_SEARCH=ifma,exact "$bin/rotkit_bench" "$seconds" "$scratch/ca" L-1
    echo "# rotkit, OpenSSL's modular powers, two lanes of IFMA (ROTKIT_PRIME_SEARCH=openssl)"
    ROTKIT_PRIME_SEARCH=openssl "$bin/rotkit_bench" "$seconds" "$scratch/ca" L-1
    echo "# rotkit, the scalar path: as above without AVX-512 IFMA (OPENSSL_ia32cap)"
    ROTKIT_PRIME_SEARCH=openssl OPENSSL_ia32cap=:~0x200000 \
        "$bin/rotkit_bench" "$seconds" "$scratch/ca" L-1
fi
"$bin/ledger_bench" "$scratch/ledger.db"
if command -v softhsm2-util >/dev/null && command -v pkcs11-tool >/dev/null; then
    echo "# signatures by the CA's key, in a file and in SoftHSM2, one session"
    sh "$here/sign.sh" "$scratch" "$seconds"
fi
echo "# whole builds: the example with a P-256 file CA, everything written, indexed, verified, synced"
mkdir "$scratch/scale"
python3 "$here/scale.py" "$bin/rotkit" "$here/../examples/jetson-orin" "$scratch/scale" --svg "$scratch/cost.svg"
cp "$scratch/cost.svg" "${SVG:-$here/../build/cost.svg}" # docs/cost.svg is one of these
echo "# peer: openssl genrsa 2048, a process each"
genrsa
if command -v swtpm_setup >/dev/null; then
    echo "# peer: one RSA-2048 and one ECC EK with a certificate each, a TPM state a run"
    peer
    if command -v tpm2_createek >/dev/null; then
        echo "# peer: libtpms' CreatePrimary of L-1 in a running swtpm, by tpm2_createprimary, a process each"
        libtpms
    fi
else
    echo "# peer: swtpm_setup is absent"
fi
