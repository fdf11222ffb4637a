#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A release against somebody who may write to it and has every public key and certificate of it, and not the release
# key: what a consumer would read otherwise is found, and nothing of unknown origin is signed, packed or sent on.
. "$(dirname "$0")/lib.sh"
. "$SOURCE/tests/support/example.sh"
need openssl jq python3 tar

unset SOURCE_DATE_EPOCH # the factory certificate is of today
example_product product p384 3
run 0 build -q product/manifest.yaml
mv product/release whole
openssl pkey -in product/keys/release.key -pubout -out release.pem
bucket=$(cd whole && echo devices/*)
secret=$(cd whole && ls secrets/*/*/fuse.xml.cms | head -n 1)
device=$(dirname "$(cd whole && ls $bucket/*/device.json | head -n 1)")
sn=$(basename "$device")
run 0 verify --pub release.pem --ca product/ca/root.pem whole
stdout_is "whole: release: holds: 3 devices, 27 files, 9 EK certificates of the CA named; signer: release key, ed25519"
run 8 verify --ca product/ca/root.pem whole # who signed it is not known
grep -q -- '--pub' "$out" "$err" || fail "it is not said what that needs: $(cat "$out" "$err")"

# attack MESSAGE COMMAND...: in a copy named r; verify --pub says 3, and so does verify alone where $alone says so
alone=3
attack() {
    text=$1
    shift
    rm -rf r
    cp -r whole r
    (cd r && "$@") || fail "attack: $*"
    what="$*"
    refuse 3 "rotkit: r: $text" verify --pub release.pem r
    [ "$alone" = 0 ] || refuse 3 "rotkit: r: $text" verify r
    what=
}
as_shell() {
    sh -c "$1"
}
sum() {
    sha256sum <"$1" | cut -d ' ' -f 1
}

# ---- sealed secrets: whoever has the factory's certificate can seal ----
openssl cms -encrypt -binary -aes-256-gcm -in product/manifest.yaml -outform DER -out forged.cms -recip product/factory/factory.pem \
    -keyopt rsa_padding_mode:oaep -keyopt rsa_oaep_md:sha256 2>/dev/null ||
    openssl cms -encrypt -binary -aes-256-gcm -in product/manifest.yaml -outform DER -out forged.cms -recip product/factory/factory.pem
forged="\"$secret\": SHA-256 is $(sum forged.cms), the index says $(sum "whole/$secret")"
attack "$forged" cp ../forged.cms "$secret"
refuse 3 "rotkit: --release \"r\": $forged" secret open --release r --pub release.pem --key product/factory/factory.key -o out.xml "$secret"
refuse 3 "rotkit: --release \"r\": $forged" secret open --release r --pub release.pem --key product/factory/factory.key -o out.xml "r/$secret"
run 0 secret open --release whole --pub release.pem --key product/factory/factory.key -o out.xml "$secret"
grep -q Kdk0 out.xml || fail "another secret"
rm out.xml
refuse 3 'rotkit: --release "whole": the release is signed by another key' \
    secret open --release whole --pub product/keys/pkc.pem --key product/factory/factory.key -o out.xml "$secret"
refuse 3 'rotkit: --release "whole": "secrets/none" is in no index of the release' \
    secret open --release whole --pub release.pem --key product/factory/factory.key -o out.xml secrets/none
