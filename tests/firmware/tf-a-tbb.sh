# SPDX-License-Identifier: Apache-2.0
# TF-A's Trusted Board Boot for QEMU's arm64 board, built from Debian's source: BL1 and BL2 authenticate a package that
# rotkit signed up to BL33, Debian's U-Boot, and refuse what differs from it in one place.
. "$(dirname "$0")/lib-tf-a.sh"

# verdict FIP: into $said what TF-A says at its end, behind the number of the image that it loaded last
verdict() {
    tf_a "$1" '^(ERROR: |U-Boot 20)'
    said=$(sed -n 's/^INFO: *Image id=\([0-9]*\) loaded.*/\1/p' console | tail -n 1): \
        said="$said $(tr -d '\r' <console | sed -n '/^ERROR: /{s/^ERROR: *//;p;q};/^U-Boot 20/{s/ .*//;p;q}')"
}

# The images by the number of TF-A and the stage that loads them.
row() {
    case $1 in
    tb-fw) image=1 stage=BL2 ;;
    soc-fw) image=3 stage=3 ;;
    tos-fw) image=4 stage=4 ;;
    nt-fw) image=5 stage=5 ;;
    tb-fw-cert) image=6 stage=BL2 ;;
    trusted-key-cert) image=7 stage=3 ;;
    soc-fw-key-cert) image=9 stage=3 ;;
    tos-fw-key-cert) image=10 stage=4 ;;
    nt-fw-key-cert) image=11 stage=5 ;;
    soc-fw-cert) image=13 stage=3 ;;
    tos-fw-cert) image=14 stage=4 ;;
    nt-fw-cert) image=15 stage=5 ;;
    *) fail "no row for $1" ;;
    esac
}

# takes CASE FIP: and so does rotkit, with the root of trust, the key in $unseal and the image $outside, for the firmware $for
takes() {
    run 0 verify --for "$for" --pub "$root" ${unseal:+--key "$unseal"} ${outside:+--with "$outside"} "$2"
    verdict "$2"
    [ "$said" = "5: U-Boot" ] || fail "$1: TF-A says: $said"
    passed "$1: boots"
}

# refuses CASE FIP IMAGE: TF-A loads this image, authenticates it and stops with -EAUTH, which BL1 does not print. So does
# rotkit, which is told of the counters by a package that holds, $newest.
refuses() {
    run 3 verify --pub "$root" ${unseal:+--key "$unseal"} ${newest:+--not-older-than "$newest"} \
        ${outside:+--with "$outside"} "$2"
    stopped "$@"
}

# untaken CASE FIP IMAGE: the same for what holds, and a firmware that is built like this does not take; so says --for
untaken() {
    run 0 verify --pub "$root" ${unseal:+--key "$unseal"} "$2"
    run 3 verify --for "$for" --pub "$root" ${unseal:+--key "$unseal"} "$2"
    grep -q ': tf-a does not take ' "$err" || fail "$1: rotkit says: $(cat "$err")"
    stopped "$@"
}

# stopped CASE FIP IMAGE
stopped() {
    verdict "$2"
    row "$3"
    case $stage in
    BL2) wanted="$image: Failed to load BL2 firmware." ;;
    *) wanted="$image: BL2: Failed to load image id $stage (-80)" ;;
    esac
    [ "$said" = "$wanted" ] || fail "$1: TF-A says \"$said\", expected \"$wanted\""
    grep -qa 'Failed to obtain reference' console && fail "$1: $3 was not found"
    passed "$1: refused"
}

# lacks CASE FIP IMAGE: TF-A asks for this image and does not find it; rotkit misses it too
lacks() {
    run 3 verify --pub "$root" "$2"
    unfound "$@"
}

# unfound CASE FIP IMAGE: the same for an image that may stand elsewhere
unfound() {
    verdict "$2"
    row "$3"
    grep -qa "^WARNING: Failed to obtain reference to image id=$image (-2)" console || fail "$1: TF-A says: $said"
    case $said in
    *"Failed to load "*) passed "$1: refused" ;;
    *) fail "$1: TF-A says: $said" ;;
    esac
}

