# SPDX-License-Identifier: Apache-2.0
# Does U-Boot, built from Debian's source with the options that Debian leaves out, boot encrypted and PSS-signed FITs, and
# install the capsules that rotkit signs, and those alone?
. "$(dirname "$0")/lib-u-boot.sh"
need make cc bison flex xz cmp dd
sh "$SOURCE/scripts/build-u-boot.sh" "$SOURCE/build/judges" >build.log 2>&1 || fail "U-Boot: $(tail -n 20 build.log)"
firmware=$SOURCE/build/judges/u-boot/u-boot.bin
wrong_signature="Verification failed for .*conf-1.*|Failed to verify required signature 'key-dev'"

program kernel 'the kernel of rotkit runs'
board
openssl genrsa -out dev.pem 2048 2>/dev/null
openssl genrsa -out foreign.pem 2048 2>/dev/null
openssl pkey -in dev.pem -pubout -out dev.pub
pub=dev.pub
openssl rand -hex 32 >content.key
openssl rand -out disk 1000
run 0 pack fit -o control.dtb pub=dev.pub dtb=board.dtb --content-key content.key
run 0 pack fit -o plain.fit kernel=kernel.bin fdt=board.dtb ramdisk=disk

# ---- FITs ----

run 0 sign fit plain.fit -o pss.fit --key dev.pem --set padding=pss
runs "PSS" pss.fit
cp pss.fit load.fit
fdtput -t x load.fit /images/kernel-1 load 80090000
refused "PSS, a changed load address" "$wrong_signature" load.fit
run 0 sign fit plain.fit -o foreign.fit --key foreign.pem --set padding=pss
refused "PSS, signed by another key" "$wrong_signature" foreign.fit

run 0 encrypt fit plain.fit -o sealed.fit --key content.key
run 0 sign fit sealed.fit -o sealed.fit --key dev.pem
runs "encrypted kernel and RAM disk, signed" sealed.fit
grep -q 'Decrypting Data ... OK' console || fail "nothing was decrypted: $(cat console)"
# What the kernel is given: the RAM disk in the clear.
# shellcheck disable=SC2016 # U-Boot's variable
u_boot control.dtb '^=> ' 'bootm start 0x50000000; bootm loados; bootm ramdisk; md.b ${initrd_start} 3e8' \
    -device "loader,file=sealed.fit,addr=0x50000000,force-raw=on"
tr -d '\r' <console | sed -n 's/^[0-9a-f]\{8\}: \(\([0-9a-f]\{2\} \)*\).*/\1/p' | unhex >loaded
same "the RAM disk that was loaded" disk loaded
passed "encrypted RAM disk, as it was"
run 0 pack fit -o named.dtb pub=dev.pub dtb=board.dtb --content-key content.key --set content-key-name=content
run 0 encrypt fit plain.fit -o named.fit --key content.key --set key-name=content
run 0 sign fit named.fit -o named.fit --key dev.pem
runs "two names for the two keys" named.fit named.dtb
refused "no key to decrypt by" "Can't found cipher node offset" named.fit control.dtb 0
cp sealed.fit iv.fit
fdtput -t bx iv.fit /images/kernel-1/cipher iv 0 1 2 3 4 5 6 7 8 9 a b c d e f
refused "a changed IV" "$wrong_signature" iv.fit
fdtget -t bx sealed.fit /images/kernel-1 data | perl -ne 'print map { chr hex } split' >ciphertext
cp sealed.fit flipped.fit
flip flipped.fit "$(at sealed.fit ciphertext)"
refused "a flipped bit of the ciphertext" 'Bad hash value .*kernel-1' flipped.fit
# Why encrypt leaves device trees in the clear: what U-Boot does depends on what the ciphertext looks like.
run 0 encrypt fit plain.fit -o tree.fit --key content.key --set images=fdt-1
run 0 sign fit tree.fit -o tree.fit --key dev.pem
refused "an encrypted device tree" 'Could not find configuration node|Synchronous Abort' tree.fit control.dtb 0
run 3 verify --pub dev.pub --for u-boot+FIT_CIPHER tree.fit

# ---- capsules ----

