# SPDX-License-Identifier: Apache-2.0
# Databases that device derive does not take: one message with file and line, never a key.
. "$(dirname "$0")/lib.sh"

key=00112233445566778899aabbccddeeff00112233445566778899aabbccddeef
row() {
    printf '0102 %016x %s%x\r\n' "$1" "$key" "$1"
}
{ row 1; row 2; row 3; } >kdk.csv
cp kdk.csv seeds.csv
: >empty.csv
printf '0102 0000000000000001 %s\r\n' "$key" >short.csv
printf '0102 0000000000000001 %s0000\r\n' "$key" >wide.csv
printf '0102 0000000000000001  %s0\r\n' "$key" >blanks.csv
printf '0102,0000000000000001,%s0\r\n' "$key" >commas.csv
{ row 1; printf '0102 0000000000000002 %sg\r\n' "$key"; } >digit.csv
{ row 1; row 2; row 1; } >repeated.csv
{ row 1; echo; row 2; } >gap.csv
{ row 1; row 3; row 2; } >disorder.csv
row 1 >fewer.csv
head -c 400 /dev/zero | tr '\0' 0 >line.csv
derive="device derive --json --kdk-db"

refuse 7 "{\"error\":{\"code\":7,\"message\":\"cannot open \\\"absent.csv\\\": No such file or directory\",\"context\":[]}}" \
    $derive absent.csv --eps-seeds seeds.csv
refuse 7 "{\"error\":{\"code\":7,\"message\":\"cannot open \\\"absent.csv\\\": No such file or directory\",\"context\":[]}}" \
    $derive kdk.csv --eps-seeds absent.csv
refuse 7 "{\"error\":{\"code\":7,\"message\":\"cannot read \\\".\\\": Is a directory\",\"context\":[]}}" \
    $derive . --eps-seeds seeds.csv
refuse 2 "{\"error\":{\"code\":2,\"message\":\"short.csv:1: malformed row\",\"context\":[\"expected: oem_id of 4 hex digits, sn of 16, KDK0 of 64, one blank between\"],\"file\":\"short.csv\",\"line\":1}}" \
    $derive short.csv --eps-seeds seeds.csv
refuse 2 "{\"error\":{\"code\":2,\"message\":\"wide.csv:1: malformed row\",\"context\":[\"expected: oem_id of 4 hex digits, sn of 16, KDK0 of 64, one blank between\"],\"file\":\"wide.csv\",\"line\":1}}" \
    $derive wide.csv --eps-seeds seeds.csv
refuse 2 "{\"error\":{\"code\":2,\"message\":\"blanks.csv:1: malformed row\",\"context\":[\"expected: oem_id of 4 hex digits, sn of 16, KDK0 of 64, one blank between\"],\"file\":\"blanks.csv\",\"line\":1}}" \
    $derive blanks.csv --eps-seeds seeds.csv
refuse 2 "{\"error\":{\"code\":2,\"message\":\"commas.csv:1: malformed row\",\"context\":[\"expected: oem_id of 4 hex digits, sn of 16, KDK0 of 64, one blank between\"],\"file\":\"commas.csv\",\"line\":1}}" \
    $derive commas.csv --eps-seeds seeds.csv
refuse 2 "{\"error\":{\"code\":2,\"message\":\"line.csv:1: line of more than 256 characters\",\"context\":[\"expected: oem_id of 4 hex digits, sn of 16, KDK0 of 64, one blank between\"],\"file\":\"line.csv\",\"line\":1}}" \
    $derive line.csv --eps-seeds seeds.csv
refuse 2 "{\"error\":{\"code\":2,\"message\":\"short.csv:1: malformed row\",\"context\":[\"expected: oem_id of 4 hex digits, sn of 16, EPS_Seed of 64, one blank between\"],\"file\":\"short.csv\",\"line\":1}}" \
    $derive kdk.csv --eps-seeds short.csv
refuse 2 "{\"error\":{\"code\":2,\"message\":\"seeds.csv:1: device \\\"01020000000000000001\\\" has no row in \\\"empty.csv\\\"\",\"context\":[],\"file\":\"seeds.csv\",\"line\":1}}" \
    $derive empty.csv --eps-seeds seeds.csv
refuse 2 "{\"error\":{\"code\":2,\"message\":\"kdk.csv:1: device \\\"01020000000000000001\\\" has no row in \\\"empty.csv\\\"\",\"context\":[],\"file\":\"kdk.csv\",\"line\":1}}" \
    $derive kdk.csv --eps-seeds empty.csv
