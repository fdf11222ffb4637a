# SPDX-License-Identifier: Apache-2.0
# What fuse xml does not write: fuses burn once.
. "$(dirname "$0")/lib.sh"
need jq openssl

pkh=$DATA/vectors/ekb/pkh
cp "$pkh/rsa3k.pem" "$pkh/ecp256.pem" "$DATA"/vectors/ekb/eks/in/*.key .
openssl genrsa -out rsa2k.pem 2048 2>/dev/null
hash=$(jq -r .ecp256.public_key_hash "$pkh/pkh.json")
other=0000$(printf '%s' "$hash" | cut -c 5-)
key=00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
printf '0102 0000000000000001 %s\r\n' "$key" >kdk.csv
cp kdk.csv bad.csv
printf '0102 0000000000000002 %s\r\n' "${key}00" >>bad.csv
: >empty.csv
mkdir folder
xml="fuse xml --plaintext-secrets -o x"

refuse 2 "rotkit: give --recipient CERT, or --plaintext-secrets
  see 'rotkit help fuse xml'" \
    fuse xml -o x
refuse 2 "rotkit: --output PATH is missing
  see 'rotkit help fuse xml'" \
    fuse xml --plaintext-secrets
refuse 2 "rotkit: no fuse is named
  see 'rotkit help fuse xml'" \
    $xml
refuse 2 "rotkit: \"ecp256.pem\": PublicKeyHash is not confirmed: its rule has been checked against no vendor value, and fuses burn once
  give the value that tegrasign printed, or say accept-unconfirmed
  options: --expect-hash HEX, --accept-unconfirmed" \
    $xml --pubkey ecp256.pem
refuse 2 "rotkit: \"ecp256.pem\": PublicKeyHash is ffdc8189a7ab8aa78cb7afab5d9a5db2c90e80597c5ef398f2332667eb7799eaab18ce7072b5f0394906c95ef0d4a94ced5e2973286601d68256cdfaaf674416 here, the vendor's tool printed another: nothing may be fused until it is clear why" \
    $xml --pubkey ecp256.pem --expect-hash $other
refuse 2 "rotkit: \"ecp256.pem\": PublicKeyHash is ffdc8189a7ab8aa78cb7afab5d9a5db2c90e80597c5ef398f2332667eb7799eaab18ce7072b5f0394906c95ef0d4a94ced5e2973286601d68256cdfaaf674416 here, the vendor's tool printed another: nothing may be fused until it is clear why" \
    $xml --pubkey ecp256.pem --expect-hash $other --accept-unconfirmed
refuse 2 "rotkit: \"ecp256.pem\": PublicKeyHash of the vendor's tool: 2 hex digits, expected 128" \
    $xml --pubkey ecp256.pem --expect-hash 00
refuse 2 "rotkit: more --expect-hash than --pubkey
  see 'rotkit help fuse xml'" \
    $xml --expect-hash $hash
refuse 2 "rotkit: \"rsa2k.pem\": a RSA key of 2048 bits cannot be fused, expected RSA-3072, P-256, P-521 or Ed25519" \
    $xml --pubkey rsa2k.pem --accept-unconfirmed
refuse 2 "rotkit: \"rsa3k.pem\" is of another type than \"ecp256.pem\": one scheme serves all" \
    $xml --pubkey ecp256.pem --pubkey rsa3k.pem --accept-unconfirmed
refuse 2 "rotkit: --pubkey given more than 3 times
  see 'rotkit help fuse xml'" \
    $xml --pubkey ecp256.pem --pubkey ecp256.pem --pubkey ecp256.pem --pubkey ecp256.pem --accept-unconfirmed
refuse 2 "rotkit: BootSecurityInfo preset 0x1 has authentication scheme 1 burnt, the key needs 2" \
    $xml --pubkey ecp256.pem --accept-unconfirmed --preset 0x1
refuse 2 "rotkit: --sbk: key file \"sym16.key\": 16 bytes, expected 32" \
    $xml --sbk sym16.key
refuse 7 "rotkit: --oem-k1: cannot open \"absent.key\": No such file or directory" \
    $xml --oem-k1 absent.key
refuse 2 "rotkit: --oem-k2: key file \"fv.key\": 16 bytes, expected 32" \
    $xml --oem-k2 fv.key
refuse 2 "rotkit: --boot-security-info 0x200 lacks bits of 0x2a00, which the other options enable" \
    $xml --ftpm --boot-security-info 0x200
refuse 2 "rotkit: --preset: 0x100000000 is above 32 bits
  see 'rotkit help fuse xml'" \
    $xml --preset 0x100000000
refuse 2 "rotkit: --security-mode: \"yes\" is no number" \
    $xml --security-mode yes
refuse 2 "rotkit: \"kdk.csv\" exists, it is never overwritten" \
    fuse xml --plaintext-secrets -o kdk.csv --opt-in-enable 1
refuse 2 "rotkit: standard output is no place for this file: name one" \
    fuse xml --plaintext-secrets -o - --opt-in-enable 1
refuse 2 "rotkit: \"folder\" exists, it is never overwritten" \
    fuse xml --plaintext-secrets -o folder --kdk-db kdk.csv
refuse 7 "rotkit: cannot open \"absent.csv\": No such file or directory" \
    $xml --kdk-db absent.csv
refuse 2 "rotkit: bad.csv:2: malformed row
  expected: oem_id of 4 hex digits, sn of 16, KDK0 of 64, one blank between" \
    $xml --kdk-db bad.csv
refuse 2 "rotkit: \"empty.csv\" holds no device" \
    $xml --kdk-db empty.csv
refuse 7 "rotkit: cannot make folder \"absent/x\": No such file or directory" \
    fuse xml --plaintext-secrets -o absent/x --kdk-db kdk.csv
refuse 7 "rotkit: cannot create \"absent/x\": No such file or directory" \
    fuse xml --plaintext-secrets -o absent/x --opt-in-enable 1
refuse 7 "rotkit: cannot open \"absent.xml\": No such file or directory" \
    $xml --merge absent.xml
refuse 2 "rotkit: \"kdk.csv\": fuse file:1:1: text between tags: a fuse file has none" \
    $xml --merge kdk.csv
echo '<genericfuse MagicId="0x45535543" version="1.0.0"><fuse name="OdmInfo" size="4" value="0x1"/></genericfuse>' >magic.xml
refuse 2 "rotkit: \"magic.xml\": line 1: MagicId 0x45535543, a slip of the pen that is copied from file to file: expected 0x45535546" \
    $xml --merge magic.xml
echo '<genericfuse MagicId="0x45535546" version="1.0.0"><fuse name="OdmInfo"/></genericfuse>' >list.xml
refuse 2 "rotkit: \"list.xml\": a list without values" \
    $xml --merge list.xml
