# SPDX-License-Identifier: Apache-2.0
# release.json.sig: openssl holds it for each type of key; a release whose signature is missing, wrong, of another
# key or of other bytes is refused; an unchanged rebuild keeps a randomised one.
. "$(dirname "$0")/lib.sh"
need openssl jq

printf 'a part' >part.bin
manifest() { # KEY...: release.key and what else stands there
    cat <<EOF
rotkit: 1
product: signed
platform: t234
components: { part: part.bin }
images:
  update.bup: { format: bup, set: { version: 1.2.3 }, parts: { mb2: part }, for: [ edk2-nvidia+PcdFmpSingleImageUpdate ] }
release:
  path: release
EOF
    for line; do echo "  $line"; done
}
openssl genrsa -out rsa.pem 2048 2>/dev/null
openssl ecparam -name prime256v1 -genkey -noout -out p256.pem
openssl ecparam -name secp384r1 -genkey -noout -out p384.pem
openssl genpkey -algorithm ed25519 -out ed25519.pem
for name in rsa p256 p384 ed25519; do
    openssl pkey -in $name.pem -pubout -out $name.pub
done
by_openssl() { # ARG...: openssl's own answer
    openssl "$@" >/dev/null 2>"$err" || fail "openssl $*: $(cat "$err")"
}

for row in "rsa rsa-pkcs1-sha256" "p256 ecdsa-sha256" "p384 ecdsa-sha384" "ed25519 ed25519"; do
    name=${row% *} scheme=${row#* }
    rm -rf release
    manifest "key: $name.pem" >product.yaml
    run 0 build product.yaml
    stderr_is 'rotkit: 0 devices, 1 image, release "release": new'
    [ "$(jq -r .signature_scheme release/release.json)" = "$scheme" ] || fail "$name: not $scheme"
    openssl pkey -pubin -in $name.pub -outform DER | od -An -v -tx1 | tr -d ' \n' >wanted
    jq -j .signer release/release.json | cmp - wanted || fail "$name: release.json names another signer"
    case $scheme in
    ed25519) by_openssl pkeyutl -verify -rawin -pubin -inkey $name.pub -in release/release.json -sigfile release/release.json.sig ;;
    *) by_openssl dgst "-${scheme##*-}" -verify $name.pub -signature release/release.json.sig release/release.json ;;
    esac
    run 0 verify --pub $name.pub release
    stdout_is "release: release: holds: 0 devices, 1 file, 0 EK certificates, 1 image; signer: release key, $scheme"
    run 0 verify release
    stdout_is "release: release: holds: 0 devices, 1 file, 0 EK certificates, 1 image; signer: not checked"
    # A repeat keeps the signature, also one that would come out otherwise.
    snapshot >"$scratch/before"
    run 0 build product.yaml
    stderr_is 'rotkit: 0 devices, 1 image, release "release": unchanged'
    snapshot >"$scratch/after"
    same "the release after a repeat" "$scratch/before" "$scratch/after"
done
manifest "key: rsa.pem" "scheme: rsa-pss-sha256" >product.yaml
run 0 build product.yaml
stderr_is 'rotkit: 0 devices, 1 image, release "release": replaced'
by_openssl dgst -sha256 -verify rsa.pub -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest \
    -signature release/release.json.sig release/release.json

# ---- refused ----
verify_refuses() { # MESSAGE ARG...
    message=$1
    shift
    refuse 3 "rotkit: release: $message" verify "$@" release
}
cp -r release whole
again() {
    rm -rf release && cp -r whole release
}
verify_refuses 'the release is signed by another key' --pub p256.pub
verify_refuses 'the release is signed by another key' --pub ed25519.pub
rm release/release.json.sig
verify_refuses '"release.json.sig" is missing: release.json says it is signed' --pub rsa.pub
verify_refuses '"release.json.sig" is missing: release.json says it is signed'
openssl dgst -sha256 -sign p256.pem -out release/release.json.sig release/release.json
run 3 verify --pub rsa.pub release
run 3 verify release
again
size=$(stat -c %s release/release.json.sig)
for at in 0 1 $((size / 2)) $((size - 1)); do # any byte of the signature
    byte=$(dd if=release/release.json.sig bs=1 skip="$at" count=1 2>/dev/null | od -An -tu1 | tr -d ' ')
    printf "\\$(printf %o $((byte ^ 128)))" | dd of=release/release.json.sig bs=1 seek="$at" conv=notrunc 2>/dev/null
    run 3 verify --pub rsa.pub release
    grep -q '^rotkit: release: "release.json.sig": ' "$err" || fail "$(cat "$err")"
    again
