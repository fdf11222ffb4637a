
# ---- what follows is the same for every product

usage() {
    cat <<EOF
usage: $0 -H HELPER | -r RSA.der -e ECC.der  [options]
Gives this device's firmware TPM its EK certificates and persistent EKs, and reports a verdict. It
is done or changes nothing, and may run again.
  -H HELPER   program that takes the certificates out of the key blob (called with -a FILE -b FILE)
  -r, -e      the certificates as files instead
  -T TCTI     the TPM (default: device:/dev/tpmrm0)
  -p FILE     set owner and endorsement authorisation to the content of FILE
  -O, -E      files with the owner's and endorsement authorisation as they are (default: empty)
  -P FILE     file with the platform authorisation (default: empty)
  -o          make the NV indices as owner: where firmware keeps the platform hierarchy to itself
  -c          clear the TPM first: what its owner keeps in it is lost
  -n          look only: write nothing
Exit codes: 0 done, 2 usage, 3 the TPM does not match, 4 authorisation, 7 TPM, helper or storage
EOF
}

# verdict CODE TEXT
verdict() {
    if [ "$1" -eq 0 ]; then
        echo "verdict: $2"
    else
        echo "verdict: FAILED: $2" >&2
    fi
    exit "$1"
}

say() {
    echo "$product: $*"
}

hex() {
    od -An -v -tx1 "$1" | tr -d ' \n'
}

# holds FILE NEEDLE: FILE contains the bytes of NEEDLE
holds() {
    [ -n "$2" ] && [ -s "$2" ] || return 1
    case $(hex "$1") in *"$(hex "$2")"*) return 0 ;; esac
    return 1
}

# try CODE TEXT COMMAND...: a tool that fails ends the run; its own words come along. What it says
# about authorisation decides the exit code.
try() {
    try_code=$1
    try_text=$2
    shift 2
    "$@" >"$work/log" 2>&1 && return 0
    cat "$work/log" >&2
    [ -z "$claiming" ] || take_back
    if grep -q -e 0x98e -e 0x9a2 -e 0x921 -e 0x12f -e 0x185 -i "$work/log"; then
        try_code=4
    fi
    verdict "$try_code" "$try_text"
}

# auth_of FILE: how tpm2-tools take it; an empty one for none
auth_of() {
    [ -z "$1" ] || echo "file:$1"
}

# adopt HIERARCHY: true when the new authorisation is in force already, as after an earlier run
adopt() {
    [ -n "$new" ] && tpm2_changeauth -Q -c "$1" -p "file:$new" "file:$new" >/dev/null 2>&1
}

# ---- steps

get_certificates() {
    if [ -n "$helper" ]; then
        try 7 "the helper does not give the certificates of the key blob" \
            "$helper" -a "$work/rsa.crt" -b "$work/ecc.crt"
        rsa=$work/rsa.crt
        ecc=$work/ecc.crt
    fi
    for certificate in "$rsa" "$ecc"; do
        [ -s "$certificate" ] || verdict 7 "certificate $certificate is missing or empty"
        case $(hex "$certificate") in
        3082*) ;;
        *) verdict 2 "certificate $certificate is no DER" ;;
        esac
        [ "$(wc -c <"$certificate")" -le 2048 ] || verdict 2 "certificate $certificate is larger than 2048 bytes"
    done
}

# Each EK is made, and held against its certificate, before anything is written.
check_eks() {
    for row in $eks; do
        IFS=: read -r template _ handle algorithm <<EOF
$row
EOF
        certificate=$rsa
        [ "$algorithm" = rsa ] || certificate=$ecc
        rm -f "$work/ek.$algorithm"
        try 7 "cannot make EK $template" tpm2_createek -G "$algorithm" -c "$work/ek.$algorithm" \
            -P "$(auth_of "$endorsement")"
        try 7 "cannot read EK $template" tpm2_readpublic -c "$work/ek.$algorithm" -f der -o "$work/$algorithm.spki"
        tpm2_flushcontext -t >/dev/null 2>&1 || true
        holds "$certificate" "$work/$algorithm.spki" ||
            verdict 3 "EK $template is not the certified one: the TPM got no EPS at its first start, or the blob is another device's"
        say "EK $template is the certified one"
        if tpm2_readpublic -c "$handle" -f der -o "$work/kept.spki" >/dev/null 2>&1; then
            cmp -s "$work/kept.spki" "$work/$algorithm.spki" ||
                verdict 3 "handle $handle holds another key than EK $template: nothing is written"
        fi
    done
}

