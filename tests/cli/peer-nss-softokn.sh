#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Keys in a database of NSS (softokn), which certutil and pk12util made: the module is started with the
# database's name, the certificate's nickname is the key's, and the password is the PIN.
. "$(dirname "$0")/lib.sh"
. "$SOURCE/tests/support/token.sh"
need certutil pk12util
softokn=$(find /usr/lib -name libsoftokn3.so | head -n 1)
[ -n "$softokn" ] || skip "libsoftokn3.so is absent"

db=$scratch/nss
mkdir "$db"
echo 'secret 1234' >"$scratch/pin"
echo 'secret 9999' >"$scratch/wrong"
head -c 64 /dev/urandom >"$scratch/noise"
nss() {
    "$@" >"$scratch/tool" 2>&1 || { cat "$scratch/tool" >&2; fail "$*"; }
}
nss certutil -N -d "sql:$db" -f "$scratch/pin"
nss certutil -S -d "sql:$db" -f "$scratch/pin" -z "$scratch/noise" -n rsa -s CN=rsa -x -t ,, -g 3072 -m 1
nss certutil -S -d "sql:$db" -f "$scratch/pin" -z "$scratch/noise" -n p256 -s CN=p256 -x -t ,, -k ec -q nistp256 -m 2
# An imported key has its nickname itself.
openssl req -new -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-384 -nodes -keyout p384.key -out p384.crt -subj /CN=p384 2>/dev/null
openssl pkcs12 -export -inkey p384.key -in p384.crt -name p384 -passout pass:x -out p384.p12
nss pk12util -i p384.p12 -d "sql:$db" -k "$scratch/pin" -W x

token=NSS%20Certificate%20DB
family NSS
can_do RSA P-256 P-384
where=$(echo "$where" | sed "s|/PATH/libsoftokn3.so|$softokn|; s|DIR|$db|")
token_lists p384
for key in rsa p256 p384; do
    token_checks $key
    token_certifies $key
done
token_signs rsa rsa-pkcs1-sha256 rsa-pkcs1-sha384 rsa-pkcs1-sha512 rsa-pss-sha256 rsa-pss-sha384 rsa-pss-sha512 \
    rsa-pss-max-sha256
token_signs p256 ecdsa-sha256 ecdsa-sha512
token_signs p384 ecdsa-sha384
# The public half is that of NSS's own certificate.
for key in rsa p256; do
    certutil -L -d "sql:$db" -n $key -a | openssl x509 -pubkey -noout >wanted
    run 0 key show -o found "$(key_uri $key)"
    same "the public half of $key" wanted found
    rm wanted found
done

# Without parameters the module starts nothing, and says what may be missing.
run 4 key list "pkcs11:?module-path=$softokn"
grep -q 'CKR_ARGUMENTS_BAD (0x7): the module does not take what it is called with: it may need parameters (x-init-reserved)' "$err" ||
    fail "$(cat "$err")"
# A listing of keys leaves NSS's token without any out.
"$ROTKIT" key list "pkcs11:?$where" >"$out"
grep -q 'NSS Generic Crypto Services' "$out" || fail "$(cat "$out")"

# A wrong password is tried once, by OpenSC's spy's word (the right one before it asks for the scheme), and the
# right one still serves.
spy=$(find /usr/lib -name pkcs11-spy.so | head -n 1)
[ -n "$spy" ] || skip "pkcs11-spy.so is absent"
plain=$where
where="module-path=$spy&${where#*&}"
PKCS11SPY=$softokn PKCS11SPY_OUTPUT=$scratch/spy
export PKCS11SPY PKCS11SPY_OUTPUT
token_refuses_pin p256
awk '/: C_Login$/ { n++ } /CKR_PIN_INCORRECT/ { wrong++ } END { exit !(n == 2 && wrong == 1) }' "$scratch/spy" || fail "logins: $(grep -A9 C_Login "$scratch/spy")"
where=$plain
token_signs p256 ecdsa-sha256

# A database without a password needs no PIN.
mkdir "$scratch/open"
nss certutil -N -d "sql:$scratch/open" --empty-password
nss certutil -S -d "sql:$scratch/open" -z "$scratch/noise" -n open -s CN=open -x -t ,, -k ec -q nistp256 -m 3
run 0 sign --scheme ecdsa-sha256 raw content -o sig \
    --key "pkcs11:token=$token;object=open?module-path=$softokn&x-init-reserved=configdir=%27sql:$scratch/open%27"
certutil -L -d "sql:$scratch/open" -n open -a | openssl x509 -pubkey -noout >pub
judge ecdsa-sha256 open

# By p11-kit's settings: a module file that has the parameters. Root's are the system's alone, so a mount
# of our own stands over them.
mkdir -p "$scratch/.config/pkcs11/modules"
printf "module: %s\nx-init-reserved: configdir='sql:%s' flags=readOnly\n" "$softokn" "$db" >"$scratch/.config/pkcs11/modules/of-nss.module"
where=module-name=of-nss
if [ "$(id -u)" -eq 0 ]; then
    unshare -m true 2>/dev/null || skip "no mount namespace of our own: p11-kit's settings were not tried"
    ours="unshare -m sh -c 'mount --bind $scratch/.config/pkcs11/modules /usr/share/p11-kit/modules && exec \"\$@\"' sh"
else
    ours=env
fi
eval "$ours" '"$ROTKIT"' key show -o shown '"$(key_uri p256)"' >"$out" 2>"$err" || fail "$(cat "$err")"
certutil -L -d "sql:$db" -n p256 -a | openssl x509 -pubkey -noout >wanted
same "the key by p11-kit's settings" wanted shown
# Its token of keys is in the listing without a URI, its token of mechanisms is not.
eval "$ours" '"$ROTKIT"' key list --json >"$out" 2>"$err" || fail "$(cat "$err")"
jq -r '.tokens[].label' "$out" >labels
grep -qx 'NSS Certificate DB' labels || fail "$(cat labels)"
if grep -x 'NSS Generic Crypto Services' labels; then fail "a token without keys is listed"; fi
