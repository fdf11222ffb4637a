# SPDX-License-Identifier: Apache-2.0
# inspect and verify find out what a file is, show no secret, and refuse what they do not know.
. "$(dirname "$0")/lib.sh"
need jq

eks=$DATA/vectors/ekb/eks
odm=$DATA/vectors/ekb/odm
csr=$DATA/vectors/ekb/csr
formats() { # FORMAT FILE...
    format=$1
    shift
    for file; do
        what=$file
        run 0 inspect "$file"
        stderr_is ""
        [ "$(head -n 1 "$out")" = "$format" ] || fail "$file: $(head -n 1 "$out")"
        cp "$out" text
        run 0 inspect --json "$file"
        stderr_is ""
        [ "$(jq -r .format "$out")" = "$format" ] || fail "$file: JSON"
        # Regions lie inside the file and inside their parents, in order.
        jq -e --argjson size "$(stat -c %s "$file")" 'def inside($from; $to):
            .offset >= $from and .offset + .length <= $to and
            (. as $r | [.children[]?] | all(inside($r.offset; $r.offset + $r.length)));
            [.map[]] | length > 0 and all(inside(0; $size))' "$out" >/dev/null || fail "$file: the map"
        run 0 verify "$file"
        stderr_is ""
        stdout_is "$file: $format: $(tail -n 1 text); signer: not checked"
        # The EPS seed and the test keys are in some of them.
        hides a0a1a2a3a4a5a6a7 text "$out"
    done
}
formats ekb "$eks"/*.img
formats nvftpm "$odm"/*
formats x509 "$csr"/*cert*.der

what=
# Offsets as the format note lays them down: header, CMAC at 16, content header at 32, IV at 48.
cp "$eks/v1_t234_k1_ftpm_offline.img" eks.img
run 0 inspect eks.img
stdout_is "ekb
0x000000     2048  encrypted key blob
0x000000       16    header
0x000000        4      ekb_size  0x000007fc
0x000004        8      magic  4e56454b42500000
0x00000c        2      major  0x0001
0x00000e        2      minor  0x0000
0x000010       16    CMAC
0x000020       16    content header  covered
0x000030       16    IV  covered
0x000040     1984    ciphertext  covered
version 1.0, structure holds; MAC not checked: needs the root key"

: >empty
mkdir folder
head -c 100 eks.img >cut.img
refuse 2 "rotkit: \"empty\": unknown format
  'rotkit pack --formats' lists the known ones" \
    inspect empty
refuse 2 "rotkit: \"folder\" is a folder, expected a file" \
    inspect folder
refuse 7 "rotkit: cannot open \"absent\": No such file or directory" \
    inspect absent
refuse 2 "rotkit: an operand is missing: rotkit inspect PATH
  see 'rotkit help inspect'" \
    inspect
refuse 2 "rotkit: unexpected operand \"eks.img\"
  see 'rotkit help inspect'" \
    inspect eks.img eks.img
refuse 2 "rotkit: unknown option \"--key\"
  see 'rotkit help inspect'" \
    inspect --key eks.img
refuse 2 "rotkit: \"cut.img\": ekb: size word says 2044 bytes, the file has 96" \
    inspect cut.img
refuse 2 "rotkit: empty: unknown format
  'rotkit pack --formats' lists the known ones" \
    verify empty
refuse 2 "rotkit: \"folder\" is a folder, expected a file" \
    verify folder
refuse 7 "rotkit: cannot open \"absent\": No such file or directory" \
    verify absent
refuse 2 "rotkit: an operand is missing: rotkit verify PATH...
  see 'rotkit help verify'" \
    verify
refuse 2 "rotkit: cut.img: ekb: size word says 2044 bytes, the file has 96" \
    verify cut.img
refuse 7 "rotkit: cannot open \"absent\": No such file or directory" \
    verify --ca absent eks.img

# A name that would clear the screen and begin a line of its own is shown, and does neither.
head -c 100 /dev/zero >k
run 0 pack fit -o plain.fit kernel=k
perl -0777 -pe 's/kernel-1/k\e[2J\nz1/g' plain.fit >loud.fit
run 0 inspect loud.fit
grep -q ' k?\[2J?z1 ' "$out" || fail "the name is not shown: $(cat -v "$out")"
if LC_ALL=C grep -q "$(printf '\033')" "$out"; then fail "an escape sequence reaches the terminal"; fi
