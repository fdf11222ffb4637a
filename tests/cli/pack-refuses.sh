# SPDX-License-Identifier: Apache-2.0
# pack, sign, encrypt and match refuse what they cannot do, each with one message, and leave nothing behind; parts
# out of archives of every kind, and archives that are not what they say.
. "$(dirname "$0")/lib.sh"
need tar zip cpio openssl
V=$DATA/vectors/boot
K=$V/keys
echo payload >p
known=$("$ROTKIT" pack --formats | sed -n 's/^\([a-z0-9-]*\): .*/\1/p' | paste -s -d , | sed 's/,/, /g')

refuse 2 "rotkit: unknown format \"capsul\" (known: $known)" pack capsul -o x payload=p
refuse 2 'rotkit: pack: capsule takes no part "paylod" (known: payload)' pack capsule -o x paylod=p
refuse 2 'rotkit: pack: capsule has no setting "vers" (known: version, lowest-supported-version, image-type, monotonic-count, accept-test-keys)' \
    pack capsule -o x payload=p --set vers=1
refuse 2 'rotkit: pack: part "payload" is given twice' pack capsule -o x payload=p payload=p
refuse 2 'rotkit: pack: setting "version" is given twice' pack capsule -o x payload=p --set version=1 --set version=2
refuse 2 'rotkit: pack: capsule needs a part "payload": what is installed, a bup' pack capsule -o x
refuse 2 'rotkit: pack capsule: setting "version" is missing: FwVersion, e.g. 0x00230301 for 35.3.1' pack capsule -o x payload=p
refuse 2 'rotkit: pack capsule: lowest-supported-version 0x3 is above version 0x2: the update would refuse itself' \
    pack capsule -o x payload=p --set version=2 --set lowest-supported-version=3
refuse 2 'rotkit: pack capsule: "nonsense" is no GUID, expected the form 01234567-89ab-cdef-0123-456789abcdef' \
    pack capsule -o x payload=p --set version=1 --set image-type=nonsense
refuse 2 'rotkit: pack capsule: setting "version": "0x1ffffffff" is above 4294967295' pack capsule -o x payload=p --set version=0x1ffffffff
refuse 7 'rotkit: part "payload": cannot open "absent": No such file or directory' pack capsule -o x payload=absent --set version=1
refuse 2 "rotkit: expected NAME=FILE, found \"p\"
  see 'rotkit help pack'" pack capsule -o x p
refuse 2 "rotkit: -o FILE is missing
  see 'rotkit help pack'" pack capsule payload=p
run 2 sign bup "$V/bup/bup_v3_4entries.bin" -o x --key "$K/rsa2048.pem"
grep -qF 'it carries no signature: sign the capsule around it' "$err" || fail "$(cat "$err")"

# T234: the split is the way, SBK is not public, keys that the ROM does not take.
run 0 pack tegra-bch -q -o bch payload=p --set magic=MB2B
refuse 2 'rotkit: "bch": sign tegra-bch: where the OEM signature stands is known from third-party work alone
  output=sig and output=pub make the files that the BSP'"'"'s own header tool puts in
  experimental=oem-insert puts them in here, at those offsets' sign tegra-bch bch -o x --key "$K/p256.pem"
refuse 4 'rotkit: "bch": sign tegra-bch: an Orin boot ROM takes RSA-3072, P-256 or P-521, this key is RSA with 2048 bits' \
    sign tegra-bch bch -o x --key "$K/rsa2048.pem" --set output=sig
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -pkeyopt rsa_keygen_pubexp:3 -out e3.pem 2>/dev/null
refuse 4 'rotkit: "bch": sign tegra-bch: the RSA exponent is not 65537, which the boot ROM assumes' \
    sign tegra-bch bch -o x --key e3.pem --set output=sig
echo 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f >sym.key
run 2 encrypt tegra-bch bch -o x --key sym.key
grep -qF 'SBK encryption has no public definition' "$err" || fail "$(cat "$err")"
grep -qF 'encrypted-by: bsp' "$err" || fail "the way out is not told: $(cat "$err")"

# raw needs a scheme; a public key signs nothing.
refuse 2 'rotkit: "p": sign raw: a raw signature needs a scheme, e.g. rsa-pss-sha512' sign raw p -o x --key "$K/p256.pem"
refuse 4 'rotkit: "p": the whole file: the key is public only and cannot sign' \
    sign raw p -o x --key "pub:$K/p256.pub.pem" --scheme ecdsa-sha256
refuse 4 'rotkit: "p": the whole file: scheme rsa-pss-sha512 needs a key of type RSA, this one is EC' \
    sign raw p -o x --key "$K/p256.pem" --scheme rsa-pss-sha512
refuse 2 "rotkit: --scheme: unknown scheme \"md5\"
  see 'rotkit help sign'" sign raw p -o x --key "$K/p256.pem" --scheme md5

