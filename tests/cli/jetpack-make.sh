# SPDX-License-Identifier: Apache-2.0
# The Make fragment in a stand-in BSP tree: built, signed in the BSP's form, verified, staged; each sentence of its
# head is broken once. openssl judges the signatures.
. "$(dirname "$0")/lib.sh"
need make openssl
unset MAKEFLAGS MFLAGS MAKELEVEL
V=$DATA/vectors/boot
# Keys that git gave to everybody.
umask 077

mkdir -p l4t/bootloader keys
cp "$V/inputs/mb2.bin" l4t/bootloader/mb2_t234.bin
cp "$V/inputs/bl33.bin" l4t/bootloader/uefi_jetson.bin
cp "$V/keys/rsa3072.pem" keys/pkc.key
cp "$V/keys/cap_root.key" keys/capsule.key
cp "$V/keys/cap_root.crt" keys/capsule.pem
openssl genrsa -out keys/other.key 3072 2>/dev/null
openssl genpkey -algorithm ed25519 -out keys/release.key
openssl pkey -in keys/release.key -pubout -out keys/release.pub
umask 022
cat >product.yaml <<'YAML'
rotkit: 1
product: stand-in
platform: t234
components: { mb2: l4t/bootloader/mb2_t234.bin, uefi: l4t/bootloader/uefi_jetson.bin }
images:
  update.bup: { format: bup, parts: { mb2: mb2, cpu-bootloader: uefi }, publish: false }
  update.Cap:
    format: capsule
    parts: { payload: update.bup }
    set: { version: "1" }
    sign: { key: keys/capsule.key, certificate: keys/capsule.pem }
release: { path: release, key: keys/release.key }
YAML
# The five lines of the README, and what the test needs.
cat >Makefile <<MAKE
L4T_DIR := l4t
ROTKIT_MANIFEST := product.yaml
ROTKIT_KEY := keys/pkc.key
ROTKIT_SIGN := mb2_t234.bin=MB2B uefi_jetson.bin=CPBL
include $SOURCE/examples/jetpack/rotkit.mk
ROTKIT := $ROTKIT
ROTKIT_STAGE := update.Cap
MAKE
work=l4t/bootloader/rotkit

# makes ARG...: make does it
makes() {
    make "$@" >log 2>&1 || fail "make $*: $(cat log)"
}

# stops TEXT ARG...: make stops, and says TEXT
stops() {
    text=$1
    shift
    make "$@" >log 2>&1 && fail "make $* went through: $text"
    grep -qF -e "$text" log || fail "make $*: no \"$text\": $(cat log)"
}

# signed PUB.PEM NAME: the signature, turned round, is over the header's signed bytes; the key is the key's
signed() {
    tail -c +4033 $work/$2.bch | head -c 4160 >region
    perl -0777 -ne 'print scalar reverse' $work/$2.sig >native
    openssl dgst -sha512 -verify "$1" -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:64 \
        -signature native region >judged || fail "$2: $(cat judged)"
    perl -0777 -ne 'print uc unpack "H*", scalar reverse' $work/$2.pub >modulus
    [ "$(openssl rsa -pubin -in "$1" -noout -modulus)" = "Modulus=$(cat modulus)" ] || fail "$2.pub is of another key"
}

# ---- nothing is made by -n; then all four, asked for together and at once, in whatever order ----
snapshot >"$scratch/before"
make -n rotkit-build rotkit-sign rotkit-verify rotkit-stage >"$scratch/plan" 2>&1 || fail "$(cat "$scratch/plan")"
snapshot >"$scratch/after"
same "the folder after make -n" "$scratch/before" "$scratch/after"
makes -j4 rotkit-stage rotkit-verify rotkit-sign rotkit-build
cmp release/images/update.Cap l4t/bootloader/update.Cap || fail "another capsule is staged"
[ "$(find l4t release -name '*.new' -o -name '*.tmp-*' | wc -l)" -eq 0 ] || fail "a half file is left"
for name in mb2_t234.bin uefi_jetson.bin; do
    signed "$V/keys/rsa3072.pub.pem" $name