# has ATTRIBUTE: of the index that state_of looks at
has() {
    case $attributes in *"|$1|"*) return 0 ;; esac
    return 1
}

# is_open: all can read it whatever happens, none write it by its own password
is_open() {
    has ownerread && has authread && has no_da || return 1
    ! has authwrite && ! has read_stclear && ! has clear_stclear
}

# may_guess: a wrong password counts where no_da is missing, so none is tried behind a failure
may_guess() {
    has no_da || tpm2_getcap properties-variable 2>/dev/null | grep -q '^TPM2_PT_LOCKOUT_COUNTER: 0x0$'
}

# read_nv INDEX: by whom it allows, its own password last, since a wrong one may count
read_nv() {
    rm -f "$work/nv"
    { has ownerread && tpm2_nvread -C o -P "$(auth_of "$owner")" -o "$work/nv" "$1" >/dev/null 2>&1; } ||
        { has ppread && tpm2_nvread -C p -P "$(auth_of "$platform")" -o "$work/nv" "$1" >/dev/null 2>&1; } ||
        { has authread && may_guess && tpm2_nvread -o "$work/nv" "$1" >/dev/null 2>&1; }
}

# state_of INDEX FILE SPKI: absent, same, ours (an older or half-written one), foreign; what cannot
# be read is foreign. An empty SPKI is for the chain, which any certificates may make room for.
state_of() {
    state=absent
    # Asked first, since tpm2_nvreadpublic of some versions crashes when there is none.
    tpm2_getcap handles-nv-index 2>/dev/null | grep -q -i -x -e "- $(printf '0x%X' "$1")" || return 0
    attributes=$(tpm2_nvreadpublic "$1" 2>/dev/null |
        sed -n '/^ *attributes:/,/^ *size:/s/^ *friendly: *\(.*\)$/|\1|/p')
    if [ -z "$attributes" ]; then
        state=foreign
    elif ! has written; then
        state=ours
    elif ! read_nv "$1"; then
        state=foreign
    elif cmp -s "$work/nv" "$2"; then
        state=ours
        ! is_open || state=same
    elif holds "$work/nv" "$3" || is_half "$work/nv" "$2"; then
        state=ours
    else
        state=foreign
        case $3$(hex "$work/nv") in 3082*) state=ours ;; esac
    fi
}

# is_half FOUND WANTED: the front of it, then FF
is_half() {
    front=$(hex "$1" | sed 's/\(ff\)*$//')
    [ "$(wc -c <"$1")" -eq "$(wc -c <"$2")" ] || return 1
    case $(hex "$2") in "$front"*) return 0 ;; esac
    return 1
}

# each COMMAND...: calls it with index, file, SPKI (empty for the chain) and name: certificates first
each() {
    for row in $eks; do
        IFS=: read -r template index handle algorithm <<EOF
$row
EOF
        certificate=$rsa
        [ "$algorithm" = rsa ] || certificate=$ecc
        "$@" "$index" "$certificate" "$work/$algorithm.spki" "certificate $template"
    done
    [ ! -s "$work/chain" ] || "$@" 0x01C00100 "$work/chain" "" "CA chain"
}

# each_ek COMMAND...: calls it with template, handle and algorithm
each_ek() {
    for row in $eks; do
        IFS=: read -r template index handle algorithm <<EOF
$row
EOF
        "$@" "$template" "$handle" "$algorithm"
    done
}

# look_at INDEX FILE SPKI WHAT: whose is what stands there, and who is needed to change it
look_at() {
    state_of "$1" "$2" "$3"
    case $state in
    foreign)
        [ -n "$3" ] || verdict 3 "NV index $1 holds something else than a CA chain: nothing is written"
        verdict 3 "NV index $1 holds another identity: nothing is written"
        ;;
    absent) need=$need$by ;;
    ours)
        need=$need$by
        ! has platformcreate || need=${need}p
        ;;
    esac
}

look_at_ek() {
    tpm2_readpublic -c "$2" >/dev/null 2>&1 && return 0
    need=${need}o
    ! tpm2_getcap properties-variable 2>/dev/null | grep -q '^TPM2_PT_HR_PERSISTENT_AVAIL: 0x0$' ||
        verdict 7 "no room for persistent EK $1 at $2: nothing is written"
}

