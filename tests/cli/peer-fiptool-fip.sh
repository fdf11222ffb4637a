# SPDX-License-Identifier: Apache-2.0
# Do fiptool and openssl read our packages, and does TF-A's chain of trust hold certificate by certificate?
. "$(dirname "$0")/lib.sh"
need fiptool openssl
V=$DATA/vectors/boot
K=$V/keys
I=$V/inputs

run 0 pack fip -o plain tb-fw="$I/bl2.bin" soc-fw="$I/bl31.bin" tos-fw="$I/bl32.bin" nt-fw="$I/bl33.bin" hw-config="$V/fit/pub.dtb"
run 0 sign fip plain -o signed --key "$K/rot.pem" --key-for trusted-world="$K/tw.pem" --key-for non-trusted-world="$K/ntw.pem" \
    --key-for soc-fw="$K/socfw.pem" --key-for tos-fw="$K/tosfw.pem" --key-for nt-fw="$K/ntfw.pem" \
    --set tfw-nvctr=31 --set ntfw-nvctr=223
fiptool info signed >listed || fail "fiptool refuses ours"
[ "$(wc -l <listed)" -eq 13 ] || fail "fiptool sees $(cat listed)"
mkdir un
fiptool unpack --out un signed
cmp un/nt-fw.bin "$I/bl33.bin" || fail "fiptool unpacks another BL33"

# cert NAME KEY: signed by that key, whose public half is inside
cert() {
    openssl x509 -inform DER -in "un/$1.bin" -out cert.pem || fail "openssl reads no $1"
    openssl x509 -in cert.pem -noout -pubkey | cmp - "$2" || fail "$1 carries another key"
    openssl verify -ignore_critical -check_ss_sig -partial_chain -trusted cert.pem cert.pem >judged 2>&1 || fail "$1: $(cat judged)"
    openssl x509 -in cert.pem -noout -text >text
    grep -q 'Signature Algorithm: rsassaPss' text || fail "$1 is not PSS"
    grep -q 'Salt Length: 0x20' text || fail "$1: another salt"
}
for pair in trusted-key-cert:rot tb-fw-cert:rot soc-fw-key-cert:tw tos-fw-key-cert:tw nt-fw-key-cert:ntw soc-fw-cert:socfw \
    tos-fw-cert:tosfw nt-fw-cert:ntfw; do
    openssl pkey -in "$K/${pair#*:}.pem" -pubout -out pub
    cert "${pair%:*}" pub
done
# An image's hash, and the extension it stands in, as asn1parse sees them (1.3.6.1.4.1.4128.2100.603: BL31).
openssl asn1parse -inform DER -in un/soc-fw-cert.bin >asn1
sum=$(sha256sum "$I/bl31.bin" | cut -d ' ' -f 1 | tr a-f A-F)
grep -A 2 ':1.3.6.1.4.1.4128.2100.603$' asn1 | grep -q "$sum" || fail "BL31's hash is not in extension 603"
grep -A 2 ':1.3.6.1.4.1.4128.2100.1$' asn1 | grep -q ':02011F' || fail "the trusted counter is not 31"

# One changed byte of an image, of a certificate; one image left out.
for at in 700 5000 12000; do
    cp signed bad
    printf '\377\376' | dd of=bad bs=1 seek=$at conv=notrunc 2>/dev/null
    run 3 verify --pub "$K/rsa2048.pub.pem" bad
done
fiptool remove --force --out bad --hw-config signed
run 3 verify --pub "$K/rsa2048.pub.pem" bad
stderr_is "rotkit: bad: fip: tb-fw-cert: hw-config is certified and not in the package
  --with hw-config=FILE, where it stands elsewhere"
fiptool remove --force --out bad --soc-fw-cert signed
run 3 verify --pub "$K/rsa2048.pub.pem" bad
stderr_is "rotkit: bad: fip: soc-fw-cert: is missing, soc-fw is not signed"

# An image that our chain has no certificate for is not signed, whoever signed the rest.
fiptool update --out bad --scp-fw "$I/bl2.bin" signed
run 3 verify --pub "$K/rsa2048.pub.pem" bad
stderr_is "rotkit: bad: fip: scp-fw-key-cert: is missing, scp-fw is not signed"
fiptool update --out bad --rmm-fw "$I/bl2.bin" signed
run 3 verify --pub "$K/rsa2048.pub.pem" bad
stderr_is "rotkit: bad: fip: image rmm-fw is covered by no certificate that is checked here"
refuse 2 "rotkit: \"bad\": sign fip: image rmm-fw: no certificate of TBBR's chain of trust covers it" sign fip bad -o x --key "$K/rot.pem"

