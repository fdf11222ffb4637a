# SPDX-License-Identifier: Apache-2.0
# FITs that people have are read, and verify says of each what is right (tests/data/image/fit/README.md).
. "$(dirname "$0")/lib.sh"
need dtc fdtput perl openssl
F=$DATA/image/fit
P=$F/fit-rsa3072.pub

# A device tree with a node "images" below another is no FIT; in one it is a tree like any other.
dtc -I dts -O dtb -o bm.dtb "$F/bm.dts"
run 2 inspect bm.dtb
grep -q '"bm.dtb": unknown format' "$err" || fail "$(cat "$err")"
head -c 5000 /dev/urandom >kernel
run 0 pack fit -o bm.fit kernel=kernel fdt=bm.dtb
run 0 inspect bm.fit
grep -q 'fdt-1  flat_dt  \[digest: sha256\]' "$out" || fail "$(cat "$out")"
run 0 verify bm.fit
openssl genrsa -out key.pem 2048 2>/dev/null
openssl pkey -in key.pem -pubout -out key.pub
run 0 sign fit bm.fit -o signed.fit --key key.pem
run 0 verify --pub key.pub signed.fit

# Data inside of the tree and outside: U-Boot hashes what is outside, and its command "source" runs what is inside.
cp signed.fit both.fit
fdtput -t s both.fit /images/kernel-1 data evil
fdtput -t u both.fit /images/kernel-1 data-size 5000
fdtput -t u both.fit /images/kernel-1 data-offset 0
{ perl -e 'print "\0" x (-(-s "both.fit") % 4)' && cat kernel; } >outside
cat outside >>both.fit
run 0 verify both.fit
refuse 3 'rotkit: both.fit: fit: configuration conf-1: image "kernel-1" has data in more than one place, and not all of U-Boot takes '\
'the one that is hashed' verify --pub key.pub both.fit

# Names in a file are anybody's: what is no UTF-8 (0x9b moves the cursor of some terminals) is shown as ?, and JSON stays JSON.
perl -0777 -pe 's/(\0\0\0\x01)hash-1/$1hash\x9b1/' signed.fit >name.fit
refuse 3 'rotkit: name.fit: fit: configuration conf-1: "/images/kernel-1/hash?1" is not among the signed nodes' verify --pub key.pub name.fit
run 3 verify --json --pub key.pub name.fit
grep -q '"outcome":"fails".*hash?1' "$out" || fail "$(cat "$out")"
grep -q '^{"error":{"code":3,.*hash?1' "$err" || fail "$(cat "$err")"
fdtput -t bx signed.fit /configurations/conf-1/signature-1 key-name-hint 64 9b 76 00
run 0 verify --json --pub key.pub signed.fit
grep -q '"outcome":"holds".*key d?v' "$out" || fail "$(cat "$out")"
cp signed.fit "$(printf 'name\233.fit')"
run 0 verify --json --pub key.pub "$(printf 'name\233.fit')"
grep -q '"path":"name?.fit"' "$out" || fail "$(cat "$out")"

# A file inside that is malformed, or does not hold, is a note: the FIT's own hash says that it is as it was made.
head -c 1000 "$F/c-sha384-rsa3072.k3.fit" >inner-cut.fit
perl -0777 -pe 'substr($_, 0xb0, 1) ^= "\x01"' "$F/c-sha384-rsa3072.k3.fit" >inner-flipped.fit
run 3 verify inner-flipped.fit
printf '%s\n' 'cut.fit;totalsize is 3678, the file has 1000 bytes' 'flipped.fit;image kernel: its sha384 hash does not hold' >rows
while IFS=';' read -r inner why; do
    run 0 pack fit -o outer.fit kernel=kernel ramdisk=inner-$inner
    run 0 inspect outer.fit
    grep -q "ramdisk-1  ramdisk; looks like fit: fit: $why  \[digest: sha256\]" "$out" || fail "$(cat "$out")"
    run 0 verify outer.fit
    run 0 sign fit outer.fit -o outer-signed.fit --key key.pem
    run 0 verify --pub key.pub outer-signed.fit
done <rows
# A package without certificates says nothing of what is in it.
run 0 pack fip -o outer.fip nt-fw="$F/c-sha384-rsa3072.k3.fit"
perl -0777 -pi -e 'substr($_, 0x60 + 0xb0, 1) ^= "\x01"' outer.fip
refuse 3 'rotkit: outer.fip: fip: nt-fw at 0x60: fit: image kernel: its sha384 hash does not hold' verify outer.fip

