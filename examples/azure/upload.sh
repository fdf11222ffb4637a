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
set -eu
umask 077

[ $# -eq 3 ] || { echo "usage: DPS_TOKEN_FILE=FILE upload.sh URL FOLDER STATE" >&2; exit 2; }
[ -r "${DPS_TOKEN_FILE:-}" ] || { echo "upload.sh: DPS_TOKEN_FILE names no readable file" >&2; exit 2; }
case $1 in
https://* | http://127.0.0.1:*) ;;
*) echo "upload.sh: \"$1\" is not https" >&2; exit 2 ;;
esac
url="${1%/}/enrollments?api-version=2021-10-01"
folder=$2
state=$3
tries=${DPS_TRIES:-8}
mkdir -p "$state"
touch "$state/done"
: >"$state/errors"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
{ printf 'Authorization: '; cat "$DPS_TOKEN_FILE"; } >"$work/header"

# send BODY: the answer in $work/answer; waits and tries again when throttled or without an answer
send() {
    try=0
    while :; do
        try=$((try + 1))
        status=$(curl -sS -o "$work/answer" -D "$work/heads" -w '%{http_code}' -m 60 -H "@$work/header" \
            -H 'Content-Type: application/json' --data-binary "@$1" "$url" 2>"$work/curl") || status=000
        case $status in
        200) return 0 ;;
        000 | 429 | 5??) ;;
        *)
            echo "upload.sh: the service answers $status: $(head -c 300 "$work/answer")" >&2
            exit 7
            ;;
        esac
        [ "$try" -lt "$tries" ] || {
            echo "upload.sh: gave up after $tries tries, last status $status; run again to go on" >&2
            exit 7
        }
        wait=$(tr -d '\r' <"$work/heads" 2>/dev/null | sed -n 's/^[Rr]etry-[Aa]fter: *\([0-9]\{1,3\}\)$/\1/p' | tail -n 1)
        sleep "${wait:-$try}"
    done
}

found=no
for file in "$folder"/azure-dps-*.json; do
    [ -f "$file" ] || continue
    found=yes
    round=0
    while :; do
        round=$((round + 1))
        jq --rawfile done "$state/done" '($done | split("\n") | map({ (.): true }) | add) as $d |
            . as $all | .enrollments |= map(select($d[$all.mode + " " + .registrationId] | not))' "$file" >"$work/body"
        [ "$(jq '.enrollments | length' "$work/body")" -ne 0 ] || break
        send "$work/body"
        jq -r --slurpfile sent "$work/body" '[.errors[]?.registrationId] as $bad | $sent[0] |
            .mode + " " + (.enrollments[].registrationId | select(IN($bad[]) | not))' "$work/answer" >>"$state/done"
        [ "$(jq '.errors | length' "$work/answer")" -ne 0 ] || break
        if [ "$round" -ge 3 ]; then
            jq -r --arg file "$(basename "$file")" '.errors[] |
                [$file, .registrationId, (.errorCode | tostring), .errorStatus] | join(" ")' "$work/answer" >>"$state/errors"
            break
        fi
    done
done
[ "$found" = yes ] || { echo "upload.sh: no azure-dps-*.json in \"$folder\"" >&2; exit 2; }
if [ -s "$state/errors" ]; then
    echo "upload.sh: $(wc -l <"$state/errors") enrolments refused, see \"$state/errors\"; run again when mended" >&2
    exit 6
fi
