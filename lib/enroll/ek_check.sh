#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# ek_check_script of Keylime's tenant: takes the EKs of listed devices and no others. Made by rotkit.
#
# Keylime calls it without arguments, with AGENT_UUID, EK (PEM), EK_CERT (DER in base64, or empty) and
# PROVKEYS in the environment. It exits 0 for a listed EK, its Device SN on standard error, and 1 for
# anything else, with the reason. It wants openssl (1.1.1 or later) and a POSIX shell, and writes no file.
#
# The list is the folder ek-allow-list.d beside this script, or the one that EK_ALLOW_LIST names. Its
# files are searched all: a line a device, SHA-256 of the EK's SubjectPublicKeyInfo (DER), two blanks,
# Device SN. Lists of several releases may lie in one folder; put a newer list of a release in place of
# the older one whole, since a device that is retired is gone from it.
set -u
LC_ALL=C
export LC_ALL

refuse() {
    printf 'ek-check: refused: %s\n' "$*" >&2
    exit 1
}

# The SubjectPublicKeyInfo of a public key (PEM, standard input) in base64; nothing when it is none.
spki() {
    openssl pkey -pubin -outform DER 2>/dev/null | openssl base64 -A
}

command -v openssl >/dev/null 2>&1 || refuse "openssl is not there"

list=${EK_ALLOW_LIST:-$(dirname -- "$0")/ek-allow-list.d}
case $list in
/*) ;;
*) list=./$list ;;
esac
set -- "$list"/*
[ -f "$1" ] || refuse "no list of EKs: \"$list\" is missing or empty"

# One public key and nothing else, so that openssl reads the one that Keylime read, and asks for nothing.
case ${EK:-} in
'') refuse "no EK given" ;;
*'-----BEGIN '*'-----BEGIN '*) refuse "EK holds more than one key" ;;
'-----BEGIN PUBLIC KEY-----'*) ;;
*) refuse "EK is no public key in PEM" ;;
esac
ek=$(printf '%s\n' "$EK" | spki)
[ -n "$ek" ] || refuse "EK is no public key that openssl reads"

if [ -n "${EK_CERT:-}" ]; then
    case $EK_CERT in
    *[!ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=]*) refuse "EK_CERT is no base64" ;;
    esac
    certified=$(printf '%s' "$EK_CERT" | openssl base64 -d -A 2>/dev/null |
        openssl x509 -inform DER -noout -pubkey 2>/dev/null | spki)
    [ -n "$certified" ] || refuse "EK_CERT is no certificate that openssl reads"
    [ "$certified" = "$ek" ] || refuse "EK_CERT is for another key than EK"
fi

digest=$(printf '%s' "$ek" | openssl base64 -d -A | openssl dgst -sha256 -r)
digest=${digest%% *}
case $digest in
*[!0123456789abcdef]*) refuse "openssl gives no SHA-256" ;;
????????????????????????????????????????????????????????????????) ;;
*) refuse "openssl gives no SHA-256" ;;
esac

found=$(sed -n "s/^$digest  \([0-9a-f]\{20\}\)\$/\1/p" "$@") || refuse "cannot read \"$list\""
found=$(printf '%s\n' "$found" | sort -u)
case $found in
'') refuse "EK $digest is not listed" ;;
*[!0123456789abcdef]*) refuse "EK $digest is listed for more than one device" ;;
esac
printf 'ek-check: device %s\n' "$found" >&2
