# SPDX-License-Identifier: Apache-2.0
# Do efitools and rotkit make the same signature lists and signed variables, for lists of two and for appending?
. "$(dirname "$0")/lib.sh"
need cert-to-efi-sig-list sign-efi-sig-list sig-list-to-certs openssl
V=$DATA/vectors/boot
owner=77fa9abd-0359-4d32-bd60-28f4e78f784b

openssl x509 -in "$V/uefi/db.crt" -outform DER -out db.der
for cert in PK KEK db; do
    run 0 pack uefi-auth -o ours cert="$V/uefi/$cert.crt" --set owner=$owner
    cert-to-efi-sig-list -g $owner "$V/uefi/$cert.crt" theirs
    cmp ours theirs || fail "$cert: another list"
    cp ours "$cert.esl"
done
# PEM, DER and a list, in one.
run 0 pack uefi-auth -o ours cert="$V/uefi/PK.crt" cert=db.der cert=KEK.esl --set owner=$owner
cat PK.esl db.esl KEK.esl >theirs
cmp ours theirs || fail "three lists"
sig-list-to-certs ours cert >/dev/null || fail "efitools reads no list of ours"
openssl x509 -inform DER -in cert-1.der -noout -subject | grep -q 'test db' || fail "the second certificate is another"

while read -r name flag setting; do
    [ "$flag" = - ] && flag= && setting=append=no
    run 0 sign uefi-auth ours -o signed --key "$V/keys/KEK.key" --cert "$V/uefi/KEK.crt" --set variable="$name" \
        --set time=2026-02-03T04:05:06Z --set "$setting"
    # shellcheck disable=SC2086
    TZ=UTC sign-efi-sig-list $flag -t "2026-02-03 04:05:06" -k "$V/keys/KEK.key" -c "$V/uefi/KEK.crt" "$name" ours theirs >/dev/null
    cmp signed theirs || fail "$name $flag: another signed variable"
    run 0 verify --ca "$V/uefi/KEK.crt" signed
done <<'ROWS'
db - -
dbx - -
KEK - -
db -a append=yes
dbx -a append=yes
ROWS
grep -qF 'signature holds for appending to dbx' "$out" || fail "$(cat "$out")"

# Who signed, and whether for this variable: firmware asks no certificate what it is for, a CA as platform key is usual.
run 0 ca init --name Platform --key-type rsa3072 platform
run 0 pack uefi-auth -o PK.esl cert=platform/root.pem
run 0 sign uefi-auth PK.esl -o PK.auth --key platform/root.key --cert platform/root.pem --set variable=PK
run 0 verify --ca platform/root.pem --set variable=PK PK.auth
refuse 3 'rotkit: PK.auth: uefi-auth: the signature does not hold for variable KEK' \
    verify --ca platform/root.pem --set variable=KEK PK.auth
refuse 3 'rotkit: PK.auth: uefi-auth: variable PK: certificate "CN=Platform Root CA,O=Platform": is self-signed and not among those trusted' \
    verify --ca "$V/uefi/PK.crt" --set variable=PK PK.auth
flip PK.auth 4
refuse 3 'rotkit: PK.auth: uefi-auth: the signature holds for none of PK, KEK, db, dbx, dbt or dbr' verify --ca platform/root.pem PK.auth