refuse 2 "rotkit: give --json: one JSON object a line is the only form there is
  see 'rotkit help device derive'" \
    device derive --kdk-db kdk.csv --eps-seeds seeds.csv
refuse 2 "{\"error\":{\"code\":2,\"message\":\"--kdk-db FILE is missing\",\"context\":[\"see 'rotkit help device derive'\"]}}" \
    device derive --json --eps-seeds seeds.csv
refuse 2 "{\"error\":{\"code\":2,\"message\":\"--eps-seeds FILE is missing\",\"context\":[\"see 'rotkit help device derive'\"]}}" \
    device derive --json --kdk-db kdk.csv
refuse 2 "{\"error\":{\"code\":2,\"message\":\"platform \\\"t264\\\" (Thor) is refused: its key blob 2.1 and the labels of its fTPM key derivation are not public\",\"context\":[]}}" \
    $derive kdk.csv --eps-seeds seeds.csv --platform t264
refuse 2 "{\"error\":{\"code\":2,\"message\":\"device \\\"01020000000000000001\\\": platform t194 has no fTPM identity chain here, only key blobs\",\"context\":[]}}" \
    $derive kdk.csv --eps-seeds seeds.csv --platform t194
refuse 2 "{\"error\":{\"code\":2,\"message\":\"device \\\"01020000000000000001\\\": template L-1: EPS of 64 bytes, profile ms-138 takes 32\",\"context\":[]}}" \
    $derive kdk.csv --eps-seeds seeds.csv --profile ms-138
refuse 2 "{\"error\":{\"code\":2,\"message\":\"unknown template \\\"\\\"\",\"context\":[\"known: L-1 L-2 H-1 H-2 H-3 H-4 H-6 H-7 azure-sdk, file:PATH, all\"]}}" \
    $derive kdk.csv --eps-seeds seeds.csv --template L-1,

# A fault further down: what stands before it has been printed, a line a device.
partly() {
    wanted=$1
    shift
    run 2 "$@" --template L-2
    stderr_is "$wanted"
    [ "$(wc -l <"$out")" -eq 1 ] || fail "$*: more or less than one device"
    hides "$key" "$out" "$err"
}
expected='expected: oem_id of 4 hex digits, sn of 16'
refuse 2 '{"error":{"code":2,"message":"\"empty.csv\" holds no device","context":[]}}' \
    $derive empty.csv --eps-seeds empty.csv
for file in digit gap; do
    [ "$file" = gap ] && what="malformed row" || what="a character that is no hex digit"
    partly "{\"error\":{\"code\":2,\"message\":\"$file.csv:2: $what\",\"context\":[\"$expected, KDK0 of 64, one blank between\"],\"file\":\"$file.csv\",\"line\":2}}" \
        $derive $file.csv --eps-seeds seeds.csv
    partly "{\"error\":{\"code\":2,\"message\":\"$file.csv:2: $what\",\"context\":[\"$expected, EPS_Seed of 64, one blank between\"],\"file\":\"$file.csv\",\"line\":2}}" \
        $derive kdk.csv --eps-seeds $file.csv
done
partly '{"error":{"code":2,"message":"disorder.csv:2: device \"01020000000000000003\", but \"seeds.csv\" line 2 has device \"01020000000000000002\"","context":["both files must list the same devices in the same order"],"file":"disorder.csv","line":2}}' \
    $derive disorder.csv --eps-seeds seeds.csv
partly '{"error":{"code":2,"message":"kdk.csv:2: device \"01020000000000000002\" has no row in \"fewer.csv\"","context":[],"file":"kdk.csv","line":2}}' \
    $derive kdk.csv --eps-seeds fewer.csv
partly '{"error":{"code":2,"message":"seeds.csv:2: device \"01020000000000000002\" has no row in \"fewer.csv\"","context":[],"file":"seeds.csv","line":2}}' \
    $derive fewer.csv --eps-seeds seeds.csv

# The same device twice is found before a key is made of the second row.
run 2 $derive repeated.csv --eps-seeds repeated.csv --template L-2
stderr_is '{"error":{"code":2,"message":"repeated.csv:3: device 01020000000000000001 is on line 1 already: two devices would have one identity","context":[],"file":"repeated.csv","line":3}}'
[ "$(wc -l <"$out")" -eq 2 ] || fail "repeated.csv: more or less than two devices"
