# SPDX-License-Identifier: Apache-2.0
# Files of certificates that are damaged, cut off or hold one too many: told with the place, never shortened. openssl
# makes the files, and counts what comes out.
. "$(dirname "$0")/lib.sh"
need openssl perl
V=$DATA/vectors/boot
anew="  the file was changed or cut off: get it anew from who issued it"

# new CN: a certificate in CN.crt
new() {
    openssl req -x509 -newkey ed25519 -nodes -keyout key -subj "/CN=$1" -days 3650 -out "$1.crt" 2>/dev/null
}
for n in 1 2 3 4 5 6 7 8; do
    new "$n"
done
lines=$(wc -l <1.crt)

# ---- --ca: a file is trusted whole or not at all
run 0 pack uefi-auth -o list cert="$V/uefi/db.crt"
run 0 sign uefi-auth list -o signed --key "$V/keys/KEK.key" --cert "$V/uefi/KEK.crt" --set variable=db
run 0 verify --ca "$V/uefi/KEK.crt" signed
cat "$V/uefi/KEK.crt" 1.crt >ends-elsewhere
run 0 verify --ca ends-elsewhere signed
head -n -1 ends-elsewhere >cut
from=$(($(wc -l <"$V/uefi/KEK.crt") + 1))
refuse 2 "rotkit: --ca: \"cut\": certificate 2, line $from: cut off, no -----END CERTIFICATE----- follows
$anew" verify --ca cut signed
sed "$((from + 1))s/^./*/" ends-elsewhere >damaged
found=$(sed -n "$((from + 1))s/^\\(.\\{40\\}\\).*/\\1/p" damaged)
refuse 2 "rotkit: --ca: \"damaged\": certificate 2, line $((from + 1)): \"$found\", expected base64 or -----END CERTIFICATE-----
$anew" verify --ca damaged signed
cat [1-7].crt "$V/uefi/KEK.crt" >eight
run 0 verify --ca eight signed
cat eight eight eight eight eight eight eight eight >64
cat 64 64 64 64 64 64 64 64 >512
cat 512 512 >1024
run 0 verify --ca 1024 signed
cat 1024 8.crt >1025
refuse 2 "rotkit: --ca: \"1025\": certificate 1025, line $(($(wc -l <1024) + 1)): one too many, at most 1024 may stand there" \
    verify --ca 1025 signed

# ---- pack: all certificates of a file, or none
cat [1-8].crt [1-8].crt 1.crt >seventeen
run 0 pack uefi-auth -o list cert=seventeen
for n in 1 2 3 4 5 6 7 8; do
    openssl x509 -in "$n.crt" -outform DER -out "$n.der"
done
# Each is whole in the list, in the order of the file.
perl -0777 -ne 'BEGIN { open L, "<", "list"; local $/; $list = <L>; $at = 0 }
    $at = index($list, $_, $at); $at < 0 and die "$ARGV is not in the list\n"; $at += length' \
    [1-8].der [1-8].der 1.der || fail "the list lacks a certificate"
sed "$((9 * lines + 2))s/^./*/" seventeen >damaged
run 2 pack uefi-auth -o none cert=damaged
grep -q "certificate 10, line $((9 * lines + 2)): \"\\*" "$err" || fail "$(cat "$err")"
[ ! -e none ] || fail "a list of damaged certificates"

# ---- sign: the chain goes along whole
cat "$V/uefi/KEK.crt" [1-7].crt >chain
printf 'to be signed' >file
run 0 sign kernel-cms file -o file.sig --key "$V/keys/KEK.key" --cert chain --set form=detached
count=$(openssl pkcs7 -inform DER -in file.sig -print_certs | grep -c 'BEGIN CERTIFICATE')
[ "$count" -eq 8 ] || fail "$count certificates are in the signature, expected 8"
cat chain 8.crt >longer
refuse 2 "rotkit: \"file\": sign kernel-cms: the signer's certificate and chain: certificate 9, line $(($(wc -l <chain) + 1)): one too many, at most 8 may stand there" \
    sign kernel-cms file -o none --key "$V/keys/KEK.key" --cert longer --set form=detached