# ask LETTER NAME FILE OPTION: whether the TPM takes this authorisation; nothing in it changes
ask() {
    case $need in *"$1"*) ;; *) return 0 ;; esac
    try 7 "no session to ask in" tpm2_startauthsession -Q --policy-session -S "$work/session"
    ask_code=0
    # shellcheck disable=SC2046
    tpm2_policysecret -Q -S "$work/session" -c "$1" $(auth_of "$3") >"$work/log" 2>&1 || ask_code=$?
    tpm2_flushcontext "$work/session" >/dev/null 2>&1 || tpm2_flushcontext -l >/dev/null 2>&1 || true
    [ "$ask_code" -ne 0 ] || return 0
    cat "$work/log" >&2
    instead=
    [ "$1" = o ] || instead=": firmware keeps it to itself, -o makes the NV indices as owner"
    if grep -q -i 0x185 "$work/log"; then
        verdict 4 "the $2 hierarchy is off until the next start$instead"
    elif [ -z "$3" ]; then
        verdict 4 "no $2 authorisation was given ($4), and this TPM has one$instead"
    fi
    verdict 4 "the $2 authorisation that was given ($4) is wrong$instead"
}

check_nv() {
    chain >"$work/chain"
    need=
    each look_at
    each_ek look_at_ek
    [ -z "$new" ] || need=${need}o
    ask p platform "$platform" -P
    ask o owner "$owner" -O
}

# ---- writing: the room first, which is given back when all does not fit

# define INDEX SIZE
define() {
    if [ "$by" = p ]; then
        tpm2_nvdefine -Q -C p -P "$(auth_of "$platform")" -s "$2" \
            -a 'ppwrite|writedefine|ppread|ownerread|authread|no_da|platformcreate' "$1"
    else
        tpm2_nvdefine -Q -C o -P "$(auth_of "$owner")" -s "$2" \
            -a 'ownerwrite|writedefine|ppread|ownerread|authread|no_da' "$1"
    fi
}

# as p|o TOOL ARG...: by its authorisation
as() {
    as_who=$1
    as_tool=$2
    as_auth=$owner
    [ "$as_who" = o ] || as_auth=$platform
    shift 2
    "$as_tool" -Q -C "$as_who" -P "$(auth_of "$as_auth")" "$@"
}

claim() {
    state_of "$1" "$2" "$3"
    [ "$state" = absent ] || return 0
    try 7 "cannot define NV index $1" define "$1" "$(wc -c <"$2")"
    taken="$taken $1"
}

claim_ek() {
    tpm2_readpublic -c "$2" >/dev/null 2>&1 && return 0
    try 7 "cannot keep EK $1 at $2" tpm2_evictcontrol -Q -C o -P "$(auth_of "$owner")" -c "$work/ek.$3" "$2"
    tpm2_flushcontext -t >/dev/null 2>&1 || true
    kept="$kept $2"
}

take_back() {
    for index in $taken; do as "$by" tpm2_nvundefine "$index" >/dev/null 2>&1 || true; done
    for handle in $kept; do
        tpm2_evictcontrol -Q -C o -P "$(auth_of "$owner")" -c "$handle" >/dev/null 2>&1 || true
    done
}

# replace INDEX FILE SPKI: what is ours and not as it should be; it comes back when the new one does not fit
replace() {
    case " $taken " in *" $1 "*) return 0 ;; esac
    state_of "$1" "$2" "$3"
    [ "$state" = ours ] || return 0
    maker=o
    ! has platformcreate || maker=p
    [ "$maker$by" != op ] || maker=p # which may remove the owner's too
    old_attributes=$(echo "$attributes" | sed -e 's/|written|/|/' -e 's/^|//' -e 's/|$//')
    old_size=$(tpm2_nvreadpublic "$1" | sed -n 's/^ *size: *//p')
    rm -f "$work/old"
    ! has written || mv "$work/nv" "$work/old"
    try 7 "cannot remove NV index $1" as "$maker" tpm2_nvundefine "$1"
    if ! define "$1" "$(wc -c <"$2")" >"$work/log" 2>&1; then
        cat "$work/log" >&2
        case $old_attributes in *platformcreate*) maker=p ;; *) maker=o ;; esac
        as "$maker" tpm2_nvdefine -s "$old_size" -a "$old_attributes" "$1" >/dev/null 2>&1 || true
        [ ! -s "$work/old" ] || as "$maker" tpm2_nvwrite -i "$work/old" "$1" >/dev/null 2>&1 || true
        take_back
        verdict 7 "cannot define NV index $1"
    fi
    fill "$1" "$2"
    filled="$filled $1"
}

