# SPDX-License-Identifier: Apache-2.0
# device new: what the databases look like, how secrets are sealed, and that nothing is overwritten.
. "$(dirname "$0")/lib.sh"
need jq openssl

files="--kdk-db kdk.csv --eps-seeds seeds.csv --pubkey-db pub.csv"
new="device new --oem-id 0x102 --first-sn 0x1fffffffe --count 4 $files"

rows_are() { # FILE DIGITS: four rows in the vendor tools' form
    tr -d '\r' <"$1" | sed -E "s/ [0-9a-f]{$2}\$/ VALUE/" >found
    printf '0102 %s VALUE\n' 00000001fffffffe 00000001ffffffff 0000000200000000 0000000200000001 >wanted
    same "$1" wanted found
    [ "$(grep -c "$(printf '\r')\$" "$1")" -eq 4 ] || fail "$1: no CRLF"
    [ "$(cut -d ' ' -f 3 "$1" | sort -u | wc -l)" -eq 4 ] || fail "$1: a value twice"
}

# In the clear, only when asked for.
run 0 $new --plaintext-secrets
stderr_is 'rotkit: secrets are in the clear: "kdk.csv", "seeds.csv"'
stdout_is ""
rows_are kdk.csv 64
rows_are seeds.csv 64
rows_are pub.csv 128
mode_is 600 kdk.csv
mode_is 600 seeds.csv
mode_is 644 pub.csv

# The public keys are those that device derive computes.
run 0 device derive --kdk-db kdk.csv --eps-seeds seeds.csv --template L-2 --json
jq -r .silicon_id_public "$out" >found
tr -d '\r' <pub.csv | cut -d ' ' -f 3 >wanted
same "Silicon ID public keys" wanted found

# Nothing is overwritten, whichever of the three is there.
for left in kdk.csv seeds.csv pub.csv; do
    mkdir hold
    mv ./*.csv hold
    mv "hold/$left" .
    refuse 2 "rotkit: \"$left\" exists, it is never overwritten" $new --plaintext-secrets
    mv hold/* .
    rmdir hold
done

# Another draw is another fleet; a master key gives the same one each time.
mkdir again
run 0 device new --oem-id 0x102 --first-sn 0x1fffffffe --count 4 --kdk-db again/k --eps-seeds again/s \
    --pubkey-db again/p --plaintext-secrets -q
stderr_is ""
cmp -s kdk.csv again/k && fail "two draws are equal"
seq 1 32 | while read -r i; do printf '%02x' "$i"; done >master.key
for n in 1 2; do
    run 0 device new --oem-id 258 --first-sn 4294967298 --count 2 --master master.key \
        --kdk-db k$n --eps-seeds s$n --pubkey-db p$n --plaintext-secrets -q
done
cmp k1 k2 && cmp s1 s2 && cmp p1 p2 || fail "the master key gave another fleet"
# SP 800-108 as published: HMAC-SHA256(master, 00000001 | label | 00 | SN | 00000100), by openssl.
kdf() {
    { printf '\000\000\000\001%s\000' "$1"; printf 01020000000100000002 | unhex; printf '\000\000\001\000'; } |
        openssl dgst -sha256 -mac HMAC -macopt "hexkey:$(cat master.key)" -r | cut -d ' ' -f 1
}
[ "$(head -n 1 k1 | tr -d '\r')" = "0102 0000000100000002 $(kdf 'rotkit KDK0')" ] || fail "KDK0 of the master"
[ "$(head -n 1 s1 | tr -d '\r')" = "0102 0000000100000002 $(kdf 'rotkit EPS seed')" ] || fail "EPS seed of the master"
master=$(cat master.key)
ROTKIT_TEST_MASTER=$master run 0 device new --oem-id 258 --first-sn 4294967298 --count 2 \
    --master env:ROTKIT_TEST_MASTER --kdk-db k3 --eps-seeds s3 --pubkey-db p3 --plaintext-secrets -q
cmp k1 k3 || fail "the master key from the environment gave another fleet"

# Sealed to the factory: openssl opens it, and so does secret open.
for kind in ec rsa; do
    case $kind in
    ec) set -- -newkey ec -pkeyopt ec_paramgen_curve:P-256 -addext keyUsage=critical,keyAgreement ;;
    rsa) set -- -newkey rsa:3072 -addext keyUsage=critical,keyEncipherment ;;
    esac
    openssl req -x509 -nodes "$@" -subj /CN=factory -days 3650 -keyout $kind.key -out $kind.crt 2>/dev/null
    SOURCE_DATE_EPOCH=$(date +%s) run 0 device new --oem-id 258 --first-sn 4294967298 --count 2 \
        --master master.key --kdk-db $kind.k --eps-seeds $kind.s --pubkey-db $kind.p --recipient $kind.crt
    stderr_is ""
    cmp p1 $kind.p || fail "$kind: public keys"
    for f in k s; do
        openssl cms -decrypt -inform DER -in $kind.$f -inkey $kind.key -out opened 2>"$err" ||
            fail "$kind.$f: openssl does not open it: $(cat "$err")"
        cmp ${f}1 opened || fail "$kind.$f: openssl finds something else"
        run 0 secret open --key $kind.key -o opened.$kind.$f $kind.$f
        stderr_is ""
        cmp ${f}1 opened.$kind.$f || fail "$kind.$f: secret open finds something else"
        mode_is 600 opened.$kind.$f
    done
done

# --dry-run does all but write.
run 0 device new --oem-id 1 --first-sn 1 --count 1 --kdk-db dry.k --eps-seeds dry.s --pubkey-db dry.p \
    --plaintext-secrets --dry-run
stderr_is ""
[ ! -e dry.k ] && [ ! -e dry.s ] && [ ! -e dry.p ] || fail "--dry-run wrote"

# ---- boards with OP-TEE: the EPS alone, by the master key as optee-ftpm.md has it ----
printf '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n' >master.key
chmod 600 master.key
run 0 device new --platform optee --oem-id 1 --first-sn 1 --count 2 --eps-db eps_db.csv --master master.key --plaintext-secrets
stderr_is 'rotkit: secrets are in the clear: "eps_db.csv"'
mode_is 600 eps_db.csv
head -n 2 eps_db.csv | tr -d '\r' >first
is first 'unit,eps
00010000000000000001,cc2f0841ce6ee7078e33eed22b1c1fe2752731ddf611f8671656f8d2736a08de5519510a2e2256c79613a070f0893f90049be0cecb3d5023bf743646a12202c8'
[ "$(wc -l <eps_db.csv)" -eq 3 ] || fail "$(wc -l <eps_db.csv) lines"
