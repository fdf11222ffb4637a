# SPDX-License-Identifier: Apache-2.0
# The device-side script, in dash, against swtpm and a stand-in for the helper that reads the key blob:
# what it makes is what tpm check wants; what is wrong is named, and nothing is written then.
# slow: a shell script against swtpm; tpm-check and tpm-provision have the decisions
. "$(dirname "$0")/lib.sh"
need jq openssl dash shellcheck tpm2_createek tpm2_hierarchycontrol tpm2_policysecret tpm2_evictcontrol tpm2_nvread tpm2_changeauth
. "$SOURCE/tests/support/swtpm.sh"
unset SOURCE_DATE_EPOCH
demo_product product
sed -e "s,templates: .*,templates: [L-1\, L-2]," -e "s,path: release,path: two," -e "s,^product: .*,product: it's a demo," \
    product/manifest.yaml >product/two.yaml
run 0 build -q product/two.yaml
release=product/two
from="--pub product/keys/release.pem"
first=01020000000100000001
second=01020000000100000002
folder=$release/devices/010200000001000000

run 0 tpm script $from --release $release -o provision.sh
stderr_is ""
dash -n provision.sh
shellcheck provision.sh >findings || fail "shellcheck: $(cat findings)"
run 0 tpm script $from --release $release -o -
same "the script on standard output" provision.sh "$out"
run 0 tpm script $from --release $release -o dry.sh --dry-run
[ ! -e dry.sh ] || fail "a dry run wrote something"

# The helper's stand-in opens "the blob": the device's own certificates.
cat >helper <<EOF
#!/bin/sh
[ "\$1 \$3" = "-a -b" ] || exit 1
cp $PWD/$folder/\$(cat $PWD/blob)/ek-cert-l-1.der "\$2" && cp $PWD/$folder/\$(cat $PWD/blob)/ek-cert-l-2.der "\$4"
EOF
chmod +x helper
echo $first >blob

# script CODE VERDICT ARG...
script() {
    script_code=$1
    script_verdict=$2
    shift 2
    code=0
    dash ./provision.sh -T "$tcti" "$@" >"$out" 2>"$err" </dev/null || code=$?
    [ $code -eq "$script_code" ] || fail "provision.sh $*: exit $code, expected $script_code: $(cat "$out" "$err")"
    if [ $code -eq 0 ]; then
        tail -n 1 "$out" >"$scratch/last"
    else
        tail -n 1 "$err" >"$scratch/last"
    fi
    is "$scratch/last" "verdict: $script_verdict"
}

nothing_written() {
    [ -z "$(tpm2_getcap handles-nv-index; tpm2_getcap handles-persistent)" ] || fail "something was written"
}

tpm_of first "$(eps_of product $first)"
script 0 "this is the certified device; nothing was written" -H ./helper -n
nothing_written
script 0 "provisioned" -H ./helper
stdout_is "it's a demo: EK L-1 is the certified one
it's a demo: EK L-2 is the certified one
it's a demo: certificate L-1 (0x01C00002): written
it's a demo: certificate L-2 (0x01C0000A): written
it's a demo: CA chain (0x01C00100): written
it's a demo: persistent EK L-1 (0x81010001): written
it's a demo: persistent EK L-2 (0x81010002): written
verdict: provisioned"
stderr_is ""
run 0 tpm check $from --release $release --tcti "$tcti" --device $first
grep -qxF "CA chain (0x01C00100): the release's chain" "$out" || fail "$(cat "$out")"
script 0 "provisioned" -r $folder/$first/ek-cert-l-1.der -e $folder/$first/ek-cert-l-2.der
[ "$(grep -c ': there already$' "$out")" -eq 5 ] || fail "$(cat "$out")"
# rotkit finds nothing left to do.
run 0 tpm provision $from --release $release --tcti "$tcti" --handle L-2=0x81010002
! grep -v -e ': there already$' -e ': provisioned$' "$out" || fail "rotkit would write something else"

# ---- authorisation values, as of a first and a second run
tpm_of auths "$(eps_of product $first)"
printf 'password' >password
script 0 "provisioned" -H ./helper -p password
tpm2_changeauth -c o -p file:password file:password || fail "the owner authorisation is another"
tpm2_changeauth -c e -p file:password file:password || fail "the endorsement authorisation is another"
script 0 "provisioned" -H ./helper -p password
script 0 "provisioned" -H ./helper -O password -E password
script 4 "FAILED: cannot make EK L-1" -H ./helper
script 4 "FAILED: cannot read authorisation file absent" -H ./helper -E absent
script 0 "provisioned" -H ./helper -c -p password

