# SPDX-License-Identifier: Apache-2.0
# OEM signatures and keys in files of their own, as the BSP's header tool takes them: verify holds them against file and
# public key, of each key type; what it could not ask for is 8; pack does not take them for its own.
. "$(dirname "$0")/lib.sh"
need openssl
V=$DATA/vectors/boot

umask 077
cp "$V"/keys/rsa3072.pem "$V"/keys/p256.pem "$V"/keys/p521.pem .
openssl genrsa -out other.pem 3072 2>/dev/null
openssl ecparam -name prime256v1 -genkey -noout -out otherp256.pem
for key in rsa3072 p256 p521 other otherp256; do
    openssl pkey -in $key.pem -pubout -out $key.pub.pem
done
run 0 pack tegra-bch payload="$V/inputs/mb2.bin" --set magic=MB2B -o image.bch
# A boot ROM BCT, filled in by perl's SHA-512 where the document places its digests.
perl -MDigest::SHA=sha512 -e '
    my $f = join "", map { chr(($_ * 37 + 11) & 0xff) } 0 .. 0x1fff;
    substr($f, 0, 4) = "BCTB"; substr($f, 0x1210, 4) = "BCTB"; substr($f, 0x204, 0xb10) = "\0" x 0xb10;
    substr($f, 0x44, 0x180) = "\0" x 0x180;
    substr($f, 0x1ac0, 64) = sha512(substr $f, 0x170c, 0x3b4);
    substr($f, 0x1c4, 64) = sha512(substr $f, 0x1200, 0xe00);
    substr($f, 4, 64) = sha512(substr $f, 0x44, 0x1fbc);
    print $f' >bct

for key in rsa3072 p256 p521; do
    what=$key
    run 0 sign tegra-bch image.bch -o $key.sig --key $key.pem --set output=sig
    run 0 sign tegra-bch image.bch -o $key.pub --key $key.pem --set output=pub
    run 0 verify image.bch --pub $key.pub.pem --with sig=$key.sig --with pub=$key.pub
    run 0 verify image.bch --pub $key.pub.pem --with sig=$key.sig
    grep -q "signature beside the file" "$out" || fail "$(cat "$out")"
    # every byte of either counts
    for at in 0 20 63; do
        cp $key.sig bad.sig
        flip bad.sig $at
        run 3 verify image.bch --pub $key.pub.pem --with sig=bad.sig --with pub=$key.pub
        cp $key.pub bad.pub
        flip bad.pub $at
        run 3 verify image.bch --pub $key.pub.pem --with sig=$key.sig --with pub=bad.pub
        stderr_is "rotkit: image.bch: tegra-bch: part \"pub\" is of another key"
    done
    run 3 verify image.bch --pub other.pub.pem --with sig=$key.sig
    run 3 verify image.bch --pub otherp256.pub.pem --with sig=$key.sig
    head -c 40 $key.sig >short.sig
    run 3 verify image.bch --pub $key.pub.pem --with sig=short.sig
    run 8 verify image.bch --with sig=$key.sig
    run 8 verify image.bch --with pub=$key.pub
    # the signed bytes are those of the header, and what its digests cover
    cp image.bch bad.bch
    flip bad.bch 4096
    run 3 verify bad.bch --pub $key.pub.pem --with sig=$key.sig
    cp image.bch bad.bch
    flip bad.bch 9000
    run 3 verify bad.bch --pub $key.pub.pem --with sig=$key.sig
    run 0 sign tegra-br-bct bct -o bct.sig --key $key.pem --set output=sig
    run 0 sign tegra-br-bct bct -o bct.pub --key $key.pem --set output=pub
    run 0 verify bct --pub $key.pub.pem --with sig=bct.sig --with pub=bct.pub
    run 3 verify bct --pub other.pub.pem --with sig=bct.sig
    flip bct.sig 5
    run 3 verify bct --pub $key.pub.pem --with sig=bct.sig
done
what=
refuse 3 'rotkit: image.bch: tegra-bch: part "sig": 64 bytes, a signature by RSA-3072 has 384' \
    verify image.bch --pub rsa3072.pub.pem --with sig=p256.sig
refuse 3 "rotkit: image.bch: tegra-bch: no OEM signature at 0x90 (experimental offset)" verify image.bch --pub rsa3072.pub.pem
refuse 2 'rotkit: image.bch: tegra-bch: part "payload" is for pack: verify takes sig and pub' \
    verify image.bch --pub rsa3072.pub.pem --with payload="$V/inputs/mb2.bin"
refuse 2 'rotkit: pack tegra-bch: parts "sig" and "pub" are for verify' \
    pack tegra-bch payload="$V/inputs/mb2.bin" sig=rsa3072.sig --set magic=MB2B -o x.bch
refuse 2 'rotkit: pack tegra-bch: part "header" is of type "MB2B", setting "magic" says "MB1B"' \
    pack tegra-bch payload="$V/inputs/mb2.bin" header=image.bch --set magic=MB1B -o x.bch
run 0 pack tegra-bch payload="$V/inputs/mb2.bin" header=image.bch --set magic=MB2B -o same.bch
cmp image.bch same.bch || fail "another image under its own header"
