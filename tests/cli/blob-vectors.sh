# SPDX-License-Identifier: Apache-2.0
# blob pack writes every eks vector byte for byte; blob open finds the items that went in.
# slow: a start for each vector; unit.ekb has them in one
. "$(dirname "$0")/lib.sh"
need jq

eks=$DATA/vectors/ekb/eks
cd "$eks"
pin_dir=$scratch/work

# The options of the vendor's tool and ours; tags of a release that numbers them otherwise go by --tag.
option() {
    case "$2:$1" in
    gen_ekb_r35.2.1:in_uefi_pubkey) echo tag=3 ;;
    gen_ekb_r35.2.1:in_uefi_enckey) echo tag=4 ;;
    gen_ekb_r35.2.1:in_device_id) echo tag=5 ;;
    *:in_sym_key) echo uefi-payload-key ;;
    *:in_sym_key2) echo disk-key ;;
    *:in_auth_key) echo uefi-auth-key ;;
    *:in_device_id) echo tag=3 ;;
    *:in_ftpm_sn) echo ftpm-sn ;;
    *:in_ftpm_eps_seed) echo eps-seed ;;
    *:in_ftpm_rsa_ek_cert) echo ek-cert-rsa ;;
    *:in_ftpm_ec_ek_cert) echo ek-cert-ecc ;;
    *:in_sid_cert) echo sid-cert ;;
    *:in_ftpm_rsa_ek_csr) echo ek-csr-rsa ;;
    *:in_ftpm_ec_ek_csr) echo ek-csr-ecc ;;
    *) fail "no option for $1" ;;
    esac
}

# --tag takes raw bytes, and the key files are hex.
raw() {
    case $1 in
    *.key) unhex <"$1" >"$pin_dir/$(basename "$1").raw" && echo "$pin_dir/$(basename "$1").raw" ;;
    *) echo "$1" ;;
    esac
}

count=0
jq -c '.[]' index.json >"$scratch/rows"
# Those of the functions of revision 1.6 itself.
jq -c '.[] | .tool = "gen_ekb_1.6" | .name = "../eks-rev1.6/" + .name | .root_key = "in/" + .root_key
    | .options |= with_entries(if .value | test("[.](key|der)$") then .value = "in/" + .value else . end)' \
    ../eks-rev1.6/index.json >>"$scratch/rows"
while read -r row; do
    field() {
        printf '%s' "$row" | jq -r "$1"
    }
    name=$(field .name)
    tool=$(field .tool)
    case $tool in
    gen_ekb_r35.1) version=legacy ;;
    gen_ekb_1.6) version=2.0 ;;
    *) version=1.0 ;;
    esac
    field .fv >"$pin_dir/fv"
    field .iv >"$pin_dir/iv"
    set -- --platform "$(field .chip)" --version "$version" --root-key "$(field .root_key)" \
        --fv "$pin_dir/fv" --iv "$pin_dir/iv"
    field '.options | to_entries[] | [.key, .value] | @tsv' >"$scratch/options"
    while read -r key value; do
        to=$(option "$key" "$tool")
        case $to in
        tag=*) set -- "$@" --tag "${to#tag=}=$(raw "$value")" ;;
        *) set -- "$@" "--$to" "$value" ;;
        esac
    done <"$scratch/options"
    run 0 blob pack "$@" --allow-incomplete -o "$pin_dir/made.img"
    stderr_is ""
    stdout_is ""
    cmp "$pin_dir/made.img" "$name.img" >&2 || fail "$name differs"
    [ "$(sha256sum <"$pin_dir/made.img" | cut -d ' ' -f 1)" = "$(field .sha256)" ] || fail "$name: SHA-256"

    # Opened again, 2.0 without being told the FV; the items as a list of tag, length, value are the plaintext.
    set -- --root-key "$(field .root_key)"
    [ "$version" = 2.0 ] || set -- "$@" --fv "$pin_dir/fv"
    run 0 blob open "$@" --json --show-secrets "$name.img"
    stderr_is ""
    [ "$(jq -r .version "$out")" = "$version" ] || fail "$name: version"
    [ "$(jq -r .iv "$out")" = "$(field .iv)" ] || fail "$name: IV"
    [ "$(jq -r .fv "$out")" = "$(field .fv)" ] || fail "$name: FV"
    plaintext=$(jq -r 'def le32: . as $n | [range(4)] | map($n / pow(256; .) | floor % 256)
        | map("0123456789abcdef"[(. / 16 | floor):(. / 16 | floor) + 1]
            + "0123456789abcdef"[. % 16:. % 16 + 1]) | join("");
        [.items[] | (.tag | le32) + (.length | le32) + .value] | join("")' "$out")
    case $(field '.plaintext_padded // ""') in
    "" | sha256:*) ;;
    "$plaintext"0000000000000000*) ;;
    *) fail "$name: other items than the vector's" ;;
    esac
    count=$((count + 1))
done <"$scratch/rows"
[ "$count" -eq 27 ] || fail "$count vectors, expected 27"
