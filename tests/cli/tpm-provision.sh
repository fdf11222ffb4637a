# SPDX-License-Identifier: Apache-2.0
# tpm provision: what tpm2-tools then read is the release's; a second run keeps all of it; a run that is
# cut off at any command is completed by the next; another identity is never overwritten.
. "$(dirname "$0")/lib.sh"
need jq openssl tpm2_getekcertificate tpm2_nvreadpublic tpm2_readpublic tpm2_nvdefine tpm2_nvwrite tpm2_nvread \
    tpm2_changeauth tpm2_evictcontrol tpm2_createek
. "$SOURCE/tests/support/swtpm.sh"
unset SOURCE_DATE_EPOCH
demo_product product
release=product/release
from="--pub product/keys/release.pem"
first=01020000000100000001
second=01020000000100000002
certs=$release/devices/010200000001000000/$first

provision() { # CODE ARG...
    provision_code=$1
    shift
    run "$provision_code" tpm provision $from --release $release --tcti "$tcti" "$@"
}

all() { # RESULT: what a run with this result for everything prints
    cat <<EOF
certificate L-1 (0x01C00002): $1
certificate L-2 (0x01C0000A): $1
certificate H-3 (0x01C00016): $1
CA chain (0x01C00100): $1
persistent EK L-1 (0x81010001): $1
persistent EK L-2 (0x8101000A): $1
persistent EK H-3 (0x81010016): $1
EOF
}

matches() {
    run 0 tpm check $from --release $release --tcti "$tcti" --device $first
}

# ---- once, again, and dry
tpm_of first "$(eps_of product $first)"
provision 0 --dry-run
stdout_is "$(all 'would be written')
$first: dry run"
[ -z "$(tpm2_getcap handles-nv-index; tpm2_getcap handles-persistent)" ] || fail "a dry run wrote something"
provision 0 --device $first
stderr_is ""
stdout_is "$(all written)
$first: provisioned"
matches
grep -qxF "CA chain (0x01C00100): the release's chain" "$out" || fail "$(cat "$out")"
provision 0 --json
jq -e --arg sn $first '.device_sn == $sn and ([.done[].result] | unique) == ["there already"] and (.done | length) == 7' \
    "$out" >/dev/null || fail "JSON: $(cat "$out")"

# ---- as others read it
tpm2_getekcertificate -o rsa.der -o ecc.der
cmp -s rsa.der $certs/ek-cert-l-1.der || fail "tpm2_getekcertificate reads another RSA certificate"
cmp -s ecc.der $certs/ek-cert-l-2.der || fail "tpm2_getekcertificate reads another ECC certificate"
tpm2_nvread 0x01C00016 -o h3.der
cmp -s h3.der $certs/ek-cert-h-3.der || fail "tpm2_nvread reads another H-3 certificate"
tpm2_nvread 0x01C00100 -o chain.der
openssl x509 -in product/ca/issuing.pem -outform der -out issuing.der
cmp -s chain.der issuing.der || fail "another CA chain"
tpm2_nvreadpublic >public
for index in 0x1c00002 0x1c0000a 0x1c00016 0x1c00100; do
    sed -n "/^$index:/,/size:/p" public |
        grep -q 'friendly: ppwrite|writedefine|ppread|ownerread|authread|no_da|written|platformcreate$' ||
        fail "$index: $(cat public)"
done
tpm2_readpublic -Q -c 0x81010001 -f pem -o persistent.pem
openssl x509 -inform der -in rsa.der -noout -pubkey >certified.pem
same "the persistent EK" certified.pem persistent.pem

# ---- a factory station whose clock is unset: nothing here depends on it
tpm_of unset "$(eps_of product $first)"
SOURCE_DATE_EPOCH=0
export SOURCE_DATE_EPOCH
provision 0
unset SOURCE_DATE_EPOCH
matches

# ---- as owner, elsewhere, without chain
tpm_of owner "$(eps_of product $first)"
provision 0 --by owner --no-chain --handle L-2=0x81010002 --handle H-3=none
stdout_is "$(all written | sed -e '/chain/d' -e '/EK H-3/d' -e 's/0x8101000A/0x81010002/')
$first: provisioned"
matches
tpm2_nvreadpublic | grep -q 'ownerwrite|writedefine|ppread|ownerread|authread|no_da|written$' || fail "attributes"
provision 0 --by owner # what is there is kept, by whomever it was made
stdout_is "$(all 'there already' | sed -e '/chain/s/there already/written/' -e '/EK L-2/s/there already/written/' \
    -e '/EK H-3/s/there already/written/')
