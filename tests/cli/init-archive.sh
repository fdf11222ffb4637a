# SPDX-License-Identifier: Apache-2.0
# A release by the keys of init, packed for the factory: what tar unpacks verifies, openssl holds its signatures, the
# factory opens what is sealed to it; archives of one release are the same bytes, of the release made again too.
. "$(dirname "$0")/lib.sh"
. "$SOURCE/tests/support/rounds.sh"
. "$SOURCE/tests/support/init.sh"
need tar
unset SOURCE_DATE_EPOCH # as a user has it

init_product product
run 0 build -q product/manifest.yaml
archive="release archive --pub product/keys/release.pem product/release"
run 0 $archive -o one.tar.zst
run 0 build -q product/manifest.yaml
run 0 $archive -o two.tar.zst
cmp one.tar.zst two.tar.zst || fail "a release that was made again packs as other bytes"
mkdir there
tar -C there --strip-components=1 -xf one.tar.zst
run 0 verify --pub product/keys/release.pem there
openssl_holds there product/keys/release.pem product/ca/root.pem
[ $held -eq 8 ] || fail "$held EK certificates"
(cd product/release && find . -type f ! -path './secrets/*' | sort) >wanted
(cd there && find . -type f | sort) >found
same "the files but for the secrets" wanted found

# What is sealed goes another way; the factory's key opens it, as openssl does.
count=0
for sealed in $(find product/release/secrets -name '*.cms'); do
    run 0 secret open --key product/factory/factory.key -o opened "$sealed"
    openssl cms -decrypt -binary -inform DER -in "$sealed" -inkey product/factory/factory.key -out judged ||
        fail "openssl opens no $sealed"
    cmp opened judged || fail "openssl opens $sealed otherwise"
    rm opened
    count=$((count + 1))
done
[ $count -eq 4 ] || fail "$count sealed files"
# A certificate that somebody else's CA signed for the same key.
run 0 init -q other
cert=$(cd there && find devices -name '*.der' | sort | head -n 1)
run 0 build -q other/manifest.yaml
cp "$(find other/release/devices -name '*.der' | sort | head -n 1)" "there/$cert"
run 3 verify --pub product/keys/release.pem there