fill() {
    try 7 "cannot write NV index $1" as "$by" tpm2_nvwrite -i "$2" "$1"
    try 7 "cannot read NV index $1" tpm2_nvread -o "$work/nv" "$1"
    cmp -s "$work/nv" "$2" || verdict 7 "NV index $1 does not read back as written"
}

store() {
    case " $taken " in *" $1 "*) fill "$1" "$2" ;; esac
    case " $taken $filled " in
    *" $1 "*) say "$4 ($1): written" ;;
    *) say "$4 ($1): there already" ;;
    esac
}

tell_ek() {
    case " $kept " in
    *" $2 "*) say "persistent EK $1 ($2): written" ;;
    *) say "persistent EK $1 ($2): there already" ;;
    esac
}

write_all() {
    claiming=1
    each claim
    each_ek claim_ek
    claiming=
    each replace
    each store
    each_ek tell_ek
}

# Last, so that a run that stops before finds the old values.
set_authorisation() {
    [ -n "$new" ] || return 0
    try 4 "cannot set the endorsement authorisation" tpm2_changeauth -Q -c e -p "$(auth_of "$endorsement")" "file:$new"
    try 4 "cannot set the owner authorisation" tpm2_changeauth -Q -c o -p "$(auth_of "$owner")" "file:$new"
    say "owner and endorsement authorisation: set"
}

helper=
rsa=
ecc=
new=
owner=
endorsement=
platform=
by=p
need=
taken=
filled=
kept=
claiming=
clear=
look=
tcti=${TPM2TOOLS_TCTI:-device:/dev/tpmrm0}
while getopts H:r:e:T:p:O:E:P:ocnh option; do
    case $option in
    H) helper=$OPTARG ;;
    r) rsa=$OPTARG ;;
    e) ecc=$OPTARG ;;
    T) tcti=$OPTARG ;;
    p) new=$OPTARG ;;
    O) owner=$OPTARG ;;
    E) endorsement=$OPTARG ;;
    P) platform=$OPTARG ;;
    o) by=o ;;
    c) clear=1 ;;
    n) look=1 ;;
    h) usage && exit 0 ;;
    *) usage >&2 && exit 2 ;;
    esac
done
shift $((OPTIND - 1))
if [ $# -ne 0 ] || { [ -n "$helper" ] && [ -n "$rsa$ecc" ]; } ||
    { [ -z "$helper" ] && { [ -z "$rsa" ] || [ -z "$ecc" ]; }; } || [ "$clear$look" = 11 ]; then
    usage >&2
    exit 2
fi
for file in "$new" "$owner" "$endorsement" "$platform"; do
    [ -z "$file" ] || [ -r "$file" ] || verdict 4 "cannot read authorisation file $file"
done
for tool in tpm2_getcap tpm2_createek tpm2_readpublic tpm2_nvdefine tpm2_nvwrite tpm2_nvread tpm2_nvreadpublic \
    tpm2_nvundefine tpm2_evictcontrol tpm2_changeauth tpm2_flushcontext tpm2_startauthsession tpm2_policysecret; do
    command -v $tool >/dev/null 2>&1 || verdict 7 "$tool is absent: install tpm2-tools"
done

umask 077
work=$(mktemp -d) || verdict 7 "cannot make a temporary folder"
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
TPM2TOOLS_TCTI=$tcti
export TPM2TOOLS_TCTI

# Linux loads the driver of the fTPM only when somebody asks for it.
[ "$tcti" != device:/dev/tpmrm0 ] || [ -e /dev/tpmrm0 ] || modprobe tpm_ftpm_tee 2>/dev/null || true
try 7 "no TPM answers at $tcti" tpm2_getcap properties-fixed
get_certificates
if adopt e; then endorsement=$new; fi
if adopt o; then owner=$new; fi
if [ -n "$clear" ]; then
    try 4 "cannot clear the TPM" tpm2_clear -Q
    owner=
    endorsement=
fi
check_eks
check_nv
if [ -n "$look" ]; then
    verdict 0 "this is the certified device; nothing was written"
fi
write_all
set_authorisation
verdict 0 "provisioned"
