# SPDX-License-Identifier: Apache-2.0
# What is installed is enough for a program of somebody else's: shared and static, by pkg-config.
. "$(dirname "$0")/lib.sh"
need cmake cc pkg-config jq openssl

prefix=$scratch/prefix
cmake --install "$BUILD" --prefix "$prefix" >"$scratch/log" 2>&1 || {
    cat "$scratch/log" >&2
    fail "cmake --install"
}
config=$(dirname "$(find "$prefix" -name ftpmprov.pc)")
PKG_CONFIG_PATH=$config
export PKG_CONFIG_PATH
# The file names the prefix of the configuration; the test stands elsewhere.
flags="--define-variable=prefix=$prefix"
libdir=$(pkg-config "$flags" --variable=libdir ftpmprov)

openssl rand -hex 64 >eps
"$prefix/bin/rotkit" ek derive --eps eps --template L-1 --json | jq -r .name >wanted
cc $SANITIZE "$SOURCE/examples/consumer/main.c" $(pkg-config "$flags" --cflags --libs ftpmprov) -o shared
LD_LIBRARY_PATH=$libdir ./shared eps >found
same "the Name by the shared library" wanted found
cc $SANITIZE "$SOURCE/examples/consumer/main.c" $(pkg-config "$flags" --cflags ftpmprov) "$libdir/libftpmprov.a" \
    $(pkg-config "$flags" --libs-only-l --static ftpmprov | sed 's/-lftpmprov//') -o static
./static eps >found
same "the Name by the static library" wanted found
for page in rotkit.1 rotkit-build.1; do
    find "$prefix" -name "$page*" | grep -q . || fail "$page is not installed"
done
