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
grep -A 1 "^ec.der: error: serial-20-octets: " "$out" | grep -q "^    no rule known; RFC 5280" ||
    fail "no citation"

# One verifier's reading alone: all three take the RSA sample; secboot has no use for EC keys, which is its choice
# and no fault.
for verifier in go-attestation keylime secboot; do
    run 0 ek lint --verifier $verifier rsa.der
    stdout_is ""
    stderr_is "rotkit: no errors, 0 warnings"
done
run 3 ek lint --verifier secboot ec.der
stdout_is "ec.der: error: key-rsa: the key is not RSA, the only kind that secboot takes
    secboot; snapcore/secboot verifyEkCertificate: RSA alone"
run 3 ek lint --all ec.der
grep -qx "ec.der: ok: key-rsa: the key is not RSA, the only kind that secboot takes" "$out" || fail "--all says no choice"
run 3 ek lint ec.der
! grep -q key-rsa "$out" || fail "a choice is said unasked"

# As an NV index gives it: erased octets around it. The command that is named cuts it out.
for octet in '\377' '\000'; do
    { cat rsa.der && head -c 200 /dev/zero | tr '\000' "$octet"; } >padded.der
    run 3 ek lint --verifier go-attestation padded.der
    grep -q "^padded.der: error: padding: 200 bytes behind the certificate's 1002: cut by head -c 1002$" "$out" || fail "no padding is found"
    grep -q "^    go-attestation, secboot; " "$out" || fail "not everyone who refuses padding is named"
    $(sed -n 's/.*cut by \(head -c [0-9]*\)$/\1/p' "$out") padded.der >cut.der
    cmp rsa.der cut.der
    run 0 ek lint --verifier keylime padded.der
    stderr_is "rotkit: no errors, 2 warnings"
    grep -q "^padded.der: warning: padding: " "$out" || fail "padding is no note to Keylime's users"
    { head -c 3 /dev/zero | tr '\000' "$octet" && cat rsa.der; } >padded.der
    run 3 ek lint --verifier keylime padded.der
    grep -q "^padded.der: error: padding: 3 bytes before the certificate: cut by tail -c +4 | head -c 1002$" "$out" || fail "no padding in front"
    tail -c +4 padded.der | head -c 1002 >cut.der
    cmp rsa.der cut.der
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

# With the CAs that a verifier trusts, Keylime's answer is that of the signature too.
run 0 ek lint --verifier keylime --ca ca/chain.pem ours
openssl req -x509 -newkey rsa:2048 -nodes -keyout other.key -subj "/O=Acme/CN=Acme EK CA" -out other.pem 2>/dev/null
run 3 ek lint --verifier keylime --ca other.pem ours
grep -q "^ours: error: ca-signature: " "$out" || fail "another CA of the issuer's name"
run 3 ek lint --verifier keylime --ca ca/root.pem ours
grep -q "^ours: error: ca-name: no CA given has the issuer's name" "$out" || fail "no CA of the issuer's name"
refuse 7 "rotkit: cannot open \"absent\": No such file or directory" ek lint --ca absent ours
refuse 2 "rotkit: \"ours\": CA certificates: no certificate in PEM or DER" ek lint --ca ek.pub ours

# Keys, requests and lists of revocations are told from certificates as far as they differ in form.
openssl pkey -in ek.key -outform DER -out key.der
openssl pkey -pubin -in ek.pub -outform DER -pubout -out pub.der
openssl pkey -in other.key -outform DER -out key8.der
for other in key pub; do
    refuse 2 "rotkit: \"$other.der\": no certificate in PEM or DER" ek lint $other.der
done
refuse 2 "rotkit: \"key8.der\": no certificate: it begins as a key, a CMS message or a PKCS #12 file does" ek lint key8.der

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
