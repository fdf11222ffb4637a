# SPDX-License-Identifier: Apache-2.0
# Each way in which TF-A's cert_create signs: rotkit verifies it, and says of the same images under the same keys the same.
# slow: two programs for each key, hash and certificate; peer-fiptool-fip has the quick ones
. "$(dirname "$0")/lib.sh"
need cert_create fiptool openssl
V=$DATA/vectors/boot
K=$V/keys
I=$V/inputs
for name in tb-fw-config hw-config fw-config soc-fw-config tos-fw-config nt-fw-config tos-fw-extra1 tos-fw-extra2 scp-fw ap-fwu-cfg \
    scp-fwu-cfg fwu; do
    echo "this is $name" >$name
done
cp "$I/bl2.bin" tb-fw
cp "$I/bl31.bin" soc-fw
cp "$I/bl32.bin" tos-fw
cp "$I/bl33.bin" nt-fw
main='tb-fw tb-fw-config hw-config fw-config scp-fw soc-fw soc-fw-config tos-fw tos-fw-extra1 tos-fw-extra2 tos-fw-config nt-fw nt-fw-config'
update='ap-fwu-cfg scp-fwu-cfg fwu'
certs='trusted-key-cert scp-fw-key-cert soc-fw-key-cert tos-fw-key-cert nt-fw-key-cert tb-fw-cert scp-fw-cert soc-fw-cert tos-fw-cert nt-fw-cert'
parts() {
    for part; do echo "$part=$part"; done
}
options() {
    for name; do echo "--$name $name"; done
}

# statements CERTIFICATE: its signature algorithm and its extensions of TBBR
statements() {
    openssl asn1parse -inform DER -in "$1" >asn1
    openssl x509 -inform DER -in "$1" -noout -text | grep -E 'Signature Algorithm|(Hash|Mask) Algorithm'
    grep -A 2 ':1\.3\.6\.1\.4\.1\.4128\.2100\.' asn1 | sed 's/^.*: *//; s/^[^:]*://'
}

# both KEY HASH: cert_create's package and ours, of the same images, under one key
both() {
    openssl pkey -in "$1" -pubout -out pub
    # shellcheck disable=SC2046 # words
    cert_create --hash-alg "$2" $(for role in rot trusted-world non-trusted-world scp-fw soc-fw tos-fw nt-fw; do
        echo "--$role-key $1"
    done) --tfw-nvctr 5 --ntfw-nvctr 700 $(options $main $update) $(options $certs fwu-cert) >log 2>&1 || fail "cert_create: $(cat log)"
    rm -rf theirs.fip theirs.fwu their our
    # shellcheck disable=SC2046
    fiptool create $(options $main $certs) theirs.fip && fiptool create $(options $update fwu-cert) theirs.fwu
    # shellcheck disable=SC2046
    run 0 pack fip -o plain.fip $(parts $main)
    # shellcheck disable=SC2046
    run 0 pack fip -o plain.fwu $(parts $update)
    for kind in fip fwu; do
        run 0 verify --pub pub theirs.$kind
        grep -qF 'certificate chain and hashes hold' "$out" || fail "$(cat "$out")"
        # The certificate of a firmware update carries no counters.
        case $kind in
        fip) counters='--set tfw-nvctr=5 --set ntfw-nvctr=700' ;;
        fwu) counters= ;;
        esac
        # shellcheck disable=SC2086 # words
        run 0 sign fip plain.$kind -o ours.$kind --key "$1" --set hash="$2" $counters
        run 0 verify --pub pub ours.$kind
        mkdir -p their our
        fiptool unpack --force --out their theirs.$kind
        fiptool unpack --force --out our ours.$kind
    done
    for cert in $certs fwu-cert; do
        statements their/$cert.bin >their.says
        statements our/$cert.bin >our.says
        [ "$(wc -l <their.says)" -ge 5 ] || fail "$cert: asn1parse tells another form: $(cat their.says)"
        same "what $cert says ($1, $2)" their.says our.says
        openssl x509 -inform DER -in our/$cert.bin -out cert.pem
        openssl verify -ignore_critical -check_ss_sig -partial_chain -trusted cert.pem cert.pem >judged 2>&1 ||
            fail "$cert: $(cat judged)"
    done
}
for curve in prime256v1 brainpoolP256r1 brainpoolP256t1; do
    openssl ecparam -name $curve -genkey -noout -out $curve.pem
done
both "$K/rsa3072.pem" sha384
both "$K/rsa2048.pem" sha512
both prime256v1.pem sha256
both brainpoolP256r1.pem sha384
both brainpoolP256t1.pem sha512
refuse 2 'rotkit: "plain.fip": sign fip: setting "hash": expected sha256, sha384 or sha512' \
    sign fip plain.fip -o x --key prime256v1.pem --set hash=sha1

# Each hash of another length is held too: another byte of an image, a hash of zeros that is none.
openssl pkey -in "$K/rsa2048.pem" -pubout -out pub
run 0 sign fip plain.fip -o sha512 --key "$K/rsa2048.pem" --set hash=sha512
for name in scp-fw tos-fw-extra2; do
    echo evil >evil
    fiptool update --out bad --$name evil sha512
    run 3 verify --pub pub bad
    grep -q "$name: its SHA-512 is not the certified one" "$err" || fail "$(cat "$err")"
done
fiptool remove --force --out bad --scp-fw-cert sha512
refuse 3 'rotkit: bad: fip: scp-fw-cert: is missing, scp-fw is not signed' verify --pub pub bad
fiptool remove --force --out bad --fwu-cert ours.fwu
refuse 3 'rotkit: bad: fip: is not signed: no certificate by the root of trust' verify --pub pub bad

# BL2 outside of the package: by a certificate of its own elsewhere, or by the one inside that names it.
run 0 pack fip -o plain soc-fw=soc-fw nt-fw=nt-fw
run 0 sign fip plain -o outside --key prime256v1.pem
openssl pkey -in prime256v1.pem -pubout -out pub
run 0 verify --pub pub outside
fiptool info outside | grep -q tb-fw && fail "a certificate of nothing"
run 0 sign fip plain -o outside --key prime256v1.pem --with tb-fw=tb-fw
run 0 verify --pub pub --with tb-fw=tb-fw outside
run 3 verify --pub pub --with tb-fw=soc-fw outside
stderr_is 'rotkit: outside: fip: tb-fw-cert: tb-fw: its SHA-256 is not the certified one'
refuse 8 'rotkit: outside: fip: could not be checked: hash of tb-fw, which is not in the package: needs the image: --with NAME=FILE' \
    verify --pub pub outside
refuse 2 'rotkit: "plain": sign fip: image "nt-fw" stands in the package, and is another' \
    sign fip plain -o x --key prime256v1.pem --with nt-fw=soc-fw
refuse 2 'rotkit: "plain": sign fip: no certificate covers an image "rmm-fw"' \
    sign fip plain -o x --key prime256v1.pem --with rmm-fw=soc-fw
# What was signed before leaves no certificate behind.
run 0 sign fip outside -o again --key "$K/rsa2048.pem"
fiptool info again | grep -q tb-fw-cert && fail "the certificate of the last signature is still there"
run 0 verify --pub "$K/rsa2048.pub.pem" again
run 0 pack fip -o only tb-fw=tb-fw
run 0 sign fip only -o signed --key prime256v1.pem
run 0 verify --pub pub signed
[ "$(fiptool info signed | wc -l)" -eq 2 ] || fail "BL2 alone needs its certificate alone: $(fiptool info signed)"
