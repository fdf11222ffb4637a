# SPDX-License-Identifier: Apache-2.0
# The CA that ca init makes, as OpenSSL reads it.
. "$(dirname "$0")/lib.sh"
need openssl

# field OPTION FILE: one line of `openssl x509`
field() {
    openssl x509 -noout "$1" -in "$2"
}

for type in p384 p256 rsa3072; do
    run 0 ca init "ca-$type" --name Acme --organization "Acme Inc" --key-type "$type" \
        --crl-url http://crl.example/root.crl --days 3650 --issuing-days 1825
    stdout_is ""
    stderr_is "rotkit: private keys in \"ca-$type\" are not encrypted: move root.key off line"
    openssl verify -x509_strict -CAfile "ca-$type/root.pem" "ca-$type/issuing.pem" >verified ||
        fail "$type: chain"
    mode_is 600 "ca-$type/root.key"
    mode_is 600 "ca-$type/issuing.key"
    cat "ca-$type/issuing.pem" "ca-$type/root.pem" >chain
    same chain.pem chain "ca-$type/chain.pem"
    for half in root issuing; do
        openssl pkey -pubout -in "ca-$type/$half.key" >from-key
        field -pubkey "ca-$type/$half.pem" >from-cert
        same "$type $half key" from-key from-cert
        openssl x509 -noout -text -in "ca-$type/$half.pem" >text
        grep -q "CA:TRUE" text || fail "$type $half: no CA"
        grep -A 1 "Key Usage: critical" text | grep -q "Certificate Sign, CRL Sign" ||
            fail "$type $half: key usage"
    done
done
openssl x509 -noout -text -in ca-p384/root.pem | grep -q "(384 bit)" || fail "not P-384"
openssl x509 -noout -text -in ca-p256/root.pem | grep -q "(256 bit)" || fail "not P-256"
openssl x509 -noout -text -in ca-rsa3072/root.pem | grep -q "(3072 bit)" || fail "not RSA-3072"
[ "$(field -subject ca-p384/root.pem)" = "subject=O = Acme Inc, CN = Acme Root CA" ] || fail "root name"
[ "$(field -subject ca-p384/issuing.pem)" = "subject=O = Acme Inc, CN = Acme EK CA" ] ||
    fail "issuing name"
[ "$(field -startdate ca-p384/root.pem)" = "notBefore=Jan  1 00:00:00 2026 GMT" ] || fail "start"
[ "$(field -enddate ca-p384/root.pem)" = "notAfter=Dec 29 23:59:59 2035 GMT" ] || fail "root end"
[ "$(field -enddate ca-p384/issuing.pem)" = "notAfter=Dec 30 23:59:59 2030 GMT" ] || fail "issuing end"

run 0 ca init dry --name Acme --dry-run
[ ! -e dry ] || fail "a dry run made something"

refuse 2 "rotkit: \"ca-p384\" exists, it is never overwritten" ca init ca-p384 --name Acme
refuse 2 "rotkit: --name NAME is missing
  see 'rotkit help ca init'" ca init new
refuse 2 "rotkit: --days: 0, expected 1 to 365000
  see 'rotkit help ca init'" ca init new --name Acme --days 0
refuse 2 "rotkit: --issuing-days: the issuing CA would outlive the root
  see 'rotkit help ca init'" ca init new --name Acme --days 10 --issuing-days 11
refuse 2 "rotkit: --not-before: \"tomorrow\" is no date, expected YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ" \
    ca init new --name Acme --not-before tomorrow
