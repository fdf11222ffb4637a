# SPDX-License-Identifier: Apache-2.0
# Certificates in DER, in PEM, with an editor's mark, with openssl's text or a key before them: the same to everything that takes one.
# openssl makes the files, and verifies what comes of them.
. "$(dirname "$0")/lib.sh"
need openssl dtc
SOURCE_DATE_EPOCH=1798761600 # 2027: the certificates are of the year before
V=$DATA/vectors/boot
U=$V/uefi
K=$V/keys
echo '/dts-v1/; / { firmware { uefi { }; }; };' >tree.dts
dtc -q -O dtb -o tree.dtb tree.dts

# forms NAME CERTIFICATE KEY: NAME.der, NAME.pem, NAME.mark, NAME.text, NAME.key-first
forms() {
    openssl x509 -in "$2" -outform DER -out "$1.der"
    openssl x509 -in "$2" -out "$1.pem"
    { printf '\357\273\277' && cat "$1.pem"; } >"$1.mark"
    openssl x509 -in "$2" -text -out "$1.text"
    cat "$3" "$1.pem" >"$1.key-first"
}
forms db "$U/db.crt" "$K/db.key"
forms KEK "$U/KEK.crt" "$K/KEK.key"
forms PK "$U/PK.crt" "$K/PK.key"
all="der pem mark text key-first"

for form in $all; do
    what=$form
    # ---- what carries certificates: byte for byte the same
    run 0 pack uefi-auth -o "$form.esl" cert="db.$form"
    run 0 pack uefi-keys-dtbo -o "$form.dtbo" PK="PK.$form" KEK="KEK.$form" db="db.$form"
    run 0 pack uefi-dtb -o "$form.dtb" dtb=tree.dtb cert="KEK.$form"
    for made in esl dtbo dtb; do
        cmp der.$made "$form.$made" || fail "$form: another $made"
    done
    # ---- the signer's own
    run 0 sign uefi-auth der.esl -o "$form.auth" --key "$K/KEK.key" --cert "KEK.$form" --set variable=db
    run 0 sign uefi-pe "$U/min_aarch64.efi" -o "$form.efi" --key "$K/db.key" --cert "db.$form"
    run 0 sign kernel-cms "$V/kernel/boot.img" -o "$form.sig" --key "$K/db.key" --cert "db.$form" --set form=detached
    for made in auth efi sig; do
        cmp der.$made "$form.$made" || fail "$form: another $made"
    done
    openssl cms -verify -binary -inform DER -purpose any -in "$form.sig" -content "$V/kernel/boot.img" -CAfile db.pem -out verified 2>judge ||
        fail "$form: $(cat judge)"
    # ---- who is trusted, and whose key it is
    for option in --ca --anchor; do
        run 0 verify $option "KEK.$form" der.auth
        run 3 verify $option "PK.$form" der.auth
    done
    [ $form = key-first ] || run 0 verify --pub "db.$form" der.efi
    run 3 verify --pub "PK.pem" der.efi
done

# ---- a certificate itself; a file that begins with a key is not called one
for form in der pem mark; do
    what=$form
    run 0 verify --ca "db.$form" "db.$form"
    run 3 verify --ca "KEK.$form" "db.$form"
    run 0 inspect "db.$form"
    openssl x509 -in db.pem -noout -subject -nameopt RFC2253,utf8 | sed 's/^subject=/subject  /' >judge
    grep -qF "$(cat judge)" "$out" || fail "$form: $(cat "$out")"
done
what=

# ---- a CA's own, and what it issued
openssl ecparam -genkey -name prime256v1 -noout -out ek.key
openssl pkey -in ek.key -pubout -out ek.pub
run 0 ca init -q --name O ca
chain=ca/chain.pem
run 0 ca issue -q --cert $chain --key ca/issuing.key --public-key ek.pub --device 00000000000000000001 --manufacturer id:4E564944 \
    --model m --version id:1 -o ek.der
openssl x509 -in ek.der -inform DER -out ek.pem
{ printf '\357\273\277' && cat ek.pem; } >ek.mark
for form in der pem mark; do
    what=$form
    run 0 ca crl -q --cert $chain --key ca/issuing.key --revoke "ek.$form" -o "$form.crl"
    openssl crl -in "$form.crl" -inform DER -noout -text | grep -q 'Serial Number' || fail "$form: nothing is revoked"
    run 0 verify --ca $chain "ek.$form"
    "$ROTKIT" ek lint "ek.$form" >"lint.$form" 2>&1 || true
    sed -i "s/ek\\.$form/ek/" "lint.$form"
    same "what ek lint says of ek.$form" lint.der "lint.$form"
done

# ---- whom secrets are sealed to
for form in der pem mark; do
    what=$form
    openssl req -x509 -key "$K/rsa3072.pem" -subj /CN=factory -days 3650 -outform DER -out factory.der 2>/dev/null
    openssl x509 -in factory.der -inform DER -out factory.pem
    { printf '\357\273\277' && cat factory.pem; } >factory.mark
    printf '%064d\n' 1 >sbk
    chmod 600 sbk
    run 0 fuse xml -o "$form.xml" --sbk sbk --already-burnt --recipient "factory.$form"
    run 0 secret open --key "$K/rsa3072.pem" "$form.xml" -o "$form.opened"
done
