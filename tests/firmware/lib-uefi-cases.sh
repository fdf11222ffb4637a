# SPDX-License-Identifier: Apache-2.0
# The cases of the UEFI judges, the same for each architecture. Sourced after lib-uefi.sh.
need cert-to-efi-hash-list

# The size is no multiple of 8: signing pads it.
efi_program judge.efi uefi-judge.c
efi_program program.efi uefi-program.c
printf odd >>program.efi
size=$(stat -c %s program.efi)
[ $((size % 8)) != 0 ] || printf o >>program.efi

# ---- keys as rotkit makes them: development keys, and the root of a CA, as platform key too
# key_pair NAME TYPE USE: a key with a certificate that it signs itself
key_pair() {
    run 0 key new --type "$2" "$1.key"
    run 0 ca self --key "$1.key" --subject "$1" --use "$3" -o "$1.pem"
    run 0 pack uefi-auth cert="$1.pem" -o "$1.esl"
}
# root NAME
root() {
    run 0 ca init --name "$1" --key-type rsa3072 "$1.ca"
    cp "$1.ca/root.key" "$1.key"
    cp "$1.ca/root.pem" "$1.pem"
    run 0 pack uefi-auth cert="$1.pem" -o "$1.esl"
}
# certified NAME ISSUER EXTENSION [TYPE]: one that another signs
certified() {
    run 0 key new --type "${4:-rsa2048}" "$1.key"
    echo "$3" >"$1.ext"
    openssl req -new -key "$1.key" -subj "/CN=$1" -out "$1.csr"
    openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -days 3650 -extfile "$1.ext" -out "$1.pem" 2>/dev/null
    run 0 pack uefi-auth cert="$1.pem" -o "$1.esl"
}
root PK
root root
key_pair PK2 rsa2048 pk
key_pair KEK rsa2048 kek
key_pair db rsa2048 db
key_pair stranger rsa2048 db
key_pair ec p256 code

# auth OUTPUT LIST SIGNER VARIABLE [OPTION...]: a signed variable, each a minute later than the one before
minute=0
auth() {
    auth_output=$1 auth_list=$2 auth_signer=$3 auth_variable=$4
    shift 4
    minute=$((minute + 1))
    run 0 sign uefi-auth "$auth_list" --key "$auth_signer.key" --cert "$auth_signer.pem" \
        --set variable="$auth_variable" --set time="$(date -u -d "@$((SOURCE_DATE_EPOCH + 60 * minute))" +%FT%TZ)" "$@" -o "$auth_output"
}
# flipped FILE OFFSET: FILE.bad, one bit of which is another; a negative offset is from the end
flipped() {
    cp "$1" "$1.bad"
    flip "$1.bad" "$(($2 < 0 ? $(stat -c %s "$1") + $2 : $2))"
}
# signed OUTPUT PROGRAM SIGNER [OPTION...]
signed() {
    signed_output=$1 signed_program=$2 signed_signer=$3
    shift 3
    run 0 sign uefi-pe "$signed_program" --key "$signed_signer.key" --cert "$signed_signer.pem" "$@" -o "$signed_output"
}

# ---- setup mode to user mode
mode 1 0 "an empty flash"
authority=PK.pem
auth pk-by-stranger PK.esl stranger PK
auth pk-as-kek PK.esl PK KEK
auth PK.auth PK.esl PK PK
flipped PK.auth -3
cp PK.auth pk-signature && flipped pk-signature 1000
cat PK.esl PK2.esl >two-PK.esl && auth two-PK two-PK.esl PK PK
auth ec-PK ec.esl ec PK
refuses "PK not signed by itself" PK pk-by-stranger
refuses "PK signed for KEK" PK pk-as-kek
refuses "PK with a flipped bit" PK PK.auth.bad
refuses "PK with a flipped bit in the signature" PK pk-signature.bad
bars "two certificates in PK" PK two-PK
authority=ec.pem
bars "an EC key as PK" PK ec-PK "Security Policy Violation"
authority=PK.pem
line started "setup mode, a program that is not signed: starts" start program.efi
takes "PK" PK PK.auth
holds "PK" PK PK.esl
mode 0 1 "PK is there"