done
grep -aq MB2B $work/mb2_t234.bin.bch || fail "mb2 is of another type"
grep -aq CPBL $work/uefi_jetson.bin.bch || fail "UEFI is of another type"

# ---- what stays ----
# signatures_of: time and content of each
signatures_of() {
    (cd $work && stat -c '%n %i %Y' ./*.sig ./*.pub && sha256sum ./*.sig ./*.pub)
}
signatures_of >made
touch keys/pkc.key l4t/bootloader/*.bin product.yaml
makes rotkit-build rotkit-sign
signatures_of >again
same "signatures of the same key, file and type" made again
grep -q 'release "release": unchanged' log || fail "$(cat log)"
snapshot >"$scratch/before"
make rotkit-verify >"$scratch/log" 2>&1 || fail "$(cat "$scratch/log")"
snapshot >"$scratch/after"
same "the folder after rotkit-verify" "$scratch/before" "$scratch/after"

# ---- what is made anew: another manifest, file (an older one too), type, header, key ----
# anew NAME...: these are signed by another run, and hold; the others stay
anew() {
    signatures_of >made
    makes rotkit-sign rotkit-verify
    signatures_of >again
    sort made again | uniq -u | sed -n 's/.*  \.\/\(.*\)\.sig$/\1/p' | sort -u | xargs >found
    is found "$*"
}
sed -i 's/version: "1"/version: "2"/' product.yaml
stops "mb2_t234.bin is not what was signed" rotkit-verify ROTKIT_SIGN="mb2_t234.bin=MB1B"
cp release/images/update.Cap old.Cap
makes rotkit-build
cmp -s release/images/update.Cap old.Cap && fail "another manifest makes the same release"
printf 'other mb2 ' >l4t/bootloader/mb2_t234.bin
touch -d 2001-01-01 l4t/bootloader/mb2_t234.bin
stops "mb2_t234.bin is not what was signed: make rotkit-sign" rotkit-verify
anew mb2_t234.bin
sed -i s/=CPBL/=MB1B/ Makefile
anew uefi_jetson.bin
grep -aq MB1B $work/uefi_jetson.bin.bch || fail "UEFI is of the type of before"
sed -i s/=MB1B/=CPBL/ Makefile
anew uefi_jetson.bin
sed -i 's,keys/pkc.key,keys/other.key,' Makefile
stops "part \"pub\" is of another key" rotkit-verify
anew mb2_t234.bin uefi_jetson.bin
openssl pkey -in keys/other.key -pubout -out keys/other.pub
signed keys/other.pub mb2_t234.bin
openssl genrsa -out keys/other.key 3072 2>/dev/null
openssl pkey -in keys/other.key -pubout -out keys/other.pub
touch -d 2001-01-01 keys/other.key
anew mb2_t234.bin uefi_jetson.bin
signed keys/other.pub uefi_jetson.bin

# What rotkit makes of the same file is another: a rotkit of another day, whose headers have another load address.
printf '#!/bin/sh\ncase $1 in pack) exec "%s" "$@" --set load=0x1000 ;; esac\nexec "%s" "$@"\n' "$ROTKIT" "$ROTKIT" >later
chmod 755 later
stops "mb2_t234.bin is not what was signed" rotkit-verify ROTKIT=./later
sed -i 's,^ROTKIT := .*,ROTKIT := ./later,' Makefile
anew mb2_t234.bin uefi_jetson.bin
sed -i "s,^ROTKIT := .*,ROTKIT := $ROTKIT," Makefile
anew mb2_t234.bin uefi_jetson.bin

# The BSP's headers: load address and flags of theirs stay, and say the type where the list does not.
for name in mb2_t234_sigheader.bin uefi_jetson_aligned_sigheader.bin; do
    "$ROTKIT" pack -q tegra-bch -o l4t/bootloader/$name payload="$V/inputs/mb2.bin" --set magic=MB2B --set load=0x12345678 2>/dev/null
done
stops 'part "header" is of type "MB2B", setting "magic" says "CPBL"' rotkit-sign
sed -i 's/ uefi_jetson.bin=CPBL/ uefi_jetson.bin/' Makefile
anew mb2_t234.bin uefi_jetson.bin
for name in mb2_t234.bin uefi_jetson.bin; do
    [ "$(tail -c +5129 $work/$name.bch | head -c 4 | od -An -tx1)" = " 78 56 34 12" ] || fail "$name: the header's load address is lost"
done
rm l4t/bootloader/*_sigheader.bin
sed -i 's/ uefi_jetson.bin$/ uefi_jetson.bin=CPBL/' Makefile
anew mb2_t234.bin uefi_jetson.bin

# ---- what verify finds, and then nothing is staged ----
makes rotkit-stage
printf old >l4t/bootloader/update.Cap
# broken WHAT FILE OFFSET: one byte of it is another
broken() {
    cp "$2" kept
    flip "$2" "$3"
    stops "$1" rotkit-verify
    stops "$1" -k rotkit-stage
    is l4t/bootloader/update.Cap old
    cp kept "$2"
}
# is() compares with a newline behind
echo old >l4t/bootloader/update.Cap
broken 'part "sig" over' $work/mb2_t234.bin.sig 7
broken 'part "pub" is of another key' $work/uefi_jetson.bin.pub 7
broken "mb2_t234.bin is not what was signed" $work/mb2_t234.bin.bch 5000
broken "uefi_jetson.bin is not what was signed" l4t/bootloader/uefi_jetson.bin 9
broken "release: " release/images/update.Cap 3000
rm $work/mb2_t234.bin.sig
stops "mb2_t234.bin.sig" rotkit-verify
makes rotkit-sign
stops "part \"pub\" is of another key" rotkit-verify ROTKIT_PUB="$V/keys/rsa3072.pub.pem"
makes rotkit-verify ROTKIT_PUB=keys/other.pub ROTKIT_RELEASE_PUB=keys/release.pub
stops "release" rotkit-verify ROTKIT_RELEASE_PUB=keys/other.pub

# ---- staging: by name, any file of the release, never half ----
mkdir -p release/devices/0102/0003
echo blob >release/devices/0102/0003/eks.img
chmod 600 release/devices/0102/0003/eks.img
stops "release" rotkit-stage ROTKIT_STAGE=devices/0102/0003/eks.img=eks_t234.img
rm -r release/devices
makes rotkit-stage ROTKIT_STAGE="update.Cap=TEGRA_BL.Cap ./release.json=of-release.json update.Cap"
cmp release/release.json l4t/bootloader/of-release.json || fail "a file of the release is not staged"
cmp release/images/update.Cap l4t/bootloader/TEGRA_BL.Cap || fail "not under its name"
cmp release/images/update.Cap l4t/bootloader/update.Cap || fail "not under its own name"
stops "release/images/absent.img" rotkit-stage ROTKIT_STAGE=absent.img
[ ! -e l4t/bootloader/absent.img ] || fail "what is absent is staged"
# A folder of that name is not what flash.sh takes: the image does not go into it.
mkdir l4t/bootloader/folder.Cap
stops "folder.Cap" rotkit-stage ROTKIT_STAGE=update.Cap=folder.Cap
rmdir l4t/bootloader/folder.Cap || fail "an image is in a folder"
mkdir bin
printf '#!/bin/sh\nfor last; do :; done\nprintf half >"$last"\nexit 1\n' >bin/cp
chmod 755 bin/cp
if PATH=$PWD/bin:$PATH make rotkit-stage >log 2>&1; then fail "half a copy is staged"; fi
cmp release/images/update.Cap l4t/bootloader/update.Cap || fail "half a copy stands in bootloader"
rm -r bin

# ---- a make that is killed: nothing half, and the next one ends it ----
makes rotkit-clean
[ ! -e $work ] || fail "rotkit-clean left $work"
printf '#!/bin/sh\ncase " $* " in *" output=sig "*) kill -9 "$PPID" $$ ;; esac\nexec "%s" "$@"\n' "$ROTKIT" >killing
chmod 755 killing
make rotkit-sign ROTKIT=./killing >log 2>&1 && fail "the killing did not"
[ ! -e $work/mb2_t234.bin.sig ] || fail "a signature of a killed make"
makes rotkit-sign rotkit-verify
signed keys/other.pub mb2_t234.bin

# ---- blanks in every path; a key whose signatures are random ----
mkdir -p "my l4t/bootloader" "my keys"
cp l4t/bootloader/mb2_t234.bin l4t/bootloader/uefi_jetson.bin "my l4t/bootloader/"
cp -p "$V/keys/p256.pem" "my keys/pkc.key"
chmod 600 "my keys/pkc.key"
cp product.yaml "my product.yaml"
cat >blanks.mk <<MAKE
L4T_DIR := my l4t
ROTKIT_MANIFEST := my product.yaml
ROTKIT_RELEASE := my release
ROTKIT_KEY := my keys/pkc.key
ROTKIT_SIGN := mb2_t234.bin=MB2B uefi_jetson.bin=CPBL
ROTKIT_STAGE := update.Cap
ROTKIT := $ROTKIT
include $SOURCE/examples/jetpack/rotkit.mk
MAKE
makes -f blanks.mk -j2 rotkit-build rotkit-sign rotkit-verify rotkit-stage
cmp "my release/images/update.Cap" "my l4t/bootloader/update.Cap" || fail "not staged"
work="my l4t/bootloader/rotkit"
(cd "$work" && sha256sum ./*) >made
makes -f blanks.mk rotkit-sign rotkit-verify
(cd "$work" && sha256sum ./*) >again
same "random signatures of before" made again
flip "$work/uefi_jetson.bin.sig" 3
stops 'part "sig" over' -f blanks.mk rotkit-verify

# ---- without files to sign, no key is asked for ----
cat >none.mk <<MAKE
L4T_DIR := l4t
ROTKIT_STAGE := update.Cap
ROTKIT := $ROTKIT
include $SOURCE/examples/jetpack/rotkit.mk
MAKE
makes -f none.mk rotkit-build rotkit-sign rotkit-verify rotkit-stage

# ---- the key blob of a device, from what `rotkit init` writes: staged under the name that flash.sh looks for, then signed
# under the BSP's own header of it ----
run 0 init product
sn=00010000000000000003
cat >blob.mk <<MAKE
L4T_DIR := l4t
ROTKIT_MANIFEST := product/manifest.yaml
ROTKIT_RELEASE := product/release
ROTKIT_KEY := keys/other.key
ROTKIT_STAGE := devices/000100000000000000/$sn/eks.img=eks_t234.img
ROTKIT_SIGN := \$(SIGN)
ROTKIT := $ROTKIT
include $SOURCE/examples/jetpack/rotkit.mk
MAKE
makes -f blob.mk rotkit-build rotkit-stage
chmod 600 product/release/devices/000100000000000000/$sn/eks.img
echo "of a copy that was killed" >l4t/bootloader/.eks_t234.img.new
makes -f blob.mk rotkit-stage
cmp product/release/devices/000100000000000000/$sn/eks.img l4t/bootloader/eks_t234.img || fail "another key blob is staged"
mode_is 600 l4t/bootloader/eks_t234.img
"$ROTKIT" pack -q tegra-bch -o l4t/bootloader/eks_t234_sigheader.img payload=l4t/bootloader/eks_t234.img --set magic=XEKS 2>/dev/null
makes -f blob.mk rotkit-sign rotkit-verify SIGN=eks_t234.img
work=l4t/bootloader/rotkit
signed keys/other.pub eks_t234.img
tail -c +8193 $work/eks_t234.img.bch | cmp - l4t/bootloader/eks_t234.img || fail "the key blob is not what is signed"
