# SPDX-License-Identifier: Apache-2.0
# AVB: vbmeta images with hash, hash tree and chain descriptors, with and without the partitions' images, partition images
# with footers, keys in avbtool's form. The bytes are made by tests/support/vbmeta.py, hash trees by veritysetup.
. "$(dirname "$0")/lib.sh"
need python3 openssl veritysetup perl
make() {
    python3 "$SOURCE/tests/support/vbmeta.py" "$@" || fail "vbmeta.py $*"
}
# flipped FILE OFFSET NEW
flipped() {
    cp "$1" "$3"
    flip "$3" "$2"
}
K=$DATA/vectors/boot/keys
cp "$K/rsa2048.pem" root.key
cp "$K/tw.pem" chain.key
cp "$K/ntw.pem" other.key
cp "$K/rsa3072.pem" big.key
for key in root chain other big; do
    openssl pkey -in $key.key -pubout -out $key.pub
    make --key $key.key $key.avbpubkey
done
perl -e 'print pack "N*", map { $_ * 2654435761 % 4294967296 } 1 .. 1250' >boot.img
perl -e 'print pack "N*", map { $_ * 40503 } 1 .. 409600' >system
perl -e 'print pack "N*", map { $_ * 69069 } 1 .. 1024' >small

# tree FILE: its hash tree is put behind it (FILE.img), its size and root are told
tree() {
    blocks=$(($(stat -c %s "$1") / 4096))
    cp "$1" "$1.img"
    veritysetup format --no-superblock --salt 00112233 --data-blocks $blocks --hash-offset $((blocks * 4096)) "$1.img" "$1.img" >said ||
        fail "veritysetup: $(cat said)"
    root=$(sed -n 's/^Root hash: *\t*//p' said)
    tree=$(($(stat -c %s "$1.img") - blocks * 4096))
}
tree system
system_tree=$tree system_root=$root
tree small
make root.key dtbo.img --footer boot.img 65536 hash:dtbo:boot.img
make chain.key vendor.img --rollback 3 --footer boot.img 131072 hash:vendor:boot.img
make root.key vbmeta.img --rollback 5 hash:boot:boot.img tree:system:system:$system_tree:$system_root:00112233 \
    tree:small:small:$tree:$root:00112233 chain:vendor:chain.key prop:com.android.build:1 cmdline:quiet
all="--with boot=boot.img --with system=system.img --with small=small.img --with vendor=vendor.img"

# ---- everything there: holds, by the key in each form; by another it does not
for key in root.pub root.avbpubkey; do
    # shellcheck disable=SC2086
    run 0 verify --pub $key $all vbmeta.img
    stdout_is 'vbmeta.img: avb: digests and signature hold; not signed: 0x100-0x23f, 0x9c0-0xfff; signer: the key given'
done
for key in other.pub other.avbpubkey big.avbpubkey; do
    # shellcheck disable=SC2086
    run 3 verify --pub $key $all vbmeta.img
    stderr_is 'rotkit: vbmeta.img: avb: signed by another key than the one given'
done
flipped root.avbpubkey 600 damaged.avbpubkey # of R^2, which libavb computes with
refuse 4 'rotkit: --pub: key file "damaged.avbpubkey": no public key in PEM or DER' verify --pub damaged.avbpubkey vbmeta.img

# ---- a partition is not there: 8, with its name
refuse 8 'rotkit: vbmeta.img: avb: could not be checked: partition "system": needs the partition'"'"'s image: --with PARTITION=FILE' \
    verify --pub root.pub --with boot=boot.img --with small=small.img --with vendor=vendor.img vbmeta.img
run 8 verify --pub root.pub vbmeta.img
for name in boot system small vendor; do
    grep -qF "partition \"$name\"" "$err" || fail "$name is not named: $(cat "$err")"