auth kek-by-self KEK.esl KEK KEK
auth kek-as-db KEK.esl PK db
auth KEK.auth KEK.esl PK KEK
flipped KEK.auth -300
refuses "KEK not signed by PK" KEK kek-by-self
refuses "KEK signed for db" KEK kek-as-db
refuses "KEK with a flipped bit" KEK KEK.auth.bad
takes "KEK" KEK KEK.auth
holds "KEK" KEK KEK.esl

lists="--db db.esl" authority=KEK.pem
signed signed.efi program.efi db
signed foreign.efi program.efi stranger
signed judge-signed.efi judge.efi db
cp signed.efi code && flipped code $((size / 2))
cp signed.efi signature && flipped signature -40
auth db-by-stranger db.esl stranger db
auth db-as-dbx db.esl KEK dbx
auth db-older db.esl KEK db
auth db.auth db.esl KEK db
auth db-later db.esl KEK db
cp db.auth db-time && flipped db-time 4
flipped db.auth -300
auth ec-db ec.esl KEK db
refuses "db not signed by KEK" db db-by-stranger
refuses "db signed for dbx" db db-as-dbx
refuses "db with a flipped bit" db db.auth.bad
refuses "db with another time" db db-time.bad
bars "an EC key in db" db ec-db
line "Access Denied" "user mode without db: denied" start signed.efi
takes "db" db db.auth
holds "db" db db.esl
put "Security Policy Violation" "db, the same again: refused" db db.auth
put "Security Policy Violation" "db, an older one: refused" db db-older
takes "db, a newer one" db db-later
starts "a signed program" signed.efi
denied "a program that is not signed" program.efi
denied "a flipped bit in the code" code.bad
denied "a flipped bit in the signature" signature.bad
denied "a foreign signer" foreign.efi
session judge.efi

# ---- the firmware's own way to a boot loader
echo >script
make_volume judge.efi
emulate console 'failed to load Boot0001 .* Access Denied'
passed "a boot loader that is not signed: the boot manager denies it"
rm script

# ---- db and dbx; the boot manager starts the judge, which is signed, from here on
# list VARIABLE LIST...: the variable anew, for `rotkit verify` too
db="--db db.esl" dbx=
list() {
    list_variable=$1
    shift
    cat "$@" >"$list_variable-$minute.esl"
    eval "$list_variable=\"--$list_variable $list_variable-$minute.esl\""
    lists="$db $dbx"
    auth "$list_variable-$minute" "$list_variable-$minute.esl" KEK "$list_variable"
    takes "$list_variable of $*" "$list_variable" "$list_variable-$((minute - 1))"
}
signed two-db-first.efi signed.efi stranger
signed two-stranger-first.efi foreign.efi db
for name in program signed judge; do
    run 0 pack uefi-auth program=$name.efi -o $name.esl
done
for bits in 256 384; do
    cert-to-efi-hash-list -s $bits stranger.pem stranger$bits.esl >/dev/null
done

auth db-add stranger.esl KEK db --set append=yes
takes "db, a list to add" db db-add 67
takes "db, the same list to add" db db-add 67
cat db.esl stranger.esl >both.esl
holds "db of two lists" db both.esl
lists="--db both.esl"
starts "a second signer" foreign.efi

list dbx stranger.esl
denied "its certificate in dbx" foreign.efi
starts "another's certificate in dbx" signed.efi
denied "two signatures, the second in dbx" two-db-first.efi
denied "two signatures, the first in dbx" two-stranger-first.efi
list dbx judge.esl stranger256.esl
denied "its certificate's SHA-256 in dbx" foreign.efi
starts "another's certificate's SHA-256 in dbx" signed.efi
list dbx stranger384.esl
denied "its certificate's SHA-384 in dbx" foreign.efi
list dbx signed.esl
denied "its digest in dbx" signed.efi
denied "two signatures, the digest in dbx" two-db-first.efi
list dbx program.esl
denied "its digest in dbx, from before it was signed" signed.efi
list dbx judge.esl
starts "another's digest in dbx" signed.efi
list db stranger.esl
starts "two signatures, the second in db" two-db-first.efi
starts "two signatures, the first in db" two-stranger-first.efi
denied "its certificate not in db any more" signed.efi
list db program.esl
starts "its digest in db" program.efi
starts "its digest in db, from before it was signed" signed.efi
list db signed.esl
starts "its digest in db, signed" signed.efi
denied "the digest that signing it would give in db" program.efi

