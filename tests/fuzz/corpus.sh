#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes the files of corpus/ that are good: run it when a format has changed, look at what it changed, and commit that.
# What was found by fuzzing is left as it is. All keys are for this alone.
#   corpus.sh BUILD      BUILD: a build folder with rotkit and the replays, such as build/release
set -eu
build=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
source=$(cd "$here/../.." && pwd)
rotkit=$build/bin/rotkit
corpus=$here/corpus
vectors=$source/tests/data/vectors
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
export SOURCE_DATE_EPOCH=1800000000

# TARGET NAME: a good file of a target
good() {
    mkdir -p "$corpus/$1"
    cat >"$corpus/$1/good$2"
}

# ---- the key of fuzz.c, and a CA
printf '302e020100300506032b657004220420%s' "$(printf 'fuzz: no key but of fuzz targets' | xxd -p -c 64)" | xxd -r -p |
    openssl pkey -inform DER -out fuzz.key
unset SOURCE_DATE_EPOCH
[ -e "$corpus/ca.pem" ] ||
    openssl req -x509 -key "$vectors/boot/keys/p256.pem" -subj "/CN=fuzz CA" -days 36500 -not_before 20200101000000Z \
        -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign -out "$corpus/ca.pem" 2>/dev/null ||
    openssl req -x509 -key "$vectors/boot/keys/p256.pem" -subj "/CN=fuzz CA" -days 36500 \
        -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign -out "$corpus/ca.pem"
export SOURCE_DATE_EPOCH=1800000000

# ---- a release of one device
sh "$source/examples/jetson-orin/prepare.sh" "$rotkit" product p256 >/dev/null
sed -i '2,$d' product/devices/kdk_db.csv product/devices/eps_seeds.csv product/devices/pubkey_db.csv
cp fuzz.key product/keys/release.key
sed -e 's/templates: .*/templates: [L-1, L-2]/' -e '/^fuses:/,/^$/d' -e '/^secrets:/,/^$/d' product/manifest.yaml >product/fuzz.yaml
"$rotkit" build -q product/fuzz.yaml
rm -rf "$corpus/release"
cp -R product/release "$corpus/release"

