# SPDX-License-Identifier: Apache-2.0
# tpm quote-check: a quote is held against the AK, the nonce and the PCRs that an event log ends with;
# tpm2_eventlog judges the replay. The AK is certified by ca issue --aik.
. "$(dirname "$0")/lib.sh"
need jq openssl tpm2_pcrextend tpm2_eventlog tpm2_pcrread
. "$SOURCE/tests/support/swtpm.sh"
unset SOURCE_DATE_EPOCH
demo_product product
release=product/release
from="--pub product/keys/release.pem"
first=01020000000100000001
second=01020000000100000002
tpm_of first "$(eps_of product $first)"

quote() { # CODE ARG...
    quote_code=$1
    shift
    run "$quote_code" tpm quote-check $from --release $release --tcti "$tcti" "$@"
}

quote 0
stdout_is "$first: quote holds: sha256 PCRs 0x0000ff as the TPM has them; clock not safe"
quote 0 --ak rsa --pcrs 0,2-3,23 --json
jq -e '.pcrs | keys == ["0", "2", "23", "3"]' "$out" >/dev/null || fail "JSON: $(cat "$out")"

# What was measured, and a log that says so.
python3 "$SOURCE/tests/support/eventlog.py" log 0=firmware 4=loader 7=policy 0=more 4=kernel >digests
while read -r pcr digest; do
    tpm2_pcrextend "$pcr:sha256=$digest"
done <digests
quote 0 --event-log log --json
jq -r '.pcrs | to_entries[] | "\(.key) \(.value)"' "$out" >ours
jq -e '.pcrs_from == "event log"' "$out" >/dev/null || fail "JSON: $(cat "$out")"
# The judge lists the PCRs that have events.
tpm2_eventlog log 2>/dev/null | awk '/^pcrs:/ { on = 1 } on && /sha256:/ { bank = 1; next } on && /sha1:/ { bank = 0 } on && bank { print $1, substr($3, 3) }' >theirs
[ "$(wc -l <theirs)" -eq 3 ] || fail "tpm2_eventlog lists $(cat theirs)"
while read -r pcr value; do
    grep -qxF "$pcr $value" ours || fail "PCR $pcr: tpm2_eventlog replays it to $value, rotkit: $(cat ours)"
done <theirs

# PCRs without events are as at the start: zero, or all ones where a dynamic launch would measure.
quote 0 --event-log log --pcrs 0-7,16-23

# A log that leaves something out, one with more, and a TPM that measures on.
python3 "$SOURCE/tests/support/eventlog.py" short 0=firmware 4=loader 7=policy 0=more >/dev/null
quote 3 --event-log short
sed -n 1p "$err" >"$scratch/line"
is "$scratch/line" "rotkit: quote: the quoted PCRs have other values"
grep -q '^  PCR 4 is ' "$err" || fail "$(cat "$err")"
[ "$(wc -l <"$err")" -eq 2 ] || fail "more PCRs than one: $(cat "$err")"
tpm2_pcrextend 7:sha256=0000000000000000000000000000000000000000000000000000000000000001
quote 3 --event-log log
grep -q '^  PCR 7 is ' "$err" || fail "$(cat "$err")"
quote 0 --event-log log --pcrs 0-6

# The AK, once proven, gets its certificate.
quote 0 --ak-public ak.pem
run 0 ca issue --aik --cert product/ca/chain.pem --key product/ca/issuing.key --public-key ak.pem --device $first \
    --manufacturer id:44454D4F --model "demo fTPM" --version id:00010000 -o ak.der
openssl x509 -inform der -in ak.der -out ak.crt
openssl verify -x509_strict -CAfile product/ca/root.pem -untrusted product/ca/issuing.pem ak.crt >/dev/null || fail "chain"
openssl x509 -in ak.crt -noout -text >text
grep -q "2.23.133.8.3" text || fail "no tcg-kp-AIKCertificate"
! grep -q "2.23.133.8.1" text || fail "an EK certificate's usage"
grep -A1 "X509v3 Key Usage: critical" text | grep -qx " *Digital Signature" || fail "key usage: $(cat text)"
grep -q "X509v3 Subject Alternative Name: critical" text || fail "subjectAltName"
grep -q "CA:FALSE" text || fail "basicConstraints"
grep -q "Subject: *$" text || fail "subject: $(grep Subject: text)"
openssl x509 -in ak.crt -noout -pubkey >found.pem
same "the AK's public key" ak.pem found.pem
rm ak.pem

# Another device, another TPM: nothing is written.
quote 3 --device $second --ak-public ak.pem
tpm_of random
quote 3 --ak-public ak.pem
[ ! -e ak.pem ] || fail "an AK that is not proven was written"

# What is malformed.
head -c 20 log >cut
head -c 150 log >cut-later
printf 'x' | cat log - >longer
refuse 2 "rotkit: \"cut\": event 1: cut short at offset 0x8: 20 wanted, 12 left" \
    tpm quote-check $from --release $release --tcti "$tcti" --event-log cut
refuse 2 "rotkit: \"longer\": event 7: cut short at offset 0x$(printf %x "$(wc -c <log)"): 4 wanted, 1 left" \
    tpm quote-check $from --release $release --tcti "$tcti" --event-log longer
run 2 tpm quote-check $from --release $release --tcti "$tcti" --event-log cut-later
run 2 tpm quote-check $from --release $release --tcti "$tcti" --event-log product/manifest.yaml
run 2 tpm quote-check $from --release $release --tcti "$tcti" --event-log /dev/null
for pcrs in 24 1- -1 1,,2 a 5-3 ""; do
    run 2 tpm quote-check $from --release $release --tcti "$tcti" --pcrs "$pcrs"
done
refuse 2 "rotkit: --ak \"dsa\": expected ecc or rsa
  see 'rotkit help tpm quote-check'" tpm quote-check $from --release $release --tcti "$tcti" --ak dsa