list dbx judge.esl
list db db.esl
cp two-stranger-first.efi broken-foreign && flip broken-foreign $(($(stat -c %s foreign.efi) - 40))
cp two-db-first.efi broken-good && flip broken-good $(($(stat -c %s signed.efi) - 40))
starts "two signatures, the foreign one broken" broken-foreign
denied "two signatures, the good one broken" broken-good
cp signed.efi checksum && flipped checksum $(($(perl -0777 -ne 'print unpack("V", substr($_, 60, 4))' signed.efi) + 88))
starts "another CheckSum, which nothing signs" checksum.bad
{ cat signed.efi && printf 12345678; } >behind.efi
line "Access Denied" "bytes behind the signatures: denied" start behind.efi
agrees "bytes behind the signatures" 2 $lists behind.efi

# ---- other keys and digests, chains, sizes
key_pair db3072 rsa3072 db
key_pair db4096 rsa4096 db
signed rsa3072.efi program.efi db3072
signed rsa4096.efi program.efi db4096
list db db3072.esl db4096.esl db.esl
for name in rsa3072 rsa4096; do
    starts "signed by $name" $name.efi
done
run 0 pack uefi-auth program=rsa3072.efi -o digest.esl
list dbx program.esl
denied "a signed program, its digest in dbx" rsa3072.efi
list dbx judge.esl
list db digest.esl
starts "a signed program, its digest in db" rsa3072.efi

certified sub root basicConstraints=critical,CA:TRUE
certified leaf sub extendedKeyUsage=codeSigning
cp leaf.key chain.key && cat leaf.pem sub.pem >chain.pem
signed chain.efi program.efi chain
signed leaf.efi program.efi leaf
list db root.esl
starts "a chain, its root in db" chain.efi
denied "a chain without its intermediate, its root in db" leaf.efi
certified ec-leaf root extendedKeyUsage=codeSigning p256
signed ec-leaf.efi program.efi ec-leaf
denied "a chain to db that ends with an EC key" ec-leaf.efi
list db sub.esl
starts "a chain, its intermediate in db" chain.efi
starts "a chain without its intermediate, which is in db" leaf.efi
list db leaf.esl
starts "a chain, its end in db" chain.efi
starts "a certificate in db that another signed" leaf.efi
list db sub.esl
list dbx root.esl
denied "a chain, its root in dbx and its intermediate in db" chain.efi
list db root.esl
list dbx sub.esl
denied "a chain, its intermediate in dbx" chain.efi
list dbx judge.esl

# What a certificate is for, firmware asks of issuers alone.
certified server root extendedKeyUsage=serverAuth
certified cipher root keyUsage=critical,keyEncipherment
certified unknown root 1.2.3.4.5=critical,ASN1:NULL
signed server.efi program.efi server
signed cipher.efi program.efi cipher
signed unknown.efi program.efi unknown
starts "a certificate for servers" server.efi
starts "a certificate for encryption" cipher.efi
denied "a certificate with an unknown critical extension" unknown.efi
# issued ISSUER CASE: what a certificate signs that the issuer gave out
issued() {
    certified "by-$1" "$1" extendedKeyUsage=codeSigning
    cat "$1.pem" ${3:+"$3"} >>"by-$1.pem"
    signed "by-$1.efi" program.efi "by-$1"
    denied "$2" "by-$1.efi"
}
certified no-ca root basicConstraints=critical,CA:FALSE
certified no-constraints root subjectKeyIdentifier=hash
certified no-signing root "basicConstraints=critical,CA:TRUE
keyUsage=critical,digitalSignature"
certified short root basicConstraints=critical,CA:TRUE,pathlen:0
certified too-long short basicConstraints=critical,CA:TRUE
issued no-ca "an issuer that is no CA"
issued no-constraints "an issuer without basicConstraints"
issued no-signing "an issuer that may not sign certificates"
issued too-long "a chain longer than its path length" short.pem

list db db.esl

efi_program large.efi uefi-program.c -DBALLAST=3000001
signed large-signed.efi large.efi db
cp large-signed.efi large && flipped large 2900000
# The table of sections in another order than what they say stands in the file.
perl -0777 -pe '$at = unpack("V", substr($_, 60, 4)) + 24 + unpack("v", substr($_, unpack("V", substr($_, 60, 4)) + 20, 2));
    ($a, $b) = (substr($_, $at, 40), substr($_, $at + 40, 40)); substr($_, $at, 80) = $b . $a' program.efi >turned.efi
