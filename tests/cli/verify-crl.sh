# SPDX-License-Identifier: Apache-2.0
# Revocation lists: what one names fails, EK certificate and signer alike; what they leave open is told with a code of
# its own. `openssl verify -crl_check` judges the same files.
. "$(dirname "$0")/lib.sh"
need openssl sbsign

run 0 ca init ours --name Acme --key-type p256 --not-before 2025-01-01
for n in 1 2; do
    openssl ecparam -name prime256v1 -genkey -noout -out ek.key
    openssl pkey -in ek.key -pubout -out ek.pub
    run 0 ca issue --cert ours/chain.pem --key ours/issuing.key --public-key ek.pub --device 0102000000000000000$n \
        --manufacturer id:44454D4F --model m --version id:1 --not-before 2025-06-01 -o $n.der
    openssl x509 -in $n.der -inform DER -out $n.pem
done
run 0 ca crl --cert ours/chain.pem --key ours/issuing.key -o none.crl
run 0 ca crl --cert ours/chain.pem --key ours/issuing.key --crl none.crl --revoke 2.der --days 7 -o one.crl
openssl crl -in one.crl -out one.pem 2>/dev/null || openssl crl -inform DER -in one.crl -out one.pem
at=2026-01-02
# judged CODE CERT CRL TIME
judged() {
    found=3
    openssl verify -crl_check -attime "$(date -u -d "$4" +%s)" -CAfile ours/root.pem -untrusted ours/issuing.pem \
        -CRLfile "$3" "$2" >judge 2>&1 && found=0
    [ $found -eq "$1" ] || fail "openssl verify $2 by $3: $(cat judge)"
}

# ---- EK certificates
for list in none.crl one.crl one.pem; do
    run 0 verify --ca ours/chain.pem --crl $list --at $at 1.der
done
judged 0 1.pem one.pem $at
run 0 verify --ca ours/chain.pem --at $at 2.der
run 0 verify --ca ours/chain.pem --crl none.crl --at $at 2.der
for lists in "--crl one.crl" "--crl one.pem" "--crl none.crl --crl one.crl" "--crl one.crl --crl none.crl"; do
    refuse 3 'rotkit: 2.der: x509: certificate is revoked since 2026-01-01T00:00:00Z, by the list of "CN=Acme EK CA,O=Acme"' \
        verify --ca ours/chain.pem $lists --at $at 2.der
done
judged 3 2.pem one.pem $at

# ---- a list that is out of date still revokes; it says nothing of the others
refuse 8 'rotkit: 1.der: x509: could not be checked: whether certificate is revoked: the list of "CN=Acme EK CA,O=Acme" is out of date: --crl with a newer one' \
    verify --ca ours/chain.pem --crl one.crl --at 2026-03-01 1.der
judged 3 1.pem one.pem 2026-03-01
run 3 verify --ca ours/chain.pem --crl one.crl --at 2026-03-01 2.der
run 8 verify --json --ca ours/chain.pem --crl one.crl --at 2026-03-01 1.der
grep -q '"outcome": *"unknown"' "$out" || fail "$(cat "$out")"
grep -q '"needs": *\["--crl"\]' "$out" || fail "$(cat "$out")"

# ---- a list of somebody else: of another CA, of one with this name and another key, changed
run 0 ca init other --name Other --key-type p256 --not-before 2025-01-01
run 0 ca crl --cert other/chain.pem --key other/issuing.key -o other.crl
refuse 8 'rotkit: 1.der: x509: could not be checked: whether certificate is revoked: needs the list of "CN=Acme EK CA,O=Acme": --crl' \
    verify --ca ours/chain.pem --crl other.crl --at $at 1.der