# ---- after a run that was cut off: defined and not written, half written, not persisted
tpm_of cut "$(eps_of product $first)"
size=$(wc -c <$folder/$first/ek-cert-l-1.der)
tpm2_nvdefine -C p -s "$size" -a 'ppwrite|writedefine|ppread|ownerread|authread|no_da|platformcreate' 0x01C00002 >/dev/null
head -c 100 $folder/$first/ek-cert-l-1.der | tpm2_nvwrite -C p -i - 0x01C00002
tpm2_nvdefine -C p -s 10 -a 'ppwrite|writedefine|ppread|ownerread|authread|no_da|platformcreate' 0x01C0000A >/dev/null
script 0 "provisioned" -H ./helper
run 0 tpm check $from --release $release --tcti "$tcti" --device $first

# ---- what does not match
why="is not the certified one: the TPM got no EPS at its first start, or the blob is another device's"
tpm_of random
script 3 "FAILED: EK L-1 $why" -H ./helper
nothing_written
tpm_of first "$(eps_of product $first)"
echo $second >blob
script 3 "FAILED: EK L-1 $why" -H ./helper
script 3 "FAILED: EK L-2 $why" -r $folder/$first/ek-cert-l-1.der -e $folder/$second/ek-cert-l-2.der
nothing_written
echo $first >blob
tpm2_createek -G ecc -c 0x81010001
tpm2_flushcontext -t
script 3 "FAILED: handle 0x81010001 holds another key than EK L-1: nothing is written" -H ./helper
tpm2_evictcontrol -Q -C o -c 0x81010001
size=$(wc -c <$folder/$second/ek-cert-l-1.der)
tpm2_nvdefine -C o -s "$size" -a 'ownerread|ownerwrite|authread|no_da' 0x01C00002 >/dev/null
tpm2_nvwrite -C o -i $folder/$second/ek-cert-l-1.der 0x01C00002
script 3 "FAILED: NV index 0x01C00002 holds another identity: nothing is written" -H ./helper
[ "$(tpm2_getcap handles-nv-index)" = "- 0x1C00002" ] || fail "something was written"

# ... nor is anything written over that cannot be read, or is no chain
head -c 40 /dev/urandom >garbage
foreign() { # INDEX WHAT TPM2_NVDEFINE-ARG...: the verdict, and garbage still there
    foreign_index=$1
    foreign_what=$2
    shift 2
    tpm_of foreign "$(eps_of product $first)"
    tpm2_nvdefine -Q -s 40 "$@" "$foreign_index"
    tpm2_nvwrite -C "$foreign_index" -P hello -i garbage "$foreign_index"
    script 3 "FAILED: NV index $foreign_index holds $foreign_what: nothing is written" -H ./helper
    [ "$(tpm2_getcap handles-nv-index)" = "- $(echo "$foreign_index" | sed 's/0x0/0x/')" ] || fail "something was written"
    tpm2_nvread -C "$foreign_index" -P hello -o found "$foreign_index"
    cmp -s found garbage || fail "overwritten: $*"
}
foreign 0x01C00002 "another identity" -C o -a 'authread|authwrite|no_da' -p hello
foreign 0x01C00002 "another identity" -C o -a 'ownerread|authread|authwrite|no_da' -p hello
foreign 0x01C0000A "another identity" -C p -a 'ppread|authread|authwrite|no_da|platformcreate' -p hello
foreign 0x01C00100 "something else than a CA chain" -C o -a 'ownerread|authread|authwrite|no_da' -p hello
# The right bytes where verifiers cannot read them, and an older chain, make room.
tpm_of closed "$(eps_of product $first)"
for row in "0x01C00002 ek-cert-l-1" "0x01C00100 ek-cert-l-2"; do
    set -- $row
    tpm2_nvdefine -Q -C o -s "$(wc -c <$folder/$first/$2.der)" -a 'ownerread|ownerwrite|no_da' "$1"
    tpm2_nvwrite -C o -i $folder/$first/$2.der "$1"
done
script 0 "provisioned" -H ./helper
run 0 tpm check $from --release $release --tcti "$tcti" --device $first

