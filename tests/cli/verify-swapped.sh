# SPDX-License-Identifier: Apache-2.0
# A certificate of another device is found even when every digest of the release has been set right.
. "$(dirname "$0")/lib.sh"
need jq openssl python3

unset SOURCE_DATE_EPOCH
sh "$SOURCE/examples/jetson-orin/prepare.sh" "$ROTKIT" .
for db in kdk_db eps_seeds; do
    sed -n 1,2p devices/$db.csv >two && mv two devices/$db.csv
done
sed -i '/^release:/,$ { /^  key:/d }' manifest.yaml # not signed: whoever swaps could make the signature too
run 0 build manifest.yaml -q
bucket=$(basename release/devices/*)
folder=devices/$bucket
one=$folder/01020000000100000001/ek-cert-l-1.der
two=$folder/01020000000100000002/ek-cert-l-1.der

settle() { # makes both indices agree with the files
    for file in $one $two; do
        jq --arg path "$file" --arg sum "$(sha256sum <"release/$file" | cut -d ' ' -f 1)" \
            --argjson size "$(stat -c %s "release/$file")" \
            '(.files[] | select(.path == $path)) |= (.sha256 = $sum | .size = $size)' \
            "release/$folder/index.json" >index
        cp index "release/$folder/index.json"
    done
    jq --arg path "$folder/index.json" --arg sum "$(sha256sum <index | cut -d ' ' -f 1)" \
        '(.buckets[] | select(.path == $path)).sha256 = $sum' release/release.json >release.new
    cp release.new release/release.json
}
settle
run 0 verify release
stderr_is ""

cp "release/$one" hold
cp "release/$two" "release/$one"
settle
run 3 verify release
stdout_is ""
spki() {
    openssl x509 -inform DER -in "$1" -pubkey -noout | openssl pkey -pubin -outform DER | sha256sum | cut -d ' ' -f 1
}
stderr_is "rotkit: release: \"$one\": \"public key of the certificate\": SHA-256 is $(spki "release/$two"), the index says $(spki hold)"

# The right key, but certified by another CA of the same name.
cp hold "release/$one"
"$ROTKIT" ca init -q other --name "Demo Product" --key-type p384 --not-before 2026-01-01
openssl x509 -inform DER -in hold -pubkey -noout >ek.pub
run 0 ca issue --cert other/chain.pem --key other/issuing.key --public-key ek.pub --device 01020000000100000001 \
    --manufacturer id:44454D4F --model 'demo fTPM' --version id:00010000 -o forged.der
cp forged.der "release/$one"
settle
run 3 verify release
stdout_is ""
grep -q "^rotkit: release: \"$one\": " "$err" || fail "$(cat "$err")"

# And back.
cp hold "release/$one"
settle
run 0 verify release

# The EK's public area, which is what services enrol: of another key, RSA or EC, cut short, or none.
device=$(dirname "$one")/device.json
cp "release/$device" device.json
for change in '.ek[0].public_tpm2b |= .[:-2] + "00"' '.ek[0].public_tpm2b = .ek[1].public_tpm2b' '.ek[0].public_tpm2b = "00"' 'del(.ek[0].public_tpm2b)'; do
    jq "$change" device.json >"release/$device"
    python3 "$SOURCE/tests/support/reseal.py" release "$device"
    run 3 verify release
    stderr_is "rotkit: release: \"$one\": the certificate is for another key than public_tpm2b in device.json"
done
jq '.ek[1].public_tpm2b |= .[:-2] + "00"' device.json >"release/$device"
python3 "$SOURCE/tests/support/reseal.py" release "$device"
run 3 verify release
stderr_is "rotkit: release: \"$(dirname "$one")/ek-cert-l-2.der\": the certificate is for another key than public_tpm2b in device.json"
