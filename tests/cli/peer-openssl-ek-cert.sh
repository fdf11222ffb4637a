# SPDX-License-Identifier: Apache-2.0
# Do openssl, certtool and the strict DER rules accept our CA and EK certificates, RSA and ECC, from
# every kind of CA? Does rotkit's own lint find nothing in them?
. "$(dirname "$0")/lib.sh"
need openssl certtool

openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 2>/dev/null |
    openssl pkey -pubout -out rsa.pub
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 | openssl pkey -pubout -out ecc.pub
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 | openssl pkey -pubout -out ecc384.pub

# issue CA EK: with every field the manifest can set
issue() {
    run 0 ca issue --cert "$1/chain.pem" --key "$1/issuing.key" --public-key "$2.pub" \
        --device 01020000000100000002 --manufacturer id:4E564441 --model "Jetson fTPM" \
        --version id:00010002 --spec-revision 159 --not-before 2020-01-01 \
        --aia-url http://ca.example/ek.der --crl-url http://ca.example/ek.crl \
        --policy 1.3.6.1.4.1.99999.1 -o "$1/$2.der"
}

# openssl asn1parse reads BER; writing what it read as DER must give the same bytes
strict() {
    openssl x509 -inform DER -in "$1" -outform DER -out again.der
    cmp -s "$1" again.der || fail "$1: openssl writes it otherwise"
    openssl asn1parse -inform DER -in "$1" -out again.der -noout
    cmp -s "$1" again.der || fail "$1: asn1parse writes it otherwise"
    if openssl asn1parse -inform DER -in "$1" | grep -E 'BOOLEAN +:0$'; then
        fail "$1: a default FALSE is written out"
    fi
}

check() {
    strict "$1/$2.der"
    openssl x509 -inform DER -in "$1/$2.der" -out cert.pem
    openssl verify -x509_strict -CAfile "$1/root.pem" -untrusted "$1/issuing.pem" cert.pem >verified ||
        fail "$1/$2: openssl verify refuses it"
    cat cert.pem "$1/chain.pem" >all.pem
    certtool --verify --load-ca-certificate "$1/root.pem" --infile all.pem >verified 2>&1 ||
        fail "$1/$2: certtool refuses it: $(cat verified)"
    certtool --certificate-info --inder --infile "$1/$2.der" >shown 2>shown.err
    [ ! -s shown.err ] || fail "$1/$2: certtool complains: $(cat shown.err)"
    grep -q '2.23.133.8.1' shown || fail "$1/$2: certtool sees no tcg-kp-EKCertificate"
    grep -q 'Basic Constraints (critical)' shown || fail "$1/$2: basicConstraints is not critical"
    grep -q 'Key Usage (critical)' shown || fail "$1/$2: keyUsage is not critical"
    grep -q "$3" shown || fail "$1/$2: certtool sees no $3"
    openssl x509 -in cert.pem -noout -text >shown
    grep -q 'Not After : Dec 31 23:59:59 9999 GMT' shown || fail "$1/$2: it expires"
    run 0 ek lint "$1/$2.der"
    stdout_is "$1/$2.der: info: crl-stated: cRLDistributionPoints is there: verifiers refuse when they find no fresh CRL
    no rule known; tpm2-tools #2993; Windows AD CS checks revocation that is stated"
}

for type in p384 p256 rsa3072; do
    run 0 ca init --name Example --not-before 2020-01-01 --key-type "$type" --crl-url http://ca.example/root.crl "$type"
    openssl verify -x509_strict -CAfile "$type/root.pem" "$type/issuing.pem" >verified ||
        fail "$type: openssl verify refuses the issuing CA"
    mode_is 600 "$type/root.key"
    mode_is 600 "$type/issuing.key"
    issue "$type" rsa
    issue "$type" ecc
    issue "$type" ecc384
    check "$type" rsa 'Key encipherment'
    check "$type" ecc 'Key agreement'
    check "$type" ecc384 'Key agreement'
done

# PKCS#1 v1.5 has no randomness: the same call, the same bytes
cp rsa3072/rsa.der first.der
issue rsa3072 rsa
cmp -s first.der rsa3072/rsa.der || fail "an RSA CA's certificate changed between two calls"

# no two certificates of one CA share a serial number
for ek in rsa ecc ecc384; do
    openssl x509 -inform DER -in "p256/$ek.der" -noout -serial
done | sort | uniq -d >twice
[ ! -s twice ] || fail "a serial number stands twice"

# Python's cryptography refuses loose DER
if python3 -c 'import cryptography' 2>/dev/null; then
    python3 - p256/rsa.der p384/ecc.der rsa3072/ecc384.der <<'PYTHON' || fail "Python refuses a certificate"
import sys
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
for name in sys.argv[1:]:
    der = open(name, "rb").read()
    cert = x509.load_der_x509_certificate(der)
    assert cert.public_bytes(Encoding.DER) == der
    san = cert.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert san.critical and len(list(san.value)) == 1
    assert [a.value for a in san.value.get_values_for_type(x509.DirectoryName)[0]] == [
        "id:4E564441", "Jetson fTPM", "id:00010002"]
    assert 0 < cert.serial_number.bit_length() < 160
    list(cert.extensions)
PYTHON
fi
