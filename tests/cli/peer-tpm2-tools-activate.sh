# SPDX-License-Identifier: Apache-2.0
# tpm2-tools and rotkit agree on EKs and credentials: each activates what the other makes, and the TPM's
# EKs as tpm2_createek sees them are those of the release.
. "$(dirname "$0")/lib.sh"
need jq tpm2_createek tpm2_createak tpm2_makecredential tpm2_activatecredential tpm2_startauthsession tpm2_policysecret \
    tpm2_readpublic tpm2_createprimary tpm2_evictcontrol tpm2_flushcontext
. "$SOURCE/tests/support/swtpm.sh"
unset SOURCE_DATE_EPOCH
demo_product product
release=product/release
from="--pub product/keys/release.pem"
first=01020000000100000001
second=01020000000100000002
tpm_of first "$(eps_of product $first)"

flush() {
    tpm2_flushcontext -t
    tpm2_flushcontext -l
}

for template in L-1 L-2; do
    algorithm=rsa
    [ $template = L-1 ] || algorithm=ecc
    rm -f ek.ctx ak.ctx session.ctx
    tpm2_createek -G $algorithm -c ek.ctx -u ek.tss
    # tpm2_createek writes TPM2B_PUBLIC: the bytes that the release states.
    xxd -p ek.tss | tr -d '\n' >theirs
    jq -rj --arg t $template '.ek[] | select(.template == $t) | .public_tpm2b' \
        $release/devices/*/$first/device.json >ours
    same "EK $template" ours theirs
    tpm2_createak -Q -C ek.ctx -c ak.ctx -G ecc -g sha256 -s ecdsa -n ak.name
    flush

    # Ours, activated by tpm2_activatecredential.
    run 0 tpm challenge --unsigned --release $release --device $first --template $template --name "$(xxd -p -c 200 ak.name)" \
        --credential ours.$template --secret ours.$template.secret
    mode_is 600 ours.$template.secret
    tpm2_startauthsession -Q --policy-session -S session.ctx
    tpm2_policysecret -Q -S session.ctx -c e
    tpm2_activatecredential -Q -c ak.ctx -C ek.ctx -P session:session.ctx -i ours.$template -o found
    flush
    cmp -s ours.$template.secret found || fail "$template: tpm2_activatecredential finds another secret"

    # Theirs, activated by us, for the storage root key.
    run 0 tpm key --tcti "$tcti" --json
    printf 'a secret of twenty-9 octets..' >theirs.secret
    tpm2_makecredential -Q -T none -u ek.tss -s theirs.secret -n "$(jq -r .key_name "$out")" -o theirs.credential
    run 0 tpm activate --tcti "$tcti" --template $template --credential theirs.credential -o found.secret
    cmp -s theirs.secret found.secret || fail "$template: rotkit finds another secret"
    mode_is 600 found.secret
done

# A persistent storage root key is the one that counts.
tpm2_createprimary -Q -C o -G ecc -c srk.ctx \
    -a 'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|restricted|decrypt|noda'
tpm2_evictcontrol -Q -C o -c srk.ctx 0x81000001
tpm2_readpublic -Q -c 0x81000001 -n srk.name
flush
run 0 tpm key --tcti "$tcti" --json
[ "$(jq -r .key_name "$out")" = "$(xxd -p -c 200 srk.name)" ] || fail "another storage root key"

# A release's EKs, one by one and all: the device, and no other.
run 0 tpm activate $from --release $release --tcti "$tcti"
stdout_is "$first: attested by 3 EKs"
run 0 tpm activate $from --release $release --tcti "$tcti" --template H-3 --key ak-rsa --json
jq -e --arg sn $first '.device_sn == $sn and .eks == 1' "$out" >/dev/null || fail "JSON: $(cat "$out")"
run 3 tpm activate $from --release $release --tcti "$tcti" --device $second
grep -q "^rotkit: device $second: EK L-1: the credential is not for this TPM and the storage root key (0x" "$err" ||
    fail "$(cat "$err")"
run 3 tpm activate $from --release $release --tcti "$tcti" --device $second --template L-2
run 3 tpm activate $from --release $release --tcti "$tcti" --device $second --template H-3
# For the right TPM and another key.
run 0 tpm key --tcti "$tcti" --key ak-ecc --json
run 0 tpm challenge --unsigned --release $release --device $first --name "$(jq -r .key_name "$out")" --credential c --secret s
run 0 tpm activate --tcti "$tcti" --key ak-ecc --credential c -o s2
cmp -s s s2 || fail "the AK's secret differs"
refuse 3 "rotkit: EK L-1: the credential is not for this TPM and the storage root key (0x1df)" \
    tpm activate --tcti "$tcti" --credential c -o s3

# What cannot be.
head -c 100 c >cut
{ cat c && printf x; } >longer
printf 'neither magic nor version' >other
refuse 2 "rotkit: \"cut\": credential: cut short at offset 0x50: 256 wanted, 20 left" \
    tpm activate --tcti "$tcti" --credential cut -o s3
refuse 2 "rotkit: \"longer\": credential: trailing data at offset 0x$(printf %x "$(wc -c <c)"): 1 left" \
    tpm activate --tcti "$tcti" --credential longer -o s3
refuse 2 "rotkit: \"other\": no credential of tpm2-tools: magic 0x6e656974, version 1751478816, expected 0xbadcc0de, 1" \
    tpm activate --tcti "$tcti" --credential other -o s3
refuse 2 "rotkit: unknown template \"L-9\"" tpm activate --tcti "$tcti" --credential c --template L-9 -o s3
refuse 2 "rotkit: unknown key \"ek\" (known: srk, ak-ecc, ak-rsa)" tpm key --tcti "$tcti" --key ek
refuse 2 "rotkit: release \"$release\" states no EK H-6 of device $first" \
    tpm activate $from --release $release --tcti "$tcti" --template H-6
refuse 2 "rotkit: --credential and --output go together
  see 'rotkit help tpm activate'" tpm activate --tcti "$tcti" --credential c
refuse 2 "rotkit: a Name of 1 byte, expected 2 to 66" \
    tpm challenge --unsigned --release $release --device $first --name 00 --credential d --secret t
refuse 2 "rotkit: \"c\" exists, it is never overwritten" \
    tpm challenge --unsigned --release $release --device $first --name 000b --credential c --secret t
run 0 tpm challenge --unsigned --release $release --device $first --name 000b00 --credential d --secret t --dry-run
[ ! -e d ] && [ ! -e t ] || fail "a dry run wrote something"
tpm_of random
run 3 tpm activate $from --release $release --tcti "$tcti"
stderr_is "rotkit: this TPM is no device of release \"$release\": unknown EK"
