# SPDX-License-Identifier: Apache-2.0
# tpm quote-check over every bank of PCRs, logs with padding and of the head alone, and the locality that PCR 0 starts
# with. tpm2_pcrread and tpm2_eventlog judge the values, and swtpm started from localities and by a hash sequence.
# slow: a dozen TPMs; tpm-quote-check has the verb
. "$(dirname "$0")/lib.sh"
need jq openssl swtpm_setup swtpm_ioctl tpm2_pcrextend tpm2_eventlog tpm2_pcrread
. "$SOURCE/tests/support/swtpm.sh"
unset SOURCE_DATE_EPOCH
demo_product product
release=product/release
from="--pub product/keys/release.pem"
first=01020000000100000001

quote() { # CODE ARG...
    quote_code=$1
    shift
    run "$quote_code" tpm quote-check $from --release $release --tcti "$tcti" "$@"
}

# ---- the other banks: a TPM that has them, tpm2_eventlog and tpm2_pcrread as judges
tpm_banks() { # NAME BANKS: a TPM of the first device with these banks
    tpm_stop
    tpm_state=$scratch/tpm-$1
    mkdir "$tpm_state"
    swtpm_setup --tpm2 --tpmstate "$tpm_state" --pcr-banks "$2" >"$scratch/setup.log" 2>&1 || fail "$(cat "$scratch/setup.log")"
    tpm_eps "$tpm_state" "$(eps_of product $first)"
    tpm_start "$tpm_state"
}
all=sha1,sha256,sha384,sha512
tpm_banks all $all
for bank in sha1 sha256 sha384 sha512; do
    what=$bank
    # shellcheck disable=SC2086
    python3 "$SOURCE/tests/support/eventlog.py" log.$bank banks=$all 0=firmware 4=loader 7=policy >/dev/null
    python3 "$SOURCE/tests/support/eventlog.py" one.$bank banks=$bank 0=firmware 4=loader 7=policy >digests
    while read -r pcr digest; do
        tpm2_pcrextend "$pcr:$bank=$digest"
    done <digests
    for log in log one; do # of all banks, of this one alone
        quote 0 --bank $bank --event-log $log.$bank
        grep -qx "$first: quote holds: $bank PCRs 0x0000ff as the event log has them; clock.* safe" "$out" || fail "$(cat "$out")"
        quote 0 --bank $bank --event-log $log.$bank --ak rsa --json
        jq -r '.pcrs | to_entries[] | "\(.key) \(.value)"' "$out" | sort >ours
        jq -e --arg bank $bank '.bank == $bank' "$out" >/dev/null || fail "JSON: $(cat "$out")"
        tpm2_eventlog $log.$bank 2>/dev/null | awk -v b="  $bank:" '/^pcrs:/ { on = 1; next } on && /^  [a-z]/ { bank = $0 == b; next } on && bank { print $1, substr($3, 3) }' >theirs
        [ "$(wc -l <theirs)" -eq 3 ] || fail "tpm2_eventlog lists $(cat theirs)"
        while read -r pcr value; do
            grep -qxF "$pcr $value" ours || fail "PCR $pcr: tpm2_eventlog replays it to $value, rotkit: $(cat ours)"
        done <theirs
    done
    quote 0 --bank $bank --json
    jq -r '.pcrs | to_entries[] | "\(.key) \(.value)"' "$out" | sort >ours
    tpm2_pcrread "$bank:0,1,2,3,4,5,6,7" | sed -n 's/^ *\([0-9]*\) *: 0x\(.*\)/\1 \2/p' | tr A-F a-f | sort >theirs
    same "the values of tpm2_pcrread" theirs ours
done
# SHA-384 alone is active: said, with what there is
tpm_banks one sha384
quote 0 --bank sha384
for bank in sha1 sha256 sha512 sm3_256; do
    refuse 2 "rotkit: this TPM has no $bank bank of PCRs (active: sha384)
  take an active bank (--bank), or have firmware activate this one (tpm2_pcrallocate)" \
        tpm quote-check $from --release $release --tcti "$tcti" --bank $bank
