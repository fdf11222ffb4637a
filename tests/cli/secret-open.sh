# SPDX-License-Identifier: Apache-2.0
# secret open: opens for the recipient alone, writes 0600, never to a terminal, and nothing that was changed.
. "$(dirname "$0")/lib.sh"
need openssl script

cert() { # NAME OPTION...
    name=$1
    shift
    openssl req -x509 -nodes "$@" -subj /CN=factory -days 3650 -keyout "$name.key" -out "$name.crt" 2>/dev/null
}
cert rsa -newkey rsa:3072
cert ec -newkey ec -pkeyopt ec_paramgen_curve:P-384
cert other -newkey ec -pkeyopt ec_paramgen_curve:P-384
openssl pkey -in ec.key -aes256 -passout pass:sesame -out locked.key
openssl pkey -in ec.key -pubout -out ec.pub
echo sesame >pass
echo wrong >wrong
printf 'KDK0 and the like' >content

for kind in rsa ec; do
    set -- -recip $kind.crt
    [ $kind = ec ] || set -- "$@" -keyopt rsa_padding_mode:oaep -keyopt rsa_oaep_md:sha256
    openssl cms -encrypt -binary -aes-256-gcm -in content -outform DER -out $kind.cms "$@"
    run 0 secret open --key $kind.key $kind.cms
    stderr_is ""
    cmp content "$out" || fail "$kind: other content"
    run 0 secret open --key $kind.key $kind.cms -o $kind.out
    stderr_is ""
    stdout_is ""
    cmp content $kind.out || fail "$kind: other content in the file"
    mode_is 600 $kind.out
    rm $kind.out
done
ROTKIT_TEST_PASS=sesame run 0 secret open --key locked.key --passphrase env:ROTKIT_TEST_PASS ec.cms
cmp content "$out" || fail "locked key: other content"
run 0 secret open --key file:locked.key --passphrase file:pass ec.cms
cmp content "$out" || fail "locked key: other content"
run 0 secret open --key ec.key --dry-run -o dry ec.cms
[ ! -e dry ] || fail "--dry-run wrote"

# A terminal on stdout.
code=0
script -qec "'$ROTKIT' secret open --key ec.key ec.cms" typescript >"$out" 2>&1 </dev/null || code=$?
[ "$code" -eq 2 ] || fail "terminal: exit $code"
grep -q 'a secret is not written to a terminal: give -o FILE or a pipe' "$out" || fail "terminal: $(cat "$out")"
hides KDK0 "$out" typescript
rm typescript

# Every changed byte of the message, in steps, is found; nothing comes out.
size=$(stat -c %s ec.cms)
offset=$((size - 1))
while [ "$offset" -gt 0 ]; do
    cp ec.cms flipped.cms
    byte=$(od -An -tu1 -j "$offset" -N 1 ec.cms | tr -d ' ')
    printf "\\$(printf %03o $((byte ^ 1)))" | dd of=flipped.cms bs=1 seek="$offset" conv=notrunc 2>/dev/null
    code=0
    "$ROTKIT" secret open --key ec.key flipped.cms -o flipped.out >"$out" 2>"$err" || code=$?
    case $code in
    2 | 3) ;;
    0) cmp -s content flipped.out || fail "offset $offset: other content came out" && rm flipped.out ;;
    *) fail "offset $offset: exit $code: $(cat "$err")" ;;
    esac
    [ ! -e flipped.out ] || fail "offset $offset: a file is left"
    hides KDK0 "$out" "$err"
    offset=$((offset - 17))
done
rm flipped.cms

head -c $((size - 1)) ec.cms >cut.cms
cat ec.cms pass >longer.cms
: >empty.cms
openssl cms -encrypt -binary -aes-256-cbc -in content -outform DER -out cbc.cms -recip ec.crt
head -c 524289 /dev/zero >huge.cms
refuse 3 "rotkit: \"ec.cms\": cannot be opened: sealed to another key, or changed" \
    secret open --key other.key ec.cms
refuse 3 "rotkit: \"ec.cms\": cannot be opened: sealed to another key, or changed: no matching recipient" \
    secret open --key rsa.key ec.cms
refuse 2 "rotkit: \"cut.cms\": no CMS AuthEnvelopedData: the DER in it is damaged, cut off or of another kind" \
    secret open --key ec.key -o x cut.cms
refuse 2 "rotkit: \"longer.cms\": no CMS AuthEnvelopedData" \
    secret open --key ec.key -o x longer.cms
refuse 2 "rotkit: \"empty.cms\": no CMS AuthEnvelopedData: too small" \
    secret open --key ec.key -o x empty.cms
refuse 2 "rotkit: \"content\": no CMS AuthEnvelopedData: the DER in it is damaged, cut off or of another kind" \
    secret open --key ec.key -o x content
refuse 2 "rotkit: \"cbc.cms\": no CMS AuthEnvelopedData" \
    secret open --key ec.key -o x cbc.cms
refuse 2 "rotkit: \"huge.cms\" is too large: 524289 bytes, at most 524288" \
    secret open --key ec.key -o x huge.cms
refuse 7 "rotkit: cannot open \"absent.cms\": No such file or directory" \
    secret open --key ec.key -o x absent.cms
refuse 7 "rotkit: --key: cannot open \"absent.key\": No such file or directory" \
    secret open --key absent.key -o x ec.cms
refuse 4 "rotkit: --key: key file \"content\": no private key in PEM or DER" \
    secret open --key content -o x ec.cms
refuse 2 "rotkit: \"ec.cms\": only a key file can open sealed content" \
    secret open --key pub:ec.pub -o x ec.cms
refuse 4 "rotkit: --key: key file \"locked.key\": cannot be decrypted: wrong passphrase?" \
    secret open --key locked.key --passphrase file:wrong -o x ec.cms
refuse 4 "rotkit: --key: cannot open passphrase file \"absent\": No such file or directory" \
    secret open --key locked.key --passphrase file:absent -o x ec.cms
refuse 2 "rotkit: --key: passphrase source is none of fd:N, file:PATH, env:NAME" \
    secret open --key locked.key --passphrase sesame -o x ec.cms
refuse 2 "rotkit: \"ec.cms\": only a key file can open sealed content" \
    secret open --key "helper:/bin/true?public=ec.pub" -o x ec.cms
refuse 2 "rotkit: an operand is missing: rotkit secret open FILE
  see 'rotkit help secret open'" \
    secret open --key ec.key
refuse 2 "rotkit: --key KEY is missing
  see 'rotkit help secret open'" \
    secret open ec.cms
refuse 7 "rotkit: cannot create \"absent/x\": No such file or directory" \
    secret open --key ec.key -o absent/x ec.cms
refuse 2 "rotkit: \"secret\" wants a second verb
  see 'rotkit help secret'" \
    secret
refuse 2 "rotkit: unknown verb \"secret clse\"
  see 'rotkit help secret'" \
    secret clse
