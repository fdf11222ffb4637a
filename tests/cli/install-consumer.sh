# SPDX-License-Identifier: Apache-2.0
# What is installed is enough for a program of somebody else's, shared and static, by pkg-config: it derives an
# EK, signs with a key in a token, opens a key blob and verifies a release.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/softhsm.sh"
need cmake cc pkg-config jq openssl

prefix=$scratch/prefix
cmake --install "$BUILD" --prefix "$prefix" >"$scratch/log" 2>&1 || {
    cat "$scratch/log" >&2
    fail "cmake --install"
}
config=$(dirname "$(find "$prefix" -name ftpmprov.pc)")
PKG_CONFIG_PATH=$config
export PKG_CONFIG_PATH
libdir=$(pkg-config --variable=libdir ftpmprov)

# No other package's file is needed for the shared library.
[ "$(PKG_CONFIG_PATH='' PKG_CONFIG_LIBDIR=$config pkg-config --cflags --libs ftpmprov | xargs)" = \
    "-I$config/../../include -L$config/../../lib -lftpmprov" ] || fail "what the shared library asks for: $(pkg-config --cflags --libs ftpmprov)"
# With both libraries in one folder the linker takes the shared one.
mkdir alone
cp "$libdir/libftpmprov.a" alone
main=$SOURCE/examples/consumer/main.c
cc -std=c17 -Wall -Wextra -Werror $SANITIZE "$main" $(pkg-config --cflags --libs ftpmprov) -o shared
cc -std=c17 $SANITIZE "$main" -Lalone $(pkg-config --cflags --libs --static ftpmprov) -o static
LD_LIBRARY_PATH=$libdir
export LD_LIBRARY_PATH
readelf -d shared | grep -q 'libftpmprov.so' || fail "shared has no need of the shared library"
! readelf -d static | grep -q 'libftpmprov.so' || fail "static needs the shared library"

# What the program shall say is what rotkit and openssl say.
openssl rand -hex 64 >eps
"$prefix/bin/rotkit" ek derive --eps eps --template L-1 --json | jq -r .name >ek.wanted

token_make prod
token_pair prod EC:prime256v1 p256 03
printf 'a message' >message
run 0 key show -o token.pub "$(uri prod p256)"

openssl rand -hex 32 >root.key
openssl rand -hex 16 >auth.key
openssl rand -hex 16 >disk.key
run 0 blob pack --root-key root.key --platform t234 --version 2.0 --uefi-auth-key auth.key --disk-key disk.key -o eks.img
printf 'tag 2: 16 bytes\ntag 4: 16 bytes\n' >blob.wanted

run 0 init -q product
openssl genpkey -algorithm ed25519 -out product/release.key
openssl pkey -in product/release.key -pubout -out release.pub
sed -i '/^release:/,/^  #key:/s/^  #key: $/  key: release.key/' product/manifest.yaml
run 0 build product/manifest.yaml
release=product/release
{
    echo 'holds: 4 devices, 0 images; signer: release key, ed25519'
    find "$release/devices" -name device.json -printf '%h\n' | sed 's,.*/,,' | sort
} >release.wanted

for kind in shared static; do
    ./$kind ek eps >found
    same "$kind: the Name of the EK" ek.wanted found
    ./$kind sign "$(uri prod p256)" message >signature
    openssl dgst -sha256 -verify token.pub -signature signature message >/dev/null ||
        fail "$kind: openssl does not take the token's signature"
    ./$kind blob root.key eks.img >found
    same "$kind: the items of the key blob" blob.wanted found
    ./$kind release release.pub "$release" >found
    same "$kind: the release" release.wanted found
    code=0
    ./$kind release token.pub "$release" >found 2>"$err" || code=$?
    [ "$code" -eq 3 ] || fail "$kind: a release of another key: exit $code"
done
