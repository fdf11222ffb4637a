# SPDX-License-Identifier: Apache-2.0
# The example's release: verified, accepted by openssl and certtool, unchanged by a repeat, and the same
# again from a clean start but for secrets/ when the CA signs by PKCS#1 v1.5.
# slow: a release built six times; build-reproducible has two
. "$(dirname "$0")/lib.sh"
need openssl certtool jq

example=$SOURCE/examples/jetson-orin
sh "$example/prepare.sh" "$ROTKIT" product rsa3072 >"$scratch/log" 2>&1 || {
    cat "$scratch/log" >&2
    fail "prepare.sh"
}
unset SOURCE_DATE_EPOCH # the CA of today signs

tree() {
    (cd "$1" && find . -type f ! -path './secrets/*' -exec sha256sum {} + | sort -k 2)
}

sed 's/^  path: release$/  path: release\n  reproducible: true/' product/manifest.yaml >product/again.yaml
run 0 build product/again.yaml
run 0 verify product/release
stderr_is ""
stdout_is "product/release: release: holds: 20 devices, 163 files, 60 EK certificates; signer: not checked"

# Whose EK CA it is: the root and the issuing CA say yes, another CA of the same name no.
for ca in "--ca product/ca/root.pem" "--anchor product/ca/issuing.pem"; do
    run 0 verify --pub product/keys/release.pem $ca product/release
    stdout_is "product/release: release: holds: 20 devices, 163 files, 60 EK certificates of the CA named; signer: release key, ed25519"
    refuse 8 'rotkit: product/release: could not be checked: who signed the release: needs its key: --pub' verify $ca product/release
done
run 0 ca init -q imitation --name "Demo Product" --key-type rsa3072 --not-before 2026-01-01
for ca in "--ca imitation/root.pem" "--anchor imitation/issuing.pem"; do
    refuse 3 'rotkit: product/release: "ca/chain.pem": certificate "CN=Demo Product Root CA,O=Demo Product": is self-signed and not among those trusted' \
        verify $ca product/release
done

# Which of its EK certificates are revoked, and when all of it is judged.
ek=$(cd product/release && find devices -name '*.der' | sort | head -n 1)
crl="ca crl --cert product/ca/chain.pem --key product/ca/issuing.key"
run 0 $crl -o none.crl
run 0 $crl --crl none.crl --revoke "product/release/$ek" -o one.crl
run 0 verify --pub product/keys/release.pem --ca product/ca/root.pem --crl none.crl product/release
run 3 verify --ca product/ca/root.pem --crl none.crl --crl one.crl product/release
since=$(openssl crl -inform DER -in one.crl -noout -text | sed -n 's/.*Revocation Date: //p')
stderr_is "rotkit: product/release: \"$ek\": certificate is revoked since $(date -u -d "$since" +%Y-%m-%dT%H:%M:%SZ), by the list of \"CN=Demo Product EK CA,O=Demo Product\""
run 8 verify --pub product/keys/release.pem --ca product/ca/root.pem --crl none.crl --at 2026-06-01 product/release
run 3 verify --at 2001-01-01 product/release

# A repeat changes no byte, secrets included.
(cd product/release && find . -type f -exec sha256sum {} + | sort -k 2) >first
run 0 build product/again.yaml
stderr_is 'rotkit: warning: a PublicKeyHash is unconfirmed: no vendor value was there to compare
rotkit: 20 devices, release "product/release": unchanged'
(cd product/release && find . -type f -exec sha256sum {} + | sort -k 2) >second
same "the release after a repeat" first second

# From a clean start: the same but for secrets/.
run 0 build product/again.yaml -o other
tree product/release >first
tree other >second
same "a second clean build" first second

# Independent readers of the certificates.
count=0
for cert in product/release/devices/*/*/ek-cert-*.der; do
    openssl verify -CAfile product/ca/root.pem -untrusted product/ca/issuing.pem "$cert" >/dev/null 2>"$err" ||
        fail "$cert: $(cat "$err")"
    openssl x509 -inform DER -in "$cert" -outform DER | cmp -s - "$cert" || fail "$cert: openssl re-encodes it otherwise"
    count=$((count + 1))
done
[ "$count" -eq 60 ] || fail "$count certificates"
for cert in $(ls product/release/devices/*/*/ek-cert-*.der | head -n 3); do
    certtool --certificate-info --inder --infile "$cert" >info 2>"$err" || fail "certtool: $(cat "$err")"
    grep -q 'Subject Alternative Name (critical)' info || fail "$cert: certtool sees no critical subjectAltName"
    grep -q '2.23.133.8.1' info || fail "$cert: certtool sees no tcg-kp-EKCertificate"
    openssl x509 -inform DER -in "$cert" -out ee.pem
    cat ee.pem product/ca/chain.pem >whole.pem
    certtool --verify --load-ca-certificate product/ca/root.pem --infile whole.pem >info 2>&1 ||
        fail "certtool --verify: $(cat info)"
done
serials=$(for cert in product/release/devices/*/*/ek-cert-*.der; do
    openssl x509 -inform DER -in "$cert" -noout -serial
done | sort -u | wc -l)
[ "$serials" -eq 60 ] || fail "$serials serial numbers for 60 certificates"

# The factory opens a sealed fuse file by openssl alone, and it holds the KDK0 of the database.
sealed=$(ls product/release/secrets/*/*/fuse.xml.cms | head -n 1)
openssl cms -decrypt -inform DER -in "$sealed" -inkey product/factory/factory.key -out fuse.xml 2>"$err" ||
    fail "openssl cms: $(cat "$err")"
sn=$(basename "$(dirname "$sealed")")
kdk0=$(tr -d '\r' <product/devices/kdk_db.csv | awk -v sn="$sn" '$1 $2 == sn { print $3 }')
grep -q "name=\"Kdk0\" size=\"32\" value=\"0x$kdk0\"" fuse.xml || fail "$sealed: another KDK0"
hides "$kdk0" $(find product/release other -type f)

# One flipped byte anywhere in a public file is found.
for file in $(find product/release -type f ! -path '*/secrets/*' | sort | head -n 12); do
    cp "$file" "$scratch/good"
    flip "$file" 40
    cmp -s "$file" "$scratch/good" && continue
    run 3 verify product/release
    cp "$scratch/good" "$file"
done
echo extra >product/release/devices/extra
run 3 verify product/release
rm product/release/devices/extra
run 0 verify product/release
