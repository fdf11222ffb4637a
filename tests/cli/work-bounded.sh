# SPDX-License-Identifier: Apache-2.0
# What the worst file of a megabyte costs, counted by OpenSSL's calls (tests/support/openssl_count.c): at most
# 64 MiB hashed and 256 signatures checked, whether it is drawn, verified, or verified under a key; and none of
# them makes a list that has no end.
# slow: every vector three times, and the worst shapes; limits have unit tests
. "$(dirname "$0")/lib.sh"
need python3 gcc openssl timeout
B=$DATA/vectors/boot
shim=$scratch/count.so
gcc -shared -fPIC -O1 -w -o "$shim" "$SOURCE/tests/support/openssl_count.c" -ldl

# spends FILE [VERB OPTION...]: its code into $code, its work into $hashed and $signatures
spends() {
    spend_file=$1
    shift
    code=0
    rm -f count
    timeout 60 env ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0" LD_PRELOAD="$shim" \
        COUNT_TO="$PWD/count" "$ROTKIT" "$@" "$spend_file" >"$out" 2>"$err" || code=$?
    [ -s count ] || fail "$* $spend_file: exit $code and no count (124: no end in a minute)"
    read -r hashed signatures <count
}
cheap() { # NAME: drawn, verified, verified under a key
    for how in inspect verify "verify --pub $B/keys/rsa2048.pub.pem"; do
        spends "$1" $how
        mib=$((($(wc -c <"$1") + 1048575) / 1048576))
        [ "$hashed" -le $((mib * 67108864)) ] || fail "$how $1: $hashed bytes hashed"
        [ "$signatures" -le $((mib * 256)) ] || fail "$how $1: $signatures signatures checked"
        [ "$(wc -l <"$out")" -le 200000 ] || fail "$how $1: $(wc -l <"$out") lines"
    done
}

# The counter counts: a range that is hashed once, and a signed package.
head -c 1000000 /dev/zero >million
run 0 pack fit -o million.fit kernel=million
spends million.fit inspect
[ "$hashed" -ge 1000000 ] && [ "$hashed" -lt 1010000 ] || fail "a million bytes are counted as $hashed"
spends "$B/fip/fip_tbbr.bin" verify --pub "$B/keys/rsa2048.pub.pem"
[ "$hashed" -gt 10000 ] && [ "$signatures" -ge 5 ] || fail "the counter sees $hashed bytes and $signatures signatures"
for file in $(find "$B" -mindepth 2 -type f); do
    cheap "$file"
done

python3 - <<'PY'
import hashlib, struct, uuid
MIB = 1 << 20
def write(name, data):
    open(name, "wb").write(data)
# ---- device trees
class Tree:
    def __init__(self):
        self.struct, self.strings, self.at = [], b"", {}
    def begin(self, name):
        self.struct.append(struct.pack(">I", 1) + name + b"\0" + bytes(-(len(name) + 1) % 4))
    def end(self):
        self.struct.append(struct.pack(">I", 2))
    def prop(self, name, value):
        if name not in self.at:
            self.at[name] = len(self.strings)
            self.strings += name + b"\0"
        self.struct.append(struct.pack(">3I", 3, len(value), self.at[name]) + value + bytes(-len(value) % 4))
    def file(self):
        s = b"".join(self.struct) + struct.pack(">I", 9)
        return struct.pack(">10I", 0xd00dfeed, 56 + len(s) + len(self.strings), 56, 56 + len(s), 40, 17, 16, 0,
                           len(self.strings), len(s)) + bytes(16) + s + self.strings
def fit(images):
    t = Tree()
    t.begin(b"")
    t.begin(b"images")
    for name, data, hashes in images:
        t.begin(name)
        t.prop(b"data", data)
        for i, algo in enumerate(hashes):
            t.begin(b"hash-%d" % i)
            t.prop(b"algo", algo + b"\0")
            t.prop(b"value", hashlib.new(algo.decode(), data).digest())
            t.end()
        t.end()
    t.end()
    t.begin(b"configurations")
    t.end()
    t.end()
    return t.file()
