# SPDX-License-Identifier: Apache-2.0
# Certificates of which go-attestation and Keylime were asked themselves: ek lint --verifier exits 0 where that
# one takes the certificate and 3 where it refuses, and names the rule.
. "$(dirname "$0")/lib.sh"
cases=$DATA/cases/attest
asked=0

# verdict FILE VERIFIER CODE RULE...: the rules said, in order; what is not refused over is a warning
verdict() {
    file=$1
    verifier=$2
    code_wanted=$3
    shift 3
    what="$file, $verifier"
    run "$code_wanted" ek lint --json --verifier "$verifier" "$cases/$file"
    jq -r '.level + ":" + .rule' "$out" >found
    is found "$(printf '%s\n' "$@")"
    asked=$((asked + 1))
}
need jq

verdict ek-critflip-aki.der go-attestation 3 error:never-critical
verdict ek-critflip-aki.der keylime 0
verdict ek-san-dns.der go-attestation 3 error:san-form
verdict ek-san-dns.der keylime 0
verdict ek-san-emptym.der go-attestation 3 error:san-form
verdict ek-san-emptym.der keylime 0
verdict ek-spki-inf.der go-attestation 3 error:key-value
verdict ek-spki-inf.der keylime 3 error:key-value
verdict ek-dup-san.der go-attestation 3 error:ext-twice
verdict ek-dup-san.der keylime 0 warning:python-extensions
verdict ek-trailff.der go-attestation 3 error:padding
verdict ek-trailff.der keylime 0 warning:padding warning:keylime-reencodes
verdict ek-pss-signed.der go-attestation 3 error:san-missing
verdict ek-pss-signed.der keylime 3 error:signature-kind
verdict ek-sda-printable.der go-attestation 0
verdict ek-sda-printable.der keylime 0
[ $asked -eq 16 ] || fail "$asked verdicts, expected 16"

# Under its CA as well; and the profile does not take the family as a PrintableString.
run 3 ek lint --verifier keylime --ca "$cases/ek-pss-ca.pem" "$cases/ek-pss-signed.der"
run 3 ek lint --json "$cases/ek-sda-printable.der"
jq -r 'select(.level == "error") | .rule + ": " + .verifier' "$out" >found
is found "sda-specification: no rule known"
