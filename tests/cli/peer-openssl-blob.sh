# SPDX-License-Identifier: Apache-2.0
# Do openssl's AES, CMAC and CBC, told nothing but the format's formulas, find the MAC and the items
# of a key blob that rotkit made (with nonces of its own)? And does rotkit open one that openssl made?
. "$(dirname "$0")/lib.sh"
need openssl xxd

eks=$DATA/vectors/ekb/eks
cp "$eks"/in/* .
root=$(tr -d '[:space:]' <oem_k1.key)
fv1=$(tr -d '[:space:]' <fv.key)

# hex FILE OFFSET LENGTH
hex() {
    xxd -p -c 0 -s "$2" -l "$3" "$1"
}

# derive LABEL-AS-HEX: KDF108-CMAC under EKB_RK, jetson-ftpm-ekb.md 2.3
derive() {
    printf '01%s00656b6200000080' "$1" | xxd -r -p |
        openssl mac -cipher AES-128-CBC -macopt hexkey:"$rk" CMAC | tr A-F a-f
}

# keys FV: EKB_RK, EKB_EK, EKB_AK
keys() {
    rk=$(printf %s "$1" | xxd -r -p | openssl enc -aes-256-ecb -nopad -K "$root" | xxd -p -c 0)
    ek=$(derive 656e6372797074696f6e)
    ak=$(derive 61757468656e7469636174696f6e)
}

# judge IMAGE HEADERS: the CMAC stands before the last 32 bytes of headers, which it covers
judge() {
    len=$((0x$(hex "$1" $(($2 - 29)) 1)$(hex "$1" $(($2 - 30)) 1)$(hex "$1" $(($2 - 31)) 1)$(hex "$1" $(($2 - 32)) 1)))
    tail -c +$(($2 - 31)) "$1" | head -c $((32 + len)) >covered
    mac=$(openssl mac -cipher AES-128-CBC -macopt hexkey:"$ak" -in covered CMAC | tr A-F a-f)
    [ "$mac" = "$(hex "$1" $(($2 - 48)) 16)" ] || fail "$1: openssl finds another CMAC"
    tail -c +33 covered | openssl enc -d -aes-128-cbc -nopad -K "$ek" -iv "$(hex "$1" $(($2 - 16)) 16)" >plain
    xxd -p -c 0 plain >found
    printf '%s\n' "$items" >wanted
    same "$1: the items openssl decrypts" wanted found
}

items=0100000020000000$(tr -d '[:space:]' <sym32.key)0200000010000000$(tr -d '[:space:]' <sym2.key)
items=${items}0400000010000000$(tr -d '[:space:]' <auth.key)0000000000000000
for version in 1.0 2.0; do
    set -- --platform t234 --version "$version" --root-key oem_k1.key --uefi-payload-key sym32.key \
        --disk-key sym2.key --uefi-auth-key auth.key -o "$version.img"
    [ "$version" = 2.0 ] || set -- "$@" --fv fv.key
    run 0 blob pack "$@"
done
keys "$fv1"
judge 1.0.img 64
keys "$(hex 2.0.img 16 16)"
judge 2.0.img 80

# The other way: an image put together by openssl and the shell.
keys "$fv1"
iv=ffeeddccbbaa99887766554433221100
plain=0400000010000000$(tr -d '[:space:]' <auth.key)0000000000000000
printf '2000000045454b420000000000000000%s' "$iv" | xxd -r -p >covered
printf %s "$plain" | xxd -r -p | openssl enc -aes-128-cbc -nopad -K "$ek" -iv "$iv" >>covered
mac=$(openssl mac -cipher AES-128-CBC -macopt hexkey:"$ak" -in covered CMAC)
{
    printf '000400004e56454b4250000001000000%s' "$mac" | xxd -r -p
    cat covered
    head -c 932 /dev/zero | tr '\0' '\244' # 1024 - 92 = 0x3a4
} >theirs.img
run 0 blob open --root-key oem_k1.key --fv fv.key --json --show-secrets theirs.img
stderr_is ""
grep -q "$(tr -d '[:space:]' <auth.key)" "$out" || fail "the key openssl put in is not found"