data = bytes(900 << 10)
write("fit-hashes", fit([(b"k", data, [b"sha512"] * 800)]))
write("fit-algorithms", fit([(b"k", data, [b"sha1", b"sha256", b"sha384", b"sha512"] * 4)]))
write("fit-images", fit([(b"k%d" % i, bytes(30 << 10), [b"sha256", b"sha512"] * 8) for i in range(32)]))
# Images outside of the tree, all of them the same bytes, where no reader of words may look in place.
outside = Tree()
outside.begin(b"")
outside.begin(b"images")
for i in range(500):
    outside.begin(b"n%d" % i)
    outside.prop(b"data-position", struct.pack(">I", 0x18004))
    outside.prop(b"data-size", struct.pack(">I", 900 << 10))
    outside.end()
outside.end()
outside.end()
write("fit-outside", outside.file().ljust(0x18004, b"\0") + bytes(900 << 10))
# Names without end: images of a configuration, nodes that are signed, signatures.
def signed(names, nodes, count):
    t = Tree()
    t.begin(b"")
    t.begin(b"images")
    t.begin(b"k")
    t.prop(b"data", b"k")
    t.begin(b"hash")
    t.prop(b"algo", b"sha256\0")
    t.prop(b"value", hashlib.sha256(b"k").digest())
    t.end()
    t.end()
    t.end()
    t.begin(b"configurations")
    t.begin(b"c")
    t.prop(b"loadables", names)
    for i in range(count):
        t.begin(b"signature-%d" % i)
        t.prop(b"algo", b"sha256,rsa2048\0")
        t.prop(b"value", bytes(256))
        t.prop(b"hashed-nodes", nodes)
        t.prop(b"hashed-strings", bytes(8))
        t.end()
    t.end()
    t.end()
    t.end()
    return t.file()
needed = b"/\0/configurations/c\0/images/k\0/images/k/hash\0"
write("fit-names", signed(b"k\0" * 500000, needed, 1))
write("fit-nodes", signed(b"k\0", needed + b"/\0" * 500000, 1))
write("fit-signatures", signed(b"k\0" * 100, b"/\0" * 40, 2300))
def deep(n):
    t = Tree()
    t.begin(b"")
    t.begin(b"images")
    for i in range(n):
        t.begin(b"n")
    for i in range(n + 2):
        t.end()
    return t.file()
write("dtb-deep", deep(50000))
wide = Tree()
wide.begin(b"")
wide.begin(b"images")
for i in range(40000):
    wide.begin(b"n%d" % i)
    wide.end()
wide.end()
wide.end()
write("dtb-wide", wide.file())
# ---- FIP: entries over one range, and packages in packages
def fip(inner, count):
    head = struct.pack("<IIQ", 0xaa640001, 0x12345678, 0)
    at = 16 + 40 * (count + 1)
    for i in range(count):
        head += uuid.UUID(int=i + 1).bytes + struct.pack("<QQQ", at, len(inner), 0)
    return head + bytes(16) + struct.pack("<QQQ", at + len(inner), 0, 0) + inner
write("fip-same", fip(bytes(MIB - 4096), 64))
nest = b"payload"
for level in range(6):
    nest = fip(nest, 60)
write("fip-nested", nest)
write("fip-nested-fit", fip(fit([(b"k", bytes(800 << 10), [b"sha1", b"sha256", b"sha384", b"sha512"])]), 60))
# ---- signature lists, boot images, archives of certificates
write("esl", b"".join(uuid.UUID("c1c41626-504c-4092-aca9-41f936934328").bytes_le + struct.pack("<III", 28 + 48, 0, 48) + bytes(48)
                      for i in range(13000)))
