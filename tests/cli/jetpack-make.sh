# SPDX-License-Identifier: Apache-2.0
# The Make fragment in a stand-in BSP tree: built, signed in the BSP's form, verified, staged; and nothing staged
# when the release does not hold.
. "$(dirname "$0")/lib.sh"
need make openssl
unset MAKEFLAGS MFLAGS MAKELEVEL
V=$DATA/vectors/boot

mkdir -p l4t/bootloader keys
cp "$V/inputs/mb2.bin" l4t/bootloader/mb2_t234.bin
cp "$V/inputs/bl33.bin" l4t/bootloader/uefi_jetson.bin
cp "$V/keys/rsa3072.pem" keys/pkc.key
cp "$V/keys/cap_root.key" keys/capsule.key
cp "$V/keys/cap_root.crt" keys/capsule.pem
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
release: { path: release }
YAML
# The five lines of the README.
cat >Makefile <<MAKE
L4T_DIR := l4t
ROTKIT_MANIFEST := product.yaml
ROTKIT_KEY := keys/pkc.key
ROTKIT_SIGN := mb2_t234.bin=MB2B uefi_jetson.bin=CPBL
include $SOURCE/examples/jetpack/rotkit.mk
ROTKIT := $ROTKIT -q
ROTKIT_STAGE := update.Cap
MAKE
sed -i 's/^ROTKIT := .*/ROTKIT := '"$(printf '%s' "$ROTKIT" | sed 's,/,\\/,g')"'/' Makefile
make rotkit-build rotkit-sign >log 2>&1 || fail "$(cat log)"
make rotkit-stage >log 2>&1 || fail "$(cat log)"
cmp release/images/update.Cap l4t/bootloader/update.Cap || fail "another capsule is staged"
[ "$(find l4t -name '.*.new' | wc -l)" -eq 0 ] || fail "a half file is left"

# The signature, turned round, is over the header's signed bytes.
for name in mb2_t234.bin uefi_jetson.bin; do
    tail -c +4033 l4t/bootloader/rotkit/$name.bch | head -c 4160 >region
    perl -0777 -ne 'print scalar reverse' l4t/bootloader/rotkit/$name.sig >native
    openssl dgst -sha512 -verify "$V/keys/rsa3072.pub.pem" -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:64 \
        -signature native region >judged || fail "$name: $(cat judged)"
    [ "$(stat -c %s l4t/bootloader/rotkit/$name.pub)" -eq 384 ] || fail "$name.pub has another size"
done
grep -aq MB2B l4t/bootloader/rotkit/mb2_t234.bin.bch || fail "mb2 is of another type"
grep -aq CPBL l4t/bootloader/rotkit/uefi_jetson.bin.bch || fail "UEFI is of another type"

printf x | dd of=release/images/update.Cap bs=1 seek=3000 conv=notrunc 2>/dev/null
rm l4t/bootloader/update.Cap
make rotkit-stage >log 2>&1 && fail "a damaged release was staged"
[ ! -e l4t/bootloader/update.Cap ] || fail "a damaged capsule was staged"