# flipped NAME WHERE: fip with another bit in the middle or the last byte of an image, into bad
flipped() {
    place=$(fiptool info fip | sed -n "s/.* offset=\(0x[0-9A-F]*\), size=\(0x[0-9A-F]*\), cmdline=\"--$1\".*/\1 \2/p")
    cp fip bad
    case $2 in
    middle) flip bad $((${place% *} + ${place#* } / 2)) ;;
    end) flip bad $((${place% *} + ${place#* } - 1)) ;;
    esac
}

# package: into plain
package() {
    run 0 pack fip -o plain tb-fw="$fw/bl2.bin" soc-fw="$fw/bl31.bin" tos-fw=bl32 nt-fw=$uboot
}
head -c 20000 "$uboot" >bl32
unseal=""
newest=""
outside=""
for=tf-a

# ---- RSA, a key a role; the counters of the board stand at 3 ----

firmware rsa "$K/rsa2048.pub.pem"
package
# signed FIP SET...
signed() {
    signed_to=$1
    shift
    run 0 sign fip plain -o "$signed_to" --key "$K/rot.pem" --key-for trusted-world="$K/tw.pem" \
        --key-for non-trusted-world="$K/ntw.pem" --key-for soc-fw="$K/socfw.pem" --key-for tos-fw="$K/tosfw.pem" \
        --key-for nt-fw="$K/ntfw.pem" "$@"
}
signed fip --set tfw-nvctr=3 --set ntfw-nvctr=3
takes "RSA, counters as the board's" fip
signed newer --set tfw-nvctr=4 --set ntfw-nvctr=200
takes "RSA, newer counters" newer
newest=fip
signed older --set tfw-nvctr=2 --set ntfw-nvctr=3
refuses "RSA, older trusted counter" older tb-fw-cert
signed older --set tfw-nvctr=3 --set ntfw-nvctr=2
refuses "RSA, older non-trusted counter" older nt-fw-key-cert
newest=""
run 0 sign fip plain -o bad --key "$K/tw.pem" --set tfw-nvctr=3 --set ntfw-nvctr=3
refuses "RSA, another root" bad tb-fw-cert
lacks "not signed" plain tb-fw-cert

for name in tb-fw soc-fw tos-fw nt-fw; do
    flipped $name middle
    refuses "RSA, $name flipped" bad $name
done
for name in trusted-key-cert soc-fw-key-cert tos-fw-key-cert nt-fw-key-cert tb-fw-cert soc-fw-cert tos-fw-cert nt-fw-cert; do
    for where in middle end; do
        flipped $name $where
        refuses "RSA, $name flipped ($where)" bad $name
    done
    fiptool remove --force --out bad --$name fip
    lacks "RSA, $name removed" bad $name
done

# A firmware built for RSA-2048 and SHA-256 takes no other hash, longer keys, other kinds of key, encrypted images.
signed bad --set tfw-nvctr=3 --set ntfw-nvctr=3 --set hash=sha384
untaken "RSA, SHA-384" bad tb-fw-cert
run 0 sign fip plain -o bad --key "$K/rot.pem" --key-for trusted-world="$K/rsa3072.pem" --set tfw-nvctr=3 --set ntfw-nvctr=3
untaken "RSA-3072 under RSA-2048" bad trusted-key-cert
run 0 sign fip plain -o bad --key "$K/rot.pem" --key-for soc-fw="$K/p256.pem" --set tfw-nvctr=3 --set ntfw-nvctr=3
untaken "P-256 under RSA" bad soc-fw-cert
echo 1234567890abcdef1234567890abcdef1234567890abcdef1234567890abcdef >ssk.key
unseal=ssk.key
run 0 encrypt fip fip -o bad --key ssk.key --set images=soc-fw
untaken "RSA, encrypted BL31" bad soc-fw
unseal=""

# BL2 and its certificate beside the package, as where a boot ROM has loaded it: in files that semihosting finds.
run 0 pack fip -o inside soc-fw="$fw/bl31.bin" tos-fw=bl32 nt-fw=$uboot
run 0 sign fip inside -o outside --key "$K/rot.pem" --set tfw-nvctr=3 --set ntfw-nvctr=3
unfound "RSA, no BL2 anywhere" outside tb-fw-cert
mkdir un
fiptool unpack --out un fip >/dev/null
cp un/tb-fw.bin beside/bl2.bin
cp un/tb-fw-cert.bin beside/tb_fw.crt
takes "RSA, BL2 and its certificate outside" outside
cp inside plain
signed outside --set tfw-nvctr=3 --set ntfw-nvctr=3 --with tb-fw="$fw/bl2.bin"
rm beside/tb_fw.crt
unseal="" outside="tb-fw=$fw/bl2.bin"
takes "RSA, BL2 outside, its certificate inside" outside
flip beside/bl2.bin 40000
cp beside/bl2.bin bl2
outside=tb-fw=bl2
refuses "RSA, BL2 outside flipped" outside tb-fw
outside=""
rm beside/bl2.bin

# ---- ECDSA ----

firmware ecdsa "$K/p256.pub.pem" KEY_ALG=ecdsa
package
for key in world content; do
    openssl ecparam -name prime256v1 -genkey -noout -out $key.pem
done
run 0 sign fip plain -o fip --key "$K/p256.pem" --key-for trusted-world=world.pem --key-for non-trusted-world=world.pem \
    --key-for soc-fw=content.pem --key-for nt-fw=content.pem --set tfw-nvctr=3 --set ntfw-nvctr=3
takes "ECDSA" fip
for name in tb-fw soc-fw tos-fw nt-fw; do
    flipped $name middle
    refuses "ECDSA, $name flipped" bad $name
done
for name in trusted-key-cert soc-fw-key-cert tos-fw-key-cert nt-fw-key-cert tb-fw-cert soc-fw-cert tos-fw-cert nt-fw-cert; do
    flipped $name end
    refuses "ECDSA, $name flipped" bad $name
done
run 0 sign fip plain -o bad --key "$K/rot.pem" --set tfw-nvctr=3 --set ntfw-nvctr=3
refuses "ECDSA, RSA keys" bad tb-fw-cert
openssl ecparam -name secp384r1 -genkey -noout -out p384.pem
run 0 sign fip plain -o bad --key "$K/p256.pem" --key-for trusted-world=p384.pem --set tfw-nvctr=3 --set ntfw-nvctr=3
untaken "P-384 under P-256" bad trusted-key-cert

# ---- firmware encryption of BL31 and BL32, keys of 3072 bits ----

firmware encrypted "$K/rsa3072.pub.pem" KEY_SIZE=4096 HASH_ALG=sha512 DECRYPTION_SUPPORT=aes_gcm ENCRYPT_BL31=1 ENCRYPT_BL32=1
for=tf-a+KEY_SIZE=3072+HASH_ALG=sha384+HASH_ALG=sha512+DECRYPTION_SUPPORT=aes_gcm
package
echo 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f >other.key
run 0 sign fip plain -o signed --key "$K/rsa3072.pem" --set tfw-nvctr=3 --set ntfw-nvctr=3 --set hash=sha512
run 0 encrypt fip signed -o fip --key ssk.key
unseal=ssk.key
takes "SHA-512, encrypted BL31 and BL32" fip
run 0 sign fip fip -o again --key "$K/rsa3072.pem" --content-key ssk.key --set tfw-nvctr=3 --set ntfw-nvctr=3 --set hash=sha384
takes "SHA-384, signed again after encryption" again
run 0 encrypt fip signed -o bssk --key ssk.key --set enc-key=bssk
takes "encrypted under the board's own key" bssk
run 0 encrypt fip signed -o bad --key ssk.key --set images=soc-fw,tos-fw,nt-fw
untaken "encrypted BL33" bad nt-fw
# unopened CASE FIP CERT SAID: behind the certificate it reads the image and cannot open it
unopened() {
    verdict "$2"
    row "$3"
    [ "$said" = "$image: $4" ] || fail "$1: TF-A says \"$said\", expected \"$image: $4\""
    passed "$1: refused"
}
run 0 encrypt fip signed -o bad --key other.key
unopened "encrypted under another key" bad soc-fw-cert "File decryption failed (4)"
unopened "encrypted, BL31 in the clear" signed soc-fw-cert "BL2: Failed to load image id 3 (-2)"
run 0 encrypt fip signed -o bad --key ssk.key --set images=soc-fw
unopened "encrypted, BL32 in the clear" bad tos-fw-cert "BL2: Failed to load image id 4 (-2)"
for name in soc-fw tos-fw; do
    flipped $name middle
    run 3 verify --pub "$root" --key ssk.key bad
    unopened "encrypted, $name flipped" bad $name-cert "File decryption failed (4)"
done
for name in soc-fw-cert tos-fw-cert; do
    flipped $name middle
    refuses "encrypted, $name flipped" bad $name
done
