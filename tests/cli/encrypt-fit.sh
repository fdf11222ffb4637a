# SPDX-License-Identifier: Apache-2.0
# Which images of a FIT are encrypted, and the key as U-Boot carries it (peer-mkimage-fit.sh holds it against mkimage's).
. "$(dirname "$0")/lib.sh"
need fdtget fdtput dtc openssl perl xxd
K=$DATA/vectors/boot/keys
head -c 100 "$DATA/vectors/boot/inputs/kernel.bin" >kernel
echo '/dts-v1/; / { model = "board"; };' | dtc -q -I dts -O dtb -o board.dtb -
echo 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f >aes
run 0 pack fit -o plain.fit kernel=kernel fdt=board.dtb ramdisk=kernel

# encrypted NAME NOTE ARG...: what stderr says of NAME.fit
encrypted() {
    encrypted_name=$1 encrypted_note=$2
    shift 2
    run 0 encrypt --key aes fit plain.fit -o "$encrypted_name.fit" "$@"
    grep '^rotkit: encrypted: ' "$err" >told || true
    is told "$encrypted_note"
}

# ciphered FILE: the images that have a cipher node
ciphered() {
    for image in kernel-1 fdt-1 ramdisk-1; do
        ! fdtget -l "$1" /images/$image | grep -qx cipher || printf '%s ' $image
    done
}

# U-Boot reads a device tree before it decrypts it, so that trees stay in the clear unless named.
encrypted default 'rotkit: encrypted: kernel-1, ramdisk-1; in the clear: fdt-1'
[ "$(ciphered default.fit)" = 'kernel-1 ramdisk-1 ' ] || fail "encrypted: $(ciphered default.fit)"
encrypted one 'rotkit: encrypted: ramdisk-1; in the clear: kernel-1, fdt-1' --set images=ramdisk-1
[ "$(ciphered one.fit)" = 'ramdisk-1 ' ] || fail "encrypted: $(ciphered one.fit)"
encrypted all 'rotkit: encrypted: kernel-1, fdt-1, ramdisk-1' --set images=fdt-1,ramdisk-1,kernel-1
[ "$(ciphered all.fit)" = 'kernel-1 fdt-1 ramdisk-1 ' ] || fail "encrypted: $(ciphered all.fit)"
encrypted quiet '' -q
for image in data hash-1/value; do
    for fit in plain default; do
        fdtget -t bx $fit.fit "/images/fdt-1$(dirname /$image | sed 's,/$,,')" "$(basename $image)" >$fit.bytes
    done
    same "the device tree" plain.bytes default.bytes
done
# What stays in the clear may stand outside of the tree.
cp plain.fit mixed.fit
fdtput -d mixed.fit /images/fdt-1 data
fdtput -t i mixed.fit /images/fdt-1 data-offset 0
fdtput -t i mixed.fit /images/fdt-1 data-size "$(wc -c <board.dtb)"
truncate -s %4 mixed.fit
cat board.dtb >>mixed.fit
run 0 verify mixed.fit
run 0 encrypt --key aes fit mixed.fit -o mixed.enc
tail -c "$(wc -c <board.dtb)" mixed.enc | cmp - board.dtb || fail "the device tree is not behind the tree"
run 0 verify mixed.enc
refuse 2 'rotkit: "mixed.fit": encrypt fit: image fdt-1 has no data inside of the tree: encrypt before mkimage -E moves it' \
    encrypt --key aes fit mixed.fit -o x --set images=fdt-1
refuse 2 'rotkit: "plain.fit": encrypt fit: setting "images": there is no image "kernel"' \
    encrypt --key aes fit plain.fit -o x --set images=ramdisk-1,kernel
refuse 2 'rotkit: "default.fit": encrypt fit: image kernel-1 is encrypted already' \
    encrypt --key aes fit default.fit -o x
echo 000102030405060708090a0b0c0d0e0f >short
refuse 4 'rotkit: "plain.fit": encrypt fit: FIT encryption (aes256) needs a key of 32 bytes' \
    encrypt --key short fit plain.fit -o x