# Components: every kind of archive gives the same bytes; links, climbing names, absent members, damage do not.
mkdir tree tree/inside
echo part >tree/inside/part
ln -s part tree/inside/link
tar -cf a.tar tree
gzip -k a.tar
bzip2 -k a.tar
xz -k a.tar
(cd tree && zip -qr ../a.zip . && find . -type f | cpio -o --quiet -H newc >../a.cpio)
for archive in a.tar a.tar.gz a.tar.bz2 a.tar.xz; do
    run 0 pack bup -o x mb1="$archive!tree/inside/part"
    tail -c 5 x | cmp - tree/inside/part || fail "$archive: other bytes"
done
for archive in a.zip a.cpio; do
    run 0 pack bup -o x mb1="$archive!./inside/part"
    tail -c 5 x | cmp - tree/inside/part || fail "$archive: other bytes"
done
rm x
# A sparse member has its holes, the last one too; one that unpacks to more than is taken does not.
printf x >sparse
truncate -s 100000 sparse
truncate -s 3G bomb
tar -cjSf sparse.tbz2 sparse bomb
run 0 pack bup -o x mb1=sparse.tbz2!sparse
tail -c 100000 x | cmp - sparse || fail "a sparse member has other bytes"
rm x bomb
refuse 2 'rotkit: part "mb1": "sparse.tbz2!bomb": unfolds to more than 256 MiB, and an honest archive of its size does not: unpack it by hand, and look at what is in it' pack bup -o x mb1=sparse.tbz2!bomb
refuse 2 'rotkit: part "mb1": "a.tar!tree/inside/link": no regular file: name the one it points to' pack bup -o x mb1=a.tar!tree/inside/link
refuse 2 'rotkit: part "mb1": "a.tar" holds no file "tree/none"' pack bup -o x mb1=a.tar!tree/none
refuse 2 'rotkit: part "mb1": "a.tar!../p": expected archive!path/inside, without ".."' pack bup -o x mb1=a.tar!../p
refuse 2 'rotkit: part "mb1": "a.tar!/etc/passwd": expected archive!path/inside, without ".."' pack bup -o x mb1=a.tar!/etc/passwd
head -c 100 a.tar.gz >cut.tar.gz
head -c 100 a.tar.bz2 >cut.tar.bz2
for archive in cut.tar.gz cut.tar.bz2 p; do
    run 2 pack bup -o x mb1="$archive!tree/inside/part"
    [ ! -e x ] || fail "something was left behind"
done
refuse 7 "rotkit: part \"mb1\": cannot open \"absent.tar\": No such file or directory" pack bup -o x mb1=absent.tar!a

# match: exit code 3 with the reason, 2 for what is no package.
refuse 2 'rotkit: "p": no update package (NVIDIA__BLOB__V) inside' match p --board 3767-300-0000-M.1-1-1-x-
run 3 match "$V/bup/bup_v3_4entries.bin" --board 3701-000-0000-M.1-1-1-jetson-agx-orin-devkit-
stderr_is "rotkit: \"$V/bup/bup_v3_4entries.bin\": 19 of 21 images that UEFI of t234 requires have no entry for the board \"3701-000-0000-M.1-1-1-jetson-agx-orin-devkit-\", the first \"adsp-fw\" (not in the package)
  the board would report 6151, image not in package"
grep -v '^missing ' "$out" >entries
is entries 'install  mb1
install  mb2
skip     BCT (3767-300-0000-M.1-1-1-jetson-orin-nano-devkit-): for boards without the production fuse
skip     BCT (3767--0000--1--jetson-orin-nano-devkit-): board id: package 3767, board 3701; machine: package jetson-orin-nano-devkit, board jetson-agx-orin-devkit'
refuse 2 'rotkit: pack bup: part "mb2/0/0": entry "mb2" is there twice for the same boards: the updater takes part "mb2"' \
    pack bup -o x mb2=p mb2/0/0=p

# ---- a scheme that the format does not sign by is refused, not left aside ----
run 0 pack fip -o plain.fip tb-fw="$V/inputs/bl2.bin"
refuse 2 'rotkit: "plain.fip": sign fip: scheme rsa-pkcs1-sha256: fip is signed by rsa-pss-sha256' \
    sign fip plain.fip -o x --key "$K/rsa2048.pem" --scheme rsa-pkcs1-sha256
refuse 2 'rotkit: "'"$V"'/uefi/min_aarch64.efi": sign uefi-pe: scheme rsa-pss-sha384: uefi-pe is signed by rsa-pkcs1-sha256' \
    sign uefi-pe "$V/uefi/min_aarch64.efi" -o x --key "$K/db.key" --cert "$V/uefi/db.crt" --scheme rsa-pss-sha384

# ---- a flash whose slot B is filled in part: a board that starts from it finds the rest empty ----
L=$SOURCE/examples/jetson-product/flash_qspi.xml
run 0 pack qspi -o flash layout="$L" A_sc7=p B_sc7=p A_mb1=p
stderr_is 'rotkit: warning: partition "A_mb1" has a file and "B_mb1" none: a board that starts from that slot finds it empty'
run 0 pack qspi -o flash layout="$L" B_mb1=p
stderr_is 'rotkit: warning: partition "B_mb1" has a file and "A_mb1" none: a board that starts from that slot finds it empty'
run 0 pack qspi -o flash layout="$L" A_sc7=p A_mb1=p uefi_variables=p
stderr_is ""
