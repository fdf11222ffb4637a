# SPDX-License-Identifier: Apache-2.0
# ek csr: a request openssl accepts, for the very EK that ek derive computes; blob pack takes both.
. "$(dirname "$0")/lib.sh"
need openssl jq

openssl rand -hex 64 >eps
for template in L-1 L-2; do
    run 0 ek csr --eps eps --template $template --manufacturer id:44454D4F --model demo --version id:01 \
        -o $template.der
    stderr_is ""
    openssl req -inform DER -in $template.der -noout -verify 2>"$scratch/verdict" ||
        fail "openssl: $(cat "$scratch/verdict")"
    grep -qi 'verify OK' "$scratch/verdict" || fail "openssl: $(cat "$scratch/verdict")"
    openssl req -inform DER -in $template.der -noout -pubkey | openssl pkey -pubin -outform DER >theirs
    "$ROTKIT" ek derive --eps eps --template $template --json | jq -r .public_pem |
        openssl pkey -pubin -outform DER >ours
    cmp -s theirs ours || fail "$template: the request is for another key"
done

openssl rand -hex 32 >key32
openssl rand -hex 16 >key16
printf standin >sid.der
run 0 blob pack --platform t234 --version 2.0 --root-key key32 --uefi-auth-key key16 \
    --ftpm-sn 01020000000100000002 --eps-seed key32 --sid-cert sid.der --ek-csr-rsa L-1.der \
    --ek-csr-ecc L-2.der -o eks.img
run 0 blob open --root-key key32 --json eks.img
for tag in 96:L-1 97:L-2; do
    jq -e --argjson tag "${tag%:*}" --argjson size "$(stat -c %s "${tag#*:}.der")" \
        'any(.. | objects; .tag == $tag and .length == $size)' "$out" >/dev/null || fail "no request under tag $tag: $(cat "$out")"
done
# Values of secret items are hidden unless they are asked for.
hides "$(cat key16)" "$out"
run 0 blob open --root-key key32 eks.img
hides "$(cat key16)" "$out"
run 0 blob open --root-key key32 --show-secrets --json eks.img
grep -qF "$(cat key16)" "$out" || fail "--show-secrets: $(cat "$out")"

refuse 2 'rotkit: --template: one template, found 2
  see '"'"'rotkit help ek csr'"'" \
    ek csr --eps eps --template L-1,L-2 --manufacturer id:44454D4F --model demo --version id:01 -o x.der
: >none
refuse 2 'rotkit: none: holds no EPS' \
    ek csr --eps none --template L-1 --manufacturer id:44454D4F --model demo --version id:01 -o x.der
echo 00 >short
refuse 2 'rotkit: short:1: 1 byte, expected 64' \
    ek csr --eps short --template L-1 --manufacturer id:44454D4F --model demo --version id:01 -o x.der
refuse 2 "rotkit: --spec-revision is a 32-bit number
  see 'rotkit help ek csr'" \
    ek csr --eps eps --template L-1 --manufacturer id:44454D4F --model demo --version id:01 \
    --spec-revision 0x10000009f -o x.der
