# SPDX-License-Identifier: Apache-2.0
# Files for Keylime: openssl and certtool verify every EK certificate by the store alone, the list is what
# openssl computes, the script answers as Keylime's tenant calls it, and --verify finds what was changed.
# slow: openssl for each certificate; enroll-windows has the verb
. "$(dirname "$0")/lib.sh"
. "$SOURCE/tests/support/example.sh"
need jq openssl python3 certtool shellcheck dash
unset SOURCE_DATE_EPOCH
example_product product p384 3
sed -i '/^release:/,$ { /^  key:/d }' product/manifest.yaml # not signed: a test changes it
run 0 build -q product/manifest.yaml
release=product/release
bucket=$release/devices/010200000001000000
first=01020000000100000001
second=01020000000100000002

# spki_of CERT.der: its SubjectPublicKeyInfo, PEM
spki_of() {
    openssl x509 -inform DER -in "$1" -noout -pubkey
}
# sum_of CERT.der: SHA-256 of that in DER
sum_of() {
    spki_of "$1" | openssl pkey -pubin -outform DER | sha256sum | cut -d ' ' -f 1
}

run 0 enroll --unsigned keylime $release -o keylime
stdout_is ""
stderr_is "rotkit: 3 devices in 4 files"
mode_is 755 keylime/ek-check.sh
mode_is 644 keylime/ek-allow-list.d/000001
run 0 enroll --unsigned keylime $release -o again -q
diff -r keylime again || fail "other bytes the second time"

# ---- the store: it alone verifies every certificate; its names tell what is in it
sum=$(openssl x509 -in product/ca/root.pem -outform DER | sha256sum | cut -c 1-16)
ls keylime/tpm_cert_store >names
is names "issuing-$(openssl x509 -in product/ca/issuing.pem -outform DER | sha256sum | cut -c 1-16).pem
root-$sum.pem"
openssl x509 -in product/ca/root.pem -outform PEM | cmp - "keylime/tpm_cert_store/root-$sum.pem"
cat keylime/tpm_cert_store/*.pem >store
count=0
for cert in "$bucket"/*/ek-cert-l-1.der; do
    openssl x509 -inform DER -in "$cert" -out ek.pem
    openssl verify -CAfile store -no-CApath ek.pem >"$out" 2>&1 || fail "$cert: openssl: $(cat "$out")"
    certtool --verify --load-ca-certificate store --infile ek.pem >"$out" 2>&1 || fail "$cert: certtool: $(cat "$out")"
    echo "$(sum_of "$cert")  $(basename "$(dirname "$cert")")"
    count=$((count + 1))
done >list
[ $count -eq 3 ] || fail "$count certificates"
same "the list" list keylime/ek-allow-list.d/000001