# An attacker with a text editor: files that some certificate could name, and none in this package does.
run 0 pack fip -o few tb-fw="$I/bl2.bin" soc-fw="$I/bl31.bin"
run 0 sign fip few -o two --key "$K/rot.pem"
run 0 verify --pub "$K/rsa2048.pub.pem" two
echo evil >evil
echo 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f >any.key
for name in nt-fw-config tos-fw-extra1 tos-fw-extra2 tos-fw-config nt-fw; do
    fiptool update --out bad --$name evil two
    run 3 verify --pub "$K/rsa2048.pub.pem" bad
    stderr_is "rotkit: bad: fip: ${name%%-*}-fw-key-cert: is missing, $name is not signed"
done
# Named by a certificate that is there, with a hash of zeros: not in the package when that was signed.
for name in fw-config hw-config tb-fw-config soc-fw-config; do
    fiptool update --out bad --$name evil two
    cert=tb-fw-cert
    [ $name = soc-fw-config ] && cert=soc-fw-cert
    run 3 verify --pub "$K/rsa2048.pub.pem" bad
    stderr_is "rotkit: bad: fip: $cert: $name: its SHA-256 is not the certified one"
done
# BL2 and its certificate taken out: fine where BL2 stands elsewhere, not with what they alone would cover.
fiptool remove --force --out outside --tb-fw --tb-fw-cert two
run 0 verify --pub "$K/rsa2048.pub.pem" outside
for name in fw-config hw-config tb-fw-config; do
    fiptool update --out bad --$name evil outside
    run 3 verify --pub "$K/rsa2048.pub.pem" bad
    stderr_is "rotkit: bad: fip: tb-fw-cert: is missing, $name is not signed"
done
# Rubbish that calls itself encrypted is no image that could be checked.
{
    printf '\001\000\144\252\000\000\000\000\014\000\020\000'
    head -c 44 /dev/zero
} >rubbish
fiptool update --out bad --soc-fw rubbish two
refuse 8 'rotkit: bad: fip: could not be checked: hash of soc-fw: needs the encryption key: --key' \
    verify --pub "$K/rsa2048.pub.pem" bad
refuse 3 'rotkit: bad: fip: soc-fw-cert: soc-fw: the GCM tag does not hold: another key, or changed bytes' \
    verify --pub "$K/rsa2048.pub.pem" --key any.key bad

# ECDSA, and a counter that falls.
openssl ecparam -name prime256v1 -genkey -noout -out ec.pem
openssl pkey -in ec.pem -pubout -out ec.pub
run 0 sign fip plain -o two --key ec.pem --set tfw-nvctr=32 --set ntfw-nvctr=223
run 0 verify --pub ec.pub --not-older-than signed two
run 3 verify --not-older-than two signed
stderr_is 'rotkit: signed: "trusted-key-cert" falls from 32 to 31'
# Signed first, encrypted after; the other way needs the key of the images.
echo 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f >sym.key
run 0 encrypt fip signed -o sealed --key sym.key
refuse 8 'rotkit: sealed: fip: could not be checked: hash of soc-fw: needs the encryption key: --key
  hash of tos-fw: needs the encryption key: --key' verify --pub "$K/rsa2048.pub.pem" sealed
run 0 verify --pub "$K/rsa2048.pub.pem" --key sym.key sealed
refuse 2 'rotkit: "sealed": sign fip: soc-fw-cert: image "soc-fw" is encrypted, and its plaintext is what is signed: needs --content-key, or sign before you encrypt' \
    sign fip sealed -o x --key "$K/rot.pem"
run 0 sign fip sealed -o again --key ec.pem --content-key sym.key --set tfw-nvctr=33
run 0 verify --pub ec.pub --key sym.key again
fiptool unpack --force --out un again
cmp -s un/soc-fw.bin "$I/bl31.bin" && fail "signing has decrypted BL31"
openssl asn1parse -inform DER -in un/soc-fw-cert.bin | grep -A 2 ':1.3.6.1.4.1.4128.2100.603$' | grep -q "$sum" ||
    fail "not the hash of BL31's plaintext"
run 0 sign fip sealed --to-sign round --key "pub:$K/rsa2048.pub.pem" --content-key sym.key
refuse 2 'rotkit: "signed": sign fip: no image is encrypted: --content-key opens nothing' \
    sign fip signed -o x --key "$K/rot.pem" --content-key sym.key
echo 100102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f >wrong.key
run 3 sign fip sealed -o x --key "$K/rot.pem" --content-key wrong.key
stderr_is 'rotkit: "sealed": sign fip: soc-fw-cert: soc-fw: the GCM tag does not hold: another key, or changed bytes'

# A certificate is not encrypted, and no list of images is cut silently.
refuse 2 'rotkit: "signed": encrypt fip: "tb-fw-cert" is a certificate: TF-A reads it in the clear' \
    encrypt fip signed -o x --key sym.key --set images=tb-fw-cert
long=soc-fw$(printf '%0300d' 0 | sed 's/0/,/g')
refuse 2 'rotkit: "signed": encrypt fip: setting "images": longer than 255 characters' \
    encrypt fip signed -o x --key sym.key --set "images=$long"
