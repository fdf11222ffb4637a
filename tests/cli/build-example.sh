# SPDX-License-Identifier: Apache-2.0
# The example: builds, verifies, stays untouched when built again; every blob holds what its database says.
# slow: the whole example; init-builds builds what init makes
. "$(dirname "$0")/lib.sh"
need jq openssl

unset SOURCE_DATE_EPOCH # the factory's certificate is made now
sh "$SOURCE/examples/jetson-orin/prepare.sh" "$ROTKIT" .
warning='rotkit: warning: a PublicKeyHash is unconfirmed: no vendor value was there to compare'

run 0 build manifest.yaml --dry-run
stderr_is "$warning
rotkit: 20 devices, release \"release\": dry run"
[ ! -e release ] || fail "--dry-run wrote"

run 0 build manifest.yaml
stdout_is ""
stderr_is "$warning
rotkit: 20 devices, release \"release\": new"
run 0 verify release
stdout_is "release: release: holds: 20 devices, 163 files, 60 EK certificates; signer: not checked"
stderr_is ""
for word in $(cut -d ' ' -f 3 devices/kdk_db.csv devices/eps_seeds.csv | tr -d '\r') $(cat keys/*.key | grep -v -e -----); do
    case $word in
    *[!0-9a-f]* | "") continue ;;
    esac
    if grep -rqF "$word" release "$out" "$err"; then fail "a secret shows in the release"; fi
done

# Again: not a byte and not a time stamp changes.
touch marker
find release -type f -exec sha256sum {} + | sort >"$scratch/sums"
run 0 build manifest.yaml --json
jq -c . "$out" >found
is found '{"release":"release","devices":20,"images":0,"resumed":0,"outcome":"unchanged","signed":true,"plaintext_secrets":false,"unconfirmed_public_key_hash":true}'
find release -type f -exec sha256sum {} + | sort >"$scratch/again"
same "the release" "$scratch/sums" "$scratch/again"
[ -z "$(find release -newer marker)" ] || fail "an unchanged release was written again"
[ -z "$(find . -name '*.tmp*' -o -name '*staging*')" ] || fail "something is left beside the release"

# Blob by blob: opened, the items are those of the databases, and the certificates are for the computed EKs.
run 0 device derive --kdk-db devices/kdk_db.csv --eps-seeds devices/eps_seeds.csv --template L-1,L-2,H-3 --json
cp "$out" derived
count=0
while read -r device; do
    sn=$(printf '%s' "$device" | jq -r .device_sn)
    folder=$(echo release/devices/*/"$sn")
    run 0 blob open --root-key keys/oem_k1.key --json --show-secrets "$folder/eks.img"
    seed=$(grep "^0102 $(printf '%s' "$sn" | cut -c 5-) " devices/eps_seeds.csv | cut -d ' ' -f 3 | tr -d '\r')
    jq -r '.items[] | select(.tag < 93) | [.tag, .value] | @tsv' "$out" >found
    printf '%s\t%s\n' 1 "$(cat keys/payload.key)" 2 "$(cat keys/disk.key)" 4 "$(cat keys/uefi-auth.key)" \
        91 "$sn" 92 "$seed" >wanted
    same "$sn: items" wanted found
    for pair in 93:l-1:0 94:l-2:1 0:h-3:2; do
        tag=${pair%%:*}
        cert=$(echo "$folder/ek-cert-$(echo "$pair" | cut -d : -f 2).der")
        if [ "$tag" != 0 ]; then
            jq -r ".items[] | select(.tag == $tag) | .value" "$out" | unhex | cmp - "$cert" || fail "$sn: tag $tag"
        fi
        printf '%s' "$device" | jq -j ".ek[${pair##*:}].public_pem" >wanted
        openssl x509 -inform DER -in "$cert" -pubkey -noout >found
        same "$sn: EK of $cert" wanted found
    done
    run 0 secret open --key factory/factory.key "$(echo release/secrets/*/"$sn"/fuse.xml.cms)"
    grep -q "Kdk0\" size=\"32\" value=\"0x$(grep "$(printf '%s' "$sn" | cut -c 5-)" devices/kdk_db.csv | cut -d ' ' -f 3 | tr -d '\r')\"" "$out" ||
        fail "$sn: Kdk0 of the fuse file"
    count=$((count + 1))
done <derived
[ "$count" -eq 20 ] || fail "$count devices"
