# SPDX-License-Identifier: Apache-2.0
# A TPM in trouble: each kind has its exit code, the reason in tpm2-tss' words and advice, and the same
# command works once the trouble is over.
# slow: a TPM that fails in each call; tpm-check and tpm-provision have the verb
. "$(dirname "$0")/lib.sh"
need jq openssl tpm2_changeauth tpm2_dictionarylockout tpm2_hierarchycontrol tpm2_nvdefine
. "$SOURCE/tests/support/swtpm.sh"
unset SOURCE_DATE_EPOCH
demo_product product
release=product/release
from="--pub product/keys/release.pem"
first=01020000000100000001
tpm_of first "$(eps_of product $first)"

# trouble CODE RULES TEXT VERB...: with its answers spoiled by RULES
trouble() {
    trouble_rules=$2
    trouble_text=$3
    trouble_code=$1
    shift 3
    refuse "$trouble_code" "$trouble_text" tpm "$@" $from --release $release --tcti "$(through "$trouble_rules")"
}

check_ek="template L-2: cannot make the EK in the endorsement hierarchy"
# ---- busy: tries a few times, then says so
trouble 7 131=922 "rotkit: $check_ek: tpm:warn(2.0): the TPM was not able to start the command (0x922)
  the TPM is busy: run the same command again later" check --ek-only
trouble 7 131=90a "rotkit: $check_ek: tpm:warn(2.0): TPM is performing selftests (0x90a)
  the TPM is testing itself: run the same command again later" check --ek-only
run 0 tpm check --ek-only $from --release $release --tcti "$(through '131=922*2')"
# ---- failure mode, and a TPM that nobody has started
trouble 7 131=101 "rotkit: $check_ek: tpm:error(2.0): commands not being accepted because of a TPM failure (0x101)
  the TPM is in failure mode: reset the device; a TPM that stays there is broken" check
trouble 7 "147=101 17c=101" "rotkit: device $first: EK L-1: cannot activate the credential: tpm:error(2.0): commands not being accepted because of a TPM failure (0x101)
  the TPM is in failure mode: reset the device; a TPM that stays there is broken" activate
trouble 7 17a=100 "rotkit: cannot ask the TPM: tpm:error(2.0): TPM not initialized by TPM2_Startup or already initialized (0x100)
  the TPM was not started up: its driver or firmware does that" check
trouble 7 131=923 "rotkit: $check_ek: tpm:warn(2.0): the command may require writing of NV and NV is not current accessible (0x923)
  the TPM's storage is not there: on a firmware TPM, check that tee-supplicant runs" check
# ---- no room for objects or sessions
trouble 7 131=902 "rotkit: $check_ek: tpm:warn(2.0): out of memory for object contexts (0x902)
  the TPM has no room for another object: use a resource manager (device:/dev/tpmrm0), or tpm2_flushcontext -t" check
trouble 7 176=903 "rotkit: device $first: cannot start a policy session: tpm:warn(2.0): out of memory for session contexts (0x903)
  the TPM has no room for another session: tpm2_flushcontext -l" activate
# ---- a TPM that makes no EK for another reason
trouble 2 131=2c4 "rotkit: template L-1: cannot make the EK in the endorsement hierarchy: tpm:parameter(2):value is out of range or is not correct for the context (0x2c4)" check
# ... or lacks one template of those that are certified: the others still tell which device it is
run 3 tpm check --ek-only $from --release $release --tcti "$(through 131=2c4@3)"
stdout_is "EK L-1: public area as in the release
EK L-2: public area as in the release
EK H-3: wrong template: this TPM cannot make it
$first: wrong template"
trouble 3 131=2c4@3 "rotkit: not provisioned, since the TPM's EKs are not the release's: wrong template
  rotkit tpm check says more" provision
# ---- what is disabled
trouble 4 131=185 "rotkit: $check_ek: tpm:handle(1):hierarchy is not enabled or is not correct for the use (0x185)
  the endorsement hierarchy is disabled until the next start" check
# ---- the TPM goes away
refuse 7 "rotkit: $check_ek: tcti:Response is malformed (0xa0011)" \
    tpm check $from --release $release --tcti "$(through 131=die@1)"

# ---- somebody between us and the TPM, or a TPM that does not open the credential
trouble 3 147=flip "rotkit: device $first: EK L-1: cannot activate the credential: esapi:Authorizing the TPM response failed (0x7001b)
  something between here and the TPM changes its answers" activate
tpm2_flushcontext -t # tpm2-tss gives up the connection, and nothing flushes behind it
tpm2_flushcontext -l
trouble 3 147=flip "rotkit: device $first: EK H-3: cannot activate the credential: esapi:Authorizing the TPM response failed (0x7001b)
  something between here and the TPM changes its answers" quote-check --template H-3
