# SPDX-License-Identifier: Apache-2.0
# rotkit verify of a bundle: every flipped byte is found, and what a holder of the key could write is refused too.
# slow: a bundle and two releases for each fault; update-make and update-check have the verb
. "$(dirname "$0")/lib.sh"
. "$SOURCE/tests/support/update.sh"
need openssl jq python3
unset SOURCE_DATE_EPOCH
update_product product
firmware_pair
run 0 update make --pub release.pem -q --key update.key -o whole old new
ta=bc50d971-d4c9-42c4-82cb-343fb7f37896.ta

run 0 verify whole
stdout_is 'whole: update: holds: 1.0.0 to 1.1.0, 2 payloads; signer: not checked'
run 0 verify --pub update.pem whole
stdout_is 'whole: update: holds: 1.0.0 to 1.1.0, 2 payloads; signer: update key, ed25519'
run 0 verify --json --pub update.pem whole
jq -r '"\(.format) \(.signer)"' "$out" >told
is told 'update update key, ed25519'
refuse 3 'rotkit: whole: the update is signed by another key' verify --pub release.pem whole
refuse 2 "rotkit: --not-older-than is not for an update: it says what it follows
  see 'rotkit help verify'" verify --not-older-than old whole
openssl req -x509 -key update.key -subj /CN=any -out any.pem 2>/dev/null
refuse 2 "rotkit: --ca is not for an update: --pub is the key that signs it
  see 'rotkit help verify'" verify --ca any.pem whole

# ---- flipped bytes: one error, nothing on stdout; exit code 3, or 2 where update.json is no JSON any more
cp -r whole flipped
python3 - "$ROTKIT" flipped <<'PYTHON' || fail "flipped bytes"
import os, subprocess, sys
rotkit, folder = sys.argv[1:]
steps = {"update.json": 5, "update.json.sig": 1}
for name in sorted(os.listdir(folder)):
    path = os.path.join(folder, name)
    whole = open(path, "rb").read()
    for at in range(0, len(whole), steps.get(name, 61)):
        torn = bytearray(whole)
        torn[at] ^= 1 << at % 8
        open(path, "wb").write(torn)
        run = subprocess.run([rotkit, "verify", folder], capture_output=True, text=True)
        lines = [l for l in run.stderr.splitlines() if "may be swapped" not in l]
        unread = name == "update.json" and run.returncode == 2
        assert (run.returncode == 3 or unread) and run.stdout == "", (name, at, run)
        assert len([l for l in lines if l.startswith("rotkit: flipped: ")]) == 1 and lines[0].startswith("rotkit: flipped: "), (name, at, run)
    open(path, "wb").write(whole)
PYTHON
diff -r whole flipped || fail "the flipped bytes stayed"

# ---- files that are not as update.json says
spoil() { # CODE MESSAGE COMMAND...: in a fresh copy, named torn
    rm -rf torn
    cp -r whole torn
    spoil_code=$1 spoil_text=$2
    shift 2
    (cd torn && "$@")
    refuse "$spoil_code" "rotkit: torn: $spoil_text" verify torn
}
spoil 3 '"update.Cap" is missing' rm update.Cap
spoil 3 '"update.json.sig" is missing' rm update.json.sig
spoil 3 '"more" is in no update: "update.json" does not name it' touch more
spoil 3 '"..more" is in no update: "update.json" does not name it' touch ..more
spoil 3 '"update.Cap" is no file' sh -c 'rm update.Cap; mkdir update.Cap'
spoil 3 '"update.Cap" is no file' ln -sf nowhere update.Cap
spoil 3 '"update.Cap" is no file' ln -sf /dev/zero update.Cap
spoil 3 '"update.json.sig" is no file' sh -c 'rm update.json.sig; mkfifo update.json.sig' # and no wait
spoil 3 "\"$ta\": $(wc -c <whole/update.Cap) bytes, \"update.json\" says another size" sh -c "cp update.Cap $ta"
spoil 3 '"update.json.sig": the signature does not hold' sh -c ': >update.json.sig'
spoil 3 '"update.json.sig": the signature does not hold' sh -c 'echo >>update.json'
spoil 2 '"update.json" is too large: 2097152 bytes, at most 1048576' truncate -s 2M update.json
spoil 2 "\"update.json\": JSON line 1 column 0: '[' or '{' expected near end of file" sh -c ': >update.json'