$first: provisioned"

# ---- authorisation values: set, and set already
tpm_of auths "$(eps_of product $first)"
printf 'the owner' >owner
printf 'the endorser' >endorser
printf 'the keeper' >keeper
auths="--new-owner-auth file:owner --new-endorsement-auth file:endorser --new-lockout-auth file:keeper"
provision 0 $auths
grep -cxF -e "owner authorisation: set" -e "endorsement authorisation: set" -e "lockout authorisation: set" "$out" >count
is count 3
hides "the owner" "$out" "$err"
tpm2_changeauth -c o -p file:owner file:owner || fail "the owner authorisation is another"
tpm2_changeauth -c e -p file:endorser file:endorser || fail "the endorsement authorisation is another"
tpm2_changeauth -c l -p file:keeper file:keeper || fail "the lockout authorisation is another"
provision 0 $auths # the same command again
provision 0 --endorsement-auth file:endorser
provision 0 --owner-auth file:owner --endorsement-auth file:endorser --new-endorsement-auth file:owner
provision 0 --owner-auth file:owner --endorsement-auth file:endorser --new-endorsement-auth file:owner
provision 4
stderr_is "rotkit: template L-2: cannot make the EK in the endorsement hierarchy: tpm:session(1):authorization failure without DA implications (0x9a2)
  no endorsement authorisation was given, and this TPM has one: name it with --endorsement-auth"
# A wrong lockout authorisation counts, so no run tries what another may have set: it says so.
tpm_of keeper "$(eps_of product $first)"
tpm2_changeauth -c l file:owner
provision 0 --lockout-auth file:owner --new-lockout-auth file:keeper
provision 4 --lockout-auth file:owner --new-lockout-auth file:keeper
stderr_is "rotkit: cannot do anything as lockout: tpm:session(1):the authorization HMAC check failed and DA counter incremented (0x98e)
  the lockout authorisation that was given is wrong
  an earlier run may have set the new value: then name that as the present one too, and wait as long as the TPM asks for"

# ---- cut off at every command that writes; then completed
for cut in 12a=die@1 12a=die@2 12a=die@3 12a=die@4 137=die@1 137=die@2 137=cut@3 137=die@4 120=die@1 120=die@2 120=cut@3; do
    # TPM2_NV_DefineSpace, TPM2_NV_Write, TPM2_EvictControl: not executed, or executed and not answered
    what=$cut
    tpm_of cut "$(eps_of product $first)"
    run 7 tpm provision $from --release $release --tcti "$(through $cut)"
    provision 0
    tail -n 1 "$out" >"$scratch/last"
    is "$scratch/last" "$first: provisioned"
    matches
    provision 0
    stdout_is "$(all 'there already')
$first: provisioned"
done
# TPM2_HierarchyChangeAuth: each of the three values set, and the others not yet
for cut in 129=die@1 129=cut@1 129=die@2 129=cut@2 129=die@3 129=cut@3; do
    what=$cut
    tpm_of cut "$(eps_of product $first)"
    run 7 tpm provision $from --release $release --tcti "$(through $cut)" $auths
    provision 0 $auths
    provision 0 $auths
    tpm2_changeauth -c o -p file:owner file:owner || fail "$cut: the owner authorisation is another"
    tpm2_changeauth -c e -p file:endorser file:endorser || fail "$cut: the endorsement authorisation is another"
    tpm2_changeauth -c l -p file:keeper file:keeper || fail "$cut: the lockout authorisation is another"
done
what=
# A certificate that took two writes, and got one.
tpm_of half "$(eps_of product $first)"
size=$(wc -c <$certs/ek-cert-l-1.der)
tpm2_nvdefine -C p -s "$size" -a 'ppwrite|writedefine|ppread|ownerread|authread|no_da|platformcreate' 0x01C00002 >/dev/null
head -c 300 $certs/ek-cert-l-1.der | tpm2_nvwrite -C p -i - 0x01C00002
provision 0
grep -qxF "certificate L-1 (0x01C00002): completed" "$out" || fail "$(cat "$out")"
matches

