# SPDX-License-Identifier: Apache-2.0
# Twelve thousand changes of two certificates, made without a thought of who reads them: each value gone, twice, of
# another type, with another content; each octet. ek lint says what Go and Keylime's libraries say of all.
# slow: three programs read each of twelve thousand certificates
. "$(dirname "$0")/lib.sh"
python=/usr/bin/python3
go=/usr/lib/go-1.19/bin/go
[ -x "$go" ] || skip "golang-1.19-go is absent"
"$python" -c 'import cryptography, pyasn1, pyasn1_modules' 2>/dev/null || skip "python3-cryptography or python3-pyasn1-modules is absent"

GOCACHE=${BUILD:?}/go-cache GO111MODULE=off GOPROXY=off
export GOCACHE GO111MODULE GOPROXY
"$go" build -o judge "$SOURCE/tests/support/go_ek_judge.go"
"$python" -W ignore "$SOURCE/tests/support/ek_mutants.py" made sweep
[ "$(find made/mutants -type f | wc -l)" -gt 10000 ] || fail "few certificates were made"
(cd made/mutants && ls | xargs ../../judge) >go-attestation
(cd made/mutants && ls | xargs -n 200 ../../judge -secboot) >secboot
"$python" "$SOURCE/tests/support/keylime_judge.py" made/mutants >keylime 2>judge.err || fail "$(cat judge.err)"
for verifier in go-attestation secboot keylime; do
    "$python" "$SOURCE/tests/support/ek_verdicts.py" "$ROTKIT" $verifier made/mutants $verifier >verdicts || fail "$(cat verdicts)"
done
