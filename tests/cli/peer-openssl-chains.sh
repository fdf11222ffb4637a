# SPDX-License-Identifier: Apache-2.0
# Chains: who is an anchor, what stands between, what each certificate may do, how strong it is and when it is valid.
# `openssl verify` judges the same files (its security level 2 is 112 bits: RSA-2048, no SHA-1), certtool the purposes.
. "$(dirname "$0")/lib.sh"
need openssl certtool
cat >x <<'END'
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[path0]
basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,keyCertSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[nosign]
basicConstraints = critical,CA:TRUE
keyUsage = critical,cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[noca]
basicConstraints = critical,CA:FALSE
keyUsage = critical,keyCertSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[names]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
nameConstraints = critical,permitted;dirName:within
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[within]
O = Within
[codeca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
extendedKeyUsage = codeSigning
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[ek]
basicConstraints = critical,CA:FALSE
keyUsage = critical,keyAgreement
extendedKeyUsage = 2.23.133.8.1
subjectAltName = dirName:tpm
authorityKeyIdentifier = keyid
[tpm]
1.2.23.133.2.1 = id:4E564441
[ekany]
basicConstraints = critical,CA:FALSE
keyUsage = critical,keyAgreement
extendedKeyUsage = anyExtendedKeyUsage
subjectAltName = dirName:tpm
[ekwrong]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = 2.23.133.8.1
[anycode]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = anyExtendedKeyUsage
authorityKeyIdentifier = keyid
[ekca]
basicConstraints = critical,CA:TRUE
extendedKeyUsage = 2.23.133.8.1
[code]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = codeSigning
[server]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
[plain]
basicConstraints = critical,CA:FALSE
END
for n in root other sub leaf; do
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out $n.key
done
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out rsa1024.key 2>/dev/null
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:512 -out rsa512.key 2>/dev/null
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-224 -out p224.key

# self NAME CN KEY SECTION [ARG...]: a self-signed certificate
self() {
    self_name=$1 self_cn=$2 self_key=$3 section=$4
    shift 4
    openssl req -new -key $self_key.key -subj "/CN=$self_cn" -out req 2>/dev/null
    openssl x509 -req -in req -signkey $self_key.key -extfile x -extensions $section -days 3650 "$@" -out $self_name.pem 2>/dev/null
}
serial=100
# under ISSUER ISSUER-KEY NAME SUBJECT KEY SECTION [ARG...]: NAME.pem and NAME.der
under() {
    issuer=$1 issuer_key=$2 name=$3 subject=$4 key=$5 section=$6
    shift 6
    serial=$((serial + 1))
    openssl req -new -key $key.key -subj "$subject" -out req 2>/dev/null
    set -- -days 3000 "$@"
    openssl x509 -req -in req -CA $issuer.pem -CAkey $issuer_key.key -set_serial $serial -extfile x -extensions $section \
        "$@" -out $name.pem 2>/dev/null
    openssl x509 -in $name.pem -outform DER -out $name.der
}
# judged CODE CERT OPENSSL-ARG...: openssl takes it (0) or refuses it (3) as well
judged() {
    wanted=$1
    judged_cert=$2
    shift 2
    found=3
    openssl verify -auth_level 2 "$@" $judged_cert.pem >judge 2>&1 && found=0
    [ $found -eq $wanted ] || fail "openssl verify $* $judged_cert.pem: $(cat judge)"
}
holds() {
    run 0 verify "$@"
    stdout_is "$cert.der: x509: signature holds; signer: the CA given"
}
cert=leaf
unset SOURCE_DATE_EPOCH # openssl makes the dates

# ---- anchors, and chains that are built
self root "Test Root" root root
self other "Test Root" other root
under root root sub "/CN=Sub" sub ca
under sub sub leaf "/CN=Leaf" leaf plain -days 2000
cat root.pem sub.pem >bundle.pem
cat sub.pem root.pem >chain.pem
cat other.pem root.pem sub.pem other.pem >mixed.pem
judged 0 leaf -CAfile root.pem -untrusted sub.pem
certtool --verify --load-ca-certificate root.pem --infile leaf.pem >judge 2>&1 && fail "certtool finds sub.pem nowhere"
cat leaf.pem sub.pem >both.pem
certtool --verify --load-ca-certificate root.pem --infile both.pem >judge 2>&1 || fail "certtool: $(cat judge)"
for ca in "--ca bundle.pem" "--ca chain.pem" "--ca mixed.pem" "--ca root.pem --ca sub.pem" "--ca sub.pem --ca root.pem" \
    "--anchor sub.pem" "--anchor sub.pem --ca other.pem" "--ca sub.pem --anchor sub.pem" "--ca sub.pem --anchor root.pem"; do
    holds $ca leaf.der
done
judged 0 leaf -partial_chain -trusted sub.pem
refuse 2 'rotkit: --ca: "sub.pem": no certificate is self-signed, so none is an anchor
  mark the anchor with --anchor FILE' verify --ca sub.pem leaf.der
refuse 3 'rotkit: leaf.der: x509: certificate "CN=Leaf": its issuer "CN=Sub" is not among those trusted' \
    verify --ca root.pem leaf.der
judged 3 leaf -CAfile root.pem
refuse 3 'rotkit: leaf.der: x509: certificate "CN=Sub": its issuer "CN=Test Root" is there with another key only' \
    verify --ca other.pem --ca sub.pem leaf.der
judged 3 leaf -CAfile other.pem -untrusted sub.pem
# Named as its own issuer, but signed by somebody else: no anchor.
openssl req -new -key other.key -subj "/CN=Test Root" -out req 2>/dev/null
openssl x509 -req -in req -CA root.pem -CAkey root.key -set_serial 7 -extfile x -extensions path0 -days 9 -out posing.pem 2>/dev/null
refuse 2 'rotkit: --ca: "posing.pem": no certificate is self-signed, so none is an anchor
  mark the anchor with --anchor FILE' verify --ca posing.pem leaf.der

# ---- what the CAs between may do
# between SECTION KEY: the same leaf under a CA made by that section
between() {
    under root root $1 "/CN=Between" $2 $1
    under $1 $2 below "$3" leaf plain
    cert=below
}
between nosign sub "/CN=Leaf"
refuse 3 'rotkit: below.der: x509: certificate "CN=Between": this CA may not sign certificates (keyUsage lacks keyCertSign)' \
    verify --ca root.pem --ca nosign.pem below.der
judged 3 below -CAfile root.pem -untrusted nosign.pem
between noca sub "/CN=Leaf"
refuse 3 'rotkit: below.der: x509: certificate "CN=Between": this is no CA certificate (basicConstraints)' \
    verify --ca root.pem --ca noca.pem below.der
judged 3 below -CAfile root.pem -untrusted noca.pem
refuse 3 'rotkit: below.der: x509: certificate "CN=Between": this is no CA certificate (basicConstraints)' \
    verify --anchor noca.pem below.der
between path0 sub "/CN=Leaf"
holds --ca root.pem --ca path0.pem below.der
under path0 sub deep "/CN=Deep" leaf ca
under deep leaf below "/CN=Leaf" leaf plain
refuse 3 'rotkit: below.der: x509: certificate "CN=Between": path length constraint exceeded' \
    verify --ca root.pem --ca path0.pem --ca deep.pem below.der
cat path0.pem deep.pem >between.pem
judged 3 below -CAfile root.pem -untrusted between.pem
between names sub "/O=Within/CN=Leaf"
holds --ca root.pem --ca names.pem below.der
between names sub "/O=Without/CN=Leaf"
refuse 3 'rotkit: below.der: x509: certificate "CN=Leaf,O=Without": permitted subtree violation' \
    verify --ca root.pem --ca names.pem below.der
judged 3 below -CAfile root.pem -untrusted names.pem

# ---- strength: keys and digests, on every step
weak='  --allow-weak NAME takes it where a format asks for it'
# weaker NAME TEXT: refused with the text, taken with --allow-weak NAME, which is said
weaker() {
    refuse 3 "rotkit: below.der: x509: $2
$(echo "$weak" | sed "s/NAME/$1/")" verify --ca root.pem --ca ${3:-sub}.pem below.der
    run 0 verify --ca root.pem --ca ${3:-sub}.pem --allow-weak $1 below.der
    stdout_is "below.der: x509: signature holds; weak, and allowed: $1; signer: the CA given"
    judged 3 below -CAfile root.pem -untrusted ${3:-sub}.pem
}
under sub sub below "/CN=Leaf" rsa1024 plain
weaker rsa1024 'certificate "CN=Leaf": the RSA key is weak: 1024 bits, at least 2048'
under sub sub below "/CN=Leaf" p224 plain
refuse 3 'rotkit: below.der: x509: certificate "CN=Leaf": the EC key is weak: 224 bits, at least 256
  --allow-weak p224 takes it where a format asks for it' verify --ca bundle.pem below.der
between ca rsa1024 "/CN=Leaf"
weaker rsa1024 'certificate "CN=Between": the RSA key is weak: 1024 bits, at least 2048' ca
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa2048.key 2>/dev/null
under root root rsa2048 "/CN=Between" rsa2048 ca
for digest in md5 sha1 sha224; do
    under rsa2048 rsa2048 below "/CN=Leaf" leaf plain -$digest
    refuse 3 "rotkit: below.der: x509: certificate \"CN=Leaf\": its signature: the digest is weak: $(echo $digest |
        sed 's/md5/MD5/; s/sha1/SHA1/; s/sha224/SHA224/'), at least SHA-256