# ---- what fails on the way is named, and the next run completes it
spoiled() { # CODE VERDICT RULES ARG...: behind a TPM whose answers are spoiled
    whole=$tcti
    spoiled_code=$1
    spoiled_verdict=$2
    tcti=$(through "$3")
    shift 3
    script "$spoiled_code" "$spoiled_verdict" -H ./helper "$@"
    tcti=$whole
    tpm2_flushcontext -t # as a resource manager does for tools that end early
    tpm2_flushcontext -l
}
tpm_of spoiled "$(eps_of product $first)"
mkdir fake # what is written does not stay
cat >fake/tpm2_nvread <<EOF
#!/bin/sh
$(command -v tpm2_nvread) "\$@" || exit
while [ "\$1" != -o ]; do shift; done
printf x >>"\$2"
EOF
chmod +x fake/tpm2_nvread
whole=$PATH
PATH=$PWD/fake:$PATH
script 7 "FAILED: NV index 0x01C00002 does not read back as written" -H ./helper
PATH=$whole
tpm_of spoiled "$(eps_of product $first)"
spoiled 7 "FAILED: cannot define NV index 0x01C00002" 12a=14b # NV full
nothing_written
spoiled 4 "FAILED: cannot keep EK L-1 at 0x81010001" 120=9a2
nothing_written
spoiled 7 "FAILED: no room for persistent EK L-1 at 0x81010001: nothing is written" property:209=0
spoiled 7 "FAILED: cannot write NV index 0x01C00002" 137=cut@1
spoiled 7 "FAILED: cannot make EK L-1" 131=101 # failure mode
script 0 "provisioned" -H ./helper
run 0 tpm check $from --release $release --tcti "$tcti" --device $first
tpm2_changeauth -c p file:password
tpm2_nvundefine -C p -P file:password 0x01C00002
instead=": firmware keeps it to itself, -o makes the NV indices as owner"
script 4 "FAILED: no platform authorisation was given (-P), and this TPM has one$instead" -H ./helper
script 4 "FAILED: the platform authorisation that was given (-P) is wrong$instead" -H ./helper -P helper
script 0 "provisioned" -H ./helper -P password
# ... as owner, where the platform hierarchy is off
tpm_of owner "$(eps_of product $first)"
tpm2_hierarchycontrol -C p phEnable clear
tpm2_changeauth -c o file:password
script 4 "FAILED: the platform hierarchy is off until the next start$instead" -H ./helper -O password
script 4 "FAILED: no owner authorisation was given (-O), and this TPM has one" -H ./helper -o
script 4 "FAILED: the owner authorisation that was given (-O) is wrong" -H ./helper -o -O helper
nothing_written
script 0 "provisioned" -H ./helper -o -O password
tpm2_nvreadpublic | grep -q 'ownerwrite|writedefine|ppread|ownerread|authread|no_da|written$' || fail "attributes"
run 0 tpm check $from --release $release --tcti "$tcti" --device $first --owner-auth file:password
script 0 "provisioned" -H ./helper -o -O password
[ "$(grep -c ': there already$' "$out")" -eq 5 ] || fail "$(cat "$out")"

# ---- too little room: nothing is written, and what is there stays
tpm_of full "$(eps_of product $first)"
index=$((0x01800000))
while tpm2_nvdefine -C o -s 2000 $index >/dev/null 2>&1; do index=$((index + 1)); done
index=$((index - 1))
tpm2_nvundefine -C o $index
while tpm2_nvdefine -C o -s 300 $index >/dev/null 2>&1; do index=$((index + 1)); done
: >reasons
while :; do
    code=0
    dash ./provision.sh -T "$tcti" -H ./helper >"$out" 2>"$err" </dev/null || code=$?
    [ $code -ne 0 ] || break
    [ $code -eq 7 ] || fail "no room: exit $code: $(cat "$err")"
    tail -n 1 "$err" >>reasons
    [ -z "$(tpm2_getcap handles-nv-index | grep 0x1C; tpm2_getcap handles-persistent)" ] || fail "something was written"
    index=$((index - 1))
    tpm2_nvundefine -C o $index
done
[ "$(sort -u reasons | wc -l)" -ge 2 ] || fail "$(cat reasons)"
run 0 tpm check $from --release $release --tcti "$tcti" --device $first

# ---- helper, files, TPM
echo absent >blob
script 7 "FAILED: the helper does not give the certificates of the key blob" -H ./helper
script 7 "FAILED: the helper does not give the certificates of the key blob" -H ./no-helper
script 7 "FAILED: certificate /dev/null is missing or empty" -r /dev/null -e /dev/null
script 2 "FAILED: certificate helper is no DER" -r helper -e helper
{ cat $folder/$first/ek-cert-l-1.der && head -c 2048 /dev/zero; } >large
script 2 "FAILED: certificate large is larger than 2048 bytes" -r large -e large
for usage in "" "-H ./helper -r a" "-r a" "-H ./helper -c -n" "-H ./helper extra" "-x"; do
    code=0
    # shellcheck disable=SC2086
    dash ./provision.sh $usage >"$out" 2>"$err" </dev/null || code=$?
    [ $code -eq 2 ] || fail "provision.sh $usage: exit $code"
done
dash ./provision.sh -h >"$out"
grep -q '^usage: ' "$out" || fail "no usage"
tpm_stop
script 7 "FAILED: no TPM answers at $tcti" -H ./helper

# ---- what no script can be made of
run 0 tpm script $from --release $release -o other.sh --handle L-2=0x8101000A
grep -qx "L-2:0x01C0000A:0x8101000A:ecc'" other.sh || fail "another handle"
refuse 2 "rotkit: --handle \"L-2=none\": the script keeps both EKs
  see 'rotkit help tpm script'" tpm script $from --release $release -o no.sh --handle L-2=none
refuse 2 "rotkit: \"product\" is no release: it has no release.json" tpm script $from --release product -o no.sh
