#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every file and folder that a command makes is there after a power cut: what is renamed was synced before, and the
# folder that it is in is synced behind the rename, or behind the mkdir. strace tells what the kernel was asked.
. "$(dirname "$0")/lib.sh"
. "$SOURCE/tests/support/update.sh"
need openssl jq strace
strace -o trace true 2>/dev/null || skip "strace may trace nothing here"
unset SOURCE_DATE_EPOCH # the factory certificate is of today

# durable PLACE ARG...: PLACE is published by this run, and whatever else it puts in place stays too
durable() {
    place=$1
    shift
    # LeakSanitizer does not work under ptrace.
    ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0 strace -f -y -s 4096 -o trace \
        -e trace='/^(open|mkdir|rename)(at2?)?$,fsync,fdatasync,syncfs' "$ROTKIT" "$@" >"$out" 2>"$err" </dev/null ||
        fail "rotkit $*: $(cat "$err")"
    awk -v cwd="$PWD" -v place="$place" '
        function absolute(path) {
            path = path ~ /^\// ? path : cwd "/" path
            while (sub(/\/[^\/]+\/\.\./, "", path))
                continue
            return path
        }
        function folder(path) { sub(/\/[^\/]*$/, "", path); return path }
        function is_synced(path, s) {
            for (s in synced)
                if (path == s || index(path, s "/") == 1)
                    return 1
            return 0
        }
        / = -1 E/ { next }
        { split($0, text, "\"") } # the odd ones are between the quotes
        / (open|openat)\(.*O_CREAT/ { to = absolute(text[2]) }
        / (mkdir|mkdirat)\(/ { to = absolute(text[2]) }
        / (rename|renameat|renameat2)\(/ {
            to = absolute(text[4])
            if (!is_synced(absolute(text[2])))
                print "renamed, but not synced before: " to
        }
        # What is in a sibling is synced with it; the files beside a ledger come and go.
        to != "" && to !~ /\.(staging|tmp-[0-9]+(-[0-9]+)?)(\/|$)/ && to !~ /-(journal|wal|shm)$/ && to !~ /^\/(dev|proc)\// {
            pending[to] = folder(to)
            made[to] = 1
        }
        { to = "" }
        / (fsync|fdatasync|syncfs)\(/ {
            match($0, /<[^>]*>/)
            path = substr($0, RSTART + 1, RLENGTH - 2)
            synced[path] = 1
            for (p in pending)
                if (pending[p] == path || (/ syncfs\(/ && index(p, path "/") == 1))
                    delete pending[p]
        }
        END {
            for (p in pending)
                print "in place, but its folder is not synced: " p
            if (!(absolute(place) in made))
                print "not put in place: " place
        }' trace >faults
    [ ! -s faults ] || fail "rotkit $*: $(cat faults)"
}

# ---- folders and files of keys and CAs ----
durable started init started
durable started2/a init started2/a/
durable ca ca init --name Test --key-type p256 ca
durable new.key key new --public new.pem new.key
durable kdk.csv device new --oem-id 0x102 --first-sn 1 --count 4 --kdk-db kdk.csv --eps-seeds seeds.csv --pubkey-db pub.csv --plaintext-secrets
durable fuses fuse xml --kdk-db kdk.csv --security-mode 0 -o fuses --plaintext-secrets

# ---- files and rounds of signatures ----
openssl genrsa -out rsa.pem 3072 2>/dev/null
openssl pkey -in rsa.pem -pubout -out rsa.pub
printf 'what is signed' >file
durable signed sign --key rsa.pem --scheme rsa-pkcs1-sha256 raw file -o signed
durable made.fit pack fip nt-fw=file -o made.fit
durable deep/round sign --key pub:rsa.pub --scheme rsa-pkcs1-sha256 --to-sign deep/round raw file

# ---- licences and ledgers ----
for name in issuer checkpoint; do
    openssl genpkey -algorithm ED25519 -out $name.key 2>/dev/null
    openssl pkey -in $name.key -pubout -out $name.pem
done
durable licence.json licence issue licence.json --key issuer.key --id L --product jetson-orin-demo --units 100 --first-sn 1 --last-sn 1000
durable parts licence split licence.json --key issuer.key --ledger head.db -o parts a:10:1-9
grep -q 'head\.db", [^)]*O_CREAT' trace || fail "the split made no ledger"

# ---- releases ----
update_product product
printf 'licence:\n  ledger: ../units.db\n  checkpoint-key: ../checkpoint.key\n  anchor: ../anchor\n  file: ../licence.json\n  issuer: ../issuer.pem\n' \
    >>product/manifest.yaml
run 0 licence issue licence2.json --key issuer.key --id M --product jetson-orin-demo --units 100
sed -i 's/licence\.json/licence2.json/' product/manifest.yaml
durable out/release build -o out/release product/manifest.yaml
[ -e anchor/checkpoint.json ] || fail "no checkpoint"
durable release.tar.gz release archive --unsigned out/release -o release.tar.gz
durable table enroll --unsigned csv out/release -o table
sn=$(jq -r .device_sn "$(find out/release/devices -name device.json | head -n 1)")
durable revoked device retire --unsigned out/release "$sn" --ledger units.db --cert product/ca/chain.pem --key product/ca/issuing.key --note "broken" -o revoked
[ -e revoked/crl.der ] || fail "no CRL"
sed -i '/^licence:/,$d' product/manifest.yaml
printf '%032d\n' 7 >product/keys/disk.key
durable out/release build -o out/release product/manifest.yaml # replaces
grep -q RENAME_EXCHANGE trace || fail "nothing was replaced"
for i in 0 1; do
    durable shard-$i build --shard $i/2 -o shard-$i product/manifest.yaml
done
durable merged release merge --key product/keys/release.key -o merged shard-0 shard-1

# ---- updates ----
mkdir pair
mv product pair
cd pair
firmware_pair
durable bundle update make --pub ../release.pem --key update.key -o bundle old new
