# SPDX-License-Identifier: Apache-2.0
# Key files as openssl reads them: the parameters first, as `openssl ecparam -genkey` writes them, a certificate first, an
# editor's mark before UTF-8; by every command that takes a key. openssl makes the files and verifies what they sign.
. "$(dirname "$0")/lib.sh"
need openssl

openssl ecparam -genkey -name prime256v1 -out parameters.key
head -n 1 parameters.key | grep -qxF -e '-----BEGIN EC PARAMETERS-----' || fail "openssl writes no parameters first"
openssl pkey -in parameters.key -out bare.key
openssl pkey -in parameters.key -pubout -out bare.pub
openssl req -x509 -key bare.key -subj /CN=signer -days 3650 -out signer.crt 2>/dev/null
mark() {
    printf '\357\273\277'
    cat "$@"
}
mark parameters.key >mark.key
cat signer.crt bare.key >certificate.key
openssl x509 -in signer.crt -text >text.crt
cat text.crt bare.key >text.key
sed 's/$/\r/' parameters.key >dos.key
openssl ecparam -name prime256v1 >parameters.pub
cat bare.pub >>parameters.pub
mark bare.pub >mark.pub
mark signer.crt >mark-certificate.pub
openssl ecparam -genkey -name secp384r1 -out root.key
openssl pkey -pubin -in bare.pub -outform DER -out der.pub
printf 'to be signed' >content

# ---- private: signed by each, verified by openssl
for form in parameters mark certificate text dos; do
    what=$form.key
    openssl pkey -in "$form.key" -noout 2>/dev/null || [ $form = mark ] || fail "openssl reads no $form.key"
    run 0 sign raw content -o sig --key $form.key --scheme ecdsa-sha256
    openssl dgst -sha256 -verify bare.pub -signature sig content >judge || fail "$form: $(cat judge)"
    run 0 key show $form.key
    run 0 key check $form.key
    run 0 licence issue $form.json --key $form.key --id L --product p --units 4
    run 0 licence verify $form.json --issuer bare.pub
    run 0 ca init -q --name O --root-key root.key --issuing-key $form.key ca-$form
    run 0 ca issue -q --cert ca-$form/chain.pem --key $form.key --public-key bare.pub --device 00000000000000000001 \
        --manufacturer id:4E564944 --model m --version id:1 -o $form.der
    openssl verify -partial_chain -trusted ca-$form/issuing.pem $form.der >judge 2>&1 || openssl x509 -in $form.der -noout ||
        fail "$form: $(cat judge)"
    run 0 ca crl -q --cert ca-$form/chain.pem --key $form.key --revoke $form.der -o $form.crl
    openssl x509 -in $form.der -out $form.pem
    run 0 ca crl -q --cert ca-$form/chain.pem --key $form.key --revoke $form.pem -o $form-pem.crl
    openssl crl -in $form-pem.crl -inform DER -noout -text | grep -q 'Serial Number' || fail "$form: nothing is revoked"
done
what=

# ---- public
run 0 fuse hash bare.pub
cp "$out" hash
for form in parameters mark mark-certificate der; do
    what=$form.pub
    run 0 verify --format raw --pub $form.pub --scheme ecdsa-sha256 --with content=content sig
    run 0 fuse hash $form.pub
    same "the hash of $form.pub" hash "$out"
    run 0 key hash $form.pub
    run 0 licence verify parameters.json --issuer $form.pub
    run 0 fuse xml -o $form.xml --pubkey $form.pub --accept-unconfirmed --plaintext-secrets
    run 0 fuse check $form.xml --platform t234 --pub $form.pub
    run 0 ca issue -q --cert ca-text/chain.pem --key bare.key --public-key $form.pub --device 00000000000000000001 \
        --manufacturer id:4E564944 --model m --version id:1 -o public.der
    openssl x509 -in public.der -inform DER -noout -pubkey | cmp - bare.pub || fail "$form.pub: another key is certified"
done
what=

# ---- a part that is a key: U-Boot's, which is RSA
openssl req -x509 -newkey rsa:2048 -nodes -keyout rsa.key -subj /CN=fit -days 3650 -out rsa.crt 2>/dev/null
openssl pkey -in rsa.key -pubout -out rsa.pub
mark rsa.pub >rsa-mark.pub
openssl pkey -in rsa.key -pubout -outform DER -out rsa-der.pub
for form in rsa.pub rsa-mark.pub rsa.crt rsa-der.pub; do
    run 0 pack fit -q pub=$form --set key-name=k -o $form.dtb
    cmp rsa.pub.dtb $form.dtb || fail "$form: another key in the device tree"
done

# ---- a release, its checkpoint and its secrets by such a key, and what stands in a manifest
run 0 init -q product
for key in product/keys/*.key; do
    case $(openssl pkey -in "$key" -noout -text 2>/dev/null | head -n 1) in
        Private-Key*) openssl ecparam -genkey -name prime256v1 -out "$key" ;;
    esac
done
run 0 build -q product/manifest.yaml

# ---- what is no key is told in words, with no more than the file
head -n 3 bare.key >cut.key
refuse 4 'rotkit: --key: key file "signer.crt": no private key in PEM or DER' \
    sign raw content -o none --key signer.crt --scheme ecdsa-sha256
refuse 4 'rotkit: --key: key file "content": no private key in PEM or DER' \
    sign raw content -o none --key content --scheme ecdsa-sha256
run 4 sign raw content -o none --key cut.key --scheme ecdsa-sha256
openssl pkey -in bare.key -aes128 -passout pass:right -out secret.key
cat signer.crt secret.key >certified-secret.key
printf wrong >wrong
printf right >right
refuse 4 'rotkit: --key: key file "certified-secret.key": cannot be decrypted: wrong passphrase?' \
    sign raw content -o none --key certified-secret.key --passphrase file:wrong --scheme ecdsa-sha256
run 0 sign raw content -o sig --key certified-secret.key --passphrase file:right --scheme ecdsa-sha256

# A key that is there and damaged is not told as a file without one; openssl refuses both.
openssl ecparam -name prime256v1 -genkey -noout -out whole.pem 2>/dev/null
sed '3s/^....//' whole.pem >damaged.pem
head -2 whole.pem >cut.pem
chmod go-r whole.pem damaged.pem cut.pem
for file in damaged.pem cut.pem; do
    openssl pkey -in "$file" -noout 2>/dev/null && fail "openssl reads $file"
    refuse 4 "rotkit: key file \"$file\": no public key in PEM or DER
  its PEM block \"EC PRIVATE KEY\" is damaged, cut off or not what is asked for" key show "$file"
done
