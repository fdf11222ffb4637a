# SPDX-License-Identifier: Apache-2.0
# rotkit blob luks: the passphrases of NVIDIA's generator, from a disk key and from the key blob that holds it; where they
# go; what is refused; and that the disk key is not shown.
. "$(dirname "$0")/lib.sh"
need jq

vectors=$DATA/vectors/ekb/luks.json
eks=$DATA/vectors/ekb/eks
umask 077
cp "$eks"/in/* .

# ---- known answers ----
seen=0
while IFS='|' read -r key ecid context unique generic; do
    echo "$key" >disk.key
    run 0 blob luks --disk-key disk.key --context "$context" --ecid "$ecid"
    stdout_is "$unique"
    stderr_is ""
    run 0 blob luks --disk-key disk.key --context "$context" --platform t194
    stdout_is "$generic"
    ROTKIT_TEST_DISK_KEY=$key run 0 blob luks --disk-key env:ROTKIT_TEST_DISK_KEY --context "$context"
    stdout_is "$generic"
    seen=$((seen + 1))
done <<TABLE
$(jq -r '.cases[] | [.disk_key, .ecid, .context, .unique, .generic] | join("|")' "$vectors")
TABLE
[ "$seen" -eq 3 ] || fail "$seen vectors"

# ---- out of the key blob, which has it as tag 2 ----
run 0 blob pack --platform t234 --version 2.0 --root-key oem_k1.key --uefi-auth-key auth.key --disk-key sym2.key -o eks.img
run 0 blob luks --disk-key sym2.key --context a5c1b0e2-0d5f-4c5e-9f1b-6c0b1f6d2a11 --ecid 0x1234
cp "$out" wanted
run 0 blob luks --blob eks.img --root-key oem_k1.key --context a5c1b0e2-0d5f-4c5e-9f1b-6c0b1f6d2a11 --ecid 0x1234
same "the passphrase out of the blob" wanted "$out"
{ head -c 4096 /dev/zero; cat eks.img; head -c 512 /dev/zero; } >dump
run 0 blob luks --blob dump --at 4096 --root-key oem_k1.key --context a5c1b0e2-0d5f-4c5e-9f1b-6c0b1f6d2a11 --ecid 0x1234
same "the passphrase out of a dump" wanted "$out"
run 0 blob luks --blob "$eks/v1_t234_k1_sym_sym2_auth.img" --fv fv.key --root-key oem_k1.key \
    --context a5c1b0e2-0d5f-4c5e-9f1b-6c0b1f6d2a11 --ecid 0x1234
same "the passphrase out of a blob of 1.0" wanted "$out"

# ---- where it goes ----
run 0 blob luks --disk-key sym2.key --context x
cp "$out" line
[ "$(stat -c %s line)" -eq 33 ] || fail "a line of another length"
run 0 blob luks --disk-key sym2.key --context x --no-newline
head -c 32 line | cmp - "$out" || fail "--no-newline"
umask 022
run 0 blob luks --disk-key sym2.key --context x -o pass
same "the file" line pass
stdout_is ""
mode_is 600 pass
"$ROTKIT" blob luks --disk-key sym2.key --context x -o /dev/fd/5 5>descriptor >"$out"
same "the descriptor" line descriptor
stdout_is ""
if command -v script >/dev/null; then
    script -qec "'$ROTKIT' blob luks --disk-key sym2.key --context x" terminal.log </dev/null >terminal 2>&1
    grep -qF "$(cat line)" terminal || fail "a terminal does not show it"
fi
"$ROTKIT" blob luks --disk-key sym2.key --context x >/dev/full 2>"$err" && fail "a full device: exit 0"
stderr_is 'rotkit: cannot write "standard output": No space left on device'

# ---- what is refused ----
see="
  see 'rotkit help blob luks'"
refuse 2 "rotkit: give --disk-key KEY, or --blob EKS.IMG that holds it$see" blob luks --context x
refuse 2 "rotkit: give --disk-key KEY, or --blob EKS.IMG that holds it$see" \
    blob luks --context x --disk-key sym2.key --blob eks.img --root-key oem_k1.key
refuse 2 "rotkit: --blob needs --root-key: the fuse key it was made with$see" blob luks --context x --blob eks.img
refuse 2 "rotkit: --root-key, --fv and --at are for --blob$see" blob luks --context x --disk-key sym2.key --at 0
refuse 2 "rotkit: --root-key, --fv and --at are for --blob$see" blob luks --context x --disk-key sym2.key --fv fv.key
refuse 2 "rotkit: --context TEXT is missing$see" blob luks --disk-key sym2.key
refuse 2 "rotkit: --context: 41 bytes, at most 40" \
    blob luks --disk-key sym2.key --context xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
refuse 2 "rotkit: --ecid: ECID \"0x\": 0 hex digits, expected 1 to 32" blob luks --disk-key sym2.key --context x --ecid 0x
refuse 2 "rotkit: --ecid: ECID \"000000000000000000000000000000001\": 33 hex digits, expected 1 to 32" \
    blob luks --disk-key sym2.key --context x --ecid 000000000000000000000000000000001
refuse 2 "rotkit: --ecid: ECID \"12 4\": not all of it is hex digits" blob luks --disk-key sym2.key --context x --ecid "12 4"
refuse 2 "rotkit: --disk-key: key file \"sym32.key\": 64 hex digits, expected 32" \
    blob luks --disk-key sym32.key --context x
refuse 7 "rotkit: --disk-key: cannot open \"absent\": No such file or directory" blob luks --disk-key absent --context x
refuse 2 "rotkit: \"$eks/v1_t234_k1_auth_only.img\": no tag 2 (disk encryption key) inside" \
    blob luks --blob "$eks/v1_t234_k1_auth_only.img" --fv fv.key --root-key oem_k1.key --context x
refuse 3 "rotkit: \"eks.img\": the key blob's MAC does not hold: wrong root key, wrong FV, or changed content
  the device would report \"EKB signature mismatch\"" \
    blob luks --blob eks.img --root-key oem_k2.key --context x
refuse 2 "rotkit: platform \"t264\" (Thor) is refused: its key blob 2.1 and the labels of its fTPM key derivation are not public
  t234 and t194 make disk passphrases by AES-CMAC; the HMAC form of newer boards (Thor) is not settled" \
    blob luks --disk-key sym2.key --context x --platform t264
refuse 2 'rotkit: platform optee has no key blob, so no passphrases from one' blob luks --disk-key sym2.key --context x --platform optee

# ---- the disk key is not shown ----
run 0 blob luks --disk-key sym2.key --context x
hides "$(tr -d '[:space:]' <sym2.key)" "$out" "$err"