tpm2_flushcontext -t
tpm2_flushcontext -l
# ---- what is written does not stay
tpm_of forgets "$(eps_of product $first)"
run 3 tpm provision $from --release $release --tcti "$(through 14e=flip)"
stderr_is "rotkit: certificate L-1: NV index 0x01C00002 does not read back as written"
run 0 tpm provision $from --release $release --tcti "$tcti"
run 0 tpm check $from --release $release --tcti "$tcti"
tpm_of first "$(eps_of product $first)"

# ---- wrong, missing and unreadable authorisation values
printf 'good' >good
printf 'bad' >bad
tpm2_changeauth -c e file:good
wrong="rotkit: $check_ek: tpm:session(1):authorization failure without DA implications (0x9a2)"
refuse 4 "$wrong
  no endorsement authorisation was given, and this TPM has one: name it with --endorsement-auth" tpm check $from --release $release --tcti "$tcti"
refuse 4 "$wrong
  the endorsement authorisation that was given is wrong" tpm check $from --release $release --tcti "$tcti" --endorsement-auth file:bad
run 0 tpm check --ek-only $from --release $release --tcti "$tcti" --endorsement-auth file:good
AUTH=good
export AUTH
run 0 tpm check --ek-only $from --release $release --tcti "$tcti" --endorsement-auth env:AUTH
refuse 4 "rotkit: endorsement authorisation: cannot open authorisation file \"absent\": No such file or directory" \
    tpm check $from --release $release --tcti "$tcti" --endorsement-auth file:absent
refuse 2 "rotkit: endorsement authorisation: authorisation source is none of fd:N, file:PATH, env:NAME" \
    tpm check $from --release $release --tcti "$tcti" --endorsement-auth good
printf '%065d' 0 >long
refuse 2 "rotkit: endorsement authorisation: longer than 64 bytes" \
    tpm check $from --release $release --tcti "$tcti" --endorsement-auth file:long
refuse 3 "rotkit: this TPM has no persistent EK" tpm check --persistent $from --release $release --tcti "$tcti"
# Without it, the persistent EKs still tell which device it is.
run 0 tpm provision $from --release $release --tcti "$tcti" --endorsement-auth file:good
run 0 tpm check --persistent $from --release $release --tcti "$tcti"
tail -n 1 "$out" >"$scratch/last"
is "$scratch/last" "$first: matches"
tpm2_changeauth -c o file:good
tpm_of owned "$(eps_of product $first)"
tpm2_changeauth -c o file:good
tpm2_changeauth -c p file:good
failure="tpm:session(1):authorization failure without DA implications (0x9a2)"
none() { # HIERARCHY
    echo "rotkit: cannot do anything as $1: $failure
  no $1 authorisation was given, and this TPM has one: name it with --$1-auth"
}
wrong() { # HIERARCHY
    echo "rotkit: cannot do anything as $1: $failure
  the $1 authorisation that was given is wrong"
}
instead="  firmware keeps the platform hierarchy to itself before it starts an OS: --by owner makes the NV indices as owner"
nothing="  nothing is written"
auth() { # TEXT ARG...
    auth_text=$1
    shift
    refuse 4 "$auth_text" tpm provision $from --release $release --tcti "$tcti" "$@"
    [ -z "$(tpm2_getcap handles-nv-index; tpm2_getcap handles-persistent)" ] || fail "something was written: $*"
}
auth "$(none owner)
$nothing"
auth "$(none platform)
$instead
$nothing" --owner-auth file:good
auth "$(wrong owner)
$nothing" --owner-auth file:bad --platform-auth file:good
auth "$(wrong platform)
$instead
$nothing" --owner-auth file:good --platform-auth file:bad
auth "$(none owner)
$nothing" --by owner
run 0 tpm provision $from --release $release --tcti "$tcti" --platform-auth file:good --owner-auth file:good
run 0 tpm check $from --release $release --tcti "$tcti"

# ---- the platform hierarchy off, as firmware leaves it
tpm_of os "$(eps_of product $first)"
tpm2_hierarchycontrol -C p phEnable clear
auth "rotkit: cannot do anything as platform: tpm:handle(1):hierarchy is not enabled or is not correct for the use (0x185)
  the platform hierarchy is disabled until the next start
$instead
$nothing"
run 0 tpm provision $from --release $release --tcti "$tcti" --by owner
run 0 tpm check $from --release $release --tcti "$tcti"

# ---- a lockout authorisation that somebody has set: not tried, and not worn out
tpm_of keeper "$(eps_of product $first)"
tpm2_changeauth -c l file:good
auth "rotkit: no lockout authorisation was given, and this TPM has one: nothing is written
  name it with --lockout-auth" --new-lockout-auth file:bad