# The file's own index put right, then the index above it, whose signature nobody can make.
reindex() { # in r: both indices agree with the files
    python3 - "$1" <<'PYTHON'
import hashlib, json, os, sys
bucket = os.path.dirname(os.path.dirname(sys.argv[1])) + "/index.json"
digest = lambda path: hashlib.sha256(open(path, "rb").read()).hexdigest()
doc = json.load(open(bucket))
for f in doc["files"]:
    if os.path.exists(f["path"]):
        f["size"], f["sha256"] = os.path.getsize(f["path"]), digest(f["path"])
json.dump(doc, open(bucket, "w"))
doc = json.load(open("secrets/index.json"))
for b in doc["buckets"]:
    b["sha256"] = digest(b["path"])
json.dump(doc, open("secrets/index.json", "w"))
PYTHON
}
forge_all() {
    cp ../forged.cms "$secret"
    reindex "$secret"
}
attack '"secrets/index.json.sig": the signature does not hold' forge_all
attack "\"${secret%.cms}.cms\" is missing" rm "$secret"
attack "\"$secret.old\" stands here, and \"$(dirname "$(dirname "$secret")")/index.json\" does not name it" cp "$secret" "$secret.old"
attack '"secrets/extra" stands here, and "secrets/index.json" does not name it' cp -r "$(dirname "$(dirname "$secret")")" secrets/extra
attack '"secrets/index.json" is missing' rm secrets/index.json
attack '"secrets/index.json.sig" is missing: release.json says it is signed' rm secrets/index.json.sig
# Another release's secrets, by the same key.
sed 's/^product: .*/product: another/' product/manifest.yaml >product/another.yaml
run 0 build -q -o another product/another.yaml
attack '"secrets/index.json" is of another release' as_shell 'rm -r secrets; cp -r ../another/secrets .'

# A rebuild keeps what is its own, and nothing that somebody has put there.
run 0 build -q -o whole product/manifest.yaml
cp -r whole r2
cp forged.cms "r2/$secret"
run 0 build -o r2 product/manifest.yaml
grep -q '^rotkit: warning: secrets of "r2" are sealed anew: "'"$secret"'": SHA-256 is ' "$err" || fail "$(cat "$err")"
run 0 verify --pub release.pem r2
cmp -s forged.cms "r2/$secret" && fail "the forged file was kept"
(cd r2 && cp ../forged.cms "$secret" && reindex "$secret")
run 0 build -o r2 product/manifest.yaml
grep -q '^rotkit: warning: secrets of "r2" are sealed anew: the signature does not hold$' "$err" || fail "$(cat "$err")"
run 0 verify --pub release.pem r2
cmp -s forged.cms "r2/$secret" && fail "the forged file was kept, with its indices"

# ---- names, links, and what is no file ----
attack "\"$device/device.json\" is no file" as_shell "mv $device ../moved; ln -s ../../../moved $device"
rm -r moved
attack '"ca/chain.pem" is no file' as_shell 'mv ca/chain.pem ../moved; ln -s ../../moved ca/chain.pem'
rm moved
attack "\"$device/device.json\" is no file" as_shell "rm $device/device.json; mkfifo $device/device.json"
attack "\"$device/more\" stands here, and \"$bucket/index.json\" does not name it" touch "$device/more"
attack "\"$device/more\" stands here, and \"$bucket/index.json\" does not name it" ln -s device.json "$device/more"
attack '"images/more" stands here, and release.json does not name it' as_shell 'mkdir -p images; touch images/more'
attack '"devices/000000000000000000" stands here, and release.json does not name it' mkdir devices/000000000000000000
attack "\"ledger/more\" is no checkpoint of the ledger" as_shell 'mkdir ledger; touch ledger/more'
# A secret is wrapped to the EK of a release that holds, and to no other's.
attack "\"$device/device.json\": SHA-256 is $(sed 's/L-1/L-9/' "whole/$device/device.json" | sha256sum | cut -d ' ' -f 1), the index says $(sum "whole/$device/device.json")" \
    sed -i 's/L-1/L-9/' "$device/device.json"