# The key in U-Boot's tree, which is a secret then.
run 0 pack fit -o both.dtb pub="$K/rsa2048.pub.pem" dtb=board.dtb --content-key aes --set key-name=prod --set content-key-name=aes
mode_is 600 both.dtb
[ "$(fdtget -t bx both.dtb /cipher/key-aes256-aes key)" = "$(sed 's/../ &/g;s/^ //;s/ 0\(.\)/ \1/g;s/^0//' aes)" ] ||
    fail "another key: $(fdtget -t bx both.dtb /cipher/key-aes256-aes key)"
[ "$(fdtget both.dtb /cipher/key-aes256-aes key-len)" = 32 ] || fail "another length"
[ "$(fdtget both.dtb /signature/key-prod required)" = conf ] || fail "no public key"
[ "$(fdtget both.dtb / model)" = board ] || fail "the rest of the tree"
run 0 pack fit -o same.dtb pub="$K/rsa2048.pub.pem" --content-key aes
[ "$(fdtget -l same.dtb /cipher)" = key-aes256-dev ] || fail "another name than that of the other key"
run 0 pack fit -o public.dtb pub="$K/rsa2048.pub.pem" dtb=board.dtb
mode_is 644 public.dtb
! fdtget -l public.dtb / | grep -qx cipher || fail "a key that nobody gave"
refuse 2 "rotkit: --content-key: what is packed here carries no such key
  see 'rotkit help pack'" pack fit -o x kernel=kernel --content-key aes
refuse 2 "rotkit: --content-key: what is packed here carries no such key
  see 'rotkit help pack'" pack fip -o x nt-fw=kernel --content-key aes
refuse 4 'rotkit: pack fit: FIT encryption (aes256) needs a key of 32 bytes' \
    pack fit -o x pub="$K/rsa2048.pub.pem" --content-key short
refuse 2 'rotkit: pack fit: setting "content-key-name": expected 1 to 64 characters, no @ and no /' \
    pack fit -o x pub="$K/rsa2048.pub.pem" --content-key aes --set content-key-name=a/b

# Keys change: U-Boot asks for a signature by every key that its tree requires, unless the tree says "any".
refuse 2 'rotkit: pack fit: the tree requires "key-prod" too: U-Boot would boot only what is signed by both keys
  --set required-mode=any boots what either has signed; all wants both, of which sign fit makes one' \
    pack fit -o x pub="$K/rsa3072.pub.pem" dtb=both.dtb --set key-name=new
for mode in any all; do
    run 0 pack fit -o $mode.dtb pub="$K/rsa3072.pub.pem" dtb=both.dtb --set key-name=new --set required-mode=$mode
    [ "$(fdtget $mode.dtb /signature required-mode)" = $mode ] || fail "another mode than $mode"
done
run 0 pack fit -o again.dtb pub="$K/rsa2048.pub.pem" dtb=any.dtb --set key-name=newer
[ "$(fdtget -l again.dtb /signature | sort | tr '\n' ' ')" = 'key-new key-newer key-prod ' ] || fail "other keys"
run 0 pack fit -o same.dtb pub="$K/rsa3072.pub.pem" dtb=both.dtb --set key-name=prod
refuse 2 'rotkit: pack fit: setting "required-mode": expected any or all' \
    pack fit -o x pub="$K/rsa3072.pub.pem" --set required-mode=either

# A signature is of what is signed: encryption takes it away, says so, and the image holds once it is signed again.
run 0 pack -q fit -o kernel-alone.fit kernel=kernel
run 0 sign -q fit kernel-alone.fit -o signed.fit --key "$K/rsa2048.pem"
run 0 encrypt fit signed.fit -o late.fit --key aes
grep -q '^rotkit: warning: its signature was of what is encrypted now, and is gone: sign it again$' "$err" || fail "$(cat "$err")"
run 3 verify --pub "$K/rsa2048.pub.pem" late.fit
run 0 sign -q fit late.fit -o again.fit --key "$K/rsa2048.pem"
run 0 verify --pub "$K/rsa2048.pub.pem" again.fit
