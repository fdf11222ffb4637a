# SPDX-License-Identifier: Apache-2.0
# Does ek lint --verifier go-attestation, and secboot, say what Go's crypto/x509 and encoding/asn1 say? A thousand
# certificates with one thing changed each, read by Debian's Go with the rules of these two on top.
. "$(dirname "$0")/lib.sh"
python=/usr/bin/python3
go=/usr/lib/go-1.19/bin/go
[ -x "$go" ] || skip "golang-1.19-go is absent"
"$python" -c 'import cryptography' 2>/dev/null || skip "python3-cryptography is absent"

# The compiler's cache outlives the test; nothing is fetched.
GOCACHE=${BUILD:?}/go-cache GO111MODULE=off GOPROXY=off
export GOCACHE GO111MODULE GOPROXY
"$go" build -o judge "$SOURCE/tests/support/go_ek_judge.go"
"$python" -W ignore "$SOURCE/tests/support/ek_mutants.py" made
(cd made/mutants && ../../judge ./*.der) >theirs
[ "$(grep -c ' takes' theirs)" -gt 400 ] || fail "few are taken"
[ "$(grep -c ' refuses ' theirs)" -gt 500 ] || fail "few are refused"
"$python" "$SOURCE/tests/support/ek_verdicts.py" "$ROTKIT" go-attestation made/mutants theirs >verdicts || fail "$(cat verdicts)"
(cd made/mutants && ../../judge -secboot ./*.der) >theirs
[ "$(grep -c ' takes' theirs)" -gt 20 ] || fail "few are taken"
"$python" "$SOURCE/tests/support/ek_verdicts.py" "$ROTKIT" secboot made/mutants theirs >verdicts || fail "$(cat verdicts)"
