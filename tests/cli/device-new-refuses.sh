# SPDX-License-Identifier: Apache-2.0
# What device new does not do; no file comes into being.
. "$(dirname "$0")/lib.sh"
need openssl

files="--kdk-db kdk.csv --eps-seeds seeds.csv --pubkey-db pub.csv"
new="device new --oem-id 1 --first-sn 1 $files"
echo 00112233445566778899aabbccddeeff >half.key
echo no certificate >text.crt
cert() { # NAME OPTION...
    name=$1
    shift
    openssl req -x509 -nodes "$@" -subj /CN=factory -days 3650 -keyout "$name.key" -out "$name.crt" 2>/dev/null
    rm "$name.key"
}
cert signer -newkey ec -pkeyopt ec_paramgen_curve:P-256 -addext keyUsage=critical,digitalSignature
cert small -newkey rsa:1024
cert ed -newkey ed25519
cert future -newkey ec -pkeyopt ec_paramgen_curve:P-256
ln -s nowhere dangling.csv
mkdir folder

refuse 2 "rotkit: --count: 0, expected 1 to 2500 a run
  see 'rotkit help device new'" \
    $new --count 0 --plaintext-secrets
refuse 2 "rotkit: --count: 2501, expected 1 to 2500 a run
  see 'rotkit help device new'" \
    $new --count 2501 --plaintext-secrets
refuse 2 "rotkit: --count: \"-1\" is no number" \
    $new --count -1 --plaintext-secrets
refuse 2 "rotkit: --count: \"1x\" is no number" \
    $new --count 1x --plaintext-secrets
refuse 2 "rotkit: give --recipient CERT, or --plaintext-secrets
  see 'rotkit help device new'" \
    $new --count 1
refuse 2 "rotkit: --recipient and --plaintext-secrets exclude each other
  see 'rotkit help device new'" \
    $new --count 1 --plaintext-secrets --recipient signer.crt
refuse 2 "rotkit: --oem-id: 65536 is above 65535
  see 'rotkit help device new'" \
    device new --oem-id 65536 --first-sn 1 --count 1 $files --plaintext-secrets
refuse 2 "rotkit: --first-sn and --count pass the last serial number there is
  see 'rotkit help device new'" \
    device new --oem-id 1 --first-sn 18446744073709551615 --count 2 $files --plaintext-secrets
refuse 2 "rotkit: --first-sn: \"18446744073709551616\" is above 18446744073709551615" \
    device new --oem-id 1 --first-sn 18446744073709551616 --count 1 $files --plaintext-secrets
refuse 2 "rotkit: --oem-id N is missing
  see 'rotkit help device new'" \
    device new --first-sn 1 --count 1 $files --plaintext-secrets
refuse 2 "rotkit: platform t194 has no fTPM identity chain here, only key blobs" \
    $new --count 1 --plaintext-secrets --platform t194
refuse 2 "rotkit: platform \"t264\" (Thor) is refused: its key blob 2.1 and the labels of its fTPM key derivation are not public" \
    $new --count 1 --plaintext-secrets --platform t264
refuse 7 "rotkit: --master: cannot open \"absent.key\": No such file or directory" \
    $new --count 1 --plaintext-secrets --master absent.key
refuse 2 "rotkit: --master: key file \"half.key\": 16 bytes, expected 32" \
    $new --count 1 --plaintext-secrets --master half.key
refuse 2 "rotkit: --master: a public key (\"pub:\") is no symmetric key" \
    $new --count 1 --plaintext-secrets --master pub:half.key
refuse 7 "rotkit: cannot open \"absent.crt\": No such file or directory" \
    $new --count 1 --recipient absent.crt
refuse 2 "rotkit: \"text.crt\": recipient: no certificate in PEM or DER" \
    $new --count 1 --recipient text.crt
SOURCE_DATE_EPOCH=$(date +%s)
refuse 2 "rotkit: \"signer.crt\": recipient certificate's key usage lacks keyAgreement" \
    $new --count 1 --recipient signer.crt
refuse 2 "rotkit: \"small.crt\": recipient's RSA key has 1024 bits, at least 2048 are needed" \
    $new --count 1 --recipient small.crt
refuse 2 "rotkit: \"ed.crt\": recipient certificate holds neither an RSA nor an EC key" \
    $new --count 1 --recipient ed.crt
SOURCE_DATE_EPOCH=1000000000
refuse 2 "rotkit: \"future.crt\": recipient certificate is not valid yet" \
    $new --count 1 --recipient future.crt
SOURCE_DATE_EPOCH=4000000000
refuse 2 "rotkit: \"future.crt\": recipient certificate has expired: ask the factory for a new one" \
    $new --count 1 --recipient future.crt
refuse 2 "rotkit: \"dangling.csv\" exists, it is never overwritten" \
    device new --oem-id 1 --first-sn 1 --count 1 --kdk-db dangling.csv --eps-seeds s --pubkey-db p --plaintext-secrets
refuse 2 "rotkit: \"folder\" exists, it is never overwritten" \
    device new --oem-id 1 --first-sn 1 --count 1 --kdk-db folder --eps-seeds s --pubkey-db p --plaintext-secrets
refuse 2 "rotkit: standard output is no place for this file: name one" \
    device new --oem-id 1 --first-sn 1 --count 1 --kdk-db - --eps-seeds s --pubkey-db p --plaintext-secrets
refuse 2 "rotkit: \"same\" named for two outputs" \
    device new --oem-id 1 --first-sn 1 --count 1 --kdk-db same --eps-seeds s --pubkey-db same --plaintext-secrets
# The third file cannot be written: the first two go again.
refuse 7 "rotkit: cannot create \"absent/p\": No such file or directory" \
    device new --oem-id 1 --first-sn 1 --count 1 --kdk-db k --eps-seeds s --pubkey-db absent/p --plaintext-secrets
