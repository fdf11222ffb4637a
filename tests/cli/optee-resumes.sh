# SPDX-License-Identifier: Apache-2.0
# A build for boards with OP-TEE that is killed goes on where it was, as Orin's does, whose files have names of their own:
# under a device's key and under the class key; and starts anew when the TA's name or a HUK has become another. What a
# release in place may hand on: signatures of PSS alone, and of the very same TA.
# slow: a build for each cause that stops or changes one
. "$(dirname "$0")/lib.sh"
need jq openssl
. "$SOURCE/tests/support/optee.sh"
unset SOURCE_DATE_EPOCH

optee_product product
by_master product 1 40
# Certificates without chance, so that cut and uncut are the same bytes.
run 0 ca init -q product/rsa --key-type rsa3072 --name Tests
sed -i -e 's/ca\/chain.pem/rsa\/chain.pem/' -e 's/ca\/issuing.key/rsa\/issuing.key/' product/manifest.yaml
{
    echo unit,huk
    i=0
    while [ $i -lt 40 ]; do
        i=$((i + 1))
        printf '0001%016x,%s\n' $i "$(openssl rand -hex 16)"
    done
} >product/devices/huk_db.csv
openssl rand -hex 32 >product/keys/class.key
sed 's/^    huk-db: .*/    class-key: keys\/class.key/' product/manifest.yaml >product/class.yaml

# cut MANIFEST: kills a build when devices are in its journal
cut_build() {
    "$ROTKIT" build -j1 -o cut "$1" >"$out" 2>"$err" </dev/null &
    pid=$!
    for _ in $(seq 3000); do
        [ "$(wc -l 2>/dev/null <cut.staging/journal || echo 0)" -gt 8 ] && break
        kill -0 "$pid" 2>/dev/null || fail "the build ended by itself: $(cat "$err")"
        sleep 0.01
    done
    kill -9 "$pid"
    wait "$pid" || :
    [ ! -e cut ] || fail "a release was published"
}
# resumed TEST N: how many devices the next run takes over
resumed() {
    run 0 build --json -o cut product/"$what"
    [ "$(jq .resumed "$out")" "$1" "$2" ] || fail "$(jq .resumed "$out") devices were taken over, expected $1 $2"
    run 0 verify --pub product/keys/release.pem cut
    [ ! -e cut.staging ] || fail "the staging folder is left"
}

for what in manifest.yaml class.yaml; do
    run 0 build -q -o uncut product/$what
    cut_build product/$what
    resumed -ge 8
    diff -r -x secrets uncut cut >&2 || fail "another release than the uncut one"
    (cd uncut && find . -type f | sort) >wanted
    (cd cut && find . -type f | sort) >found
    same "the files" wanted found
    rm -r cut uncut
done

# A TA that was changed meanwhile is made anew, and what was made behind it.
what=manifest.yaml
cut_build product/$what
flip "$(find cut.staging/devices -name '*.ta' | sort | sed -n 4p)" 700
resumed -eq 3
rm -r cut

# Another HUK: none is taken over.
cut_build product/$what
cp product/devices/huk_db.csv good.csv
sed -i "40s/,.*/,$(openssl rand -hex 16)/" product/devices/huk_db.csv
resumed -eq 0
cp good.csv product/devices/huk_db.csv
rm -r cut

# Another UUID: none is taken over, and no file of the old name is left.
cut_build product/$what
perl -0777 -pe 'substr($_, 0x1000, 4) = "\x72\xd9\x50\xbc"' product/components/ftpm_ta.elf >other.elf
cp other.elf product/components/ftpm_ta.elf
sed -i 's/^  #uuid: .*/  uuid: BC50D972-D4C9-42C4-82CB-343FB7F37896/' product/manifest.yaml
resumed -eq 0
find cut -name '*.ta' | sed 's,.*/,,' | sort | uniq -c | tr -s ' ' >found
is found " 40 bc50d972-d4c9-42c4-82cb-343fb7f37896.ta"
rm -r cut
what=

# ---- the release in place is somebody else's by now ----
sed -e 's/^  #algo: .*/  algo: rsa-pss-sha256/' -e 's/^  count: .*/  count: 1/' product/manifest.yaml >product/pss.yaml
run 0 build -q -o pss product/pss.yaml
ta=$(find pss -name '*.ta')
cp "$ta" good.ta
size=$(wc -c <good.ta)
run 0 build product/pss.yaml -o pss
grep -q unchanged "$err" || fail "$(cat "$err")"
# Bytes of its head, hash, signature, UUID, version, encryption header, nonce, tag, content.
for at in 0 5 9 13 17 21 60 400 437 452 456 460 464 470 484 520 $((size - 1)); do
    cp good.ta "$ta"
    flip "$ta" $at
    cp "$ta" hostile.ta
    run 0 build -q -o pss product/pss.yaml
    cmp -s "$ta" hostile.ta && fail "a TA with byte $at flipped was kept"
    run 0 verify --pub product/keys/release.pem pss
    cp "$ta" good.ta
done
for more in x "$(head -c 4096 /dev/zero | tr '\0' x)"; do
    cp good.ta "$ta"
    printf %s "$more" >>"$ta"
    run 0 build -q -o pss product/pss.yaml
    [ "$(wc -c <"$ta")" -eq "$size" ] || fail "a TA with bytes behind it was kept"
    cp "$ta" good.ta
done
head -c 4096 /dev/zero >>"$ta"
run 0 build -q -o pss product/pss.yaml
[ "$(wc -c <"$ta")" -eq "$size" ] || fail "a TA with zeros behind it was kept"
head -c 300 good.ta >"$ta"
run 0 build -q -o pss product/pss.yaml
[ "$(wc -c <"$ta")" -eq "$size" ] || fail "a TA that was cut was kept"
# One by the same key that is another TA: of a lower version.
sed 's/^  version: 1$/  version: 0/' product/pss.yaml >product/lower.yaml
run 0 build -q -o lower product/lower.yaml
cp "$(find lower -name '*.ta')" "$ta"
run 0 build -q -o pss product/pss.yaml
run 0 inspect "$ta"
grep -q 'ta_version  0x00000001$' "$out" || fail "a TA of another version was kept"