run 3 tpm challenge --release r --pub release.pem --device "$sn" --name 000b00 --credential c --secret s
run 3 tpm challenge --release r --unsigned --device "$sn" --name 000b00 --credential c --secret s
run 3 tpm challenge --release whole --pub product/keys/pkc.pem --device "$sn" --name 000b00 --credential c --secret s
run 2 tpm challenge --release whole --device "$sn" --name 000b00 --credential c --secret s
if [ -e c ] || [ -e s ]; then fail "a challenge to nobody knows whom"; fi
run 0 tpm challenge --release whole --pub release.pem --device "$sn" --name 000b00 --credential c --secret s
rm c s
# A folder is named by the files in it.
for folder in "$device/more" "$bucket/more" "$(dirname "$secret")/more" "$(dirname "$(dirname "$secret")")/more"; do
    case $folder in
    "$device/more" | "$(dirname "$secret")/more") attack "\"$folder\": a folder where none belongs" mkdir "$folder" ;;
    *) attack "\"$folder\": an empty folder, which nothing names" mkdir "$folder" ;;
    esac
done
for folder in images ledger; do
    attack "\"$folder\": an empty folder, which nothing names" mkdir $folder
done
attack '"ca/more" stands here, and release.json does not name it' mkdir ca/more
attack '"secrets/more" stands here, and "secrets/index.json" does not name it' mkdir secrets/more
# As many as before, with other names.
attack "\"$device/eks.img\" is missing" mv "$device/eks.img" "$device/sek.img"
if strace -o /dev/null true 2>/dev/null; then
    rm -rf r
    cp -r whole r
    mv "r/$device" moved
    ln -s ../../../moved "r/$device"
    for error in ENOSYS EPERM; do # older kernels; older filters of containers
        for release in whole r; do
            ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0 strace -f -o trace -e trace=openat2 -e inject=openat2:error=$error \
                "$ROTKIT" verify --pub release.pem $release >"$out" 2>"$err" && code=0 || code=$?
            grep -q "openat2.*$error.*INJECTED" trace || fail "openat2 is not asked"
            case $release$code in
            whole0) ;;
            r3) stderr_is "rotkit: r: \"$device/device.json\" is no file" ;;
            *) fail "$error: $release: exit $code: $(cat "$err")" ;;
            esac
        done
    done
fi

# ---- the signature taken away, and every digest put right ----
alone=0
attack 'the release is not signed' python3 "$SOURCE/tests/support/strip_release.py" .
run 0 verify r
stdout_is "r: release: holds: 3 devices, 27 files, 9 EK certificates; signer: not checked"
refuse 3 'rotkit: r: the release is not signed' verify --ca product/ca/root.pem r
unsigned='rotkit: "r": the release is not signed'
whose='rotkit: "r": nothing says whose release this must be
  name the release key with --pub FILE; --unsigned takes one of unknown origin'
refuse 2 "$whose" release archive r -o r.tar
refuse 2 "$whose" enroll csv r -o table
refuse 2 "$whose" enroll csv r --verify table
refuse 2 "$whose" device retire r "$sn" --ledger units.db --cert product/ca/chain.pem --key product/ca/issuing.key -o revoked --note x
refuse 3 "$unsigned" release archive --pub release.pem r -o r.tar
refuse 3 "$unsigned
  it must be signed by --key, or by the key of --pub" enroll corim r -o table --set vendor=x --key product/keys/release.key
refuse 3 "$unsigned" enroll --pub release.pem csv r -o table
refuse 3 'rotkit: --release "r": the release is not signed' secret open --release r --pub release.pem --key product/factory/factory.key -o out.xml "$secret"
run 0 release archive --unsigned r -o r.tar
# Signed again, by a key of theirs.
openssl genpkey -algorithm ED25519 -out theirs.key 2>/dev/null
sed 's/^  key: .*release.key/  key: ..\/theirs.key/' product/manifest.yaml >product/theirs.yaml
run 0 build -q -o theirs product/theirs.yaml
refuse 3 'rotkit: "theirs": the release is signed by another key' release archive --pub release.pem theirs -o t.tar
refuse 3 'rotkit: "theirs": the release is signed by another key' enroll --pub release.pem csv theirs -o table
run 0 enroll --pub release.pem csv whole -o table
run 0 release archive --pub release.pem whole -o whole.tar
mkdir unpacked
tar -C unpacked -xf whole.tar
top=unpacked/jetson-orin-demo
run 0 verify --pub release.pem $top
stdout_is "$top: release: holds: 3 devices, 19 files, 9 EK certificates; not here: secrets; signer: release key, ed25519"

