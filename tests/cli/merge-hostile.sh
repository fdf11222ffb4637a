#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# release merge signs what it has verified: a file that is put in the place of a verified one, at any moment, is either
# found or not read any more; and with a key, what that key has not signed is not signed.
. "$(dirname "$0")/lib.sh"
. "$SOURCE/tests/support/example.sh"
need openssl jq python3

unset SOURCE_DATE_EPOCH # the factory certificate is of today
example_product product rsa3072 4
openssl pkey -in product/keys/release.key -pubout -out release.pem
printf '%064x\n' 77 >product/keys/master.key
sed -i -e 's/^  kdk-db: .*/  master-key: keys\/master.key\n  oem-id: 0x0102\n  first-sn: 0x1fe\n  count: 4/' -e '/^  eps-seeds:/d' \
    -e 's/templates: .*/templates: [L-1, L-2]/' product/manifest.yaml
for i in 0 1; do
    run 0 build -q --shard $i/2 -o shard-$i product/manifest.yaml
done
merge="release merge --key product/keys/release.key"
run 0 $merge -o whole shard-0 shard-1
run 0 verify --pub release.pem whole
[ "$(jq .devices whole/release.json)" = 4 ] || fail "not four devices"

# The kernel tells when the file has been read; then another takes its place.
cat >swap.py <<'PYTHON'
import ctypes, os, shutil, subprocess, sys
path, evil, reads, command = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4:]
libc = ctypes.CDLL("libc.so.6")
fd = libc.inotify_init1(os.O_NONBLOCK)
libc.inotify_add_watch(fd, path.encode(), 0x10)  # IN_CLOSE_NOWRITE
shutil.copy(evil, "evil.tmp")
run = subprocess.Popen(command)
seen, swapped = 0, False
while run.poll() is None:
    try:
        seen += len(os.read(fd, 4096)) // 16
    except BlockingIOError:
        continue
    if seen >= reads and not swapped:
        os.rename("evil.tmp", path)
        swapped = True
print("swapped" if swapped else "kept", file=open("swapped", "w"))
sys.exit(run.wait())
PYTHON
blob=$(cd shard-1 && ls devices/*/*/eks.img | head -n 1)
secret=$(cd shard-1 && ls secrets/*/*/fuse.xml.cms | head -n 1)
found=0
for file in "$blob" "$secret" release.json secrets/index.json "$(dirname "$(dirname "$blob")")/index.json"; do
    for reads in 1 2 3; do
        rm -rf hostile merged
        cp -r shard-1 hostile
        sed 's/a/b/' "shard-1/$file" >evil
        code=0
        python3 swap.py "hostile/$file" evil $reads "$ROTKIT" $merge -o merged shard-0 hostile >"$out" 2>"$err" || code=$?
        case $code in
        0)
            run 0 verify --pub release.pem merged
            cmp -s evil "merged/$file" && fail "$file, read $reads times: what was not verified is signed"
            [ ! -e "merged/$blob" ] || cmp -s "merged/$blob" "whole/$blob" || fail "$file: another key blob is signed"
            ;;
        3)
            found=$((found + 1))
            grep -q '^rotkit: shard "hostile": ' "$err" || fail "$file: $(cat "$err")"
            [ ! -e merged ] || fail "$file: a refused merge left a release"
            ;;
        *) fail "$file: exit $code: $(cat "$err")" ;;
        esac
    done
done
[ "$found" -gt 0 ] || fail "nothing was ever put in between"

# ---- shards that nobody signed, or somebody else ----
for i in 0 1; do
    cp -r shard-$i bare-$i
    python3 "$SOURCE/tests/support/strip_release.py" bare-$i
    run 0 verify bare-$i
done
rm -rf hostile merged evil.tmp evil swapped
refuse 3 'rotkit: shard "bare-0": the release is not signed' $merge -o merged bare-0 bare-1
refuse 3 'rotkit: shard "bare-1": the release is not signed' $merge -o merged shard-0 bare-1
refuse 2 "rotkit: --unsigned-shards is for --key: without it nothing is signed
  see 'rotkit help release merge'" release merge --unsigned-shards -o merged bare-0 bare-1
run 0 $merge --unsigned-shards -o merged bare-0 bare-1
run 0 verify --pub release.pem merged
run 0 release merge -o plain bare-0 bare-1
refuse 3 'rotkit: plain: the release is not signed' verify --pub release.pem plain
# Forged secrets in a shard are found before anything is signed.
openssl cms -encrypt -binary -aes-256-gcm -in release.pem -outform DER -out forged.cms -recip product/factory/factory.pem
cp -r shard-1 forged
cp forged.cms "forged/$secret"
run 3 $merge -o merged2 shard-0 forged
grep -q "^rotkit: shard \"forged\": \"$secret\": SHA-256 is " "$err" || fail "$(cat "$err")"
[ ! -e merged2 ] || fail "a refused merge left a release"
rm forged/secrets/index.json forged/secrets/index.json.sig
refuse 3 'rotkit: shard "forged": "secrets/index.json" is missing' $merge -o merged2 shard-0 forged

# Another fleet of as many devices, by the same manifest.
cp product/keys/master.key kept
printf '%064x\n' 78 >product/keys/master.key
run 0 build -q --shard 1/2 -o stranger product/manifest.yaml
mv kept product/keys/master.key
rm -rf merged merged2 plain
refuse 2 'rotkit: shards "shard-0" and "stranger" are not of one build: of other devices' $merge -o merged shard-0 stranger
