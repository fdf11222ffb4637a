# SPDX-License-Identifier: Apache-2.0
# Twenty devices of the demo release, each an swtpm with its EPS: provisioned, checked, activated, quoted.
# slow: twenty TPMs one after another
. "$(dirname "$0")/lib.sh"
need jq openssl tpm2_getekcertificate tpm2_pcrextend
. "$SOURCE/tests/support/swtpm.sh"
unset SOURCE_DATE_EPOCH
demo_product product
release=product/release
from="--pub product/keys/release.pem"
python3 "$SOURCE/tests/support/eventlog.py" log 0=firmware 4=kernel >digests

count=0
while read -r sn eps; do
    what=$sn
    tpm_of device "$eps"
    run 0 tpm provision $from --release $release --tcti "$tcti" --device "$sn"
    run 0 tpm check $from --release $release --tcti "$tcti"
    tail -n 1 "$out" >"$scratch/last"
    is "$scratch/last" "$sn: matches"
    ! grep -v -e ': public area as in the release$' -e ": the release's c" -e ': this EK$' -e ': matches$' "$out" ||
        fail "$sn: something else than a match"
    tpm2_getekcertificate -o rsa.der -o ecc.der
    cmp -s rsa.der $release/devices/*/"$sn"/ek-cert-l-1.der || fail "$sn: another RSA certificate"
    cmp -s ecc.der $release/devices/*/"$sn"/ek-cert-l-2.der || fail "$sn: another ECC certificate"
    run 0 tpm activate $from --release $release --tcti "$tcti"
    stdout_is "$sn: attested by 3 EKs"
    while read -r pcr digest; do
        tpm2_pcrextend "$pcr:sha256=$digest"
    done <digests
    run 0 tpm quote-check $from --release $release --tcti "$tcti" --event-log log --pcrs 0,4
    grep -q "^$sn: quote holds: sha256 PCRs 0x000011 as the event log has them" "$out" || fail "$(cat "$out")"
    count=$((count + 1))
done <product/eps
[ $count -eq 20 ] || fail "$count devices"
