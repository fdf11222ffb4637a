# SPDX-License-Identifier: Apache-2.0
# rotkit sign in two steps: the file is that of direct signing where the scheme has no random in it, and what openssl
# signed holds where it has; each refusal has its message and leaves everything as it was.
. "$(dirname "$0")/lib.sh"
need openssl jq

openssl genrsa -out rsa.pem 3072 2>/dev/null
openssl ecparam -name secp384r1 -genkey -noout -out ecdsa.pem
openssl genpkey -algorithm ed25519 -out ed25519.pem
for name in rsa ecdsa ed25519; do
    openssl pkey -in $name.pem -pubout -out $name.pub
done
printf 'what is signed' >file

for scheme in rsa-pkcs1-sha256 rsa-pkcs1-sha384 rsa-pkcs1-sha512 rsa-pss-sha256 rsa-pss-sha384 rsa-pss-sha512 \
    rsa-pss-max-sha256 rsa-pss-max-sha384 rsa-pss-max-sha512 ecdsa-sha256 ecdsa-sha384 ecdsa-sha512 ed25519; do
    key=${scheme%%-*}
    rm -rf r made direct
    run 0 sign --key pub:$key.pub --scheme $scheme --to-sign r raw file
    stderr_is 'rotkit: "r": 1 signature wanted'
    cmp file r/000001.bin || fail "$scheme: another message"
    if [ $key != ed25519 ]; then
        openssl dgst "-${scheme##*-}" -binary file | cmp - r/000001.digest || fail "$scheme: another digest"
    else
        [ ! -e r/000001.digest ] || fail "$scheme: a digest"
    fi
    cmp $key.pub "r/$(jq -r '.items[0].key' r/index.json)" || fail "$scheme: another key"
    sh "$SOURCE/examples/two-step/openssl.sh" r $key.pem >found
    is found '000001.sig: the whole file'
    run 0 sign --key pub:$key.pub --scheme $scheme --attach r raw file -o made
    stderr_is ""
    run 0 verify --format raw --pub $key.pub --scheme $scheme --with content=file made
    case $scheme in
    rsa-pkcs1-* | ed25519)
        run 0 sign --key $key.pem --scheme $scheme raw file -o direct
        cmp direct made || fail "$scheme: two steps give other bytes than one"
        ;;
    esac
done

rm -rf r
refuse 4 'rotkit: "file": the whole file: scheme ed25519 needs a key of type ED25519, this one is RSA' \
    sign --key pub:rsa.pub --scheme ed25519 --to-sign r raw file

to_sign() {
    run 0 sign --key pub:rsa.pub --scheme rsa-pkcs1-sha256 --to-sign r raw file
}
attach() { # CODE MESSAGE SCHEME KEY FILE
    refuse "$1" "$2" sign --key "pub:$4.pub" --scheme "$3" --attach r raw "$5" -o never
}
to_sign
openssl dgst -sha256 -sign rsa.pem -out r/000001.sig file
# Another key or scheme than was asked for: nobody wants the signature that came back.
unwanted='rotkit: "r": nothing asks for signature 000001 (the whole file) any more: the input is not that of the round before
  bring the input back, or remove the folder and start again'
attach 2 "$unwanted" rsa-pss-sha256 rsa file
attach 2 "$unwanted" ecdsa-sha384 ecdsa file
run 0 sign --key pub:rsa.pub --scheme rsa-pkcs1-sha256 --attach r raw file -o made
