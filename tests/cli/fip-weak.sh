# SPDX-License-Identifier: Apache-2.0
# A package whose trusted-key certificate the root key itself has signed over SHA-1 or MD5 (openssl signs): what is
# weak is believed nowhere in the chain, unless --allow-weak names it.
. "$(dirname "$0")/lib.sh"
need python3 openssl
V=$DATA/vectors/boot

cat >resign.py <<'PY'
import struct, subprocess, sys
fip, key, digest, salt, out = sys.argv[1:6]
def der(tag, body):
    n = len(body)
    size = bytes([n]) if n < 128 else (lambda k: bytes([0x80 | len(k)]) + k)(n.to_bytes((n.bit_length() + 7) // 8, "big"))
    return bytes([tag]) + size + body
def tlv(d, at=0):
    n, head = d[at + 1], 2
    if n & 0x80:
        k = n & 0x7f
        n, head = int.from_bytes(d[at + 2:at + 2 + k], "big"), head + k
    return d[at:at + head + n], d[at + head:at + head + n]
def parts(body):
    found, at = [], 0
    while at < len(body):
        found.append(tlv(body, at)[0])
        at += len(found[-1])
    return found
oids = {"sha1": "06052b0e03021a", "md5": "06082a864886f70d0205", "sha256": "0609608648016503040201"}
hashed = der(0x30, bytes.fromhex(oids[digest]) + b"\5\0")
pss = der(0x30, bytes.fromhex("06092a864886f70d01010a") + der(0x30, der(0xa0, hashed) + der(0xa1, der(0x30, bytes.fromhex(
    "06092a864886f70d010108") + hashed)) + der(0xa2, der(2, bytes([int(salt)])))))
data = open(fip, "rb").read()
entries, at = [], 16
while data[at:at + 16] != bytes(16):
    offset, size, flags = struct.unpack("<QQQ", data[at + 16:at + 40])
    entries.append([data[at:at + 16], data[offset:offset + size]])
    at += 40
hits = 0
for entry in entries:
    if b"Trusted Key Certificate" in entry[1] and b"SoC" not in entry[1] and b"Non-" not in entry[1]:
        tbs = parts(tlv(parts(tlv(entry[1])[1])[0])[1])
        tbs[2] = pss
        tbs = der(0x30, b"".join(tbs))
        open("tbs", "wb").write(tbs)
        subprocess.run(["openssl", "dgst", "-" + digest, "-sign", key, "-sigopt", "rsa_padding_mode:pss", "-sigopt",
                        "rsa_pss_saltlen:" + salt, "-out", "sig", "tbs"], check=True)
        entry[1] = der(0x30, tbs + pss + der(3, b"\0" + open("sig", "rb").read()))
        hits += 1
assert hits == 1, hits
at, table, body = 16 + 40 * (len(entries) + 1), b"", b""
for name, content in entries:
    table += name + struct.pack("<QQQ", at, len(content), 0)
    body += content
    at += len(content)
open(out, "wb").write(data[:16] + table + bytes(16) + struct.pack("<QQQ", at, 0, 0) + body)
PY
openssl pkey -in "$V/keys/rot.pem" -pubout -out rot.pub
for digest in sha256:32 sha1:20 md5:16; do
    python3 resign.py "$V/fip/fip_tbbr.bin" "$V/keys/rot.pem" ${digest%:*} ${digest#*:} ${digest%:*}.fip
done
run 0 verify --pub rot.pub sha256.fip
refuse 3 'rotkit: sha1.fip: fip: trusted-key-cert: its signature: the digest is weak: SHA1, at least SHA-256
  --allow-weak sha1 takes it where a format asks for it' verify --pub rot.pub sha1.fip
refuse 3 'rotkit: md5.fip: fip: trusted-key-cert: its signature: the digest is weak: MD5, at least SHA-256
  --allow-weak md5 takes it where a format asks for it' verify --pub rot.pub md5.fip
run 0 verify --allow-weak sha1 --pub rot.pub sha1.fip
grep -q sha1 "$out" || fail "what was allowed is not named: $(cat "$out")"

# No certificate of BL2 is made in silence: it is where BL1 begins. One that is given beside counts; what is for firmware
# update alone needs none.
I=$V/inputs
run 0 key new --type p256 p256.pem
run 0 pack fip -o plain soc-fw="$I/bl31.bin" nt-fw="$I/kernel.bin"
run 0 sign fip plain -o signed --key p256.pem
stderr_is 'rotkit: warning: fip: tb-fw is neither inside nor given (--with tb-fw=FILE): no certificate of BL2 (tb-fw-cert) is made, and BL1 asks for one'
run 0 sign fip plain -o signed --key p256.pem --with tb-fw="$I/bl2.bin"
stderr_is ""
run 0 pack fip -o plain fwu="$I/bl31.bin"
run 0 sign fip plain -o signed --key p256.pem
stderr_is ""