# ---- the script, as the tenant calls it: by the shell, without arguments
shellcheck keylime/ek-check.sh >findings || fail "shellcheck: $(cat findings)"
# tenant CODE TEXT [NAME=VALUE...]: standard error as a whole; nothing on standard output, nothing run
tenant() {
    tenant_code=$1
    tenant_text=$2
    shift 2
    code=0
    env -i PATH="$PATH" AGENT_UUID=d432fbb3-d2f1-4a97-9ef7-75bd81c00000 PROVKEYS='{}' "$@" \
        /bin/sh -c "$script" >"$out" 2>"$err" </dev/null || code=$?
    [ $code -eq "$tenant_code" ] || fail "$tenant_text: exit $code, expected $tenant_code: $(cat "$err")"
    stderr_is "$tenant_text"
    stdout_is ""
    [ ! -e owned ] || fail "$tenant_text: a value was run"
}
script=$PWD/keylime/ek-check.sh
good=$(spki_of "$bucket/$first/ek-cert-l-1.der")
good_cert=$(openssl base64 -A -in "$bucket/$first/ek-cert-l-1.der")
other=$(spki_of "$bucket/$second/ek-cert-l-1.der")
other_cert=$(openssl base64 -A -in "$bucket/$second/ek-cert-l-1.der")
no="ek-check: refused:"
for cert in "$bucket"/*/ek-cert-l-1.der; do
    tenant 0 "ek-check: device $(basename "$(dirname "$cert")")" EK="$(spki_of "$cert")" \
        EK_CERT="$(openssl base64 -A -in "$cert")"
done
tenant 0 "ek-check: device $first" EK="$good" EK_CERT=
tenant 0 "ek-check: device $first" EK="$good"
tenant 0 "ek-check: device $second" EK="$other" EK_CERT="$other_cert"
# Hostile in all that a caller may fill.
# shellcheck disable=SC2016
evil='$(touch owned)`touch owned`; touch owned
touch owned "'"'"' \ % %s * ?'
tenant 0 "ek-check: device $first" EK="$good" AGENT_UUID="$evil" PROVKEYS="$evil"
tenant 1 "$no EK is no public key in PEM" EK="$evil"
tenant 1 "$no EK is no public key in PEM" EK=-help
tenant 1 "$no EK is no public key that openssl reads" EK="-----BEGIN PUBLIC KEY-----
$evil"
tenant 1 "$no EK is no public key that openssl reads" EK="$(echo "$good" | sed 4d)"
tenant 1 "$no EK_CERT is no base64" EK="$good" EK_CERT="$evil"
tenant 1 "$no EK_CERT is no base64" EK="$good" EK_CERT="$good_cert
$good_cert"
tenant 1 "$no EK_CERT is no certificate that openssl reads" EK="$good" EK_CERT=AAAA
tenant 1 "$no EK holds more than one key" EK="$good
$other"
tenant 1 "$no no EK given"
tenant 1 "$no no EK given" EK=
openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.key
tenant 1 "$no EK is no public key in PEM" EK="$(openssl pkey -in rsa.key -aes128 -passout pass:x)"
# Not of this release; of it, but under another template; one device's EK, another's certificate.
openssl pkey -in rsa.key -pubout -outform DER -out rsa.spki
tenant 1 "$no EK $(sha256sum <rsa.spki | cut -d ' ' -f 1) is not listed" EK="$(openssl pkey -in rsa.key -pubout)"
tenant 1 "$no EK $(sum_of "$bucket/$first/ek-cert-l-2.der") is not listed" EK="$(spki_of "$bucket/$first/ek-cert-l-2.der")"
tenant 1 "$no EK_CERT is for another key than EK" EK="$good" EK_CERT="$other_cert"
# A certificate of five thousand bytes is read whole.
{ printf 'nsComment=' && head -c 4500 /dev/zero | tr '\0' c; } >ext
echo "$good" >ek.pub
openssl x509 -new -subj /CN=ek -force_pubkey ek.pub -CA product/ca/root.pem -CAkey product/ca/root.key -extfile ext \
    -outform DER -out large.der
[ "$(wc -c <large.der)" -gt 4500 ] || fail "not large"
tenant 0 "ek-check: device $first" EK="$good" EK_CERT="$(openssl base64 -A -in large.der)"
# Lists: elsewhere, gone, empty, of two devices with one EK, the same line in two files.
mkdir moved twice empty
cp keylime/ek-allow-list.d/000001 moved/a
sed "s/$second/$first/" moved/a >moved/b
cp moved/a twice/a
sed -n "s/$first/99990000000100000001/p" moved/a >twice/b
cp keylime/ek-check.sh "alone it's"
tenant 0 "ek-check: device $first" EK="$good" EK_ALLOW_LIST="$PWD/moved"
tenant 0 "ek-check: device $first" EK="$good" EK_ALLOW_LIST=moved
tenant 1 "$no EK $(sum_of "$bucket/$first/ek-cert-l-1.der") is listed for more than one device" EK="$good" EK_ALLOW_LIST=twice
tenant 1 "$no no list of EKs: \"$PWD/empty\" is missing or empty" EK="$good" EK_ALLOW_LIST="$PWD/empty"
tenant 1 "$no no list of EKs: \"./-rf\" is missing or empty" EK="$good" EK_ALLOW_LIST=-rf
script="'$PWD/alone it'\\''s'"
tenant 1 "$no no list of EKs: \"$PWD/ek-allow-list.d\" is missing or empty" EK="$good"
script=$PWD/keylime/ek-check.sh
mkdir bin moved/folder
for program in sh dirname sed sort env; do
    ln -s "$(command -v $program)" bin/$program
done
tenant 1 "$no openssl is not there" PATH="$PWD/bin" EK="$good"
code=0
EK=$good EK_ALLOW_LIST=moved keylime/ek-check.sh 2>"$err" || code=$?
[ $code -eq 1 ] && tail -n 1 "$err" | grep -qx "$no cannot read \"./moved\"" || fail "a list that cannot be read: $(cat "$err")"

# ---- --verify
run 0 enroll --unsigned keylime $release --verify keylime
stderr_is "rotkit: holds: 3 devices in 4 files"
# changed COMMAND TEXT: what --verify says of a copy that the command has changed
changed() {
    rm -rf copy
    cp -r keylime copy
    (cd copy && eval "$1")
    refuse 3 "rotkit: \"copy\": $2" enroll --unsigned keylime $release --verify copy
}
changed "mv ek-check.sh ../ek-check.sh; ln -s ../ek-check.sh ek-check.sh" '"ek-check.sh": "ek-check.sh" is no file'
changed "rm -rf ../list; mv ek-allow-list.d ../list; ln -s ../list ek-allow-list.d" '"ek-allow-list.d" is no folder'
line="line 2: device $second"
list=ek-allow-list.d/000001
one=$(sum_of "$bucket/$first/ek-cert-l-1.der")
two=$(sum_of "$bucket/$second/ek-cert-l-1.der")
changed "sed -i 's/^$two/$one/' $list" "\"ek-allow-list.d\": \"000001\": $line: EK $one, the release has $two"
changed "sed -i 2d $list" '"ek-allow-list.d": 2 devices are listed, expected 3'
changed "sed -i 1p $list" "\"ek-allow-list.d\": \"000001\": line 2: device $first: stands behind device $first: twice, or out of order"
changed "cp $list ek-allow-list.d/000002" "\"ek-allow-list.d\": \"000002\": line 1: device $first: stands behind device 01020000000100000003: twice, or out of order"
changed "sed -i 's/$second/99990000000100000001/' $list" \
    "\"ek-allow-list.d\": \"000001\": line 2: device 99990000000100000001: release \"$release\" has no device 99990000000100000001"
form="expected a SHA-256 in lower-case hex, two blanks and a Device SN of 20 digits"
changed "sed -i '3s/  / /' $list" "\"ek-allow-list.d\": \"000001\": line 3: $form"
changed "sed -i '3s/\$/ /' $list" "\"ek-allow-list.d\": \"000001\": line 3: $form"
changed "sed -i '3s/./X/' $list" "\"ek-allow-list.d\": \"000001\": line 3: $form"
# In capitals a device could stand there twice; the script takes no such line.
changed "echo '$one  0102000000010000000A' >>$list" \
    "\"ek-allow-list.d\": \"000001\": line 4: $form"
changed "printf x >>$list" '"ek-allow-list.d": "000001": line 4: cut short, no line end'
changed "cp $PWD/product/factory/factory.pem tpm_cert_store/a.pem" \
    '"tpm_cert_store": "a.pem": a certificate that is none of the release'"'"'s ca/chain.pem'
changed "cat tpm_cert_store/*.pem >tpm_cert_store/both.pem" '"tpm_cert_store": "both.pem": certificate 2, line '"$(($(cat keylime/tpm_cert_store/issuing-*.pem | wc -l) + 1))"': one too many, at most 1 may stand there'
changed "echo x >tpm_cert_store/x.pem" '"tpm_cert_store": "x.pem": no certificate in PEM or DER'
# A certificate that other readers of PEM would take for the first one, and what is no PEM.
anew="  the file was changed or cut off: get it anew from who issued it"
alone="other bytes than those of one certificate in PEM (openssl x509 writes them)"
root=tpm_cert_store/root-$sum.pem
for mark in '# ' ' '; do
    changed "{ printf '$mark'; cat $PWD/product/factory/factory.pem $root; } >both && mv both $root" \
        "\"tpm_cert_store\": \"root-$sum.pem\": certificate 1, line 1: \"$mark-----BEGIN CERTIFICATE-----\", expected -----BEGIN CERTIFICATE-----
$anew"
done
changed "{ sed 's/CERTIFICATE/TRUSTED CERTIFICATE/' $PWD/product/factory/factory.pem; cat $root; } >both && mv both $root" \
    "\"tpm_cert_store\": \"root-$sum.pem\": certificate 1, line 1: BEGIN TRUSTED CERTIFICATE, expected BEGIN CERTIFICATE"
changed "echo x >>$root" "\"tpm_cert_store\": \"root-$sum.pem\": $alone"
changed "rm tpm_cert_store/root-$sum.pem" "\"tpm_cert_store\": the CA certificate root-$sum of the release is not there"
changed "sed -i 's/^set -u/exit 0/' ek-check.sh" '"ek-check.sh": other than the script of this rotkit'
changed "rm ek-check.sh" '"ek-check.sh" is missing'
changed "touch a" '"a" does not belong there'
changed "touch z" '"z" does not belong there'
changed "rm -r tpm_cert_store" '"tpm_cert_store" is missing'
refuse 3 "rotkit: \"keylime\": \"ek-allow-list.d\": \"000001\": line 1: device $first: EK $one, the release has $(sum_of "$bucket/$first/ek-cert-l-2.der")" \
    enroll --unsigned keylime $release --verify keylime --set template=l-2

# ---- one device; another template
run 0 enroll --unsigned keylime $release -o single --device $second --set template=L-2
stderr_is "rotkit: 1 device in 4 files"
is single/ek-allow-list.d/000001 "$(sum_of "$bucket/$second/ek-cert-l-2.der")  $second"
run 0 enroll --unsigned keylime $release --verify single --device $second --set template=L-2
refuse 3 "rotkit: \"single\": \"ek-allow-list.d\": \"000001\": line 1: device $second: was not asked for" \
    enroll --unsigned keylime $release --verify single --device $first --set template=L-2

# ---- refused
refuse 2 "rotkit: device $first: the release states no EK \"h-1\" (it states: L-1, L-2, H-3)" \
    enroll --unsigned keylime $release -o x --set template=h-1
refuse 2 'rotkit: keylime has no setting "list" (known: template)' enroll --unsigned keylime $release -o x --set list=x
run 2 enroll --unsigned keylime $release -o x --key product/keys/pkc.key
stderr_is "rotkit: keylime signs nothing: a key does not apply"
# What Keylime would not take, signed anew by the CA and put into every index: a version that its reader does not know,
# and what pyasn1 writes anew for it, so that the signature is over other bytes. It reads no extension.
for loose in "version-2:version-written: version is written out, and is not 3" \
    "default-critical:ca-signature: the signature is not that of a CA given (RSA PKCS #1 v1.5 or ECDSA)"; do
    rm -rf loose
    cp -r $release loose
    python3 "$SOURCE/tests/support/reseal.py" --loosen "${loose%%:*}" --key product/ca/issuing.key loose \
        "devices/010200000001000000/$second/ek-cert-l-1.der"
    refuse 2 "rotkit: device $second: Keylime refuses the certificate of EK \"L-1\": rule ${loose#*:} (rotkit ek lint --verifier keylime says more)" \
        enroll --unsigned keylime loose -o x
    run 0 enroll --unsigned keylime loose -o x --set template=l-2 -q
    rm -r x
done
rm -rf loose
cp -r $release loose
python3 "$SOURCE/tests/support/reseal.py" --loosen default-in-basic --key product/ca/issuing.key loose \
    "devices/010200000001000000/$second/ek-cert-l-1.der"
run 0 enroll --unsigned keylime loose -o x -q

# ---- a chain with a root that is on no way from the EKs, put there by who may write to the release
openssl req -x509 -newkey rsa:2048 -nodes -keyout other.key -subj /CN=other -out other.pem 2>/dev/null
# chained PLACE PEM...: --ca and the targets that trust what stands in the chain refuse it
chained() {
    place=$1
    shift
    rm -rf other
    cp -r $release other
    rm -r other/secrets # their index names release.json
    cat "$@" >other/ca/chain.pem
    jq --arg sum "$(sha256sum <other/ca/chain.pem | cut -d ' ' -f 1)" --argjson size "$(stat -c %s other/ca/chain.pem)" \
        '(.files[] | select(.path == "ca/chain.pem")) |= (.sha256 = $sum | .size = $size)' $release/release.json >other/release.json
    refuse 3 'rotkit: other: "ca/chain.pem": a certificate is not issued by the one behind it' verify --ca product/ca/root.pem other
    for target in keylime adcs hgs; do
        refuse 3 "rotkit: \"other/ca/chain.pem\": certificate $place is not issued by the one behind it" enroll --unsigned $target other -o chained
    done
}
chained 1 product/ca/issuing.pem other.pem product/ca/root.pem
chained 1 other.pem product/ca/issuing.pem product/ca/root.pem
chained 2 product/ca/issuing.pem product/ca/root.pem product/ca/root.pem
refuse 3 "rotkit: $release: the release is not signed" verify --ca product/ca/root.pem $release
run 0 verify $release