# Data outside of the tree: hashed where it stands.
run 0 inspect "$F/ext.keys.fit"
cat >wanted <<'TEXT'
fit
0x000000     2172  U-Boot FIT image
0x000000       40    header
0x000588      500    kernel  kernel, outside of the tree  [digest: sha256]
0x00077c      253    fdt-1  flat_dt, outside of the tree  [digest: sha256]
0x000380      256    conf-1/signature  sha256,rsa2048, pkcs-1.5, key dev
0x0004c0      199    strings block
0x000879        3    padding  0x00
hashes ok, signatures not checked: needs the public key
TEXT
same "the map of ext.keys.fit" wanted "$out"
run 0 verify "$F/ext.keys.fit"
cp "$F/ext.keys.fit" flipped.fit
perl -0777 -pi -e 'substr($_, 0x600, 1) ^= "\x01"' flipped.fit
refuse 3 'rotkit: flipped.fit: fit: image kernel: its sha256 hash does not hold' verify flipped.fit
head -c 2000 "$F/ext.keys.fit" >cut.fit
refuse 2 'rotkit: cut.fit: fit: image fdt-1: its data, 253 bytes at 0x77c, ends behind the file of 2000 bytes' verify cut.fit

# Another key: the file says how it calls its own.
openssl genrsa -out other.pem 3072 2>/dev/null
openssl pkey -in other.pem -pubout -out other.pub
refuse 3 "rotkit: $F/ext.keys.fit: fit: configuration conf-1: signed by another key, by \"sha256,rsa2048\" and the key that \
it calls \"dev\": the one given is RSA with 3072 bits" verify --pub other.pub "$F/ext.keys.fit"
refuse 3 "rotkit: $F/c-sha384-rsa3072.k3.fit: fit: configuration conf-1: signed by another key than the one given, which it \
calls \"dev\"" verify --pub other.pub "$F/c-sha384-rsa3072.k3.fit"

# SHA-384 with RSA-3072.
run 0 verify --pub "$P" "$F/c-sha384-rsa3072.k3.fit"
grep -q 'hashes and 1 signed configuration hold' "$out" || fail "$(cat "$out")"
cp "$F/c-sha384-rsa3072.k3.fit" flipped.fit
perl -0777 -pi -e 's/(conf-1\0{5}\x03\0{3}\x07....)kernel/$1kernol/s' flipped.fit
cmp -s flipped.fit "$F/c-sha384-rsa3072.k3.fit" && fail "nothing was flipped"
refuse 3 'rotkit: flipped.fit: fit: configuration conf-1: it names image "kernol", which is not there' verify --pub "$P" flipped.fit
perl -0777 -pe 's/compression\0load/compressiom\0load/' "$F/c-sha384-rsa3072.k3.fit" >flipped.fit
cmp -s flipped.fit "$F/c-sha384-rsa3072.k3.fit" && fail "nothing was flipped"
refuse 3 'rotkit: flipped.fit: fit: configuration conf-1: signed by the key given, and changed since' verify --pub "$P" flipped.fit

# ECDSA by P-256, with data outside of the tree.
run 0 verify --pub "$DATA/vectors/boot/keys/p256.pub.pem" "$F/ecdsa256.fit"
grep -q 'hashes and 1 signed configuration hold' "$out" || fail "$(cat "$out")"
openssl ecparam -name prime256v1 -genkey -noout | openssl pkey -pubout -out other.pub
refuse 3 "rotkit: $F/ecdsa256.fit: fit: configuration conf: signed by another key than the one given, which it calls \"p256\", or \
changed since: the signature does not hold" verify --pub other.pub "$F/ecdsa256.fit"
refuse 3 "rotkit: $F/ecdsa256.fit: fit: configuration conf: signed by another key, by \"sha256,ecdsa256\" and the key that it \
calls \"p256\": the one given is EC with 521 bits" verify --pub "$DATA/vectors/boot/keys/p521.pub.pem" "$F/ecdsa256.fit"

# Signed images alone: said, and not enough.
run 0 inspect "$F/sign-images-sha256.fit"
grep -q '^no hashes, images are signed, configurations are not$' "$out" || fail "$(cat "$out")"
run 0 verify "$F/sign-images-sha256.fit"
grep -q 'images are signed, configurations are not; signer: not checked' "$out" || fail "$(cat "$out")"
for asked in "--pub $P" "--ca $DATA/vectors/boot/fit/dev.crt"; do
    # shellcheck disable=SC2086
    refuse 3 "rotkit: $F/sign-images-sha256.fit: fit: images are signed, configurations are not: that is not enough, since no \
signature says which images, addresses and device tree belong together (sign the configurations, and have U-Boot's key \
require \"conf\")" verify $asked "$F/sign-images-sha256.fit"
done

# In a slot of flash: what stands behind is told, and is not part of it.
for file in ext.keys.fit c-sha384-rsa3072.k3.fit; do
    { cat "$F/$file" && head -c 5000 /dev/zero | tr '\0' '\377'; } >slot
    run 0 verify slot
    run 0 inspect slot
    grep -q 'padding  0xff$' "$out" || fail "$(cat "$out")"
done
run 0 verify --pub "$P" slot
