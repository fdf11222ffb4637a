# SPDX-License-Identifier: Apache-2.0
# Power cuts (kill -9 of swtpm, without TPM2_Shutdown) behind each use of a key: none counts towards the
# lockout, and the key works on. tpm2-tools make what would count, and what is no storage root key.
# slow: two dozen TPMs that lose their power; peer-tpm2-tools-activate has the verbs
. "$(dirname "$0")/lib.sh"
need jq openssl tpm2_createek tpm2_createak tpm2_createprimary tpm2_evictcontrol tpm2_quote tpm2_dictionarylockout \
    tpm2_activatecredential tpm2_create tpm2_nvdefine
. "$SOURCE/tests/support/swtpm.sh"
unset SOURCE_DATE_EPOCH
demo_product product
sed -e "s,templates: .*,templates: [L-1\, L-2\, H-1\, H-2\, H-3\, H-4]," -e "s,path: release,path: all," \
    product/manifest.yaml >product/all.yaml
head -n 1 product/devices/kdk_db.csv >one-kdk
head -n 1 product/devices/eps_seeds.csv >one-seed
sed -i -e "s,devices/kdk_db.csv,../one-kdk," -e "s,devices/eps_seeds.csv,../one-seed," product/all.yaml
run 0 build -q product/all.yaml
first=01020000000100000001
release="--pub product/keys/release.pem --release product/all"

power_cut() {
    kill -9 "$tpm_pid"
    wait "$tpm_pid" 2>/dev/null || true
    tpm_restart
}

counted() { # N: what tpm2_getcap says of the lockout counter
    tpm2_getcap properties-variable >properties
    found=$(sed -n 's/^TPM2_PT_LOCKOUT_COUNTER: 0x//p' properties)
    [ "$found" = "$1" ] || fail "the lockout counter is $found, expected $1${what:+ ($what)}"
}

# ---- the judge counts what lacks noDA: a key of tpm2-tools, three times, and is locked out
tpm_of control "$(eps_of product $first)"
counted 0
for i in 1 2 3; do
    tpm2_createprimary -Q -C e -G ecc:ecdsa-sha256:null \
        -a 'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|restricted|sign' -c any.ctx
    tpm2_quote -Q -c any.ctx -l sha256:0 -m any.quote -s any.sig
    power_cut
    counted $i
done
! tpm2_quote -Q -c any.ctx -l sha256:0 -m any.quote -s any.sig >/dev/null 2>&1 || fail "not locked out"

# ---- each verb, key and EK of ours, three times
tpm_of ours "$(eps_of product $first)"
for use in "quote-check --ak ecc" "quote-check --ak rsa" "activate --key srk" "activate --key ak-ecc" "activate --key ak-rsa" \
    "provision" "activate --template L-1" "activate --template L-2" "activate --template H-1" "activate --template H-2" \
    "activate --template H-3" "activate --template H-4" "check"; do
    what=$use
    for _ in 1 2 3; do
        # shellcheck disable=SC2086
        run 0 tpm $use $release --tcti "$tcti"
        stderr_is ""
        power_cut
        counted 0
    done
done
what=
run 0 tpm quote-check $release --tcti "$tcti"
run 0 tpm activate $release --tcti "$tcti"
stdout_is "$first: attested by 6 EKs"
# ... also while the TPM is locked out
tpm2_createprimary -Q -C o -p secret -c guarded.ctx
for _ in 1 2 3; do
    tpm2_create -Q -C guarded.ctx -P guess -u u -r r >/dev/null 2>&1 || true
    tpm2_flushcontext -t
done
counted 3
for use in "quote-check" activate check provision; do
    run 0 tpm $use $release --tcti "$tcti"
done
# The attributes, as tpm2-tools read them: noda.
for key in srk ak-ecc ak-rsa; do
    run 0 tpm key --tcti "$tcti" --key $key --json
    jq -r .key_public_tpm2b "$out" | unhex >public
    tpm2_print -t TPM2B_PUBLIC public | grep -A1 '^attributes:' | grep -q '[:|]* noda\||noda' || fail "$key: $(tpm2_print -t TPM2B_PUBLIC public)"
done

# ---- a storage root key of others that lacks noDA: said, and not worn out
tpm_of theirs "$(eps_of product $first)"
tpm2_createprimary -Q -C o -G ecc -c srk.ctx
tpm2_evictcontrol -Q -C o -c srk.ctx 0x81000001
tpm2_flushcontext -t
for i in 1 2; do
    run 0 tpm activate $release --tcti "$tcti" --template L-2
    stderr_is "rotkit: warning: the storage root key at 0x81000001 lacks noDA: a power cut behind its use counts towards the TPM's lockout"
    power_cut
    counted $i
done
refuse 4 "rotkit: device $first: the storage root key at 0x81000001 lacks noDA, and 2 of 3 failures count against this TPM: not tried
  wait until the TPM has forgotten them, or clear them with the lockout authorisation (tpm2_dictionarylockout -c)" \
    tpm activate $release --tcti "$tcti" --template L-2
counted 2
tpm2_dictionarylockout -c
run 0 tpm activate $release --tcti "$tcti" --template L-2
# ... with an authorisation value of its own, which counts each time that it is missing: twice at most
tpm_of secret "$(eps_of product $first)"
tpm2_createprimary -Q -C o -G ecc -p secret -c srk.ctx
tpm2_evictcontrol -Q -C o -c srk.ctx 0x81000001
tpm2_flushcontext -t
for _ in 1 2 3 4 5; do
    run 4 tpm activate $release --tcti "$tcti" --template L-2
done
counted 2

# ---- what is no storage root key, though it stands at the handle of one
for key in 'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|restricted|sign|noda ecc:ecdsa-sha256:null 0x00050472' \
    'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign|noda ecc:ecdsa-sha256:null 0x00040472' \
    'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|decrypt|noda ecc:ecdh:null 0x00020472'; do
    # shellcheck disable=SC2086
    set -- $key
    what=$key
    tpm_of signs "$(eps_of product $first)"
    tpm2_createprimary -Q -C o -G "$2" -a "$1" -c any.ctx
    tpm2_evictcontrol -Q -C o -c any.ctx 0x81000001
    tpm2_flushcontext -t
    no_root="the object at 0x81000001 is no storage root key: its attributes are $3, expected fixedTPM, fixedParent, restricted and decrypt, without sign
  if it may go, remove it (tpm2_evictcontrol -C o -c 0x81000001): without one there the storage root key is made as owner; or take another key (--key ak-ecc)"
    refuse 3 "rotkit: $no_root" tpm key --tcti "$tcti"
    refuse 3 "rotkit: $no_root" tpm activate $release --tcti "$tcti" --template L-2
    run 0 tpm activate $release --tcti "$tcti" --key ak-ecc --template L-2
    run 0 tpm quote-check $release --tcti "$tcti"
    tpm2_evictcontrol -Q -C o -c 0x81000001 # what the advice says
    run 0 tpm activate $release --tcti "$tcti" --template L-2
done