# ---- what was certified anew replaces the old certificate of the same EK
sed -e "s,model: demo fTPM,model: demo fTPM 2," -e "s,path: release,path: anew," product/manifest.yaml >product/anew.yaml
run 0 build -q product/anew.yaml
run 0 tpm provision $from --release product/anew --tcti "$tcti"
stdout_is "$(all 'there already' | sed '/certificate/s/there already/replaced/')
$first: provisioned"
run 3 tpm check $from --release $release --tcti "$tcti"
provision 0
# ... cut off between the old one's removal (TPM2_NV_UndefineSpace) and the new one's definition
for cut in 122=die@1 122=cut@1 12a=die@1 122=cut@2; do
    what=$cut
    run 7 tpm provision $from --release product/anew --tcti "$(through $cut)"
    run 0 tpm provision $from --release product/anew --tcti "$tcti"
    run 0 tpm check $from --release product/anew --tcti "$tcti"
    provision 0
    matches
done
what=

# ---- the right bytes where verifiers cannot read them, or where anybody may write over them
put() { # INDEX FILE [ATTRIBUTES]
    tpm2_nvdefine -C o -s "$(wc -c <"$2")" -a "${3:-ownerread|ownerwrite|authread|no_da}" "$1" >/dev/null
    tpm2_nvwrite -C o -i "$2" "$1"
}
for attributes in 'ownerread|ownerwrite' 'ownerread|ownerwrite|authread|authwrite|no_da'; do
    tpm_of closed "$(eps_of product $first)"
    put 0x01C00002 $certs/ek-cert-l-1.der "$attributes"
    put 0x01C00100 issuing.der "$attributes"
    provision 0
    grep -cxF -e "certificate L-1 (0x01C00002): replaced" -e "CA chain (0x01C00100): replaced" "$out" >count
    is count 2
    tpm2_getekcertificate -o rsa.der -o ecc.der
    cmp -s rsa.der $certs/ek-cert-l-1.der || fail "$attributes: tpm2_getekcertificate reads another RSA certificate"
    matches
done

# ---- another identity is left alone, and nothing else is written
tpm2_getcap handles-nv-index >before
head -c 40 /dev/urandom >garbage
for other in $release/devices/010200000001000000/$second/ek-cert-l-1.der $certs/ek-cert-l-2.der garbage; do
    tpm_of taken "$(eps_of product $first)"
    put 0x01C00002 "$other"
    refuse 3 "rotkit: NV index 0x01C00002 holds another identity: nothing is written
  if it may go, remove it first (tpm2_nvundefine 0x01C00002)" tpm provision $from --release $release --tcti "$tcti"
    [ "$(tpm2_getcap handles-nv-index)" = "- 0x1C00002" ] || fail "$other: something was written"
    tpm2_nvread 0x01C00002 -o found
    cmp -s found "$other" || fail "$other: overwritten"
done
head -c 300 issuing.der >cut # the length of its first certificate goes beyond the index
for other in garbage cut; do
    tpm_of taken "$(eps_of product $first)"
    put 0x01C00100 $other
    refuse 3 "rotkit: NV index 0x01C00100 holds something else than a CA chain: nothing is written
  if it may go, remove it first (tpm2_nvundefine 0x01C00100)" tpm provision $from --release $release --tcti "$tcti"
    [ "$(tpm2_getcap handles-nv-index)" = "- 0x1C00100" ] || fail "chain: something was written"
done
provision 0 --no-chain
tpm_of taken "$(eps_of product $first)" # an older chain is no identity
put 0x01C00100 $certs/ek-cert-l-2.der
provision 0
grep -qxF "CA chain (0x01C00100): replaced" "$out" || fail "$(cat "$out")"
matches
tpm_of taken "$(eps_of product $first)" # what cannot be read may be anything
tpm2_nvdefine -Q -C o -s 40 -a 'authread|authwrite|no_da' -p hello 0x01C00002
tpm2_nvwrite -C 0x01C00002 -P hello -i garbage 0x01C00002
refuse 4 "rotkit: cannot read NV index 0x01C00002: tpm:session(1):authorization failure without DA implications (0x9a2)
  it has an authorisation value of its own, and none was given
  nothing is written: it may hold another identity" tpm provision $from --release $release --tcti "$tcti"
[ "$(tpm2_getcap handles-nv-index)" = "- 0x1C00002" ] || fail "unreadable: something was written"
# ... and is asked for by the owner before a guess at its password counts against the TPM
tpm_of taken "$(eps_of product $first)"
tpm2_nvdefine -Q -C o -s 40 -a 'ownerread|authread|authwrite' -p hello 0x01C00002
tpm2_nvwrite -C 0x01C00002 -P hello -i garbage 0x01C00002
refuse 3 "rotkit: NV index 0x01C00002 holds another identity: nothing is written
  if it may go, remove it first (tpm2_nvundefine 0x01C00002)" tpm provision $from --release $release --tcti "$tcti"