done
refuse 2 "rotkit: this TPM has no sha256 bank of PCRs (active: sha384)
  take an active bank (--bank), or have firmware activate this one (tpm2_pcrallocate)" \
    tpm quote-check $from --release $release --tcti "$tcti"
refuse 2 "rotkit: --bank: unknown bank \"md5\" (known: sha1, sha256, sha384, sha512, sm3_256)" \
    tpm quote-check $from --release $release --tcti "$tcti" --bank md5
refuse 2 "rotkit: \"one.sha1\": event 1: the event log has no sha384 digests (it has: sha1)" \
    tpm quote-check $from --release $release --tcti "$tcti" --bank sha384 --event-log one.sha1
python3 "$SOURCE/tests/support/eventlog.py" one.sm3 banks=sm3_256 0=firmware >/dev/null
run 0 inspect one.sm3
grep -q "sm3_256" "$out" || fail "$(cat "$out")"

# ---- padding behind a log, and its head alone
tpm_banks pads $all
python3 "$SOURCE/tests/support/eventlog.py" head >/dev/null
quote 0 --event-log head
for pad in '00*1' '00*11' '00*12' '00*4096' 'ff*1' 'ff*7' 'ff*4096'; do
    what=$pad
    python3 "$SOURCE/tests/support/eventlog.py" padded "pad=$pad" >/dev/null
    quote 0 --event-log padded
    run 0 inspect padded
    python3 "$SOURCE/tests/support/eventlog.py" padded "pad=$pad" 0=firmware >/dev/null
    quote 3 --event-log padded # this TPM has not measured it
done
what=

# ---- the locality that a TPM was started from is what PCR 0 starts with; a hash sequence before is locality 4's
started_at() { # LOCALITY|hcrtm: swtpm is the judge, Debian's tpm2_eventlog extends what is not measured
    tpm_stop
    rm -rf "$scratch/tpm-at"
    printf core >core
    mkdir "$scratch/tpm-at"
    swtpm_setup --tpm2 --tpmstate "$scratch/tpm-at" --pcr-banks $all >"$scratch/setup.log" 2>&1 || fail "$(cat "$scratch/setup.log")"
    tpm_eps "$scratch/tpm-at" "$(eps_of product $first)"
    tpm_flags=not-need-init
    tpm_begin() {
        before="-l $1"
        [ "$1" != hcrtm ] || before="-h core"
        # shellcheck disable=SC2086
        swtpm_ioctl --tcp "127.0.0.1:$((port + 1))" $before &&
            python3 -c 'import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.sendall(bytes.fromhex("80010000000c000001440000"))
assert s.recv(10)[6:] == bytes(4)' "$port" &&
            swtpm_ioctl --tcp "127.0.0.1:$((port + 1))" -l 0
    }
    tpm_start "$scratch/tpm-at" "$1"
    tpm_flags=
}
measure() { # LOG EVENT...
    python3 "$SOURCE/tests/support/eventlog.py" "$@" >digests
    while read -r pcr digest; do
        tpm2_pcrextend "$pcr:sha256=$digest"
    done <digests
}
started_at 3
measure log 4=early locality=3 0=firmware 0=more # behind an event of another PCR too
quote 0 --event-log log
for other in locality=0 locality=4 hcrtm=core; do
    python3 "$SOURCE/tests/support/eventlog.py" other 4=early $other 0=firmware 0=more >/dev/null
    quote 3 --event-log other
    grep -q '^  PCR 0 is ' "$err" || fail "$(cat "$err")"
done
started_at 0
measure log locality=0 0=firmware
quote 0 --event-log log
started_at hcrtm
measure log locality=4 hcrtm=core 0=firmware
quote 0 --event-log log
python3 "$SOURCE/tests/support/eventlog.py" log hcrtm=core 0=firmware >/dev/null # the event says enough
quote 0 --event-log log
python3 "$SOURCE/tests/support/eventlog.py" log locality=3 hcrtm=core 0=firmware >/dev/null
quote 3 --event-log log
