# SPDX-License-Identifier: Apache-2.0
# tpm provision is done or changes nothing: with too little room, whatever of it does not fit, and with kill -9
# before and behind each command that writes, after which the next run ends right.
# slow: some fifty runs against swtpm; tpm-provision has the decisions
. "$(dirname "$0")/lib.sh"
need jq openssl tpm2_createprimary tpm2_evictcontrol tpm2_nvdefine tpm2_nvreadpublic tpm2_nvread
. "$SOURCE/tests/support/swtpm.sh"
unset SOURCE_DATE_EPOCH
demo_product product
release=product/release
from="--pub product/keys/release.pem"
first=01020000000100000001
back="  what this run had defined is taken back: the TPM is as it was"

# ---- NV full: nothing is written, whichever of it did not fit, and a certificate that is there stays
all_of_it() { # what the TPM holds, as tpm2-tools read it
    tpm2_nvreadpublic
    tpm2_getcap handles-persistent
    for handle in $(tpm2_getcap handles-nv-index | sed -n 's/^- \(0x1C.*\)/\1/p'); do
        tpm2_nvread "$handle" 2>/dev/null | sha256sum
    done
}
give() { # some of it is freed
    index=$((index - 1))
    tpm2_nvundefine -C o $index
}
fill() { # with small ones at the end
    index=$((0x01800000))
    while tpm2_nvdefine -C o -s 2000 $index >/dev/null 2>&1; do index=$((index + 1)); done
    for _ in 1 2 3 4; do give; done
    while tpm2_nvdefine -C o -s 400 $index >/dev/null 2>&1; do index=$((index + 1)); done
}
# until_done ARG...: fails for want of room and changes nothing, with more and more room, until it is done
until_done() {
    : >reasons
    while :; do
        all_of_it >before
        code=0
        "$ROTKIT" tpm provision $from --tcti "$tcti" "$@" >"$out" 2>"$err" || code=$?
        [ $code -ne 0 ] || break
        [ $code -eq 7 ] || fail "no room: exit $code: $(cat "$err")"
        all_of_it >after
        same "what the TPM holds" before after
        stdout_is ""
        cat "$err" >>reasons
        give
    done
}
tpm_of full "$(eps_of product $first)"
fill
until_done --release $release
for reason in '^rotkit: certificate L-1: cannot define NV index 0x01C00002 of [0-9]* bytes as platform: tpm:error(2.0): insufficient space for NV allocation (0x14b)$' \
    '^rotkit: certificate L-2: cannot define NV index' '^rotkit: CA chain: cannot define NV index' \
    "^  the TPM's NV storage is full: remove what is not needed (tpm2_nvreadpublic lists it), then run the same command again\$" "^$back\$"; do
    grep -q "$reason" reasons || fail "never \"$reason\": $(sort reasons | uniq -c)"
done
run 0 tpm check $from --release $release --tcti "$tcti"
# ... certificates that are longer than those that they replace
sed -e "s,model: demo fTPM,model: demo fTPM with a longer name," -e "s,path: release,path: anew," product/manifest.yaml >product/anew.yaml
run 0 build -q product/anew.yaml
while tpm2_nvdefine -C o -s 1 $index >/dev/null 2>&1; do index=$((index + 1)); done
until_done --release product/anew
[ -s reasons ] || fail "there was room from the start"
run 0 tpm check $from --release product/anew --tcti "$tcti"
# ... persistent keys, which libtpms keeps room for
tpm_of objects "$(eps_of product $first)"
fill
tpm2_createprimary -Q -C o -G ecc -c any.ctx
tpm2_flushcontext -t
handle=$((0x81000100))
while tpm2_evictcontrol -Q -C o -c any.ctx $handle >/dev/null 2>&1; do
    handle=$((handle + 1))
    tpm2_flushcontext -t
done
tpm2_flushcontext -t
for _ in 1 2 3 4 5 6 7 8; do give; done
: >reasons
while :; do
    all_of_it >before
    code=0
    "$ROTKIT" tpm provision $from --tcti "$tcti" --release $release >"$out" 2>"$err" || code=$?
    [ $code -ne 0 ] || break
    [ $code -eq 7 ] || fail "no room: exit $code: $(cat "$err")"
    all_of_it >after
    same "what the TPM holds" before after
    cat "$err" >>reasons
    handle=$((handle - 1))
    tpm2_evictcontrol -Q -C o -c $handle
done
for reason in \
    '^rotkit: cannot keep EK [LH]-[123] at 0x810100.. as owner: tpm:error(2.0): insufficient space for NV allocation (0x14b)$' "^$back\$"; do
    grep -q "$reason" reasons || fail "never \"$reason\": $(sort reasons | uniq -c)"
done
run 0 tpm check $from --release $release --tcti "$tcti"
# ... and as a TPM counts them
tpm_of handles "$(eps_of product $first)"
refuse 7 "rotkit: 3 persistent EKs to be kept, this TPM has no room for one more: nothing is written
  remove what is not needed (tpm2_getcap handles-persistent lists it), or leave EKs out, such as --handle L-2=none" \
    tpm provision $from --release $release --tcti "$(through property:209=0)"
[ -z "$(tpm2_getcap handles-nv-index; tpm2_getcap handles-persistent)" ] || fail "something is left"
keep_none="--handle L-1=none --handle L-2=none --handle H-3=none"
run 0 tpm provision $from --release $release --tcti "$(through property:209=0)" $keep_none
run 0 tpm provision $from --release $release --tcti "$(through property:209=1)" # it may say one and have more

printf 'the owner' >owner
printf 'the endorser' >endorser
printf 'the keeper' >keeper
auths="--new-owner-auth file:owner --new-endorsement-auth file:endorser --new-lockout-auth file:keeper"
# ---- kill -9 before and behind each command that writes, until a run comes through: the next one ends right
for when in kill late; do
    n=1
    while :; do
        what=$when@$n
        tpm_of cut "$(eps_of product $first)"
        code=0
        "$ROTKIT" tpm provision $from --release $release --tcti "$(through write=$what)" $auths >/dev/null 2>&1 || code=$?
        [ $code -ne 0 ] || break
        [ $code -eq 137 ] || fail "exit $code ($what)"
        run 0 tpm provision $from --release $release --tcti "$tcti" $auths
        run 0 tpm check $from --release $release --tcti "$tcti" --device $first --endorsement-auth file:endorser --owner-auth file:owner
        run 0 tpm provision $from --release $release --tcti "$tcti" $auths
        [ "$(grep -c ': there already$' "$out")" -eq 7 ] || fail "$what: $(cat "$out")"
        n=$((n + 1))
    done
    [ $n -gt 11 ] || fail "only $n commands that write"
done
what=
