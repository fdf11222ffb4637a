# SPDX-License-Identifier: Apache-2.0
# An act that is no build (a split, a retirement, a reissue) makes a checkpoint where it is given the checkpoint key and the
# anchor: an old copy of the ledger that is put back, and an entry that sqlite3 takes out, are refused then and not only
# behind the next build.
. "$(dirname "$0")/lib.sh"
. "$SOURCE/tests/support/init.sh"
need sqlite3 jq
unset SOURCE_DATE_EPOCH # as a user has it

init_product product
for name in issuer checkpoint other; do
    run 0 key new -q --public $name.pem $name.key
done
run 0 licence issue L1.json --key issuer.key --id L1 --product demo --units 10 --reissues 2
printf 'licence:\n  ledger: ../units.db\n  checkpoint-key: ../checkpoint.key\n  file: ../L1.json\n  issuer: ../issuer.pem\n  anchor: ../anchor\n' \
    >>product/manifest.yaml
run 0 build -q product/manifest.yaml
sqlite3 units.db "PRAGMA wal_checkpoint(TRUNCATE)" >"$out"
cp units.db old.db
cp -r anchor old-anchor
one=00010000000000000001 two=00010000000000000002
seal="--checkpoint-key checkpoint.key --anchor anchor"
back() {
    rm -rf units.db* anchor revoked children
    cp old.db units.db
    cp -r old-anchor anchor
}
# taken WANTED-CODE ARG...: behind this act, an old copy that is put back is taken (0) or refused (5) by a build
taken() {
    wanted=$1
    shift
    what="$*"
    back
    run 0 "$@"
    run 0 ledger verify units.db --key checkpoint.pem
    size=$(sqlite3 units.db "SELECT max(seq) FROM rotkit_entry")
    [ "$wanted" -eq 0 ] || [ "$(jq .size anchor/checkpoint.json)" -eq "$size" ] || fail "the anchor is not at entry $size ($what)"
    if [ "$wanted" -ne 0 ]; then # the last entry taken out, by whoever has the file and no key
        sqlite3 units.db "SELECT 'DROP TRIGGER ' || name || ';' FROM sqlite_master WHERE type = 'trigger'" >drop.sql
        { cat drop.sql; echo "DELETE FROM rotkit_entry WHERE seq = $size;"; } | sqlite3 -bail units.db
        run 5 build -q -o again product/manifest.yaml
        stderr_is "$(older product/../anchor)"
    fi
    rm -f units.db*
    cp old.db units.db
    run "$wanted" build -q -o again product/manifest.yaml
    [ "$wanted" -eq 0 ] || stderr_is "$(older product/../anchor)"
    rm -rf again
}
older() { # ANCHOR
    echo "rotkit: $1/checkpoint.json: the ledger is older than its checkpoint: $((size - 1)) entries, $size were there
  an old copy was put back: bring the newest one"
}
retire="ledger retire units.db $one --reason gone"
taken 0 $retire # as the threat model says
taken 5 $retire $seal
taken 5 ledger reissue units.db $one --reason back $seal
taken 5 licence split L1.json C1:3:0x2000-0x2fff --key issuer.key --ledger units.db -o children $seal
[ -s children/C1.json ] || fail "no child licence"
taken 5 device retire product/release $two --pub product/keys/release.pem --ledger units.db --cert product/ca/chain.pem \
    --key product/ca/issuing.key -o revoked --note gone $seal
what=
back
run 0 device retire product/release $two --pub product/keys/release.pem --ledger units.db --cert product/ca/chain.pem \
    --key product/ca/issuing.key -o revoked --note gone -n $seal
cmp anchor/checkpoint.json old-anchor/checkpoint.json || fail "a dry run made a checkpoint"

# ---- refused, and nothing is recorded
refused() { # CODE STDERR ARG...
    code_wanted=$1 text=$2
    shift 2
    before=$(sqlite3 units.db "SELECT max(seq) FROM rotkit_entry")
    run "$code_wanted" $retire "$@"
    stderr_is "rotkit: $text"
    [ "$(sqlite3 units.db "SELECT max(seq) FROM rotkit_entry")" = "$before" ] || fail "something was recorded ($*)"
}
together="--checkpoint-key and --anchor go together
  see 'rotkit help ledger retire'"
refused 2 "$together" --checkpoint-key checkpoint.key
refused 2 "$together" --anchor anchor
refused 4 "--checkpoint-key: the key is public only and cannot sign" --checkpoint-key pub:checkpoint.pem --anchor anchor
key_of() {
    openssl pkey -pubin -in "$1" -outform DER | openssl dgst -sha256 -r | cut -c 1-16
}
refused 3 "anchor/checkpoint.json: signed by key $(key_of checkpoint.pem), expected $(key_of other.pem)" --checkpoint-key other.key --anchor anchor
run 0 $retire $seal
cp -r anchor ahead
back
text=$(older ahead)
refused 5 "${text#rotkit: }" \
    --checkpoint-key checkpoint.key --anchor ahead
# An anchor that cannot be looked at is not one without a checkpoint: that is known before anything is recorded.
: >no-folder
refused 7 'cannot look at "no-folder/checkpoint.json": Not a directory' --checkpoint-key checkpoint.key --anchor no-folder
