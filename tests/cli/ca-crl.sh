#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The EK CA's revocation list: openssl reads it, holds it, and refuses what is on it.
. "$(dirname "$0")/lib.sh"
need openssl

for name in ours other; do
    run 0 ca init $name --name Acme --key-type p256 --not-before 2025-01-01
    for n in 1 2 3; do
        openssl ecparam -name prime256v1 -genkey -noout -out ek.key
        openssl pkey -in ek.key -pubout -out ek.pub
        run 0 ca issue --cert $name/chain.pem --key $name/issuing.key --public-key ek.pub --device 0102000000000000000$n \
            --manufacturer id:44454D4F --model m --version id:1 --not-before 2025-06-01 -o $name-$n.der
    done
done
crl="ca crl --cert ours/chain.pem --key ours/issuing.key"
field() {
    openssl crl -in "$1" -noout -text
}
serial_of() {
    openssl x509 -in "$1" -noout -serial | cut -d = -f 2
}
# held CERT CRL: openssl's word on a certificate under the list
held() {
    cat ours/issuing.pem ours/root.pem >trust.pem
    openssl verify -partial_chain -crl_check -attime 1767229000 -trusted ours/issuing.pem -CRLfile "$2" "$1" >verdict 2>&1
}

run 0 $crl -o first.crl
openssl crl -in first.crl -CAfile ours/issuing.pem -noout 2>verdict || fail "$(cat verdict)"
grep -q "verify OK" verdict || fail "$(cat verdict)"
field first.crl >text
for line in "Version 2" "No Revoked Certificates" "CRL Number: *$" "Last Update: Jan  1 00:00:00 2026 GMT" "Next Update: Jan 31 00:00:00 2026 GMT" "Authority Key Identifier"; do
    grep -q "$line" text || fail "first list: no \"$line\": $(cat text)"
done
held ours-1.der first.crl || fail "$(cat verdict)"

run 0 $crl --crl first.crl --revoke ours-2.der --reason superseded --days 7 -o second.crl
run 0 $crl --crl second.crl --revoke ours-1.der --revoke ours-2.der --reason key-compromise --pem -o third.pem
stderr_is 'rotkit: "ours-2.der" is on the list already'
field third.pem >text
grep -A 1 "CRL Number" text | grep -q "^ *3$" || fail "$(cat text)"
for n in 1 2; do
    grep -q "Serial Number: $(serial_of ours-$n.der)" text || fail "certificate $n is not on the list"
    held ours-$n.der third.pem && fail "openssl takes certificate $n"
    grep -q "certificate revoked" verdict || fail "$(cat verdict)"
done
held ours-3.der third.pem || fail "$(cat verdict)"
grep -A 4 "Serial Number: $(serial_of ours-2.der)" text | grep -q Superseded || fail "reason of 2"
grep -A 4 "Serial Number: $(serial_of ours-1.der)" text | grep -q "Key Compromise" || fail "reason of 1"
openssl crl -in third.pem -CAfile ours/issuing.pem -noout 2>verdict && grep -q "verify OK" verdict || fail "$(cat verdict)"

refuse 3 'rotkit: --revoke "other-1.der": the certificate is not one that this CA has issued' $crl --revoke other-1.der -o x
run 0 ca crl --cert other/chain.pem --key other/issuing.key -o other.crl
refuse 3 'rotkit: --crl "other.crl": the CRL is not one that this CA has issued' $crl --crl other.crl -o x
{ head -c 60 first.crl && printf 'X' && tail -c +62 first.crl; } >flipped.crl
code=0
"$ROTKIT" $crl --crl flipped.crl -o x 2>"$err" || code=$?
[ "$code" -eq 3 ] || [ "$code" -eq 2 ] && [ ! -e x ] || fail "a changed list: exit $code"
refuse 2 'rotkit: --crl "ours-1.der": no certificate revocation list in PEM or DER' $crl --crl ours-1.der -o x
refuse 2 'rotkit: --reason: unknown reason "lost" (known: unspecified, key-compromise, superseded, cessation-of-operation)' \
    $crl --revoke ours-1.der --reason lost -o x
refuse 2 "rotkit: --days: 0, expected 1 to 3650
  see 'rotkit help ca crl'" $crl --days 0 -o x
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout nocrl.key -out nocrl.pem -subj /CN=x \
    -addext keyUsage=critical,keyCertSign -days 1 2>/dev/null
SOURCE_DATE_EPOCH=$(date +%s) refuse 2 "rotkit: this CA may not sign CRLs (keyUsage lacks cRLSign)" \
    ca crl --cert nocrl.pem --key nocrl.key -o x

# A list that is out is not followed by one with a lower number.
cp third.pem out.crl
refuse 2 'rotkit: "out.crl" is list 3 of this CA, and this would be list 1
  go on from it: --crl "out.crl"' $crl -o out.crl
refuse 2 'rotkit: "out.crl" is list 3 of this CA, and this would be list 2
  go on from it: --crl "out.crl"' $crl --crl first.crl --revoke ours-3.der -o out.crl
run 0 $crl --crl second.crl --revoke ours-1.der -o out.crl
run 0 $crl --crl out.crl --revoke ours-3.der -o out.crl
field out.crl | grep -A 1 "CRL Number" | grep -q "^ *4$" || fail "not the fourth list"
run 0 $crl -o other.crl # another CA's is no list of this one
