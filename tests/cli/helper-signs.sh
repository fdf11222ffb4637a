#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Keys behind a helper: what it is given, that its signature is the file's, and helpers that fail.
. "$(dirname "$0")/lib.sh"
need openssl

openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.key 2>/dev/null
openssl pkey -in rsa.key -pubout -out rsa.pub
openssl genpkey -algorithm ED25519 -out ed.key 2>/dev/null
openssl pkey -in ed.key -pubout -out ed.pub
head -c 70000 /dev/zero >content

# helper NAME BODY: an executable of this body
helper() {
    printf '#!/bin/sh\n%s\n' "$2" >"$1"
    chmod +x "$1"
}

helper good 'echo "$1 $2" >asked
cat >input
case $1 in
rsa-pkcs1-sha256) exec openssl pkeyutl -sign -inkey rsa.key -pkeyopt digest:sha256 -in input ;;
ed25519) exec openssl pkeyutl -sign -rawin -inkey ed.key -in input ;;
esac'
run 0 sign --key "helper:$PWD/good?public=rsa.pub" --scheme rsa-pkcs1-sha256 raw content -o from-helper
is asked "rsa-pkcs1-sha256 rsa.pub"
openssl dgst -sha256 -binary content >digest
same "what the helper reads" digest input
run 0 sign --key rsa.key --scheme rsa-pkcs1-sha256 raw content -o from-file
same signature from-file from-helper
run 0 sign --key "helper:$PWD/good?public=ed.pub" --scheme ed25519 raw content -o ed.sig
same "what the helper reads" content input
openssl pkeyutl -verify -rawin -pubin -inkey ed.pub -in content -sigfile ed.sig >/dev/null || fail "Ed25519"
rm -f asked input

# broken MESSAGE BODY: a helper that does not do its work
broken() {
    helper bad "$2"
    refuse 4 "rotkit: \"content\": the whole file: $1" \
        sign --key "helper:$PWD/bad?public=rsa.pub" --scheme rsa-pkcs1-sha256 raw content -o sig
}
broken "helper \"$PWD/bad\" failed with exit code 3: see what it said" 'exit 3'
broken "helper \"$PWD/bad\" was ended by signal 9" 'kill -9 $$'
broken "helper \"$PWD/bad\" gave nothing, expected a signature" 'cat >/dev/null'
broken "helper \"$PWD/bad\" gave nothing, expected a signature" 'exec <&- >&-'
broken "what came back is no signature by this key (6 bytes, scheme rsa-pkcs1-sha256)
  the signer is broken, or it signed with another key" 'echo hello'
broken "what came back is no signature by this key (256 bytes, scheme rsa-pkcs1-sha256)
  the signer is broken, or it signed with another key" 'head -c 256 /dev/urandom'
# One that never stops writing is cut off; how it ends then is its own affair.
helper bad 'exec yes'
code=0
"$ROTKIT" sign --key "helper:$PWD/bad?public=rsa.pub" --scheme rsa-pkcs1-sha256 raw content -o sig 2>"$err" || code=$?
[ "$code" -eq 4 ] && [ ! -e sig ] || fail "a helper without end: exit $code"

refuse 4 "rotkit: --key: cannot run helper \"$PWD/none\": No such file or directory" \
    sign --key "helper:$PWD/none?public=rsa.pub" --scheme rsa-pkcs1-sha256 raw content -o sig
refuse 4 "rotkit: --key: cannot run helper \"$PWD/rsa.pub\": Permission denied" \
    sign --key "helper:$PWD/rsa.pub?public=rsa.pub" --scheme rsa-pkcs1-sha256 raw content -o sig
refuse 7 "rotkit: --key: cannot open \"none.pub\": No such file or directory" \
    sign --key "helper:$PWD/good?public=none.pub" --scheme rsa-pkcs1-sha256 raw content -o sig
refuse 2 "rotkit: --key: a helper's public key must be known: name it as helper:PROGRAM?public=FILE" \
    sign --key "helper:$PWD/good" --scheme rsa-pkcs1-sha256 raw content -o sig

# ---- what it does not get: variables that are not named, descriptors, time without end
helper nosy 'env | sed "s/=.*//" | sort >variables
ls /proc/self/fd >descriptors
exec ./good "$@"'
SECRET_OF_THE_BUILD=1 AWS_SECRET_ACCESS_KEY=1 LD_LIBRARY_PATH=/nonexistent ROTKIT_HELPER_SLOT=3 \
    run 0 sign --key "helper:$PWD/nosy?public=rsa.pub" --scheme rsa-pkcs1-sha256 raw content -o nosy.sig 9<rsa.pub
same signature from-file nosy.sig
grep -qx ROTKIT_HELPER_SLOT variables || fail "a helper does not get its own setting"
grep -vxE 'PATH|HOME|USER|LOGNAME|LANG|LC_ALL|TZ|TERM|TMPDIR|ROTKIT_HELPER_SLOT|PWD|SHLVL|OLDPWD|_' variables &&
    fail "a helper gets variables that are nobody's business of it"
[ "$(grep -c . descriptors)" -le 4 ] || fail "a helper gets descriptors: $(tr '\n' ' ' <descriptors)" # the folder that ls reads
helper slow 'sleep 600 & wait'
refuse 4 "rotkit: \"content\": the whole file: helper \"$PWD/slow\" was ended: no signature within 1 seconds (more: ?public=FILE&timeout=SECONDS)" \
    sign --key "helper:$PWD/slow?public=rsa.pub&timeout=1" --scheme rsa-pkcs1-sha256 raw content -o sig
refuse 2 'rotkit: --key: timeout: expected a second at least' \
    sign --key "helper:$PWD/slow?public=rsa.pub&timeout=0" --scheme rsa-pkcs1-sha256 raw content -o sig
