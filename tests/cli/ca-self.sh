# SPDX-License-Identifier: Apache-2.0
# Self-signed certificates for the keys that firmware is given: what openssl reads in each, and that efitools, sbverify and
# openssl hold what their keys sign.
. "$(dirname "$0")/lib.sh"
need openssl sbverify cert-to-efi-sig-list
K=$DATA/vectors/boot/keys
U=$DATA/vectors/boot/uefi

while read -r use purpose; do
    run 0 ca self --key "$K/rsa2048.pem" --subject "Größe $use" --use "$use" -o "$use.crt"
    stdout_is ""
    stderr_is ""
    openssl verify -x509_strict -check_ss_sig -attime 1767225700 -CAfile $use.crt $use.crt >/dev/null || fail "$use: openssl"
    openssl x509 -in $use.crt -noout -ext basicConstraints,keyUsage,extendedKeyUsage 2>/dev/null | grep -v '^ *$' >found
    {
        printf '%s\n' 'X509v3 Basic Constraints: critical' '    CA:FALSE' 'X509v3 Key Usage: critical' '    Digital Signature'
        [ "$purpose" = - ] || printf '%s\n' 'X509v3 Extended Key Usage: ' '    Code Signing'
    } >wanted
    same "$use: extensions" wanted found
    [ "$(openssl x509 -in $use.crt -noout -subject -nameopt utf8,sep_comma_plus)" = "subject=CN=Größe $use" ] || fail "$use: subject"
    openssl x509 -in $use.crt -noout -pubkey >from-cert
    openssl pkey -in "$K/rsa2048.pem" -pubout >from-key
    same "$use: key" from-key from-cert
    [ "$(openssl x509 -in $use.crt -noout -startdate -enddate | tr '\n' ' ')" = \
        "notBefore=Jan  1 00:00:00 2026 GMT notAfter=Dec 31 23:59:59 2055 GMT " ] || fail "$use: dates"
    openssl x509 -in $use.crt -noout -serial >>serials
done <<'ROWS'
pk -
kek -
db code
capsule -
code code
ROWS
[ "$(sort -u serials | wc -l)" -eq 5 ] || fail "a serial number twice"

# What the key signs holds under the certificate, by others and by us.
run 0 sign uefi-pe "$U/min_aarch64.efi" -o db.efi --key "$K/rsa2048.pem" --cert db.crt
sbverify --cert db.crt db.efi >judged 2>&1 || { cat judged >&2; fail "sbverify"; }
run 0 pack uefi-auth cert=db.crt -o ours.esl
cert-to-efi-sig-list -g 00000000-0000-0000-0000-000000000000 db.crt theirs.esl
cmp ours.esl theirs.esl || fail "efitools takes another certificate"
run 0 sign uefi-auth ours.esl -o db.auth --key "$K/rsa2048.pem" --cert kek.crt --set variable=db
run 0 pack capsule payload="$U/db.esl" --set version=1 -o plain.cap
run 0 sign capsule plain.cap -o signed.cap --key "$K/rsa2048.pem" --cert capsule.crt
for pair in db:db.efi kek:db.auth capsule:signed.cap; do
    run 0 verify --ca "${pair%:*}.crt" "${pair#*:}"
    run 3 verify --ca code.crt "${pair#*:}"
done
# The signature of the capsule by openssl: payload and count (boot-images.md 3.2).
length=$(($(od -An -tu4 -j 104 -N 4 signed.cap) - 24))
tail -c +129 signed.cap | head -c "$length" >signed.der
{ tail -c +$((129 + length)) signed.cap && printf '\001\0\0\0\0\0\0\0'; } >content
openssl smime -verify -inform DER -in signed.der -binary -content content -CAfile capsule.crt -purpose any -attime 1767225700 \
    >/dev/null 2>judged || { cat judged >&2; fail "openssl smime"; }

# Other keys, an organisation, dates.
for key in p256 rsa3072; do
    run 0 ca self --key "$K/$key.pem" --subject Maker --organization "Acme Inc" --use code --not-before 2027-02-03 --days 10 -o $key.crt
    openssl verify -attime 1801700000 -CAfile $key.crt $key.crt >/dev/null || fail "$key"
    [ "$(openssl x509 -in $key.crt -noout -subject)" = "subject=O = Acme Inc, CN = Maker" ] || fail "organisation"
    [ "$(openssl x509 -in $key.crt -noout -enddate)" = "notAfter=Feb 12 23:59:59 2027 GMT" ] || fail "end"
done
run 0 ca self --key "$K/p256.pem" --subject Maker --use code -o dry.crt --dry-run
[ ! -e dry.crt ] || fail "a dry run made something"

self() {
    self_text=$1
    shift
    refuse 2 "rotkit: $self_text" ca self --key "$K/rsa2048.pem" -o no.crt "$@"
}
self 'unknown use "tls" of a certificate (known: pk, kek, db, capsule, code)' --subject x --use tls
self "--subject NAME is missing
  see 'rotkit help ca self'" --use db
self "--days: 0, expected 1 to 365000
  see 'rotkit help ca self'" --subject x --use db --days 0
run 2 ca self --key "$K/rsa2048.pem" --subject "" --use db -o no.crt
grep -q '^rotkit: CN "" cannot be written: 1 to 64 characters' "$err" || fail "$(cat "$err")"
run 2 ca self --key "$K/rsa2048.pem" --subject "$(printf %65s x)" --use db -o no.crt
grep -q 'cannot be written: 1 to 64 characters' "$err" || fail "$(cat "$err")"
openssl genrsa -out weak.key 1024 2>/dev/null
run 4 ca self --key weak.key --subject x --use db -o no.crt
[ ! -e no.crt ] || fail "made of a weak key"