done
run 0 verify vbmeta.img
stdout_is 'vbmeta.img: avb: partitions not looked at: --with PARTITION=FILE, signature not checked: needs the key; signer: not checked'
run 2 verify --pub root.pub --with boot=boot.img dtbo.img
stderr_is 'rotkit: dtbo.img: avb: no descriptor is of a partition "boot"'

# ---- a changed partition, with and without a key; a changed tree; a chain by another key
flipped boot.img 17 changed
# shellcheck disable=SC2086
for how in "--pub root.pub" ""; do
    run 3 verify $how --with boot=changed vbmeta.img
    stderr_is 'rotkit: vbmeta.img: avb: partition "boot": the image'"'"'s digest does not hold'
done
for at in 0 1638399; do
    flipped system.img $at changed
    run 3 verify --pub root.pub --with system=changed vbmeta.img
    stderr_is 'rotkit: vbmeta.img: avb: partition "system": the root of the image'"'"'s hash tree does not hold'
done
for at in 1638400 1642497 $(($(stat -c %s system.img) - 1)); do # the uppermost level, the one below, its end
    flipped system.img $at changed
    run 3 verify --pub root.pub --with system=changed vbmeta.img
    stderr_is 'rotkit: vbmeta.img: avb: partition "system": the hash tree in the image is another'
done
head -c 1638400 system.img >changed
run 3 verify --pub root.pub --with system=changed vbmeta.img
make other.key changed --footer boot.img 131072 hash:vendor:boot.img
run 3 verify --pub root.pub --with vendor=changed vbmeta.img
stderr_is 'rotkit: vbmeta.img: avb: partition "vendor": signed by another key than the one given'
flipped vendor.img 5 changed
run 3 verify --pub root.pub --with vendor=changed vbmeta.img
make chain.key changed --footer boot.img 131072 hash:recovery:boot.img # signed for another place of this size
run 3 verify --pub root.pub --with vendor=changed vbmeta.img
stderr_is 'rotkit: vbmeta.img: avb: partition "vendor": no descriptor is over the image'
head -c 100000000 /dev/zero >large # the work on it is not that of vbmeta.img
make chain.key vendor.large --footer large 100663296 hash:vendor:large
make root.key vbmeta.large chain:vendor:chain.key
run 0 verify --pub root.pub --with vendor=vendor.large vbmeta.large
rm large vendor.large
make root.key half.chain --flags 1 chain:small:chain.key
make chain.key changed --footer small.img 65536 tree:small:small:$tree:$root:00112233
run 3 verify --pub root.pub --with small=changed half.chain
stderr_is 'rotkit: half.chain: avb: partition "small": flag 1 (hash tree disabled): partition "small" is not verified'
make root.key twice.img chain:vendor:chain.key hash:vendor:boot.img
run 2 verify --pub root.pub --with vendor=vendor.img twice.img
stderr_is 'rotkit: twice.img: avb: two descriptors of partition "vendor"'
make chain.key changed chain:deeper:other.key
run 3 verify --pub root.pub --with vendor=changed vbmeta.img
stderr_is 'rotkit: vbmeta.img: avb: partition "vendor": a chain below a chain, which libavb does not follow'

# ---- a name that nothing asks for, beside a chain too; one that the chained vbmeta asks for
# shellcheck disable=SC2086
run 2 verify --pub root.pub $all --with vendro=vendor.img vbmeta.img
stderr_is 'rotkit: vbmeta.img: avb: no descriptor is of a partition "vendro"'
make chain.key changed --footer boot.img 131072 --original 5000 hash:vendor:boot.img tree:other:small:$tree:$root:00112233
make root.key over.img chain:vendor:chain.key
run 8 verify --pub root.pub --with vendor=changed over.img
run 0 verify --pub root.pub --with vendor=changed --with other=small.img over.img
run 2 verify --pub root.pub --with other=small.img over.img

# ---- a vbmeta for a libavb to come
cp vbmeta.img later.img
printf '\003' | dd of=later.img bs=1 seek=11 conv=notrunc 2>/dev/null
run 3 verify --pub root.pub later.img
printf '\004' | dd of=later.img bs=1 seek=11 conv=notrunc 2>/dev/null
run 2 verify --pub root.pub later.img
stderr_is 'rotkit: later.img: avb: vbmeta wants libavb 1.4, known are 1.0 to 1.3'