# certificate NAME [ISSUER EXTENSIONS]: NAME.key, NAME.crt
certificate() {
    openssl req -newkey rsa:2048 -nodes -keyout "$1.key" -out "$1.csr" -subj "/CN=$1" 2>/dev/null
    openssl x509 -req -in "$1.csr" -signkey "$1.key" -days 3650 -sha256 -extfile extensions -extensions ca -out "$1.crt" 2>/dev/null
    [ $# -eq 1 ] || openssl x509 -req -in "$1.csr" -CA "$2.crt" -CAkey "$2.key" -CAcreateserial -days 3650 -sha256 \
        -extfile extensions -extensions "$3" -out "$1.crt" 2>/dev/null
}
cat >extensions <<'EXT'
[ca]
basicConstraints = critical, CA:TRUE
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[leaf]
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
keyUsage = critical, digitalSignature
[unnamed]
subjectKeyIdentifier = hash
authorityKeyIdentifier = none
keyUsage = critical, digitalSignature
EXT
certificate root
certificate sub root ca
certificate signer sub leaf
certificate foreign
certificate unnamed sub unnamed
cat signer.crt sub.crt >chain.pem
cat unnamed.crt sub.crt >unnamed.pem
openssl ecparam -name prime256v1 -genkey -noout -out ec.key
openssl req -x509 -new -key ec.key -subj /CN=ec -days 3650 -sha256 -out ec.crt
run 0 pack uefi-auth -o root.esl cert=root.crt
cp board.dtb capsule.dtb
fdtput -p -t bx capsule.dtb /signature capsule-key $(xxd -p -c 1 root.esl)
run 0 pack uefi-auth -o ec.esl cert=ec.crt
cp board.dtb ec.dtb
fdtput -p -t bx ec.dtb /signature capsule-key $(xxd -p -c 1 ec.esl)
openssl rand -out payload 3000
qemu_arm64=058b7d83-50d5-4c47-a195-60d86ad341c4 # the image type of U-Boot itself on this board

flash='-drive if=pflash,format=raw,file=flash0 -drive if=pflash,format=raw,file=flash1'

# update CASE CAPSULE IN-FLASH SAID [CONTROL-DTB]: what stands at the start of U-Boot's flash once U-Boot has looked at the capsule
update() {
    rm -f flash0 flash1
    cp "$firmware" flash0
    truncate -s 64M flash0 flash1
    u_boot "${5:-capsule.dtb}" '^=> ' 'efidebug capsule update -v 0x50000000' -device "loader,file=$2,addr=0x50000000,force-raw=on"
    grep -qaE "$4" console || fail "$1: \"$4\" is not what U-Boot says: $(tail -n 8 console)"
    cmp -n "$(wc -c <"$3")" "$3" flash0 || fail "$1: in flash is not \"$3\": $(tail -n 8 console)"
    passed "$1"
}

# capsule NAME SETTING...: NAME.plain
capsule() {
    capsule_name=$1
    shift
    run 0 pack capsule -o "$capsule_name.plain" payload=payload --set version=2 "$@"
}

refused_by='Capsule authentication check failed. Aborting update'
capsule update --set image-type=$qemu_arm64
run 0 sign capsule update.plain -o update.cap --key signer.key --cert chain.pem
update "a capsule, its signer certified by way of another" update.cap payload 'dfu_alt_info set'
run 0 sign capsule update.plain -o root.cap --key root.key --cert root.crt
update "a capsule, signed by the key in the device tree" root.cap payload 'dfu_alt_info set'
run 0 sign capsule update.plain -o foreign.cap --key foreign.key --cert foreign.crt
update "a capsule, signed by another" foreign.cap "$firmware" "$refused_by"
run 0 sign capsule update.plain -o short.cap --key signer.key --cert signer.crt
update "a capsule without the certificate between" short.cap "$firmware" "$refused_by"
# U-Boot goes from one certificate in the capsule to the next by the identifier of the issuer's key.
run 0 sign capsule update.plain -o unnamed.cap --key unnamed.key --cert unnamed.pem
update "a capsule, whose signer does not name the key of its issuer" unnamed.cap "$firmware" "$refused_by"
run 3 verify --ca root.crt --for u-boot unnamed.cap
run 0 verify --ca root.crt --for u-boot update.cap
run 0 sign capsule update.plain -o ec.cap --key ec.key --cert ec.crt
update "a capsule, signed by ECDSA" ec.cap "$firmware" "$refused_by" ec.dtb
run 3 verify --ca ec.crt --for u-boot ec.cap
update "a capsule that is not signed" update.plain "$firmware" 'Cannot handle a capsule'
cp update.cap flipped.cap
flip flipped.cap "$(at update.cap payload)"
update "a flipped bit of a capsule's payload" flipped.cap "$firmware" "$refused_by"
cp update.cap flipped.cap
flip flipped.cap $((0x60))
update "a changed monotonic count" flipped.cap "$firmware" "$refused_by"
capsule other --set image-type=11111111-2222-3333-4444-555555555555
run 0 sign capsule other.plain -o other.cap --key signer.key --cert chain.pem
update "a capsule of another board" other.cap "$firmware" 'Cannot handle a capsule'
