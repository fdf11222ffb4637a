# SPDX-License-Identifier: Apache-2.0
# The cases of the UEFI judges, the same for each architecture. Sourced after lib-uefi.sh.

efi_program judge.efi uefi-judge.c
efi_program program.efi uefi-program.c
printf odd >>program.efi
size=$(stat -c %s program.efi)
[ $((size % 8)) != 0 ] || printf o >>program.efi

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

# ---- db and dbx; the firmware itself starts the judge, which is signed, from here on
day=4
# list VARIABLE LIST...: the variable anew, in db and dbx of `rotkit verify` too
db="--db db.esl" dbx=
list() {
    variable=$1
    shift
    cat "$@" >"$variable-$day.esl"
    auth "$variable-$day.auth" "$variable-$day.esl" KEK "$variable" "$(printf %02d $day)"
    takes "$variable of $*" "$variable" "$variable-$day.auth"
    eval "$variable=\"--$variable $variable-$day.esl\""
    lists="$db $dbx"
    day=$((day + 1))
}
# digest_list OUTPUT PROGRAM: a list of the program's digest
digest_list() {
    run 0 inspect "$2"
    { perl -e 'print pack("H*", "2616c4c14c509240aca941f936934328"), pack("VVV", 76, 0, 48), "\0" x 16' &&
        sed -n 's/.*Authenticode SHA-256 \([0-9a-f]*\)$/\1/p' "$out" | unhex; } >"$1"
}

run 0 sign --key stranger.key --cert stranger.pem uefi-pe signed.efi -o two-db-first.efi
run 0 sign --key db.key --cert db.pem uefi-pe foreign.efi -o two-stranger-first.efi
digest_list program.esl program.efi
digest_list signed.esl signed.efi
digest_list other.esl judge.efi
cert-to-efi-hash-list -s 256 stranger.pem tbs256.esl >/dev/null
cert-to-efi-hash-list -s 384 stranger.pem tbs384.esl >/dev/null

adds "db: a second list" db db-add
adds "db: the same list again" db db-add
cat db.esl stranger.esl >both.esl
holds "db of two lists" db both.esl
db="--db both.esl" lists="--db both.esl"
starts "a second signer" foreign.efi

list dbx stranger.esl
denied "its certificate in dbx" foreign.efi
starts "another's certificate in dbx" signed.efi
denied "two signatures: the second in dbx" two-db-first.efi
denied "two signatures: the first in dbx" two-stranger-first.efi
list dbx other.esl tbs256.esl
denied "its certificate's SHA-256 in dbx" foreign.efi
starts "another's certificate's SHA-256 in dbx" signed.efi
list dbx tbs384.esl
denied "its certificate's SHA-384 in dbx" foreign.efi
list dbx program.esl
starts "dbx has the digest without the padding that signing adds" signed.efi
list dbx signed.esl
denied "its digest in dbx" signed.efi
denied "two signatures: its digest in dbx" two-db-first.efi
list dbx other.esl
list db stranger.esl
starts "two signatures: the second in db" two-db-first.efi
starts "two signatures: the first in db" two-stranger-first.efi
denied "its certificate not in db any more" signed.efi
list db program.esl
starts "its digest in db" program.efi
denied "db has the digest without the padding that signing adds" signed.efi
list db signed.esl
denied "db has the digest with the padding that signing adds" program.efi
starts "its digest with the padding in db" signed.efi

# ---- other keys, digests and chains
key_pair db3072 rsa3072
key_pair db4096 rsa4096
for name in 3072 4096; do
    run 0 pack uefi-auth cert=db$name.pem -o db$name.esl
    run 0 sign --key db$name.key --cert db$name.pem uefi-pe program.efi -o signed$name.efi
done
for bits in 384 512; do
    run 0 sign --key db.key --cert db.pem --scheme rsa-pkcs1-sha$bits uefi-pe program.efi -o signed-sha$bits.efi
done
run 0 sign --key db.key --cert db.pem --scheme rsa-pss-sha256 uefi-pe program.efi -o signed-pss.efi
list db db3072.esl db4096.esl db.esl
starts "RSA-3072" signed3072.efi
starts "RSA-4096" signed4096.efi
starts "SHA-384" signed-sha384.efi
starts "SHA-512" signed-sha512.efi
starts "PSS" signed-pss.efi

# certified NAME ISSUER EXTENSION
certified() {
    run 0 key new --type rsa2048 "$1.key"
    echo "$3" >"$1.ext"
    openssl req -new -key "$1.key" -subj "/CN=$1" -out "$1.csr"
    openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -days 3650 -extfile "$1.ext" -out "$1.pem" 2>/dev/null
}
certified sub db basicConstraints=critical,CA:TRUE
certified leaf sub extendedKeyUsage=codeSigning
cat leaf.pem sub.pem >chain.pem
run 0 pack uefi-auth cert=sub.pem -o sub.esl
run 0 sign --key leaf.key --cert chain.pem uefi-pe program.efi -o chain.efi
run 0 sign --key leaf.key --cert leaf.pem uefi-pe program.efi -o leaf.efi
list db db.esl
starts "a chain: its root in db" chain.efi
denied "a chain without its intermediate: its root in db" leaf.efi
list db sub.esl
starts "a chain: its intermediate in db" chain.efi
starts "a chain without its intermediate: it in db" leaf.efi
list db db.esl
list dbx sub.esl
denied "a chain: its intermediate in dbx" chain.efi
session judge-signed.efi