$(echo "$weak" | sed "s/NAME/$digest/")" verify --ca root.pem --ca rsa2048.pem below.der
    run 0 verify --ca root.pem --ca rsa2048.pem --allow-weak $digest below.der
    [ $digest = sha224 ] || judged 3 below -CAfile root.pem -untrusted rsa2048.pem
done
under root root sha1 "/CN=Between" sub ca -sha1
under sha1 sub below "/CN=Leaf" leaf plain
weaker sha1 'certificate "CN=Between": its signature: the digest is weak: SHA1, at least SHA-256' sha1
under sub sub below "/CN=Leaf" rsa512 plain
for allow in "" "--allow-weak rsa1024"; do
    refuse 3 'rotkit: below.der: x509: certificate "CN=Leaf": the RSA key is weak: 512 bits, at least 2048' \
        verify --ca bundle.pem $allow below.der
done
# An anchor's own signature proves nothing.
self old "Old" root root -sha1
under old root below "/CN=Leaf" leaf plain
cert=below
holds --ca old.pem below.der
refuse 2 'rotkit: --allow-weak: "rsa512" is nothing weak that may be allowed (known: rsa1024, p224, sha224, sha1, md5)' \
    verify --ca root.pem --allow-weak rsa512 leaf.der
run 0 help keys
for name in rsa1024 p224 sha224 sha1 md5; do
    grep -q "^  $name  *" "$out" || fail "help keys does not list $name"