done
# Other bytes of the index: with and without the key.
for filter in '.product = "other"' '.signature_scheme = "rsa-pkcs1-sha256"' '.files[0].size = 7' '.tool = "x"'; do
    jq "$filter" whole/release.json >release/release.json
    run 3 verify --pub rsa.pub release
    grep -q '^rotkit: release: "release.json.sig": ' "$err" || fail "$filter: $(cat "$err")"
    run 3 verify release
done
jq '.signature_scheme = "none"' whole/release.json >release/release.json
verify_refuses 'release.json: member "signature_scheme" is missing or malformed, expected the name of a signature scheme' --pub rsa.pub
jq 'del(.signature_scheme)' whole/release.json >release/release.json
verify_refuses 'release.json: member "signature_scheme" is missing or malformed, expected the name of a signature scheme' --pub rsa.pub
jq '.signer = "00"' whole/release.json >release/release.json
run 3 verify --pub rsa.pub release
# Taking the signer out does not make it an unsigned release that a key's owner would take.
jq 'del(.signer, .signature_scheme)' whole/release.json >release/release.json
verify_refuses '"release.json.sig" stands here, but release.json names no signer' --pub rsa.pub
rm release/release.json.sig
verify_refuses 'the release is not signed' --pub rsa.pub
# Another's key with another's signature is whole, but not ours.
jq --rawfile s wanted '.signer = $s | .signature_scheme = "ed25519"' whole/release.json >release/release.json
openssl pkeyutl -sign -rawin -inkey ed25519.pem -in release/release.json -out release/release.json.sig
verify_refuses 'the release is signed by another key' --pub rsa.pub

# A broken signature in place is made anew; without a key the release says that it is not signed.
again
: >release/release.json.sig
run 0 build product.yaml
stderr_is 'rotkit: 0 devices, 1 image, release "release": replaced'
run 0 verify --pub rsa.pub release
manifest >product.yaml
run 0 build product.yaml
stderr_is 'rotkit: 0 devices, 1 image, release "release": replaced, not signed'
[ ! -e release/release.json.sig ] || fail "an unsigned release with a signature"
verify_refuses 'the release is not signed' --pub rsa.pub

# ---- the manifest ----
rm -rf release
refuse_manifest() { # CODE MESSAGE LINE...
    code_wanted=$1 message=$2
    shift 2
    manifest "$@" >"$scratch/product.yaml"
    cp "$scratch/product.yaml" bad.yaml
    refuse "$code_wanted" "rotkit: bad.yaml:$message" build bad.yaml
}
refuse_manifest 4 '9:8: release.key: the key is public only and cannot sign' "key: pub:rsa.pub"
refuse_manifest 7 '9:8: release.key: cannot open "none.pem": No such file or directory' "key: none.pem"
refuse_manifest 2 '10:11: release.scheme: unknown scheme "best"' "key: rsa.pem" "scheme: best"
refuse_manifest 2 '9:17: release.reproducible: ecdsa-sha256 signatures are random, and there is no previous release to keep them from: use an RSA or Ed25519 release key' \
    "reproducible: true" "key: p256.pem"
refuse_manifest 2 '9:17: release.reproducible: rsa-pss-sha256 signatures are random, and there is no previous release to keep them from: use an RSA or Ed25519 release key' \
    "reproducible: true" "key: rsa.pem" "scheme: rsa-pss-sha256"
refuse_manifest 4 '9:8: release.key: scheme ed25519 needs a key of type ED25519, this one is RSA' "key: rsa.pem" "scheme: ed25519"
# ... all of them before anything is made: a missing component comes later.
mv part.bin kept
refuse_manifest 4 '9:8: release.key: the key is public only and cannot sign' "key: pub:rsa.pub"
refuse_manifest 4 '9:8: release.key: scheme ed25519 needs a key of type ED25519, this one is RSA' "key: rsa.pem" "scheme: ed25519"
mv kept part.bin
manifest "reproducible: true" "key: ed25519.pem" >product.yaml
run 0 build product.yaml
mv release first
run 0 build product.yaml
diff -r first release >&2 || fail "a clean start gives other bytes"

# Without devices there is no EK CA to hold against one.
openssl req -x509 -key rsa.pem -subj /CN=any -out any.pem 2>/dev/null
refuse 3 'rotkit: release: no ca/chain.pem: the release certifies no EK' verify --ca any.pem release

# What versions say is believed of a release that somebody signed, and of no other.
run 0 verify --pub ed25519.pub --not-older-than first release
manifest >product.yaml
run 0 build -q product.yaml -o unsigned
refuse 8 'rotkit: unsigned: could not be checked: that the anti-rollback values are signed: the release is not' \
    verify --not-older-than first unsigned
