# SPDX-License-Identifier: Apache-2.0
# ek derive prints the very EKs that TPM implementations made of the same EPS: public area and Name.
# slow: a start for each vector; unit.ek has them in one
. "$(dirname "$0")/lib.sh"
need jq openssl

# Two EPS of each recorded TPM and template, the cheap way to see that the command hands on what it should.
for file in "$DATA"/vectors/ek/*.jsonl; do
    jq -r '[.profile, .template] | @tsv' "$file" | sort -u | while read -r profile template; do
        case $template in
        L-1 | L-2 | H-1 | H-2 | H-3 | H-4) ;;
        *) continue ;; # RSA-3072 and 4096 are in the unit tests
        esac
        jq -c --arg p "$profile" --arg t "$template" \
            'select(.profile == $p and .template == $t and .public_tpm2b_hex != null)' "$file" |
            head -n 2 >vectors
        [ -s vectors ] || continue
        jq -r .eps_hex vectors >eps
        jq -r .public_tpm2b_hex vectors >wanted
        run 0 ek derive --eps eps --profile "$profile" --template "$template" --json
        stderr_is ""
        jq -r .public_tpm2b "$out" >found
        same "$(basename "$file") $template public_tpm2b" wanted found
        echo "$profile $template" >>"$scratch/done"
    done
done
[ "$(sort -u "$scratch/done" | wc -l)" -ge 10 ] || fail "too few vectors: $(cat "$scratch/done")"

# Name and PEM are those of the public area.
run 0 ek derive --eps eps --json
head -n 1 "$out" >first
area=$(jq -r .public_tpm2b first | cut -c 5-)
digest=$(printf '%s' "$area" | unhex | sha256sum | cut -d ' ' -f 1)
[ "$(jq -r .name first)" = "000b$digest" ] || fail "the Name is not that of the public area"
jq -r .public_pem first | openssl pkey -pubin -noout -text | tr -d ' :\n' >text
modulus=$(printf '%s' "$area" | tail -c 512)
grep -q "$modulus" text || fail "public_pem holds another key"
