# SPDX-License-Identifier: Apache-2.0
# ek lint finds the known faults of the vendor's samples and none in what ca issue writes.
. "$(dirname "$0")/lib.sh"
need openssl
csr=$DATA/vectors/ekb/csr

# rules FILE: "level rule" of each finding, sorted
rules() {
    sed -n 's/^{"file":"[^"]*","level":"\([a-z]*\)","rule":"\([a-z0-9-]*\)","verifier":"..*","source":"..*","text":"..*"}$/\1 \2/p' \
        "$1" | sort
}

cp "$csr/ek_cert_rsa-01020000000100000002.der" rsa.der
cp "$csr/ek_cert_ec-01020000000100000002.der" ec.der
run 3 ek lint --json rsa.der
rules "$out" >found
is found "error eku-ek-certificate
error serial-20-octets
error time-form
info aia-missing
warning san-sample-values
warning sda-missing"
[ "$(wc -l <"$out")" -eq 6 ] || fail "a finding is not whole"
is "$err" '{"error":{"code":3,"message":"1 of 1 certificate would be refused: 3 errors, 2 warnings","context":[]}}'
run 3 ek lint --json ec.der
rules "$out" >found
grep -qx "error key-usage-signs" found || fail "digitalSignature of an EK that only decrypts"

# Text: a finding names the file, the rule, who refuses and where that is written.
run 3 ek lint rsa.der ec.der
stderr_is "rotkit: 2 of 2 certificates would be refused: 7 errors, 4 warnings"
grep -A 1 "^rsa.der: error: eku-ek-certificate: " "$out" | grep -q "^    Canonical secboot; " ||
    fail "no verifier"
grep -A 1 "^ec.der: error: serial-20-octets: " "$out" | grep -q "^    no rule known; RFC 5280" ||
    fail "no citation"

# One verifier's rules alone: the sample offends secboot, and neither of the others.
run 3 ek lint --verifier secboot --json rsa.der
rules "$out" >found
is found "error eku-ek-certificate"
for verifier in go-attestation keylime; do
    run 0 ek lint --verifier $verifier rsa.der
    stdout_is ""
    stderr_is "rotkit: no errors, 0 warnings"
done
refuse 2 "rotkit: --verifier: no rules of \"hgs\" are known (known: go-attestation, keylime, secboot)
  see 'rotkit help ek lint'" ek lint --verifier hgs rsa.der

# Ours, in DER and in PEM.
run 0 ca init -q ca --name Acme
openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ek.key
openssl pkey -in ek.key -pubout -out ek.pub
for form in "" --pem; do
    run 0 ca issue --cert ca/chain.pem --key ca/issuing.key --public-key ek.pub \
        --device 01020000000100000002 --manufacturer id:4E564944 --model "demo fTPM" \
        --version id:00010000 --aia-url http://ca.example/ek.der $form -o "ours$form"
    run 0 ek lint "ours$form"
    stdout_is ""
    stderr_is "rotkit: no errors, 0 warnings"
done

# A CA's certificate is no EK certificate.
run 3 ek lint ca/root.pem

echo nothing >text
echo "-----BEGIN CERTIFICATE-----" >pem
head -c 400 rsa.der >short
refuse 2 "rotkit: an operand is missing: rotkit ek lint CERT...
  see 'rotkit help ek lint'" ek lint
refuse 7 "rotkit: cannot open \"absent\": No such file or directory" ek lint absent
refuse 2 "rotkit: \"pem\": certificate 1, line 1: cut off, no -----END CERTIFICATE----- follows
  the file was changed or cut off: get it anew from who issued it" ek lint pem
run 2 ek lint text
stdout_is ""
run 2 ek lint short
stdout_is ""