done

# ---- what a certificate is for
# use CODE SECTION USE [TEXT]
use() {
    under ${by:-sub} sub below "/CN=Leaf" ${with:-leaf} $2
    if [ $1 -eq 0 ]; then
        run 0 verify --ca bundle.pem ${by:+--ca $by.pem} --set use=$3 below.der
    else
        refuse $1 "rotkit: below.der: x509: $4" verify --ca bundle.pem ${by:+--ca $by.pem} --set use=$3 below.der
    fi
}
lacks='certificate "CN=Leaf": may not be used so: extKeyUsage lacks tcg-kp-EKCertificate (2.23.133.8.1)'
use 0 ek ek
use 0 ek auto
use 3 ekany ek "$lacks"
use 3 ekany auto "$lacks" # it names a TPM
use 3 plain ek 'certificate "CN=Leaf": may not be used so: extKeyUsage is missing, expected tcg-kp-EKCertificate (2.23.133.8.1)'
use 3 ekwrong ek 'certificate "CN=Leaf": may not be used so: keyUsage lacks keyAgreement'
use 3 ekca ek 'certificate "CN=Leaf": may not be used so: it is a CA certificate (basicConstraints)'
use 3 ek ak 'certificate "CN=Leaf": may not be used so: keyUsage lacks digitalSignature'
use 0 code code
use 0 plain code
use 0 anycode code # RFC 5280, 4.2.1.12; EDK2 asks signers for no use (X509_PURPOSE_ANY)
use 3 server code 'certificate "CN=Leaf": may not be used so: extKeyUsage lacks codeSigning (1.3.6.1.5.5.7.3.3)'
use 0 server any
use 2 server tls 'setting "use": unknown use "tls" of a certificate (known: any, ca, ek, ak, code)'
under root root codeca "/CN=Code CA" sub codeca
by=codeca
use 0 code code
use 3 ek ek 'certificate "CN=Code CA": may not be used so: extKeyUsage lacks tcg-kp-EKCertificate (2.23.133.8.1)'
cat below.pem codeca.pem >both.pem
certtool --verify --verify-purpose=2.23.133.8.1 --load-ca-certificate root.pem --infile both.pem >judge 2>&1 &&
    fail "certtool takes an EK certificate of a CA for code"

# ---- dates, by --at
by=
cert=leaf
until=$(openssl x509 -in leaf.pem -noout -enddate | sed 's/notAfter=//')
end=$(date -u -d "$until" +%Y-%m-%dT%H:%M:%SZ)
after=$(date -u -d "$until + 1 second" +%Y-%m-%dT%H:%M:%SZ)
before=$(date -u -d "$until - 1 second" +%Y-%m-%dT%H:%M:%SZ)
holds --ca bundle.pem --at "$before" leaf.der
holds --ca bundle.pem --at "$(date -u -d "$until - 2 days" +%Y-%m-%d)" leaf.der
judged 0 leaf -CAfile root.pem -untrusted sub.pem -attime "$(date -u -d "$before" +%s)"
refuse 3 "rotkit: leaf.der: x509: certificate \"CN=Leaf\" expired on $end" verify --ca bundle.pem --at "$after" leaf.der
judged 3 leaf -CAfile root.pem -untrusted sub.pem -attime "$(date -u -d "$after" +%s)"
from=$(date -u -d "$(openssl x509 -in root.pem -noout -startdate | sed 's/notBefore=//')" +%Y-%m-%dT%H:%M:%SZ)
run 3 verify --ca bundle.pem --at 2001-01-01 leaf.der
grep -qE '^rotkit: leaf.der: x509: certificate "CN=(Test Root|Sub|Leaf)" is not valid before 20' "$err" || fail "$(cat "$err")"
judged 3 leaf -CAfile root.pem -untrusted sub.pem -attime 978307200