tpm2_getcap properties-variable | grep -q 'TPM2_PT_LOCKOUT_COUNTER: 0x0$' || fail "a guess was counted"
tpm_of taken "$(eps_of product $first)" # by its policy alone
tpm2_startauthsession -S session
tpm2_policycommandcode -S session -L policy TPM2_CC_NV_Read >/dev/null
tpm2_flushcontext session
tpm2_nvdefine -Q -C o -s 40 -a 'ownerwrite|policyread' -L policy 0x01C00002
tpm2_nvwrite -C o -i garbage 0x01C00002
refuse 4 "rotkit: cannot read NV index 0x01C00002: only its policy allows it
  nothing is written: it may hold another identity" tpm provision $from --release $release --tcti "$tcti"
tpm_of taken "$(eps_of product $first)" # unwritten, and not to be removed
tpm2_startauthsession -S session
tpm2_policycommandcode -S session -L policy TPM2_CC_NV_UndefineSpaceSpecial >/dev/null
tpm2_flushcontext session
tpm2_nvdefine -Q -C p -s 100 -a 'ppread|ppwrite|authread|policydelete|platformcreate' -L policy 0x01C00002
refuse 4 "rotkit: NV index 0x01C00002 is in the way, and only its policy lets it be removed: nothing is written" \
    tpm provision $from --release $release --tcti "$tcti"
[ "$(tpm2_getcap handles-nv-index)" = "- 0x1C00002" ] || fail "policy: something was written"
tpm_of taken "$(eps_of product $first)" # ... nor is one that the platform has put there
tpm2_nvdefine -C p -s 40 -a 'ppwrite|ppread|ownerread|authread|no_da|platformcreate' 0x01C00002 >/dev/null
tpm2_nvwrite -C p -i garbage 0x01C00002
refuse 3 "rotkit: NV index 0x01C00002 holds another identity: nothing is written
  if it may go, remove it first (tpm2_nvundefine -C p 0x01C00002)" tpm provision $from --release $release --tcti "$tcti"
tpm2_nvundefine -C p 0x01C00002
provision 0
tpm_of taken "$(eps_of product $first)"
tpm2_createek -G ecc -c 0x81010001
tpm2_flushcontext -t
refuse 3 "rotkit: handle 0x81010001 holds another key than EK L-1: nothing is written
  if it may go, remove it first (tpm2_evictcontrol -c 0x81010001), or name another with --handle" \
    tpm provision $from --release $release --tcti "$tcti"
[ -z "$(tpm2_getcap handles-nv-index)" ] || fail "something was written"
provision 0 --handle L-1=0x81010005
tpm_of random
refuse 3 "rotkit: not provisioned, since the TPM's EKs are not the release's: unknown EK
  rotkit tpm check says more" tpm provision $from --release $release --tcti "$tcti"
tpm_of second "$(eps_of product $second)"
refuse 3 "rotkit: not provisioned, since the TPM's EKs are not the release's: other device's blob
  rotkit tpm check says more" tpm provision $from --release $release --tcti "$tcti" --device $first

# ---- usage
refuse 2 "rotkit: --by \"root\": expected platform or owner
  see 'rotkit help tpm provision'" tpm provision $from --release $release --tcti "$tcti" --by root
refuse 2 "rotkit: --handle \"L-1\": expected such as L-2=0x81010002" \
    tpm provision $from --release $release --tcti "$tcti" --handle L-1
refuse 2 "rotkit: --handle: unknown template \"L-9\"" \
    tpm provision $from --release $release --tcti "$tcti" --handle L-9=0x81010001
refuse 2 "rotkit: --handle \"L-1=0x01C00002\": expected 0x81000000 to 0x817FFFFF, or none" \
    tpm provision $from --release $release --tcti "$tcti" --handle L-1=0x01C00002
refuse 2 "rotkit: --handle \"L-1=0x81800000\": expected 0x81000000 to 0x817FFFFF, or none" \
    tpm provision $from --release $release --tcti "$tcti" --handle L-1=0x81800000
tpm_of first "$(eps_of product $first)"
refuse 2 "rotkit: handle 0x8101000A is for EK L-1 and for EK L-2" \
    tpm provision $from --release $release --tcti "$tcti" --handle L-1=0x8101000A
refuse 2 "rotkit: new authorisation: authorisation source is none of fd:N, file:PATH, env:NAME" \
    tpm provision $from --release $release --tcti "$tcti" --new-owner-auth secret
