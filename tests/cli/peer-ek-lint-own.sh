# SPDX-License-Identifier: Apache-2.0
# What init and build make, and ca issue, every verifier of ek lint takes, and so do Go and Keylime's libraries themselves.
# secboot takes RSA keys alone.
. "$(dirname "$0")/lib.sh"
need openssl
unset SOURCE_DATE_EPOCH
python=/usr/bin/python3
go=/usr/lib/go-1.19/bin/go
[ -x "$go" ] || skip "golang-1.19-go is absent"
"$python" -c 'import cryptography, pyasn1, pyasn1_modules' 2>/dev/null || skip "python3-cryptography or python3-pyasn1-modules is absent"

run 0 init -q product
run 0 build -q product/manifest.yaml
mkdir own
find product/release/devices -name 'ek-cert-*.der' | sort | while read -r cert; do
    cp "$cert" "own/$(basename "$(dirname "$cert")")-$(basename "$cert")"
done
for kind in "RSA -pkeyopt rsa_keygen_bits:2048" "RSA -pkeyopt rsa_keygen_bits:3072" "EC -pkeyopt ec_paramgen_curve:P-256" "EC -pkeyopt ec_paramgen_curve:P-384"; do
    # shellcheck disable=SC2086 # a kind and its parameters
    openssl genpkey -quiet -algorithm $kind -out ek.key
    openssl pkey -in ek.key -pubout -out ek.pub
    run 0 ca issue --cert product/ca/chain.pem --key product/ca/issuing.key --public-key ek.pub --device 0102030405060708090a \
        --manufacturer id:4E564944 --model "demo fTPM" --version id:00010000 -o "own/issued-$(echo "$kind" | tr -c 'A-Za-z0-9\n' -).der"
done
[ "$(find own -type f | wc -l)" -ge 12 ] || fail "few certificates were made: $(ls own)"

for cert in own/*.der; do
    run 0 ek lint "$cert"
    for verifier in go-attestation keylime; do
        run 0 ek lint --verifier $verifier --ca product/ca/chain.pem "$cert"
        stdout_is ""
    done
    if openssl x509 -in "$cert" -noout -text | grep -q rsaEncryption; then
        run 0 ek lint --verifier secboot "$cert"
    else
        run 3 ek lint --verifier secboot --json "$cert"
        [ "$(wc -l <"$out")" -eq 1 ] || fail "$cert: secboot refuses over more than the key's kind"
        grep -q '"rule":"key-rsa"' "$out" || fail "$cert: secboot refuses"
    fi
done

GOCACHE=${BUILD:?}/go-cache GO111MODULE=off GOPROXY=off
export GOCACHE GO111MODULE GOPROXY
"$go" build -o judge "$SOURCE/tests/support/go_ek_judge.go"
openssl x509 -in product/ca/issuing.pem -outform DER -out issuing.der
./judge own/*.der >verdicts
"$python" "$SOURCE/tests/support/keylime_judge.py" own issuing.der >>verdicts 2>judge.err || fail "$(cat judge.err)"
! grep ' refuses ' verdicts || fail "a certificate of ours is refused"
[ "$(grep -c ' takes$' verdicts)" -eq $((2 * $(find own -type f | wc -l))) ] || fail "not all were judged"
