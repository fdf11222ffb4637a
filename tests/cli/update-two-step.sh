# SPDX-License-Identifier: Apache-2.0
# rotkit update make in two steps: the bundle is that of direct signing where the scheme has no random in it, and
# what openssl signed holds where it has; each refusal has its message and leaves everything as it was.
. "$(dirname "$0")/lib.sh"
. "$SOURCE/tests/support/update.sh"
need openssl jq
unset SOURCE_DATE_EPOCH
update_product product
firmware_pair
openssl genrsa -out rsa.key 3072 2>/dev/null
openssl ecparam -name secp384r1 -genkey -noout -out ecdsa.key
openssl genpkey -quiet -algorithm ED25519 -out ed25519.key
for name in rsa ecdsa ed25519; do
    openssl pkey -in $name.key -pubout -out $name.pem
done

for scheme in rsa-pkcs1-sha256 rsa-pss-sha512 ecdsa-sha384 ed25519; do
    key=${scheme%%-*}
    rm -rf r made direct
    refuse 0 'rotkit: "r": 1 signature wanted' update make --pub release.pem -n --key pub:$key.pem --scheme $scheme --to-sign r old new
    run 0 update make --pub release.pem --key pub:$key.pem --scheme $scheme --to-sign r old new
    stderr_is 'rotkit: "r": 1 signature wanted'
    stdout_is ""
    sh "$SOURCE/examples/two-step/openssl.sh" r $key.key >found
    is found '000001.sig: update.json'
    run 0 update make --pub release.pem --key pub:$key.pem --scheme $scheme --attach r -o made old new
    stderr_is 'rotkit: 1.0.0 to 1.1.0: 2 payloads, update "made"'
    cmp r/000001.bin made/update.json || fail "$scheme: something else was signed"
    run 0 verify --pub $key.pem made
    stdout_is "made: update: holds: 1.0.0 to 1.1.0, 2 payloads; signer: update key, $scheme"
    run 0 update make --pub release.pem -q --key $key.key --scheme $scheme -o direct old new
    case $scheme in
    rsa-pkcs1-* | ed25519) diff -r direct made || fail "$scheme: two steps give another bundle than one" ;;
    *) cmp direct/update.json made/update.json || fail "$scheme: another update.json" ;;
    esac
done

# ---- CI asks for the outcome
outcome() { # TEXT ARG...
    run 0 update make --pub release.pem --json "$@" old new
    jq -r '"\(.outcome) \(.update) \(.to_sign) \(.wanted)"' "$out" >told
    is told "$outcome"
}
rm -rf r made
outcome='signatures wanted null r 1'
outcome --key pub:ed25519.pem --to-sign r
sh "$SOURCE/examples/two-step/openssl.sh" r ed25519.key >"$scratch/log"
outcome='dry run made null null'
outcome --key pub:ed25519.pem --attach r -n -o made
[ ! -e made ] || fail "a dry run wrote a bundle"
outcome='new made null null'
outcome --key pub:ed25519.pem --attach r -o made
rm -rf r made

# ---- a round that stands there stays, whenever it is asked for again
run 0 update make --pub release.pem -q --key pub:ed25519.pem --to-sign r old new
for SOURCE_DATE_EPOCH in 1800000000 1900000000; do
    export SOURCE_DATE_EPOCH
    refuse 0 'rotkit: "r": 1 signature wanted' update make --pub release.pem --key pub:ed25519.pem --to-sign r old new
done
unset SOURCE_DATE_EPOCH

# ---- refused
attach() { # CODE MESSAGE KEY [NEW]
    refuse "$1" "rotkit: $2" update make --pub release.pem --key "pub:$3.pem" --attach r -o never old "${4:-new}"
}
attach 4 '"r/000001.sig" is missing: update.json is not signed yet' ed25519
openssl pkeyutl -sign -rawin -inkey ed25519.key -in old/release.json -out r/000001.sig
attach 4 '"r/000001.sig" is no signature of update.json by its key (ed25519)' ed25519
sh "$SOURCE/examples/two-step/openssl.sh" r ed25519.key >"$scratch/log"
attach 2 '"r" belongs to another update' rsa
good
ftpm=1.11
firmware_only newer
attach 2 '"r" belongs to another update' ed25519 newer
refuse 2 'rotkit: "r" belongs to another update' update make --pub release.pem --key pub:ed25519.pem --to-sign r old newer
refuse 2 "rotkit: \"r\" belongs to 'rotkit update', this is 'rotkit sign'" \
    sign --key pub:ed25519.pem --scheme ed25519 --attach r raw old/release.json -o never
printf x >>r/000001.bin
attach 3 '"r/000001.bin" is not the message that index.json names' ed25519
rm -rf r
attach 7 'cannot open "r/index.json": No such file or directory' ed25519
run 0 sign -q --key pub:ed25519.pem --scheme ed25519 --to-sign r raw old/release.json
attach 2 "\"r\" belongs to 'rotkit sign', this is 'rotkit update'" ed25519
refuse 2 'rotkit: --to-sign: nothing is to be signed elsewhere: the key here can sign' \
    update make --pub release.pem --key ed25519.key --to-sign q old new
refuse 4 'rotkit: scheme ed25519 needs a key of type ED25519, this one is RSA' \
    update make --pub release.pem --key pub:rsa.pem --scheme ed25519 --to-sign q old new
# What breaks devices is not asked to be signed.
refuse 3 "rotkit: not made, since it breaks devices (1 found): version: 1.1.0 is not above 1.1.0
  see 'rotkit update check'" update make --pub release.pem --key pub:ed25519.pem --to-sign q new new
usage() { # MESSAGE ARG...
    usage_text=$1
    shift
    refuse 2 "rotkit: $usage_text
  see 'rotkit help update make'" update make --pub release.pem --key pub:ed25519.pem "$@" old new
}
usage '--to-sign and --attach exclude each other' --to-sign q --attach r
usage '--to-sign writes no --output' --to-sign q -o never
usage '--output is required' --attach r
usage '--output is required'