judged 3 1.pem other.crl $at
run 0 ca init posing --name Acme --key-type p256 --not-before 2025-01-01
run 0 ca crl --cert posing/chain.pem --key posing/issuing.key -o posing.crl
run 8 verify --ca ours/chain.pem --crl posing.crl --at $at 1.der
perl -0777 -pe 'substr($_, -1) ^= "\1"' one.crl >changed.crl
run 3 verify --ca ours/chain.pem --crl changed.crl --at $at 1.der
stderr_is 'rotkit: 1.der: x509: certificate: CRL signature failure'

# ---- a CA that is revoked takes with it what it issued
cat >ca.cnf <<'END'
[ca]
default_ca = c
[c]
database = index
crlnumber = number
default_md = sha256
default_crl_days = 30
END
: >index
echo 01 >number
openssl ca -config ca.cnf -cert ours/root.pem -keyfile ours/root.key -revoke ours/issuing.pem 2>/dev/null
openssl ca -config ca.cnf -cert ours/root.pem -keyfile ours/root.key -gencrl -out root.pem 2>/dev/null
today=$(date -u +%Y-%m-%dT%H:%M:%SZ -d '+ 1 minute')
run 3 verify --ca ours/chain.pem --crl root.pem --crl none.crl --at "$today" 1.der
grep -q '^rotkit: 1.der: x509: certificate "CN=Acme EK CA,O=Acme" is revoked since 20.*, by the list of "CN=Acme Root CA,O=Acme"$' "$err" || fail "$(cat "$err")"

# ---- a signer, although firmware has no clock
cat >x <<'END'
[signer]
basicConstraints = critical,CA:FALSE
authorityKeyIdentifier = keyid
END
openssl req -new -newkey rsa:2048 -nodes -keyout signer.key -subj "/CN=Signer" -out req 2>/dev/null
openssl x509 -req -in req -CA ours/root.pem -CAkey ours/root.key -set_serial 77 -extfile x -extensions signer -days 3000 \
    -out signer.pem 2>/dev/null
sbsign --key signer.key --cert signer.pem --output signed.efi "$DATA/vectors/boot/uefi/min_aarch64.efi" 2>/dev/null
: >index
openssl ca -config ca.cnf -cert ours/root.pem -keyfile ours/root.key -gencrl -out root.pem 2>/dev/null
run 0 verify --ca ours/root.pem --crl root.pem --at "$today" signed.efi
openssl ca -config ca.cnf -cert ours/root.pem -keyfile ours/root.key -revoke signer.pem 2>/dev/null
openssl ca -config ca.cnf -cert ours/root.pem -keyfile ours/root.key -gencrl -out root.pem 2>/dev/null
run 3 verify --ca ours/root.pem --crl root.pem --at "$today" signed.efi
grep -q '^rotkit: signed.efi: uefi-pe: certificate "CN=Signer" is revoked since 20.*, by the list of "CN=Acme Root CA,O=Acme"$' "$err" || fail "$(cat "$err")"

# ---- files that are no lists
printf 'nothing' >nothing
refuse 2 'rotkit: --crl: "nothing": no certificate revocation list in PEM or DER' verify --ca ours/chain.pem --crl nothing 1.der
head -n -1 one.pem >cut
refuse 2 'rotkit: --crl: "cut": no certificate revocation list in PEM or DER' verify --ca ours/chain.pem --crl cut 1.der
cat one.pem cut >second
refuse 2 'rotkit: --crl: "second": list 2 is damaged or cut off' verify --ca ours/chain.pem --crl second 1.der
refuse 2 "rotkit: --crl is for certificates: --ca names whom to trust
  see 'rotkit help verify'" verify --crl one.crl 1.der
openssl ca -config ca.cnf -cert ours/root.pem -keyfile ours/root.key -gencrl -md sha1 -out weak.pem 2>/dev/null
refuse 2 'rotkit: --crl: "weak.pem": the list'"'"'s signature: the digest is weak: SHA1, at least SHA-256
  --allow-weak sha1 takes it where a format asks for it' verify --ca ours/chain.pem --crl weak.pem 1.der
