
# ---- what follows is the same for every product

usage() {
    cat <<EOF
usage: $0 -H HELPER | -r RSA.der -e ECC.der  [options]
Gives this device's firmware TPM its EK certificates and persistent EKs, and reports a verdict.
  -H HELPER   program that takes the certificates out of the key blob (called with -a FILE -b FILE)
  -r, -e      the certificates as files instead
  -T TCTI     the TPM (default: device:/dev/tpmrm0)
  -p FILE     set owner and endorsement authorisation to the content of FILE
  -O, -E      files with the owner's and endorsement authorisation as they are (default: empty)
  -P FILE     file with the platform authorisation (default: empty)
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

# read_nv INDEX: by whom it allows, its own password last, since a wrong one may count
read_nv() {
    rm -f "$work/nv"
    { has ownerread && tpm2_nvread -C o -P "$(auth_of "$owner")" -o "$work/nv" "$1" >/dev/null 2>&1; } ||
        { has ppread && tpm2_nvread -C p -P "$(auth_of "$platform")" -o "$work/nv" "$1" >/dev/null 2>&1; } ||
        { has authread && tpm2_nvread -o "$work/nv" "$1" >/dev/null 2>&1; }
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

check_nv() {
    chain >"$work/chain"
    if [ -s "$work/chain" ]; then
        state_of 0x01C00100 "$work/chain" ""
        [ $state != foreign ] || verdict 3 "NV index 0x01C00100 holds something else than a CA chain: nothing is written"
    fi
    for row in $eks; do
        IFS=: read -r template index handle algorithm <<EOF
$row
EOF
        certificate=$rsa
        [ "$algorithm" = rsa ] || certificate=$ecc
        state_of "$index" "$certificate" "$work/$algorithm.spki"
        [ $state != foreign ] || verdict 3 "NV index $index holds another identity: nothing is written"
    done
}

# store INDEX FILE SPKI WHAT
store() {
    state_of "$1" "$2" "$3"
    if [ $state = same ]; then
        say "$4 ($1): there already"
        return 0
    fi
    [ $state = absent ] || try 7 "cannot remove NV index $1" tpm2_nvundefine -Q -C p -P "$(auth_of "$platform")" "$1"
    try 7 "cannot define NV index $1" tpm2_nvdefine -Q -C p -P "$(auth_of "$platform")" -s "$(wc -c <"$2")" \
        -a 'ppwrite|writedefine|ppread|ownerread|authread|no_da|platformcreate' "$1"
    try 7 "cannot write NV index $1" tpm2_nvwrite -Q -C p -P "$(auth_of "$platform")" -i "$2" "$1"
    try 7 "cannot read NV index $1" tpm2_nvread -o "$work/nv" "$1"
    cmp -s "$work/nv" "$2" || verdict 7 "NV index $1 does not read back as written"
    say "$4 ($1): written"
}

write_all() {
    [ ! -s "$work/chain" ] || store 0x01C00100 "$work/chain" "" "CA chain"
    for row in $eks; do
        IFS=: read -r template index handle algorithm <<EOF
$row
EOF
        certificate=$rsa
        [ "$algorithm" = rsa ] || certificate=$ecc
        store "$index" "$certificate" "$work/$algorithm.spki" "certificate $template"
    done
    for row in $eks; do
        IFS=: read -r template index handle algorithm <<EOF
$row
EOF
        if tpm2_readpublic -c "$handle" >/dev/null 2>&1; then
            say "persistent EK $template ($handle): there already"
            continue
        fi
        try 7 "cannot keep EK $template at $handle" tpm2_evictcontrol -Q -C o -P "$(auth_of "$owner")" \
            -c "$work/ek.$algorithm" "$handle"
        tpm2_flushcontext -t >/dev/null 2>&1 || true
        say "persistent EK $template ($handle): written"
    done
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
clear=
look=
tcti=${TPM2TOOLS_TCTI:-device:/dev/tpmrm0}
while getopts H:r:e:T:p:O:E:P:cnh option; do
    case $option in
    H) helper=$OPTARG ;;
    r) rsa=$OPTARG ;;
    e) ecc=$OPTARG ;;
    T) tcti=$OPTARG ;;
    p) new=$OPTARG ;;
    O) owner=$OPTARG ;;
    E) endorsement=$OPTARG ;;
    P) platform=$OPTARG ;;
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
    tpm2_nvundefine tpm2_evictcontrol tpm2_changeauth tpm2_flushcontext; do
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
