# SPDX-License-Identifier: Apache-2.0
# device derive gives the whole chain of the vectors, and hides the secrets unless asked.
. "$(dirname "$0")/lib.sh"
need jq openssl

chain=$DATA/vectors/ekb/chain/chain.json
jq -r '.[] | [.oem_id, .sn, .kdk0] | join(" ")' "$chain" >kdk.csv
jq -r '.[] | [.oem_id, .sn, .eps_seed] | join(" ")' "$chain" | sed 's/$/\r/' >seeds.csv

run 0 device derive --kdk-db kdk.csv --eps-seeds seeds.csv --json --show-secrets
stderr_is ""
cp "$out" shown
for pair in device_sn:device_sn silicon_id_public:silicon_id_pub_xy kdk_nrk:kdk_nrk \
    silicon_id:silicon_id ftpm_seed:ftpm_seed root_seed:root_seed eps:eps; do
    jq -r ".${pair%:*}" shown >found
    jq -r ".[].${pair#*:}" "$chain" >wanted
    same "${pair%:*}" wanted found
done
# The EKs: modulus and point stand at the end of the public area.
jq -r '.ek[0] | [.template, .profile, .public_tpm2b[-512:]] | join(" ")' shown >found
jq -r '.[] | ["L-1", "ms-159", .ek_rsa_n] | join(" ")' "$chain" >wanted
same "RSA EK" wanted found
jq -r '.ek[1] | [.template, .public_tpm2b[-132:-68], .public_tpm2b[-64:]] | join(" ")' shown >found
jq -r '.[] | ["L-2", .ek_ecc_x, .ek_ecc_y] | join(" ")' "$chain" >wanted
same "ECC EK" wanted found

run 0 device derive --kdk-db kdk.csv --eps-seeds seeds.csv --json
stderr_is ""
jq -c 'del(.kdk_nrk, .silicon_id, .ftpm_seed, .root_seed, .eps)' shown >wanted
same "the output without secrets" wanted "$out"
for secret in $(jq -r '.[] | .kdk0, .eps_seed, .eps, .silicon_id' "$chain"); do
    hides "$secret" "$out" "$err"
done

# One device, other templates; ek derive of the EPS says the same.
head -n 1 kdk.csv >kdk1.csv
head -n 1 seeds.csv >seeds1.csv
run 0 device derive --kdk-db kdk1.csv --eps-seeds seeds1.csv --template H-2,H-3 --profile tcg-184 --json
jq -c '.ek[]' "$out" >device
jq -r '.[0].eps' "$chain" >eps
run 0 ek derive --eps eps --template H-2,H-3 --profile tcg-184 --json
same "ek derive" device "$out"
