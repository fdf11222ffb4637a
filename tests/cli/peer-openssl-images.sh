# SPDX-License-Identifier: Apache-2.0
# Does openssl hold what rotkit signs and encrypts: capsule, CMS, raw and T234 signatures, the kernel's key?
. "$(dirname "$0")/lib.sh"
need openssl xxd perl
V=$DATA/vectors/boot
K=$V/keys

# Capsule: payload header ‖ payload ‖ monotonic count, by openssl smime.
run 0 pack capsule -o cap payload="$V/bup/bup_v3_4entries.bin" --set version=3
cat "$K/cap_sign.crt" "$K/cap_sub.crt" >signer.pem
run 0 sign capsule cap -o signed --key "$K/cap_sign.key" --cert signer.pem --set monotonic-count=7
der=$(($(printf '%d' "0x$(xxd -p -s 104 -l 4 signed | sed 's/\(..\)\(..\)\(..\)\(..\)/\4\3\2\1/')") - 24))
tail -c +129 signed | head -c $der >p7
{ tail -c +$((129 + der)) signed; xxd -p -s 96 -l 8 signed | unhex; } >content
openssl smime -verify -inform DER -binary -purpose any -CAfile "$K/cap_root.crt" -in p7 -content content \
    -out /dev/null 2>judged || fail "openssl smime: $(cat judged)"
[ "$(xxd -p -s 96 -l 8 signed)" = 0700000000000000 ] || fail "another monotonic count"

# Kernel files: detached CMS, and appended behind a boot image.
for key in RSA EC; do
    if [ $key = EC ]; then
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout db.key -out db.crt \
            -subj /CN=ec -days 30 2>/dev/null
    else
        cp "$K/db.key" db.key
        cp "$V/uefi/db.crt" db.crt
    fi
    run 0 sign kernel-cms "$V/kernel/boot.img" -o boot.sig --key db.key --cert db.crt
    openssl cms -verify -binary -inform der -purpose any -in boot.sig -content "$V/kernel/boot.img" -CAfile db.crt \
        -out /dev/null 2>judged || fail "openssl cms ($key): $(cat judged)"
    run 0 verify --ca db.crt --with content="$V/kernel/boot.img" boot.sig
done
# In the other direction, with openssl's signed attributes.
openssl cms -sign -signer "$V/uefi/db.crt" -inkey "$K/db.key" -binary -in "$V/inputs/kernel.bin" -outform der -out k.sig
run 0 verify --ca "$V/uefi/db.crt" --with content="$V/inputs/kernel.bin" k.sig

# The trap of 2048 and 4096: an image that ends on an odd multiple of 2048, read at 4096 first.
{ cat "$V/kernel/boot.img"; } >even
perl -e 'open F, "<:raw", shift; local $/; $_ = <F>; substr($_, 16, 4) = pack("V", 0); print' even >odd8192
head -c 6144 odd8192 >odd # one page of header, two of kernel
for image in even odd; do
    for page in 2048 4096; do
        run 0 sign kernel-cms $image -o appended --key "$K/db.key" --cert "$V/uefi/db.crt" --set form=appended --set page=$page
        run 0 verify --ca "$V/uefi/db.crt" appended
        at=$(( ($(stat -c %s $image) + page - 1) / page * page ))
        tail -c +$((at + 1)) appended >der
        openssl cms -verify -binary -inform der -purpose any -in der -content $image -CAfile "$V/uefi/db.crt" \
            -out /dev/null 2>judged || fail "$image at $page: $(cat judged)"
    done
done

# T234: the signature files in the form of the BSP's tools, turned round by hand.
head -c 64 /dev/zero >payload
run 0 pack tegra-bch -q -o bch payload=payload --set magic=MB2B --set load=1
tail -c +4033 bch | head -c 4160 >region
for key in rsa3072 p256 p521; do
    run 0 sign tegra-bch bch -o sig --key "$K/$key.pem" --set output=sig
    run 0 sign tegra-bch bch -o pub --key "$K/$key.pem" --set output=pub
    perl -e 'open F, "<:raw", shift; local $/; $_ = <F>; my ($k) = @ARGV;
        if ($k =~ /rsa/) { print scalar reverse; exit }
        my $w = length($_) / 2; my @n = map { scalar reverse } (substr($_, 0, $w), substr($_, $w));
        for (@n) { s/^\0+//; $_ = "\0$_" if ord() & 0x80; $_ = "\x02" . chr(length) . $_ }
        my $b = join "", @n; my $l = length $b; print "\x30", ($l < 128 ? chr $l : "\x81" . chr $l), $b;' sig $key >native
    pss=
    [ $key = rsa3072 ] && pss="-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:64 -sigopt rsa_mgf1_md:sha512"
    # shellcheck disable=SC2086
    openssl dgst -sha512 -verify "$K/$key.pub.pem" $pss -signature native region >judged || fail "openssl ($key): $(cat judged)"
    # The key that is stored hashes to the fuse value.
    hash=$({ cat pub; head -c $((384 - $(stat -c %s pub))) /dev/zero; } | openssl dgst -sha512 -r | cut -d ' ' -f 1)
    grep -qF "$hash" "$V/tegra/pubkeyhash.txt" || fail "$key: PublicKeyHash $hash"
done

# raw: a bare signature of any scheme.
while read -r scheme key opts; do
    run 0 sign raw region -o raw --key "$K/$key.pem" --scheme "$scheme"
    # shellcheck disable=SC2086
    openssl dgst -verify "$K/$key.pub.pem" $opts -signature raw region >judged || fail "openssl ($scheme)"
    run 0 verify --format raw --pub "$K/$key.pub.pem" --scheme "$scheme" --with content=region raw
    run 3 verify --format raw --pub "$K/$key.pub.pem" --scheme "$scheme" --with content=payload raw
done <<'ROWS'
rsa-pkcs1-sha256 rsa2048 -sha256
rsa-pss-sha512 rsa3072 -sha512 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:64
rsa-pss-max-sha256 rsa2048 -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:222
rsa-pss-max-sha384 rsa3072 -sha384 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:334
ecdsa-sha256 p256 -sha256
ecdsa-sha512 p521 -sha512
ROWS

# Encrypted kernel: the key by openssl's KBKDF, the text by its AES (GCM's counter starts at 2).
echo 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f >sym.key
run 0 encrypt kernel-encrypted "$V/kernel/boot_signed.img" -o enc --key sym.key --set derivation-string=rotkit-test-0002 --set version=0x01020304
dk=$(openssl kdf -keylen 32 -kdfopt mode:COUNTER -kdfopt mac:HMAC -kdfopt digest:SHA256 -kdfopt hexkey:"$(cat sym.key)" \
    -kdfopt salt:rotkit-test-0002 -kdfopt hexinfo:04030201 -binary KBKDF | xxd -p -c 64)
tail -c +8193 enc >ciphertext
openssl enc -d -aes-256-ctr -K "$dk" -iv "$(xxd -p -s 0x1444 -l 12 enc)00000002" -in ciphertext -out plain
head -c "$(stat -c %s "$V/kernel/boot_signed.img")" plain | cmp - "$V/kernel/boot_signed.img" || fail "openssl decrypts to something else"
[ "$(tail -c +$(($(stat -c %s "$V/kernel/boot_signed.img") + 1)) plain | xxd -p -l 1)" = 80 ] || fail "no 0x80 behind the image"
