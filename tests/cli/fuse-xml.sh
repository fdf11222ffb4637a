# SPDX-License-Identifier: Apache-2.0
# fuse xml: the common file and one a device, in burn order, sealed unless asked otherwise.
. "$(dirname "$0")/lib.sh"
need jq openssl

pkh=$DATA/vectors/ekb/pkh
eks=$DATA/vectors/ekb/eks/in
hash() {
    jq -r ".$1.public_key_hash" "$pkh/pkh.json"
}
chain=$DATA/vectors/ekb/chain/chain.json
jq -r '.[] | [.oem_id, .sn, .kdk0] | join(" ")' "$chain" >kdk.csv
k1=$(cat "$eks/oem_k1.key")
k2=$(cat "$eks/oem_k2.key")
sbk=$(cat "$eks/sym32.key")
clear='rotkit: secrets are in the clear: "'
unconfirmed='rotkit: PublicKeyHash is unconfirmed: compare with what `tegrasign_v3.py --pubkeyhash` prints before burning a fuse'

# Everything at once; BootSecurityInfo is that of the vendor's quick start: 0x2be1 with the SBK bit.
run 0 fuse xml -o all.xml --plaintext-secrets --pubkey "$pkh/rsa3k.pem" --expect-hash "$(hash rsa3k)" \
    --sbk "$eks/sym32.key" --oem-k1 "$eks/oem_k1.key" --oem-k2 "$eks/oem_k2.key" --ftpm --preset 0x1e0 \
    --opt-in-enable 1 --psc-odm-static 0x60 --security-mode 1
stderr_is "${clear}all.xml\""
stdout_is ""
mode_is 600 all.xml
is all.xml "<genericfuse MagicId=\"0x45535546\" version=\"1.0.0\">
  <fuse name=\"OptInEnable\" size=\"4\" value=\"0x00000001\"/>
  <fuse name=\"PublicKeyHash\" size=\"64\" value=\"0x$(hash rsa3k)\"/>
  <fuse name=\"SecureBootKey\" size=\"32\" value=\"0x$sbk\"/>
  <fuse name=\"PscOdmStatic\" size=\"4\" value=\"0x00000060\"/>
  <fuse name=\"OemK1\" size=\"32\" value=\"0x$k1\"/>
  <fuse name=\"OemK2\" size=\"32\" value=\"0x$k2\"/>
  <fuse name=\"BootSecurityInfo\" size=\"4\" value=\"0x00002be9\"/>
  <fuse name=\"SecurityMode\" size=\"4\" value=\"0x00000001\"/>
</genericfuse>"

# Three keys of one type; a hash that nothing confirmed is said to be so.
for n in 1 2; do
    openssl ecparam -name prime256v1 -genkey -noout -out p$n.pem
    run 0 fuse hash -q p$n.pem
    cp "$out" hash$n
done
run 0 fuse xml -o keys.xml --plaintext-secrets --pubkey "$pkh/ecp256.pem" --pubkey p1.pem --pubkey p2.pem \
    --expect-hash "$(hash ecp256)" --accept-unconfirmed
stderr_is "${clear}keys.xml\"
$unconfirmed"
is keys.xml "<genericfuse MagicId=\"0x45535546\" version=\"1.0.0\">
  <fuse name=\"PublicKeyHash\" size=\"64\" value=\"0x$(hash ecp256)\"/>
  <fuse name=\"PkcPubkeyHash1\" size=\"64\" value=\"0x$(cat hash1)\"/>
  <fuse name=\"PkcPubkeyHash2\" size=\"64\" value=\"0x$(cat hash2)\"/>
  <fuse name=\"BootSecurityInfo\" size=\"4\" value=\"0x00000002\"/>
</genericfuse>"

# A whole BootSecurityInfo is taken when it covers what the options enable; the keys are in the module.
run 0 fuse xml -o bsi.xml --plaintext-secrets --ftpm --boot-security-info 0x2be1 --already-burnt -q
stderr_is ""
grep -q 'BootSecurityInfo" size="4" value="0x00002be1"' bsi.xml || fail "BootSecurityInfo"

