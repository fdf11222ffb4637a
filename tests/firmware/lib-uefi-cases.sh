# SPDX-License-Identifier: Apache-2.0
# The cases of the UEFI judges, the same for each architecture. Sourced after lib-uefi.sh.

efi_program judge.efi uefi-judge.c
efi_program program.efi uefi-program.c
size=$(stat -c %s program.efi)

# Keys as rotkit makes them: a CA, whose root is the platform key, and development keys with a certificate each.
run 0 ca init --name Platform --key-type rsa3072 platform
cp platform/root.key PK.key && cp platform/root.pem PK.pem
# key_pair NAME TYPE
key_pair() {
    run 0 key new --type "$2" "$1.key"
    openssl req -x509 -new -key "$1.key" -subj "/CN=$1" -days 3650 -out "$1.pem" 2>/dev/null
}
key_pair PK2 rsa2048
key_pair KEK rsa2048
key_pair db rsa2048
key_pair stranger rsa2048
for name in PK PK2 KEK db stranger; do
    run 0 pack uefi-auth cert=$name.pem -o $name.esl
done

# auth OUTPUT LIST SIGNER VARIABLE TIME [SETTING]: a signed variable
auth() {
    run 0 sign uefi-auth "$2" --key "$3.key" --cert "$3.pem" --set variable="$4" --set time="2026-01-$5T00:00:00Z" \
        ${6:+--set "$6"} -o "$1"
}
# flipped FILE OFFSET: FILE.bad with one bit another
flipped() {
    cp "$1" "$1.bad"
    flip "$1.bad" "$2"
}

# ---- setup mode to user mode
lists="--db db.esl"
run 0 sign --key db.key --cert db.pem uefi-pe program.efi -o signed.efi
run 0 sign --key stranger.key --cert stranger.pem uefi-pe program.efi -o foreign.efi
run 0 sign --key db.key --cert db.pem uefi-pe judge.efi -o judge-signed.efi
cp signed.efi flip-code.efi && flip flip-code.efi $((size / 2))
cp signed.efi flip-signature.efi && flip flip-signature.efi $(($(stat -c %s signed.efi) - 40))

mode 1 0 "an empty flash"
auth pk-by-stranger PK.esl stranger PK 01
auth pk-as-kek PK.esl PK KEK 01
auth PK.auth PK.esl PK PK 01
flipped PK.auth $(($(stat -c %s PK.auth) - 3))
cp PK.auth pk-sig.bad && flip pk-sig.bad 1000
refuses "PK: not signed by itself" PK pk-by-stranger
refuses "PK: signed for KEK" PK pk-as-kek
refuses "PK: a flipped bit" PK PK.auth.bad
refuses "PK: a flipped bit in the signature" PK pk-sig.bad
line started "setup mode, a program that is not signed: starts" start program.efi
takes "PK: signed by itself" PK PK.auth
holds "PK" PK PK.esl
mode 0 1 "PK is there"

auth kek-by-self KEK.esl KEK KEK 01
auth kek-as-db KEK.esl PK db 01
auth KEK.auth KEK.esl PK KEK 02
flipped KEK.auth $(($(stat -c %s KEK.auth) - 300))
refuses "KEK: not signed by PK" KEK kek-by-self
refuses "KEK: signed for db" KEK kek-as-db
refuses "KEK: a flipped bit" KEK KEK.auth.bad
takes "KEK: signed by PK" KEK KEK.auth
holds "KEK" KEK KEK.esl

auth db-by-stranger db.esl stranger db 01
auth db-as-dbx db.esl KEK dbx 02
auth db.auth db.esl KEK db 02
auth db-older stranger.esl KEK db 01
flipped db.auth $(($(stat -c %s db.auth) - 300))
flipped PK.auth 4
auth db-add stranger.esl KEK db 03 append=yes
refuses "db: not signed by KEK" db db-by-stranger
refuses "db: signed for dbx" db db-as-dbx
refuses "db: a flipped bit" db db.auth.bad
line "Access Denied" "user mode without db: denied" start signed.efi
takes "db: signed by KEK" db db.auth
holds "db" db db.esl
refuses "db: the same again" db db.auth
refuses "db: older" db db-older
holds "db still" db db.esl

# ---- programs
starts "a signed program" signed.efi
denied "a program that is not signed" program.efi
denied "a flipped bit in the code" flip-code.efi
denied "a flipped bit in the signature" flip-signature.efi
denied "a foreign signer" foreign.efi
session judge.efi

# ---- the firmware's own way to a boot loader
echo >script
make_volume judge.efi
emulate console 'failed to load Boot0001 .* Access Denied'
passed "a boot loader that is not signed: the boot manager denies it"
rm script