# ---- a release from before there was secrets/index.json ----
rm -rf r
cp -r whole r
rm r/secrets/index.json r/secrets/index.json.sig
jq 'del(.secrets_index)' whole/release.json >r/release.json
openssl pkeyutl -sign -rawin -inkey product/keys/release.key -in r/release.json -out r/release.json.sig
run 0 verify r
refuse 8 'rotkit: r: secrets/: the release is of a rotkit that signed no secrets/index.json: build it again' verify --pub release.pem r
refuse 3 'rotkit: --release "r": "secrets/index.json" is missing: nothing signed names the sealed files' \
    secret open --release r --pub release.pem --key product/factory/factory.key -o out.xml "$secret"

# ---- EK certificates, by the device that they stand with; unsigned, so that nothing else tells ----
sed '/^release:/,$ { /^  key:/d }' product/manifest.yaml >product/plain.yaml
run 0 build -q -o plain product/plain.yaml
stated() { # MESSAGE JQ-FILTER: device.json changed, the indices put right
    rm -rf r
    cp -r plain r
    jq "$2" "plain/$device/device.json" >"r/$device/device.json"
    python3 "$SOURCE/tests/support/reseal.py" r "$device/device.json"
    refuse 3 "rotkit: r: \"$device/$1" verify r
}
stated 'ek-cert-l-1.der": device.json states no EK "L-1", which the certificate is for' 'del(.ek[] | select(.template == "L-1"))'
stated 'ek-cert-h-3.der": device.json states no EK "H-3", which the certificate is for' 'del(.ek)'
stated "device.json\": role \"device\" of device ${sn%?}9 does not stand here" ".device_sn = \"${sn%?}9\""

# ---- the EK CA, as the one who asks trusts it ----
cert=$device/ek-cert-l-1.der
"$ROTKIT" ca crl --cert product/ca/chain.pem --key product/ca/issuing.key --revoke "whole/$cert" -o ek.crl 2>"$err" || fail "$(cat "$err")"
"$ROTKIT" ca crl --cert product/ca/root.pem --key product/ca/root.key -o root.crl 2>"$err" || fail "$(cat "$err")"
run 3 verify --pub release.pem --ca product/ca/root.pem --crl ek.crl --crl root.crl whole
grep -q "^rotkit: whole: \"$cert\": .*revoked" "$err" || fail "$(cat "$err")"
# No list of theirs: 8, with what is needed; what fails behind them is 3 all the same.
run 8 verify --json --pub release.pem --ca product/ca/root.pem --crl root.crl whole
jq -e '.outcome == "unknown" and .needs == ["--crl"]' "$out" >/dev/null || fail "$(cat "$out")"
run 8 verify --json --ca product/ca/root.pem whole
jq -e '.outcome == "unknown" and .needs == ["--pub"]' "$out" >/dev/null || fail "$(cat "$out")"
refuse 8 'rotkit: whole: could not be checked: who signed the release: needs its key: --pub' verify --ca product/ca/root.pem whole
rm -rf r
cp -r whole r
last=$(cd r && ls devices/*/*/eks.img | tail -n 1)
flip "r/$last" 100
run 3 verify --pub release.pem --ca product/ca/root.pem --crl root.crl r
grep -q "^rotkit: r: \"$last\": SHA-256 is " "$err" || fail "$(cat "$err")"
run 3 verify --pub release.pem --ca product/ca/root.pem --at 2020-01-01 whole
grep -q '^rotkit: whole: "devices/.*is not valid before 2026-01-01' "$err" || fail "$(cat "$err")"
