# SPDX-License-Identifier: Apache-2.0
# What ek derive does not take.
. "$(dirname "$0")/lib.sh"

eps=000102030405060708090a0b0c0d0e0f000102030405060708090a0b0c0d0e0f
echo "$eps$eps" >eps
echo "$eps" >short
printf '%s\n%s\n' "$eps$eps" "${eps}zz${eps%??}" >digit
: >empty
head -c 700 /dev/zero | tr '\0' 0 >long

refuse 2 "rotkit: --eps FILE is missing
  see 'rotkit help ek derive'" ek derive
refuse 2 "rotkit: unknown option \"--epsi\" (did you mean \"--eps\"?)
  see 'rotkit help ek derive'" ek derive --epsi eps
refuse 2 "rotkit: --eps given twice
  see 'rotkit help ek derive'" ek derive --eps eps --eps eps
refuse 2 "rotkit: unexpected operand \"more\"
  see 'rotkit help ek derive'" ek derive --eps eps more
refuse 2 "rotkit: --json takes no value
  see 'rotkit help ek derive'" ek derive --eps eps --json=yes
refuse 7 "rotkit: cannot open \"absent\": No such file or directory" ek derive --eps absent
refuse 2 "rotkit: \"empty\" is empty, expected an EPS a line" ek derive --eps empty
refuse 2 "rotkit: short:1: EPS of profile ms-159: 32 bytes, expected 64" ek derive --eps short
refuse 2 "rotkit: eps:1: EPS of profile ms-138: 128 hex digits, expected 64" \
    ek derive --eps eps --profile ms-138
refuse 2 "rotkit: long:1: line of more than 512 characters" ek derive --eps long
refuse 2 "rotkit: unknown profile \"ms-160\"
  known: ms-159 ms-159-aes128 libtpms-1 tcg-184 tcg-183 ms-146 ms-138 ms-146-r32 ms-138-r32 libtpms-0" \
    ek derive --eps eps --profile ms-160
refuse 2 "rotkit: unknown template \"L-3\"
  known: L-1 L-2 H-1 H-2 H-3 H-4 H-6 H-7 azure-sdk, file:PATH, all" \
    ek derive --eps eps --template L-1,L-3
refuse 2 "rotkit: template \"L-2\" named twice" ek derive --eps eps --template L-2,L-2

# A fault in the second line: the first line's keys are out, nothing more.
run 2 ek derive --eps digit --template L-2 --json
is "$err" '{"error":{"code":2,"message":"digit:2: EPS of profile ms-159: character 65 is no hex digit","context":[]}}'
[ "$(wc -l <"$out")" -eq 1 ] || fail "more than the first line's key"
