# SPDX-License-Identifier: Apache-2.0
# Does ek lint --verifier keylime say what the libraries say by which Keylime reads? A thousand certificates with
# one thing changed each, and what Debian's python3-cryptography and python3-pyasn1 take of them.
. "$(dirname "$0")/lib.sh"
python=/usr/bin/python3
"$python" -c 'import cryptography, pyasn1, pyasn1_modules' 2>/dev/null || skip "python3-cryptography or python3-pyasn1-modules is absent"

"$python" -W ignore "$SOURCE/tests/support/ek_mutants.py" made
[ "$(find made/mutants -type f | wc -l)" -gt 1000 ] || fail "few certificates were made"

"$python" "$SOURCE/tests/support/keylime_judge.py" made/mutants >theirs 2>judge.err || fail "$(cat judge.err)"
[ "$(grep -c ' takes' theirs)" -gt 700 ] || fail "few are taken"
[ "$(grep -c ' refuses ' theirs)" -gt 200 ] || fail "few are refused"
"$python" "$SOURCE/tests/support/ek_verdicts.py" "$ROTKIT" keylime made/mutants theirs >verdicts || fail "$(cat verdicts)"

# And with the CA in its store: the signature is over what pyasn1 writes, where that is what was read.
"$python" "$SOURCE/tests/support/keylime_judge.py" made/mutants made/ca.der >theirs 2>judge.err || fail "$(cat judge.err)"
grep -q '^signature-wrong.der refuses ' theirs || fail "the program asks no signature"
"$python" "$SOURCE/tests/support/ek_verdicts.py" "$ROTKIT" keylime made/mutants theirs --ca "$PWD/made/ca.der" >verdicts || fail "$(cat verdicts)"

# What newer readers are known to refuse is a warning to whoever asks of these, and of nothing else.
while read -r verifier name; do
    run 0 ek lint --verifier "$verifier" "made/mutants/$name.der"
    grep -q "^made/mutants/$name.der: warning: newer-readers: " "$out" || fail "$name: nothing about newer readers"
done <<'END'
keylime issuer-printable-at
keylime subject-printable-under
keylime key-rsa-negative
keylime key-rsa-e-wide
go-attestation subject-oid-padded
go-attestation subject-bmp-surrogate
go-attestation bc-path-negative
END
run 0 ek lint --json made/mutants/good-rsa.der
! grep -q newer-readers "$out" || fail "newer readers refuse a good one"