# One file a device.
run 0 fuse xml -o devices --kdk-db kdk.csv --plaintext-secrets
stderr_is "${clear}devices\""
jq -r '.[] | "fusexml-" + .oem_id + "-" + .sn + ".xml"' "$chain" | sort >wanted
ls devices >found
same "the files" wanted found
jq -c '.[]' "$chain" | while read -r row; do
    oem=$(printf '%s' "$row" | jq -r .oem_id)
    sn=$(printf '%s' "$row" | jq -r .sn)
    mode_is 600 "devices/fusexml-$oem-$sn.xml"
    is "devices/fusexml-$oem-$sn.xml" "<genericfuse MagicId=\"0x45535546\" version=\"1.0.0\">
  <fuse name=\"OdmId\" size=\"8\" value=\"0x$sn\"/>
  <fuse name=\"OdmInfo\" size=\"4\" value=\"0x0000$oem\"/>
  <fuse name=\"Kdk0\" size=\"32\" value=\"0x$(printf '%s' "$row" | jq -r .kdk0)\"/>
</genericfuse>"
done

# Sealed: the factory's key opens it, and no key shows.
openssl req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 -subj /CN=factory -days 3650 \
    -keyout factory.key -out factory.crt 2>/dev/null
SOURCE_DATE_EPOCH=$(date +%s)
run 0 fuse xml -o sealed --kdk-db kdk.csv --recipient factory.crt
stderr_is ""
ls sealed | sed 's/\.cms$//' >found
same "the sealed files" wanted found
for file in $(cat wanted); do
    run 0 secret open --key factory.key "sealed/$file.cms"
    cmp "devices/$file" "$out" || fail "$file: other content"
    hides Kdk0 "sealed/$file.cms"
done
run 0 fuse xml -o common.cms --oem-k1 "$eks/oem_k1.key" --recipient factory.crt
stderr_is ""
run 0 secret open --key factory.key common.cms
grep -q "OemK1\" size=\"32\" value=\"0x$k1\"" "$out" || fail "common.cms: no OemK1"

# The merged file of one device, by options and from files: byte for byte the same, OdmId first, SecurityMode last.
set -- --pubkey "$pkh/rsa3k.pem" --expect-hash "$(hash rsa3k)" --sbk "$eks/sym32.key" --oem-k1 "$eks/oem_k1.key" \
    --ftpm --security-mode 1
run 0 fuse xml -o merged --kdk-db kdk.csv --plaintext-secrets -q "$@" --preset 0x1e0
run 0 fuse xml -o common.xml --plaintext-secrets -q "$@"
for file in $(cat wanted); do
    rm -f one.xml
    run 0 fuse xml -o one.xml --plaintext-secrets -q --merge "devices/$file" --merge common.xml --preset 0x1e0
    cmp "merged/$file" one.xml || fail "$file: the two ways differ"
    sed -n 's/.*name="\([^"]*\)".*/\1/p' one.xml | tr '\n' ' ' >found
    [ "$(cat found)" = "OdmId OdmInfo PublicKeyHash SecureBootKey Kdk0 OemK1 BootSecurityInfo SecurityMode " ] || fail "$file: $(cat found)"
    grep -q 'BootSecurityInfo" size="4" value="0x00002be9"' one.xml || fail "$file: the preset is not in it"
    run 0 fuse check -q "merged/$file" --platform t234 --pub "$pkh/rsa3k.pem" --preset 0x1e0
done
# Sealed as a device's file is, since Kdk0 stands in it.
run 0 fuse xml -o one.cms --recipient factory.crt --merge "devices/$file" --merge common.xml
hides Kdk0 one.cms
set -- $(cat wanted)
refuse 2 "rotkit: \"devices/$2\": OdmId is given twice, and the values differ" \
    fuse xml -o both.xml --plaintext-secrets --merge "devices/$1" --merge "devices/$2"
sed 's/0x00002a09/0x00002a0a/' common.xml >p256.xml
refuse 2 'rotkit: "p256.xml": BootSecurityInfo is given twice, with schemes 1 and 2' \
    fuse xml -o both.xml --plaintext-secrets --merge common.xml --merge p256.xml

run 0 fuse xml -o dry --kdk-db kdk.csv --plaintext-secrets --dry-run
stderr_is ""
[ ! -e dry ] || fail "--dry-run wrote"
