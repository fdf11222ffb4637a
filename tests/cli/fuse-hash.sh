# SPDX-License-Identifier: Apache-2.0
# fuse hash: the values of the vectors, with their status, from public and private key files.
. "$(dirname "$0")/lib.sh"
need jq openssl

pkh=$DATA/vectors/ekb/pkh
note='rotkit: status: unconfirmed: no output of NVIDIA'\''s tool has confirmed this rule
rotkit: compare with what `tegrasign_v3.py --pubkeyhash` prints before burning a fuse'
scheme=0
for key in rsa3k ecp256 ecp521; do
    scheme=$((scheme + 1))
    wanted=$(jq -r ".$key.public_key_hash" "$pkh/pkh.json")
    openssl pkey -in "$pkh/$key.pem" -pubout -out $key.pub
    openssl pkey -in "$pkh/$key.pem" -pubout -outform DER -out $key.der
    for file in "$pkh/$key.pem" $key.pub pub:$key.pub $key.der; do
        run 0 fuse hash "$file"
        stdout_is "$wanted"
        stderr_is "$note"
    done
    run 0 fuse hash -q $key.pub
    stdout_is "$wanted"
    stderr_is ""
    run 0 fuse hash --json $key.pub
    stderr_is ""
    jq -c . "$out" >found
    is found "{\"public_key_hash\":\"$wanted\",\"auth_scheme\":$scheme,\"status\":\"unconfirmed\"}"
done

# Ed25519, by the rule as it is written down: SHA-512 of the raw key, zero-padded to 384 bytes.
openssl genpkey -algorithm ed25519 -out ed.pem
openssl pkey -in ed.pem -pubout -outform DER | tail -c 32 >raw
head -c 352 /dev/zero >>raw
run 0 fuse hash -q ed.pem
stdout_is "$(openssl dgst -sha512 -r raw | cut -d ' ' -f 1)"

openssl genrsa -out rsa2k.pem 2048 2>/dev/null
openssl ecparam -name secp384r1 -genkey -noout -out p384.pem
echo nothing >text
refuse 2 "rotkit: \"rsa2k.pem\": a RSA key of 2048 bits cannot be fused, expected RSA-3072, P-256, P-521 or Ed25519" \
    fuse hash rsa2k.pem
refuse 2 "rotkit: \"p384.pem\": a EC key of 384 bits cannot be fused, expected RSA-3072, P-256, P-521 or Ed25519" \
    fuse hash p384.pem
refuse 4 "rotkit: key file \"text\": no public key in PEM or DER" \
    fuse hash text
refuse 4 "rotkit: key file \"ed.pem\": no public key in PEM or DER
  its PEM block \"PRIVATE KEY\" is damaged, cut off or not what is asked for" \
    fuse hash pub:ed.pem
refuse 7 "rotkit: cannot open \"absent.pem\": No such file or directory" \
    fuse hash absent.pem
refuse 2 "rotkit: an operand is missing: rotkit fuse hash PUBKEY
  see 'rotkit help fuse hash'" \
    fuse hash
refuse 2 "rotkit: unexpected operand \"ed.pem\"
  see 'rotkit help fuse hash'" \
    fuse hash ed.pem ed.pem
