# SPDX-License-Identifier: Apache-2.0
# EK certificates from ca issue, judged by OpenSSL; what ca issue refuses.
. "$(dirname "$0")/lib.sh"
need openssl

run 0 ca init -q ca --name Acme
run 0 ca init -q other --name Other
openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec.key
openssl pkey -in ec.key -pubout -out ec.pub
openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.key
openssl pkey -in rsa.key -pubout -outform der -out rsa.pub

issue() {
    public=$1
    shift
    run 0 ca issue --cert ca/chain.pem --key ca/issuing.key --public-key "$public" \
        --device 01020000000100000002 --manufacturer id:4E564944 --model "demo fTPM" \
        --version id:00010000 --spec-revision 159 "$@"
    stderr_is ""
}

issue ec.pub -o ec.der
issue rsa.pub --pem -o rsa.pem --not-before 2026-02-01 --not-after 2036-02-01 \
    --aia-url http://ca.example/ek.der --crl-url http://ca.example/ek.crl
openssl x509 -inform der -in ec.der -out ec.pem
for kind in ec rsa; do
    openssl verify -x509_strict -attime 1790000000 -CAfile ca/root.pem -untrusted ca/issuing.pem \
        "$kind.pem" >verified || fail "$kind: chain"
    openssl x509 -noout -pubkey -in "$kind.pem" >found.pub
    openssl pkey -in "$kind.key" -pubout -out wanted.pub
    same "$kind: the public key" wanted.pub found.pub
    openssl x509 -noout -text -in "$kind.pem" >"$kind.txt"
    grep -q "2.23.133.8.1" "$kind.txt" || fail "$kind: no EK key usage"
    grep -q "2.23.133.2.2=demo fTPM" "$kind.txt" || fail "$kind: no model"
done
grep -q "Key Agreement" ec.txt || fail "ec: key usage"
grep -q "Key Encipherment" rsa.txt || fail "rsa: key usage"
grep -q "Not After : Dec 31 23:59:59 9999 GMT" ec.txt || fail "ec: has an end"
grep -q "Not Before: Feb  1 00:00:00 2026 GMT" rsa.txt || fail "rsa: start"
grep -q "Not After : Feb  1 00:00:00 2036 GMT" rsa.txt || fail "rsa: end"
grep -q "URI:http://ca.example/ek.der" rsa.txt || fail "rsa: no AIA"
grep -q "URI:http://ca.example/ek.crl" rsa.txt || fail "rsa: no CRL"

# The same call gives the same serial number; another device another one.
issue ec.pub -o again.der
openssl x509 -inform der -noout -serial -in ec.der >first
openssl x509 -inform der -noout -serial -in again.der >second
same "the serial number" first second
issue ec.pub --dry-run -o dry.der
[ ! -e dry.der ] || fail "a dry run wrote something"

refuse_issue() {
    code=$1
    text=$2
    shift 2
    refuse "$code" "$text" ca issue --manufacturer id:4E564944 --model m --version id:1 -o no.der "$@"
}

refuse_issue 2 "rotkit: --device: Device SN \"A1\": expected 20 hex digits, as in 01020000000100000002 or 0102-0000000100000002" \
    --cert ca/chain.pem --key ca/issuing.key --public-key ec.pub --device A1
refuse_issue 2 "rotkit: --not-after is not after --not-before
  see 'rotkit help ca issue'" \
    --cert ca/chain.pem --key ca/issuing.key --public-key ec.pub --device 01020000000100000002 \
    --not-before 2026-02-01 --not-after 2026-02-01
refuse_issue 7 "rotkit: --public-key: cannot open \"absent\": No such file or directory" \
    --cert ca/chain.pem --key ca/issuing.key --public-key absent --device 01020000000100000002
run 3 ca issue --manufacturer id:4E564944 --model m --version id:1 -o no.der \
    --cert ca/chain.pem --key other/issuing.key --public-key ec.pub --device 01020000000100000002
[ ! -e no.der ] || fail "a certificate from another's key"
