# SPDX-License-Identifier: Apache-2.0
# A sealed file whose authentication tag was cut to a length that can be guessed is not opened (RFC 5084, 3.2).
. "$(dirname "$0")/lib.sh"
need openssl python3

openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -subj /CN=factory -days 30 2>/dev/null
echo secret >plain
openssl cms -encrypt -binary -aes-256-gcm -in plain -outform DER -out sealed -recip cert.pem \
    -keyopt rsa_padding_mode:oaep -keyopt rsa_oaep_md:sha256
cat >cut.py <<'P'
import sys
data, keep = bytearray(open("sealed", "rb").read()), int(sys.argv[1])
def header(at):
    if data[at + 1] < 0x80:
        return at + 2, at + 1, 1
    n = data[at + 1] & 0x7f
    return at + 2 + n, at + 2, n
assert data[-18:-16] == b"\x04\x10"  # the tag: an OCTET STRING of 16
at, lengths = 0, []
body, place, n = header(0)           # ContentInfo
lengths.append((place, n))
at = body + 2 + data[body + 1]       # past contentType
for _ in range(2):                   # [0], AuthEnvelopedData
    body, place, n = header(at)
    lengths.append((place, n))
    at = body
for place, n in lengths:
    value = int.from_bytes(data[place:place + n], "big") - (16 - keep)
    data[place:place + n] = value.to_bytes(n, "big")
data[-17] = keep
open("cut", "wb").write(data[:len(data) - (16 - keep)])
P
run 0 secret open --key key.pem sealed -o opened
tail -c 7 opened | cmp -s - plain || fail "the whole tag does not open"
for keep in 1 4 8 11; do
    python3 cut.py $keep
    refuse 3 "rotkit: \"cut\": cannot be opened: an authentication tag of $keep bytes, at least 12 are needed" \
        secret open --key key.pem cut -o other
done