# ---- what libavb refuses of a chain: flags of its vbmeta; vbmeta's own rollback index
for flags in 1 4; do
    make chain.key changed --flags $flags --footer boot.img 131072 hash:vendor:boot.img
    run 3 verify --pub root.pub --with vendor=changed vbmeta.img
    stderr_is "rotkit: vbmeta.img: avb: partition \"vendor\": flags 0x$flags of a chained vbmeta: libavb refuses any"
done
make root.key changed --location 0 chain:vendor:chain.key
run 3 verify --pub root.pub --with vendor=vendor.img changed
stderr_is 'rotkit: changed: avb: partition "vendor": a chain with rollback index location 0, which is vbmeta'"'"'s own: libavb refuses it'

# ---- a hash that libavb does not know
for name in sha384 SHA256; do
    make root.key changed --hash $name hash:boot:boot.img
    run 3 verify --pub root.pub --with boot=boot.img changed
    stderr_is "rotkit: changed: avb: partition \"boot\": hash algorithm \"$name\" of a partition: libavb takes sha256 and sha512"
done
make root.key changed --hash sha512 hash:boot:boot.img
run 0 verify --pub root.pub --with boot=boot.img changed

# ---- flags that make a boot loader look away; no signature; a vbmeta in its padded partition
make root.key off.img --flags 2 hash:boot:boot.img
run 3 verify --pub root.pub --with boot=boot.img off.img
stderr_is 'rotkit: off.img: avb: flag 2 (verification disabled): the boot loader looks at no descriptor'
make root.key half.img --flags 1 tree:small:small:$tree:$root:00112233
run 3 verify --pub root.pub --with small=small.img half.img
make none plain.img hash:boot:boot.img
run 0 verify --with boot=boot.img plain.img
run 3 verify --pub root.pub --with boot=boot.img plain.img
{ cat vbmeta.img && head -c 61440 /dev/zero; } >padded.img
# shellcheck disable=SC2086
run 0 verify --pub root.pub $all padded.img
make root.key older.img --rollback 4 hash:boot:boot.img
run 0 verify --pub root.pub --with boot=boot.img --not-older-than older.img older.img
run 3 verify --pub root.pub --with boot=boot.img --not-older-than vbmeta.img older.img

# ---- a partition with a footer, as large as the partition; with a hash tree of its own
run 0 verify --pub root.pub dtbo.img
flipped dtbo.img 4999 changed
run 3 verify --pub root.pub changed
cat small.img >content
make root.key tree.img --footer content 65536 tree:small:small:$tree:$root:00112233
run 0 verify --pub root.avbpubkey tree.img
flipped tree.img 7 changed
run 3 verify --pub root.pub changed
{ head -c 5000 system && head -c 3192 /dev/zero; } >odd # avbtool fills up to a block
tree odd
make root.key odd.footer --footer odd.img 65536 --original 5000 tree:odd:odd:$tree:$root:00112233
run 0 verify --pub root.pub odd.footer
stdout_is 'odd.footer: avb: digests and signature hold; not signed: 0x3100-0x323f, 0x3540-0xffff; signer: the key given'
for at in 0 4999 8191 8192; do # the content, what fills it up, its tree
    flipped odd.footer $at changed
    run 3 verify --pub root.pub changed
done

# ---- every byte that is signed
what=flip
for at in 0 5 20 30 110 119 123 200 255 580 600 700 900 1100 1300 1500 1700; do
    flipped vbmeta.img $at changed
    code=0
    # shellcheck disable=SC2086
    "$ROTKIT" verify --pub root.pub $all changed >/dev/null 2>&1 || code=$?
    [ $code -eq 3 ] || [ $code -eq 2 ] || fail "byte $at flipped: $code"
done