# ---- a manifest that somebody with the key made
signed() { # MESSAGE JQ-FILTER
    rm -rf torn
    cp -r whole torn
    jq "$2" whole/update.json >torn/update.json
    openssl pkeyutl -sign -rawin -inkey update.key -in torn/update.json -out torn/update.json.sig
    refuse 3 "rotkit: torn: $1" verify --pub update.pem torn
}
none='"update.json": a payload is no file of the bundle'
for path in ../new/images/update.Cap /etc/passwd . .. .update.Cap update.Cap/ update.json update.json.sig ""; do
    signed "$none" ".payloads[0].path = \"$path\""
done
signed "$none" '.payloads[0].path = 7'
signed "$none" 'del(.payloads[1].path)'
signed "$none" '.payloads = [[]]'
signed '"update.json": names "update.Cap" twice' '.payloads += [.payloads[0]]'
signed '"update.json": no payloads, or too many' '.payloads = []'
signed '"update.json": no payloads, or too many' 'del(.payloads)'
signed '"update.json": no payloads, or too many' '.payloads = [range(1025)]'
signed "\"$ta\" is in no update: \"update.json\" does not name it" 'del(.payloads[1])'
signed "\"update.Cap\": $(wc -c <whole/update.Cap) bytes, \"update.json\" says another size" '.payloads[0].size = 1'
signed "\"update.Cap\": $(wc -c <whole/update.Cap) bytes, \"update.json\" says another size" '.payloads[0].size = -1'
sha256=$(sha256sum <whole/update.Cap | cut -d ' ' -f 1)
signed "\"update.Cap\": SHA-256 is $sha256, \"update.json\" says ${sha256}0" '.payloads[0].sha256 += "0"'
signed "\"update.Cap\": SHA-256 is $sha256, \"update.json\" says nothing" 'del(.payloads[0].sha256)'
signed '"update.Cap": the platform does not update by "bup"' '.payloads[0].format = "bup"'
signed '"update.Cap": the platform does not update by ""' 'del(.payloads[0].format)'
signed '"update.json": version 1.0.0 is not above 1.0.0' '.to.version = "1.0.0"'
signed '"update.json": "to" states no version' '.to.version = "1.0.4294967296"'
signed '"update.json": "from" states no version' 'del(.from)'
signed '"update.json": not of form 1' '.rotkit_update = 2'
signed '"update.json": member "platform" is missing or malformed, expected a text' 'del(.platform)'
signed '"update.json": member "signature_scheme" is missing or malformed, expected the name of a signature scheme' '.signature_scheme = "none"'
signed '"update.json": member "signer" is missing or malformed, expected hex of 1 to 4096 bytes' '.signer += "0"'
signed '"update.json": member "signer" is missing or malformed, expected hex of 1 to 4096 bytes' 'del(.signer)'
# Each payload is held to who signed it: another's, validly signed, is none of this update.
signed "\"update.json\": member \"signer\" is missing or malformed, expected a public key in hex" '.payloads[0].signer = "00"'
rm -rf torn
cp -r whole torn
openssl genrsa -out theirs.key 3072 2>/dev/null
theirs=$(openssl pkey -in theirs.key -pubout -outform DER | od -An -tx1 | tr -d ' \n')
run 0 verify --pub update.pem whole
jq --arg key "$theirs" '.payloads[1].signer = $key' whole/update.json >torn/update.json
openssl pkeyutl -sign -rawin -inkey update.key -in torn/update.json -out torn/update.json.sig
run 3 verify --pub update.pem torn
grep -q "^rotkit: torn: \"$ta\": " "$err" || fail "$(cat "$err")"
jq 'del(.payloads[].signer)' whole/update.json >torn/update.json # as before there was one
openssl pkeyutl -sign -rawin -inkey update.key -in torn/update.json -out torn/update.json.sig
run 0 verify torn
refuse 8 'rotkit: torn: "update.Cap": "update.json" does not say who signed it' verify --pub update.pem torn
