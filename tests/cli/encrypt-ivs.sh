# SPDX-License-Identifier: Apache-2.0
# IVs under --reproducible: every format that encrypts, every use of a key that it has, with contents of a
# supplier who wants two of them to meet (a FIP image that is UUID || ELF of a TA). One key; no two alike.
. "$(dirname "$0")/lib.sh"
need jq python3 fdtget xxd
uuid=bc50d971-d4c9-42c4-82cb-343fb7f37896
[ "$(run 0 pack --formats --json && jq -r '[.formats[] | select(.encrypt) | .name] | sort | join(" ")' "$out")" = \
    "fip fit kernel-encrypted optee-ta" ] || fail "a format encrypts that this test does not know: give it its rows"
echo 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f >key
python3 - $uuid <<'PY'
import sys, uuid
elf = bytes(range(256)) * 2
name = uuid.UUID(sys.argv[1]).bytes
for path, content in ("elf", elf), ("uuid-elf", name + elf), ("format", b"optee-ta" + name + elf), ("tail", name[1:] + elf):
    open(path, "wb").write(content)
PY

# iv WHAT HEX: one line each
: >ivs
note() {
    printf '%s %s\n' "$2" "$1" >>ivs
}
bytes_at() { # FILE OFFSET LENGTH
    tail -c +$(($2 + 1)) "$1" | head -c "$3" | xxd -p
}
for content in elf uuid-elf format tail; do
    run 0 pack optee-ta -o plain.ta elf=$content --set uuid=$uuid
    for level in device class; do
        run 0 encrypt --reproducible optee-ta plain.ta -o ta --key key --set enc-key=$level
        # shdr, hash, signature, UUID and version, encryption header
        note "optee-ta $level $content" "$(bytes_at ta $((20 + 32 + $(od -An -tu2 -j18 -N2 ta) + 20 + 12)) 12)"
    done
    for at in soc-fw nt-fw; do
        run 0 pack fip -o plain.fip $at=$content
        for level in ssk bssk; do
            run 0 encrypt --reproducible fip plain.fip -o fip --key key --set images=$at --set enc-key=$level
            payload=$(LC_ALL=C grep -obUaP '\x01\x00\x64\xAA' fip | tail -n 1 | cut -d: -f1)
            [ $at = soc-fw ] || continue # the same bytes at another place are the same payload
            note "fip $level $content" "$(bytes_at fip $((payload + 12)) 12)"
        done
    done
    run 0 pack fit -o plain.fit kernel=$content
    for name in one two; do
        run 0 encrypt --reproducible fit plain.fit -o fit --key key --set key-name=$name
        note "fit $name $content" "$(fdtget -t bx fit /images/kernel-1/cipher iv | tr " " "\n" | sed "s/^.$/0&/" | head -n 12 | tr -d "\n")"
    done
    for label in rotkit-test-0001 rotkit-test-0002; do
        run 0 encrypt --reproducible kernel-encrypted $content -o kernel --key key --set derivation-string=$label
        note "kernel-encrypted $label $content" "$(bytes_at kernel $((0x1444)) 12)"
    done
done
[ "$(wc -l <ivs)" -eq 32 ] || fail "not eight a content: $(cat ivs)"
grep -vxE '[0-9a-f]{24} .*' ivs && fail "no IV of 12 bytes was found in the above"
twice=$(cut -d' ' -f1 ivs | sort | uniq -d)
[ -z "$twice" ] || fail "one IV for two: $(grep -F "$twice" ivs)"

# Known, so that what is rebuilt next year is the same: HMAC-SHA-256 over fields behind their lengths, by Python.
wanted=$(python3 - $uuid <<'PY'
import hashlib, hmac, sys, uuid
field = lambda b: len(b).to_bytes(8, "big") + b
parts = b"rotkit IV 2", b"optee-ta", b"class", b"\x0c", uuid.UUID(sys.argv[1]).bytes, open("elf", "rb").read()
print(hmac.new(bytes(range(32)), b"".join(map(field, parts)), hashlib.sha256).hexdigest()[:24])
PY
)
grep -qx "$wanted optee-ta class elf" ivs || fail "not the IV that is documented: $wanted"
# Every place that draws or derives one goes through that one function.
[ "$(grep -rlE '\brk_request_iv\(' "$SOURCE/lib" --include='*.c' | sed 's,.*/,,' | sort | tr '\n' ' ')" = \
    "encfw.c fit_encrypt.c kernel_encrypted.c optee_ta.c request.c " ] || fail "a place that has IVs is not in this test"
