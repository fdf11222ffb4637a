# SPDX-License-Identifier: Apache-2.0
# -o onto a pipe or /dev/stdout writes into it, and it stays what it was: as root, one -o /dev/null would else put a
# file in its place for the whole machine.
. "$(dirname "$0")/lib.sh"
need openssl mkfifo cat
openssl genpkey -algorithm ED25519 -out ed.key 2>/dev/null
run 0 key show -o wanted ed.key
mkfifo pipe
cat pipe >got &
run 0 key show -o pipe ed.key
wait
[ -p pipe ] || fail "a pipe was replaced"
same "what went through the pipe" wanted got
"$ROTKIT" key show -o /dev/stdout ed.key 2>/dev/null | head -n 3 >got
[ -L /dev/stdout ] || fail "/dev/stdout was replaced"
same "what went to /dev/stdout" wanted got
[ "$(id -u)" = 0 ] || run 0 key show -o /dev/null ed.key
[ -c /dev/null ] || fail "/dev/null was replaced"
if [ "$(id -u)" = 0 ] && mknod node c 1 3 2>/dev/null; then # a node of our own may be lost
    run 0 key show -o node ed.key
    [ -c node ] || fail "a device was replaced"
fi
sh -c '"$ROTKIT" init -q product' || fail "init"
run 0 build -q product/manifest.yaml
[ ! -p product/release ] || fail
mkfifo archive.tar
run 2 release archive --unsigned product/release -o archive.tar
stderr_is 'rotkit: "archive.tar" is a device or a pipe: name a file'
[ -p archive.tar ] || fail "a pipe was replaced"