signed turned-signed.efi turned.efi db
starts "a program of 3 MB" large-signed.efi
denied "a program of 3 MB with a flipped bit" large.bad
starts "sections in another order" turned-signed.efi

# ---- a unified kernel image: systemd's stub with sections of ours; it starts a kernel image of version 1 or later
perl -0777 -pe 'substr($_, unpack("V", substr($_, 60, 4)) + 24 + 44, 1) = "\1"' program.efi >kernel.efi
echo 'NAME=rotkit' >os-release
echo quiet >cmdline
"${tool}objcopy" --add-section .osrel=os-release --change-section-vma .osrel=0x20000 \
    --add-section .cmdline=cmdline --change-section-vma .cmdline=0x30000 \
    --add-section .linux=kernel.efi --change-section-vma .linux=0x40000 \
    "$efi/lib/systemd/boot/efi/linux$letters.efi.stub" uki.efi || fail "objcopy makes no UKI"
signed uki-signed.efi uki.efi db
cp uki-signed.efi uki && flipped uki "$(grep -abo NAME=rotkit uki-signed.efi | cut -d : -f 1)"
starts "a UKI" uki-signed.efi
denied "a UKI that is not signed" uki.efi
denied "a UKI with a flipped bit in a section" uki.bad

# ---- who may sign variables, and what may stand in them
authority=PK.pem
cat KEK.esl db3072.esl db4096.esl root.esl >KEKs.esl
auth KEKs KEKs.esl PK KEK
takes "KEK of four" KEK KEKs
authority=KEKs.pem
cat KEK.pem db3072.pem db4096.pem root.pem >KEKs.pem
for name in db3072 db4096 chain; do
    auth db-by-$name db.esl $name db
    takes "db signed by $name in KEK" db db-by-$name
done
auth db-by-leaf db.esl leaf db
refuses "db signed by a chain without its intermediate" db db-by-leaf
auth dbt db.esl KEK dbt
takes "dbt" dbt dbt
auth ec-dbx ec.esl KEK dbx
bars "an EC key in dbx" dbx ec-dbx
auth ec-KEK ec.esl PK KEK
authority=PK.pem
bars "an EC key in KEK" KEK ec-KEK
perl -e 'print pack("H*", "2616c4c14c509240aca941f936934328"), pack("VVV", 76, 0, 48), "\0" x 48' >zeros.esl
auth dbx-zeros zeros.esl KEK dbx
put Success "dbx of zeros: taken" dbx dbx-zeros
dbx="--dbx zeros.esl" lists="$db"
starts "dbx of zeros, which names nothing" signed.efi

i=0
while [ $i -lt 60 ]; do
    cat db.esl && i=$((i + 1))
done >sixty.esl
auth sixty sixty.esl KEK db
put "Invalid Parameter" "60 certificates in db, 48 KB: refused" db sixty

# ---- the platform key changes hands, and goes
auth PK2.auth PK2.esl PK PK
auth pk2-by-self PK2.esl PK2 PK
auth kek-by-old KEK.esl PK KEK
auth kek-by-new KEK.esl PK2 KEK
: >empty
auth pk-gone empty PK2 PK
authority=PK.pem
refuses "a new PK that the old one did not sign" PK pk2-by-self
takes "a new PK that the old one signed" PK PK2.auth
holds "the new PK" PK PK2.esl
authority=PK2.pem
refuses "KEK signed by the old PK" KEK kek-by-old
takes "KEK signed by the new PK" KEK kek-by-new
takes "PK taken away" PK pk-gone
line same "PK is gone" same PK $global -
mode 1 0 "without PK"
line started "setup mode again, a program that is not signed: starts" start program.efi

# ---- what firmware takes and nobody can undo: `rotkit verify --for edk2` knows
# traps CASE VARIABLE FILE
traps() {
    put Success "$1: taken" "$2" "$3"
    agrees "$1" 3 --for edk2 --ca "$authority" --set variable="$2" "$3"
}
auth pk-again PK.esl PK PK
auth kek-hash signed.esl PK KEK
auth kek-again KEK.esl PK KEK
auth pk-hash signed.esl PK PK
auth pk-after PK2.esl PK PK
authority=PK.pem
takes "PK again" PK pk-again
traps "a digest as KEK" KEK kek-hash
takes "KEK again" KEK kek-again
traps "a digest as PK" PK pk-hash
put "Security Policy Violation" "PK after that: refused" PK pk-after
session judge-signed.efi
