#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Sends the files of `rotkit enroll azure-dps` to a Device Provisioning Service and records which
# enrolments it took, so that a second run goes on where the first one ended.
#
#   upload.sh URL FOLDER STATE
#
# URL is https://NAME.azure-devices-provisioning.net. DPS_TOKEN_FILE names a file with the value of
# the Authorization header (a SAS token, or "Bearer ..."): it appears on no command line. STATE is a
# folder. Exit code: 0 all taken, 2 usage, 6 some enrolments refused (see STATE/errors), 7 no answer.
#
# An answer can get lost behind what it answers: then the service says of the next try that the
# enrolments exist. Such a one counts as taken when the service has it with our endorsement key; one
# that was to be deleted and is not there counts as deleted.
set -eu
umask 077

[ $# -eq 3 ] || { echo "usage: DPS_TOKEN_FILE=FILE upload.sh URL FOLDER STATE" >&2; exit 2; }
[ -r "${DPS_TOKEN_FILE:-}" ] || { echo "upload.sh: DPS_TOKEN_FILE names no readable file" >&2; exit 2; }
case $1 in
*@*) echo "upload.sh: \"$1\" names a user" >&2; exit 2 ;;
https://* | http://127.0.0.1:*) ;;
*) echo "upload.sh: \"$1\" is not https" >&2; exit 2 ;;
esac
url=${1%/}/enrollments
version=api-version=2021-10-01
folder=$2
state=$3
tries=${DPS_TRIES:-8}
mkdir -p "$state/taken"
: >"$state/errors"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
{ printf 'Authorization: '; cat "$DPS_TOKEN_FILE"; } >"$work/header"

# ask ADDRESS [CURL-OPTION...]: the answer in $work/answer, its status in $status; waits and tries
# again when throttled or without an answer
ask() {
    address=$1
    shift
    try=0
    while :; do
        try=$((try + 1))
        : >"$work/heads"
        status=$(curl -sS -o "$work/answer" -D "$work/heads" -w '%{http_code}' -m 60 -H "@$work/header" \
            "$@" "$address?$version" 2>"$work/curl") || status=000
        case $status in
        000 | 429 | 5??) ;;
        *) return 0 ;;
        esac
        [ "$try" -lt "$tries" ] || {
            echo "upload.sh: gave up after $tries tries, last status $status; run again to go on" >&2
            exit 7
        }
        wait=$(tr -d '\r' <"$work/heads" | sed -n 's/^[Rr]etry-[Aa]fter: *\([0-9]\{1,3\}\)$/\1/p' | tail -n 1)
        sleep "${wait:-$try}"
    done
}

start_of_answer() {
    head -c 300 "$work/answer" | LC_ALL=C tr -cd '[:print:]'
}

must_be_200() {
    [ "$status" = 200 ] || {
        echo "upload.sh: the service answers $status: $(start_of_answer)" >&2
        exit 7
    }
}

# What is no result of the service's, such as a proxy's page, has no enrolment count as taken: each
# error is of one that was sent, and there is one at least unless all were taken.
must_be_result() {
    jq -es --slurpfile sent "$work/body" 'length == 1 and (.[0] | type == "object" and (.isSuccessful | type == "boolean") and
        (.errors // [] | type == "array" and all(.[]; type == "object" and
            (.registrationId | IN($sent[0].enrollments[].registrationId)))) and
        (.isSuccessful or (.errors // [] | length > 0)))' "$work/answer" >/dev/null 2>&1 || {
        echo "upload.sh: the service answers 200 and no result: $(start_of_answer)" >&2
        exit 7
    }
}

# take_existing TAKEN: of the errors in $work/errors, those whose enrolment stands at the service
# with our key go to TAKEN
take_existing() {
    jq -r '.[] | select(.errorCode | tostring | startswith("409")) | .registrationId' "$work/errors" >"$work/existing"
    while read -r id; do
        ask "$url/$id"
        [ "$status" = 200 ] || continue
        jq -e --arg id "$id" --slurpfile there "$work/answer" \
            '.enrollments[] | select(.registrationId == $id) |
             .attestation.tpm.endorsementKey == $there[0].attestation.tpm.endorsementKey and
             .deviceId == $there[0].deviceId' "$work/body" >/dev/null 2>&1 && echo "$id" >>"$1"
    done <"$work/existing"
    jq -c --rawfile taken "$1" '($taken | split("\n")) as $t | map(select(.registrationId | IN($t[]) | not))' \
        "$work/errors" >"$work/left"
}

# take_missing TAKEN: what was to be deleted and is not there is done
take_missing() {
    jq -r '.[] | select(.errorCode | tostring | startswith("404")) | .registrationId' "$work/errors" >>"$1"
    jq -c 'map(select(.errorCode | tostring | startswith("404") | not))' "$work/errors" >"$work/left"
}

# send_file FILE TAKEN: until every enrolment of it is in TAKEN, three times at most
send_file() {
    for _ in 1 2 3; do
        jq -c --rawfile taken "$2" '($taken | split("\n")) as $t |
            .enrollments |= map(select(.registrationId | IN($t[]) | not))' "$1" >"$work/body"
        ! grep -q '"enrollments":\[\]' "$work/body" || return 0
        ask "$url" -H 'Content-Type: application/json' --data-binary "@$work/body"
        must_be_200
        must_be_result
        jq -c 'reduce .errors[]? as $e ([]; if any(.[]; .registrationId == $e.registrationId) then . else . + [$e] end)' \
            "$work/answer" >"$work/errors"
        jq -r --slurpfile errors "$work/errors" \
            '.enrollments[].registrationId | select(IN($errors[0][].registrationId) | not)' "$work/body" >>"$2"
        grep -qvx '\[\]' "$work/errors" || return 0
        case $(jq -r .mode "$1") in
        create) take_existing "$2" ;;
        delete) take_missing "$2" ;;
        *) cp "$work/errors" "$work/left" ;;
        esac
        grep -qvx '\[\]' "$work/left" || return 0
    done
    jq -r --arg file "$(basename "$1")" '.[] |
        [$file, .registrationId, (.errorCode, .errorStatus // "" | tostring | gsub("[[:cntrl:]]"; " "))] | join(" ")' "$work/left" >>"$state/errors"
}

found=no
for file in "$folder"/azure-dps-*.json; do
    [ -f "$file" ] || continue
    found=yes
    taken=$state/taken/$(basename "$file" .json)
    touch "$taken"
    send_file "$file" "$taken"
done
[ "$found" = yes ] || { echo "upload.sh: no azure-dps-*.json in \"$folder\"" >&2; exit 2; }
if [ -s "$state/errors" ]; then
    refused=$(wc -l <"$state/errors")
    [ "$refused" -eq 1 ] && thing=enrolment || thing=enrolments
    echo "upload.sh: $refused $thing refused, see \"$state/errors\"; run again when mended" >&2
    exit 6
fi