write("esl-long", uuid.UUID("c1c41626-504c-4092-aca9-41f936934328").bytes_le + struct.pack("<III", 28 + 48 * 21000, 0, 48) + bytes(48 * 21000))
def avb(entries, size):
    desc = b""
    for i in range(entries):
        body = struct.pack(">Q", size) + b"sha256".ljust(32, b"\0") + struct.pack(">III", 4, 0, 32) + bytes(4) + bytes(60) + b"%04d" % i + hashlib.sha256(bytes(size)).digest()
        body += bytes(-len(body) % 8)
        desc += struct.pack(">QQ", 2, len(body)) + body
    aux = desc + bytes(-len(desc) % 64)
    head = b"AVB0" + struct.pack(">IIQQI", 1, 0, 0, len(aux), 0)
    head += struct.pack(">QQQQQQQQQQ", 0, 0, 0, 0, 0, 0, 0, 0, 0, len(desc)) + struct.pack(">QII", 0, 0, 0)
    head = head.ljust(256, b"\0") + aux
    image = bytes(size)
    foot = b"AVBf" + struct.pack(">IIQQQ", 1, 0, size, size, len(head)) + bytes(28)
    return image + head + foot.rjust(-(-len(foot) // 64) * 64, b"\0")
write("avb", avb(64, 900 << 10))
write("avb-many", avb(2000, 600 << 10))
def bup(count, each):
    at = 40 + count * 184
    out = b"NVIDIA__BLOB__V3" + struct.pack("<IIIIII", 0x3531, at + count * each, 40, count, 0, at + count * each)
    for i in range(count):
        out += (b"p%d" % i).ljust(40, b"\0") + struct.pack("<IIII", at + i * each, each, 1, 0) + bytes(128)
    return out + (b"NVDA" + bytes(each - 4)) * count
write("bup", bup(120, 8192))
write("bup-many", bup(512, 1800))
PY
python3 - "$B/keys/cap_root.crt" <<'PY'
import sys
pem = open(sys.argv[1]).read()
pem = pem[pem.index("-----BEGIN"):]
open("pem", "w").write(pem * ((1 << 20) // len(pem)))
PY
for shape in fit-hashes fit-algorithms fit-images fit-outside fit-names fit-nodes fit-signatures dtb-deep dtb-wide fip-same fip-nested fip-nested-fit esl esl-long avb avb-many bup bup-many pem; do
    [ "$(wc -c <$shape)" -le 1048576 ] || [ $shape = avb ] || [ $shape = fip-same ] || fail "$shape is no file of a megabyte: $(wc -c <$shape)"
    cheap $shape
done

# What is refused names its limit.
refuse 2 'rotkit: "fit-hashes": fit: image k: more than 16 hash nodes over one image' inspect fit-hashes
refuse 2 'rotkit: "fit-outside": fit: n72 at 0x18004: more than 67108864 bytes to hash in a file of 1019908 bytes: no tool makes one that asks for so much' \
    inspect fit-outside
refuse 2 'rotkit: "avb-many": avb: descriptor 64 is cut short or one too many' inspect avb-many
spends avb inspect
[ "$hashed" -gt 50000000 ] || fail "the boot image is not the one that costs most: $hashed, $(cat "$err")"
# One hash an algorithm, however many nodes ask for it.
spends fit-algorithms inspect
[ "$hashed" -lt 4000000 ] || fail "a range is hashed more than once an algorithm: $hashed"
for what in attributes entity alias; do # documents that unfold
    case $what in
    entity)
        { printf '<?xml version="1.0"?><!DOCTYPE p [<!ENTITY a "aaaaaaaaaaaaaaaaaaaa">' &&
            for i in 1 2 3 4 5 6 7 8; do printf '<!ENTITY a%s "%s">' $i "$(p=$((i - 1)); [ $p -eq 0 ] && n=a || n=a$p; for k in 1 2 3 4 5 6 7 8 9 10; do printf '&%s;' $n; done)"; done
            printf ']><partition_layout><device type="&a8;">&a8;</device></partition_layout>'; } >layout.xml
        head -c 4096 /dev/zero >part
        code=0
        timeout 60 "$ROTKIT" pack qspi -o flash layout=layout.xml x=part >"$out" 2>"$err" || code=$?
        ;;
    attributes)
        python3 -c 'print("<partition_layout " + " ".join("a%d=\">\"" % i for i in range(80000)) + "/>")' >layout.xml
        printf x >part
        code=0
        timeout 20 "$ROTKIT" pack qspi -o flash layout=layout.xml x=part >"$out" 2>"$err" || code=$?
        grep -q 'an element of more than 16 KiB of attributes' "$err" || fail "$(cat "$err")"
        ;;
    alias)
        printf 'rotkit: 1\nproduct: &a [x, x]\nplatform: [*a, *a]\n' >product.yaml
        code=0
        timeout 60 "$ROTKIT" build product.yaml >"$out" 2>"$err" || code=$?
        ;;
    esac
    [ $code -eq 2 ] || fail "$what: exit $code, $(head -c 300 "$err")"
done