tpm2_dictionarylockout -c -p file:good || fail "the lockout authorisation was tried"
auth "rotkit: cannot do anything as lockout: tpm:session(1):the authorization HMAC check failed and DA counter incremented (0x98e)
  the lockout authorisation that was given is wrong
  an earlier run may have set the new value: then name that as the present one too, and wait as long as the TPM asks for" \
    --new-lockout-auth file:good --lockout-auth file:bad
tpm_of keeper "$(eps_of product $first)"
auth "rotkit: this TPM has no lockout authorisation, and --lockout-auth names one: not tried, nothing is written" \
    --new-lockout-auth file:good --lockout-auth file:bad
tpm2_changeauth -c l file:good || fail "the empty lockout authorisation was worn out"
run 0 tpm provision $from --release $release --tcti "$tcti" --new-lockout-auth file:bad --lockout-auth file:good
run 0 tpm provision $from --release $release --tcti "$tcti" --new-lockout-auth file:bad # as an earlier run may have set it
tpm2_dictionarylockout -c -p file:bad || fail "another lockout authorisation"

# ---- two runs at once: each looks first, then one is late
tpm_of race "$(eps_of product $first)"
cert=$(wc -c <$release/devices/010200000001000000/$first/ek-cert-l-1.der)
trouble 7 12a=14c "rotkit: certificate L-1: cannot define NV index 0x01C00002 of $cert bytes as platform: tpm:error(2.0): NV Index or persistent object already defined (0x14c)
  something else has defined it meanwhile: run the same command again" provision
back="  what this run had defined is taken back: the TPM is as it was"
trouble 7 120=14c "rotkit: cannot keep EK L-1 at 0x81010001 as owner: tpm:error(2.0): NV Index or persistent object already defined (0x14c)
  something else has defined it meanwhile: run the same command again
$back" provision
empty() {
    [ -z "$(tpm2_getcap handles-nv-index; tpm2_getcap handles-persistent)" ] || fail "something is left"
}
empty
trouble 7 14e=14a "rotkit: certificate L-1: cannot read NV index 0x01C00002: tpm:error(2.0): an NV Index is used before being initialized or the state saved by TPM2_ShutdownSTATE could not be restored (0x14a)
  something else is writing it: run the same command again" provision
trouble 7 14e=18b "rotkit: cannot read NV index 0x01C00002: tpm:handle(1):the handle is not correct for the use (0x18b)
  something else has removed it meanwhile: run the same command again" provision
# swtpm takes the commands of both as they come: one at least gets through, or the next run does.
tpm_of race "$(eps_of product $first)"
"$ROTKIT" tpm provision $from --release $release --tcti "$tcti" >one 2>&1 &
one=$!
"$ROTKIT" tpm provision $from --release $release --tcti "$tcti" >two 2>&1 &
two=$!
for pid in $one $two; do
    code=0
    wait $pid || code=$?
    [ $code -eq 0 ] || [ $code -eq 7 ] || fail "two runs at once: exit $code: $(cat one two)"
done
run 0 tpm provision $from --release $release --tcti "$tcti"
run 0 tpm check $from --release $release --tcti "$tcti"

# ---- locked out after wrong guesses at an object
tpm_of locked "$(eps_of product $first)"
tpm2_dictionarylockout -Q --setup-parameters --max-tries 1 --recovery-time 1000 --lockout-recovery-time 1000
tpm2_createprimary -Q -C o -p secret -c guarded.ctx
tpm2_create -Q -C guarded.ctx -P guess -u u -r r >/dev/null 2>&1 || true
tpm2_flushcontext -t
trouble 4 147=921 "rotkit: device $first: EK L-2: cannot activate the credential: tpm:warn(2.0): authorizations for objects subject to DA protection are not allowed at this time because the TPM is in DA lockout mode (0x921)
  the TPM is locked out after wrong authorisations: wait, or reset it as its owner (tpm2_dictionarylockout -c)" \
    quote-check --template L-2
run 0 tpm provision $from --release $release --tcti "$tcti" # hierarchies are exempt, and what carries noDA
run 0 tpm quote-check $from --release $release --tcti "$tcti" --template L-2

# ---- NV indices too small: nothing is written
tpm_of small "$(eps_of product $first)"
chain=$(openssl x509 -in product/ca/issuing.pem -outform der | wc -c)
trouble 2 property:117=100 "rotkit: \"$release/ca/chain.pem\": CA certificate of $chain bytes, this TPM's NV indices hold 256
  --no-chain leaves it out" provision
trouble 2 property:117=100 "rotkit: certificate L-1: $cert bytes, this TPM's NV indices hold 256" provision --no-chain
[ -z "$(tpm2_getcap handles-nv-index)" ] || fail "something was written"
run 3 tpm check $from --release $release --tcti "$(through property:117=100)"
stderr_is "rotkit: $first: not provisioned (3 found)"
