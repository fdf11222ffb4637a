# SPDX-License-Identifier: Apache-2.0
# Does a reader that knows nothing but the offsets and rules of boot-images.md 1.3, 1.4, 2.2 and 5.0, with
# Python's cryptography, hold what rotkit signs into T234 images and BR-BCTs, and open encrypted kernels?
. "$(dirname "$0")/lib.sh"
need python3
python3 -c 'import cryptography' 2>/dev/null || skip "python3-cryptography is absent"

cat >judge.py <<'PYTHON'
import hashlib, hmac, struct, sys
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

def sha(data):
    return hashlib.sha512(data).digest()

def digest(file, at, start, end):
    assert file[at:at + 64] == sha(file[start:end]), "digest at 0x%x" % at

def signature(file, at, pcp_at, region, pem):
    key = serialization.load_pem_public_key(open(pem, "rb").read())
    if isinstance(key, rsa.RSAPublicKey):
        numbers = key.public_numbers()
        pcp, wire = numbers.n.to_bytes(384, "little"), file[at:at + 384]
        key.verify(wire[::-1], region, padding.PSS(padding.MGF1(hashes.SHA512()), 64), hashes.SHA512())
    else:
        slot = {256: 32, 521: 68}[key.curve.key_size]
        numbers = key.public_numbers()
        pcp = numbers.x.to_bytes(slot, "little") + numbers.y.to_bytes(slot, "little")
        wire = file[at:at + 2 * slot]
        r, s = (int.from_bytes(wire[i:i + slot], "little") for i in (0, slot))
        key.verify(utils.encode_dss_signature(r, s), region, ec.ECDSA(hashes.SHA512()))
    assert file[at + len(wire):at + 0xb10] == bytes(0xb10 - len(wire)), "behind the signature"
    assert file[pcp_at:pcp_at + 0x180] == pcp.ljust(0x180, b"\0"), "PCP"

def bch(file, pem):
    digest(file, 0x4, 0x44, 0x2000)
    digest(file, 0x50, 0xfc0, 0x2000)
    length, = struct.unpack_from("<I", file, 0x1404)
    digest(file, 0x1460, 0x2000, 0x2000 + length)
    digest(file, 0x1f30, 0x2000, 0x2000 + length)
    signature(file, 0x90, 0xba0, file[0xfc0:0x2000], pem)

def bct(file, pem):
    digest(file, 0x4, 0x44, 0x2000)
    digest(file, 0x1c4, 0x1200, 0x2000)
    digest(file, 0x1ac0, 0x170c, 0x1ac0)
    signature(file, 0x204, 0x44, file[0x1200:0x2000], pem)

def make_bct(path):
    file = bytearray(0x2000)
    file[0x1200:] = bytes(i * 11 & 0xff for i in range(0xe00))
    file[0:4] = file[0x1210:0x1214] = b"BCTB"
    for at, start, end in (0x1ac0, 0x170c, 0x1ac0), (0x1c4, 0x1200, 0x2000), (0x4, 0x44, 0x2000):
        file[at:at + 64] = sha(file[start:end])
    open(path, "wb").write(file)

def kernel(file, key, image):
    length, = struct.unpack_from("<I", file, 0x1404)
    message = struct.pack(">I", 1) + file[0x1430:0x1440] + b"\0" + file[0x1410:0x1414] + struct.pack(">I", 256)
    derived = hmac.new(key, message, hashlib.sha256).digest()
    plain = AESGCM(derived).decrypt(file[0x1444:0x1450], file[0x2000:0x2000 + length] + file[0x1450:0x1460],
                                    file[0x1400:0x1450])
    assert plain.rstrip(b"\0") == image + b"\x80" and len(plain) % 16 == 0, "plaintext"

what, path = sys.argv[1:3]
if what == "make-bct":
    make_bct(path)
elif what == "kernel":
    kernel(open(path, "rb").read(), bytes.fromhex(sys.argv[3]), open(sys.argv[4], "rb").read())
else:
    {"bch": bch, "bct": bct}[what](open(path, "rb").read(), sys.argv[3])
PYTHON
judge() {
    python3 judge.py "$@" 2>judged || { cat judged >&2; fail "the judge refuses $*"; }
}

keys=$DATA/vectors/boot/keys
kernel=$DATA/vectors/boot/kernel
experimental='rotkit: warning: experimental: the OEM signature is put in at offsets that no vendor golden confirms'
printf 'any payload' >payload
run 0 pack tegra-bch -o plain.bch payload=payload --set magic=MB1B
judge make-bct plain.bct

for key in rsa3072 p256 p521; do
    for what in bch bct; do
        format=tegra-bch
        [ $what = bct ] && format=tegra-br-bct
        run 0 sign --key "$keys/$key.pem" --set experimental=oem-insert $format plain.$what -o $key.$what
        stderr_is "$experimental"
        judge $what $key.$what "$keys/$key.pub.pem"
        run 0 verify --pub "$keys/$key.pub.pem" $key.$what
        grep -q 'at experimental offsets$' "$out" || fail "$key.$what: verify does not say experimental"
        run 0 inspect $key.$what
        grep -q 'experimental offsets' "$out" || fail "$key.$what: inspect does not say experimental"
        for other in rsa3072 p256 p521; do
            [ $other = $key ] || run 3 verify --pub "$keys/$other.pub.pem" $key.$what
        done
        refuse 3 "rotkit: $key.$what: $format: the key given cannot have signed this: an Orin boot ROM takes RSA-3072, P-256 or P-521, this key is RSA with 2048 bits" \
            verify --pub "$keys/rsa2048.pub.pem" $key.$what
    done
done

for size in 16 32; do
    hex=$(head -c $size /dev/urandom | od -An -tx1 | tr -d ' \n')
    echo "$hex" >user.key
    run 0 encrypt kernel-encrypted "$kernel/boot_signed.img" -o own.enc --key user.key \
        --set derivation-string=0123456789abcdef --set version=0x030201
    judge kernel own.enc "$hex" "$kernel/boot_signed.img"
done
judge kernel "$kernel/boot_userkey.enc" 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f "$kernel/boot_signed.img"