# ---- files that the targets make themselves
for program in "$build"/bin/fuzz_*; do
    name=${program##*/fuzz_}
    "$program" --example >example 2>/dev/null && good "$name" "" <example
done

# ---- the TAs of examples/optee
good ta-elf -aarch64.elf <"$source/examples/optee/ftpm_ta.elf"
good ta-elf -arm.elf <"$source/examples/optee/ftpm_ta_32.elf"

# ---- texts
for kind in kdk_db pubkey_db eps_seeds; do
    good devicedb "-$kind.csv" <product/devices/$kind.csv
done
{
    printf 'unit,eps\r\n00010000000000000001,' && head -c 128 /dev/zero | tr '\0' c && printf '\r\n'
} | good devicedb -eps_db.csv
printf 'unit,huk\r\n00010000000000000001,000102030405060708090a0b0c0d0e0f\r\n' | good devicedb -huk_db.csv
{
    sed -n '1,/<partition name="A_psc_bl1"/{/<partition name="A_psc_bl1"/!p}' "$source/examples/jetson-product/flash_qspi.xml"
    printf '<partition name="B_mb1" type="mb1_bootloader" oem_sign="true"><size>0x80000</size>'
    printf '<partition_type_guid>EBD0A0A2-B9E5-4433-87C0-68B6B72699C7</partition_type_guid>'
    printf '<align_boundary>4096</align_boundary></partition>\n</device></partition_layout>\n'
} | good flash-layout .xml
sed 's/BootLoader.*//; s/Bctfile.*//' "$vectors/boot/t210/t.cfg" | good t210-text .cfg
"$rotkit" fuse xml -q --plaintext-secrets --accept-unconfirmed --pubkey "$vectors/ekb/pkh/rsa3k.pem" --preset 0x1e0 \
    --oem-k1 "$vectors/ekb/eks/in/oem_k1.key" --ftpm --security-mode 1 -o fuse.xml
good fuse-file -orin.xml <fuse.xml
good fuse-file -thor.xml <<'T'
<?xml version="1.0" encoding="UTF-8"?>
<!-- Thor -->
<genericfuse MagicId='0x45535546' version='1.0.0'>
  <fuse name="OptInEnable" size="4" value="1"></fuse>
  <fuse name="PscOemKdk0" size="32" value="0X00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEE01"/>
  <fuse name="BootSecurityInfo" size="4" value="0x200"/>
</genericfuse>
T
good fuse-file -rpmb.xml <<'T'
<genericfuse MagicId="0x45535546" version="2.0.0"><fuse name="OemK1" size="32"
 value="0x00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEE01"/><fuse name="BootSecurityInfo" size="4"
 value="0x200"/><rpmb provisioning="0x1" dev_type="0x2"/></genericfuse>
T
good fuse-file -list.xml <<'T'
<genericfuse MagicId="0x45535546" version="1.0.0"><fuse name="OdmId"/><fuse name="OdmLock"/></genericfuse>
T
good fuse-reading -info.txt <<'T'
PublicKeyHash: 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
BootSecurityInfo: 000001e0
SecurityMode: 00000000
OdmId: 0000000000000000
OdmLock: 00000000
T
printf 'odmid: 0x0000000000000000\r\nBR_CID: 0x80012344\nsecurity_mode: 0x00000001\nodminfo: 0x00000102\n' |
    good fuse-reading -linux.txt
good key-uri -token <<'T'
pkcs11:token=prod;object=pkc;id=%01%02;type=private?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=file:/run/pin
T
printf %s 'helper:/usr/bin/signer?public=key.pem' | good key-uri -helper
printf %s 'env:KEY' | good key-uri -env
{
    printf 'rotkit journal 1 11%062d\n' 0
    printf '%s %064d\n' 01020000000000000001 1 01020000000000000002 2
} | good journal ""
printf '%s' '{"initialTwin":{"tags":{"site":"A"},"properties":{"desired":{"n":1}}}}' | good dps-twin .json
printf '01020000000100000001 AAMAAQo=\n01020000000100000002 AAMAAQs=\n' | good dps-srk ""
printf '' | good ledger -untouched
mkdir -p "$corpus/ledger"
printf 'rotkit_licence.units[0]=1000\n' >"$corpus/ledger/licence-units"
printf 'rotkit_entry.note[3]=x\nrotkit_entry[2]\nrotkit_unit.state[0]=issued\n' >"$corpus/ledger/entries"
printf 'rotkit_checkpoint.signature[0]=00\nrotkit_checkpoint.scheme[1]=ecdsa-sha256\nrotkit_split[0]\n' >"$corpus/ledger/checkpoints"

# ---- archives
mkdir d
echo a >a
echo b >d/b
head -c 100 /dev/zero >d/c.bin
tar --mtime=@0 --sort=name --owner=0 --group=0 --numeric-owner -cf files.tar a d/b d/c.bin
gzip -9nc files.tar | good archive .tar.gz
xz -0c files.tar | good archive .tar.xz
bzip2 -1c files.tar | good archive .tar.bz2
printf '%s\n' a d/b d/c.bin | cpio --quiet -o -H newc | good archive .cpio
touch -d @1000000000 a d/b d/c.bin
zip -qX files.zip a d/b d/c.bin
good archive .zip <files.zip
tar --mtime=@0 --owner=0 --group=0 --numeric-owner --transform 's,^a$,../a,' -cf climbs.tar a
gzip -9nc climbs.tar >"$corpus/archive/climbs.tar.gz"

# ---- certificates and lists
cp "$corpus/ca.pem" ca.pem
: >index.txt
echo 1000 >crlnumber
cat >ca.cnf <<'C'
[ca]
default_ca = d
[d]
database = index.txt
crlnumber = crlnumber
default_md = sha256
[x]
authorityKeyIdentifier = keyid
C
printf 'R\t400101000000Z\t200101000000Z,superseded\t0A\tunknown\t/CN=x\nV\t400101000000Z\t\t0B\tunknown\t/CN=y\n' >index.txt
good ocsp-index "" <index.txt
openssl ca -config ca.cnf -gencrl -crlexts x -crldays 36500 -cert ca.pem -keyfile "$vectors/boot/keys/p256.pem" -out crl.pem 2>/dev/null
good crl .pem <crl.pem
openssl crl -in crl.pem -outform DER | good crl .der
cat "$vectors/boot/keys/cap_sub.crt" "$vectors/boot/keys/cap_root.crt" | good trust .pem
good trust -p256.pem <ca.pem

# ---- answers of a TPM, written down while swtpm gives them; and of a token, made up
mkdir state empty
: >empty/none
port=$((20000 + $(od -An -N2 -tu2 /dev/urandom) % 20000 / 2 * 2))
swtpm socket --tpm2 --tpmstate dir=state --server type=tcp,port=$port,bindaddr=127.0.0.1 \
    --ctrl type=tcp,port=$((port + 1)),bindaddr=127.0.0.1 --flags not-need-init,startup-clear &
swtpm=$!
sleep 2
TPM_RECORD=$scratch/answers TPM_REAL=swtpm:host=127.0.0.1,port=$port "$build/bin/fuzz_tpm" 1 "" empty
kill "$swtpm" 2>/dev/null || true
good tpm "" <answers
mkdir -p "$corpus/pkcs11"
python3 - "$corpus/pkcs11" <<'P'
import sys
token = bytes(96) + b"\xf4\x0c\x00\x00"  # initialised, login needed, PIN set; sessions without limit; CKR_OK
slots = b"\x01\x00"
begin = slots + token + b"\x00" + token + b"\x00"  # a session, its login
found = b"\x00\x01\x00\x00\x00\x00"  # asked again, it has no more
number = lambda n: b"\x08" + n.to_bytes(8, "little") + b"\x00"
octets = lambda b: bytes([len(b)]) + b + b"\x00"
key = found + number(3) + octets(b"\x00") + octets(b"id")
public = octets(bytes.fromhex("06082a8648ce3d030107")) + octets(bytes.fromhex(
    "0441046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"))
object_ = number(3) + octets(b"k") + octets(b"id") + number(3)
seeds = {
    "good-list": (0, begin + found + object_ + token),
    "signer": (1, begin + key + found + public + bytes(16) + octets(bytes(64))),
    "mac": (2, begin + found + number(0x1f) + octets(b"id") + found + number(32) + b"\x00" * 4 + octets(bytes(32))),
}
for name, (kind, seed) in seeds.items():
    seed += bytes((kind - len(seed)) % 3)
    open(sys.argv[1] + "/" + name, "wb").write(seed)
P

# ---- images that the vectors lack
cat >small.xml <<'X'
<partition_layout version="01.00.0000"><device type="spi" instance="0" sector_size="512" num_sectors="144">
<partition name="A_mb1" type="data"><size>1024</size></partition>
<partition name="secondary_gpt" type="secondary_gpt"><start_location>0xDE00</start_location><size>16896</size></partition>
</device></partition_layout>
X
"$rotkit" pack qspi layout=small.xml A_mb1="$vectors/boot/inputs/bl2.bin" -o small.img && good image-qspi .img <small.img
uefi=$vectors/boot/uefi
"$rotkit" pack uefi-keys-dtbo PK="$uefi/PK.crt" KEK="$uefi/KEK.crt" db="$uefi/db.crt" -o keys.dtbo
good image-uefi-keys-dtbo .dtbo <keys.dtbo
"$rotkit" sign uefi-auth "$uefi/db.esl" -o db.auth --key "$vectors/boot/keys/KEK.key" --cert "$uefi/KEK.crt" --set variable=db \
    --set append=yes
"$rotkit" pack uefi-update-dtbo db=db.auth -o update.dtbo
good image-uefi-update-dtbo .dtbo <update.dtbo
# capsules that the vectors lack: a driver and two payloads, accept, none of firmware management
good image-capsule -multi.Cap <"$source/tests/data/image/multi_edk2.Cap"
good image-capsule -accept.Cap <"$source/tests/data/image/capsule-accept.cap"
perl -e 'print pack("VvvC8", 0x11223344, 0x5566, 0x7788, 1 .. 8), pack("V3", 0x20, 0x50001, 0x20 + 100), "\0" x 4, "x" x 100' |
    good image-capsule -other.Cap
dtc -q -O dtb "$source/tests/data/image/uefi-overlay-not-keys.dts" | good image-uefi-variables-dtbo .dtbo
# lists of types that people seldom have: SM3, a certificate's SHA-256 revoked from a time on, nothing, a type to come
python3 - <<'P' | good image-uefi-auth -types.esl
import sys, uuid
def esl(kind, size, count, head=b""):
    data = b"".join(bytes([i + 1]) * (16 + size) for i in range(count))
    n = lambda v: v.to_bytes(4, "little")
    return uuid.UUID(kind).bytes_le + n(28 + len(head) + len(data)) + n(len(head)) + n(16 + size) + head + data
sys.stdout.buffer.write(esl("57347f87-7a9b-403a-b93c-dc4afb7a0ebc", 32, 2) + esl("3bd2a492-96c0-4079-b420-fcf98ef103ed", 48, 1) +
    esl("c1c41626-504c-4092-aca9-41f936934328", 32, 0) + esl("00112233-4455-6677-8899-aabbccddeeff", 7, 3, b"head"))
P
printf '\147\0\0\0' | cat - db.auth | good image-uefi-auth -attributes.auth
# a FIT with old names, data at positions and behind them, one of them twice and one inside too, a hash that nobody knows
python3 - >odd.dts <<'P'
import hashlib, zlib
data = bytes(i * 11 & 255 for i in range(300))
crc = "hash@1 { algo = \"crc32\"; value = <%d>; };" % zlib.crc32(data)
print("""/dts-v1/;
/ { description = "odd"; images {
        kernel@1 { type = "kernel"; data-position = <0x800>; data-size = <300>; %s };
        again@1 { type = "standalone"; data-position = <0x800>; data-size = <300>; data = "decoy"; %s };
        tree@1 { type = "flat_dt"; data-offset = <0x200>; data-size = <0>; };
        bare@1 { type = "script"; data = "echo"; hash@1 { algo = "sha256"; value = [%s]; }; hash@2 { algo = "sha3-256"; }; };
        none@1 { type = "loadable"; };
    };
    configurations { default = "conf@1"; conf@1 { kernel = "kernel@1"; loadables = "again@1", "none@1"; };
        conf@2 { fdt = "tree@1"; signature@1 { algo = "sha512,ecdsa384"; }; }; }; };""" % (crc, crc, hashlib.sha256(b"echo\0").hexdigest()))
P
dtc -q -O dtb odd.dts >odd.fit
python3 - <<'P' | good image-fit -odd.fit
import sys
tree = open("odd.fit", "rb").read()
sys.stdout.buffer.write(tree.ljust(0x800, b"\0") + bytes(i * 11 & 255 for i in range(300)))
P
"$rotkit" pack uefi-dtb dtb="$vectors/boot/fit/pub.dtb" cert="$uefi/db.crt" --set lowest-supported-version=0x00230301 -o uefi.dtb
good image-uefi-dtb .dtb <uefi.dtb
python3 - >br.bct <<'P'
import hashlib, sys
b = bytearray(0x2000)
b[0x1200:] = bytes(i * 7 & 255 for i in range(0x1200, 0x2000))
b[0:4] = b[0x1210:0x1214] = b"BCTB"
b[0x1308:0x130c] = b"\1\2\3\1"
for at, first, end in ((0x1ac0, 0x170c, 0x1ac0), (0x1c4, 0x1200, 0x2000), (0x4, 0x44, 0x2000)):
    b[at:at + 64] = hashlib.sha512(b[first:end]).digest()
sys.stdout.buffer.write(b)
P
good image-tegra-br-bct .bct <br.bct
