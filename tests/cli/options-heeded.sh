# SPDX-License-Identifier: Apache-2.0
# Each format x verb x option and setting is refused, or changes what is made or answered.
. "$(dirname "$0")/lib.sh"
need python3
python3 "$SOURCE/tests/support/options_heeded.py" "$ROTKIT" "$DATA" || fail "options without effect"

# In words: what is not heeded, and what it is for.
head -c 3000 /dev/zero >kernel
run 0 pack fit -q -o k.fit kernel=kernel
refuse 2 'rotkit: pack fit does not heed the setting hash here
  hash: sign, pub: sha256, sha384 or sha512; the same for both, since U-Boot compares them' \
    pack fit -q -o x kernel=kernel --set hash=sha512
refuse 2 'rotkit: "k.fit": sign fit takes no certificate: a key alone signs it' \
    sign fit k.fit -o x --key "$DATA/vectors/boot/keys/rsa2048.pem" --cert "$DATA/vectors/boot/keys/cap_sign.crt"
refuse 2 'rotkit: k.fit: verify: --db is for EFI programs (uefi-pe), this is fit' verify k.fit --db k.fit
refuse 2 "rotkit: --scheme is of a key: --pub names it
  see 'rotkit help verify'" verify --scheme rsa-pss-sha256 k.fit

# Of several operands an option is for those that heed it, and one at least must.
echo 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f >sym
chmod 600 sym
openssl rand -hex 16 >other
chmod 600 other
boot=$DATA/vectors/boot/kernel
run 0 encrypt kernel-encrypted "$boot/boot_signed.img" -o boot.enc --key other --set derivation-string='a string of 16ch'
run 0 verify --key other boot.enc
run 0 verify --key other boot.enc k.fit
run 2 verify --key other k.fit k.fit
grep -q '^rotkit: no operand heeds --key$' "$err" || fail "$(cat "$err")"
