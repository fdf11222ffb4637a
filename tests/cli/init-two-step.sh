# SPDX-License-Identifier: Apache-2.0
# Two-step signing of what init writes, whose CA signs at random: what keys at hand signed in a round is kept in the round's
# folder, so that rounds end. Held by openssl; a hostile folder is refused, no secret is in it, a kill at any step goes on.
. "$(dirname "$0")/lib.sh"
. "$SOURCE/tests/support/rounds.sh"
need perl
shim=$BUILD/bin/disk_fault.so
[ -e "$shim" ] || skip "the fault library was not built"
unset SOURCE_DATE_EPOCH # as a user has it

sign() {
    sh "$SOURCE/examples/two-step/openssl.sh" round vault/*.key
}

# ---- each key away alone, then all; a release key of each kind
for kind in ed25519 p384 rsa3072; do
    rm -rf made
    run 0 init -q made
    run 0 key new -q --type $kind --public made/keys/release.pem made/keys/release.key
    sed -i '/^release:/,$s#^  \#key: $#  key: keys/release.key#' made/manifest.yaml
    [ $kind != rsa3072 ] || sed -i 's#^  \#scheme: $#  scheme: rsa-pss-sha256#' made/manifest.yaml
    grep -q '^  key: keys/release.key$' made/manifest.yaml || fail "no release key in the manifest"
    for away in "ca/issuing.key 1" "keys/release.key 1" "ca/issuing.key keys/release.key 2"; do
        what="$kind, away: $away"
        rm -rf p vault
        cp -rp made p
        # shellcheck disable=SC2086
        send_away p/manifest.yaml ${away% *}
        rounds p/manifest.yaml p/release sign
        [ "$rounds" -eq "${away##* }" ] || fail "$rounds rounds ($what)"
        run 0 verify --pub made/keys/release.pem p/release
        [ $kind = rsa3072 ] || openssl_holds p/release made/keys/release.pem made/ca/root.pem
        run 0 build --attach round p/manifest.yaml
        stderr_is 'rotkit: 4 devices, release "p/release": unchanged'
    done
done
what=
openssl dgst -sha256 -verify made/keys/release.pem -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest \
    -signature p/release/release.json.sig p/release/release.json >"$scratch/log" || fail "openssl does not hold release.json.sig"

# Exactly what init writes: no release key, the CA elsewhere.
rm -rf p vault
run 0 init -q p
send_away p/manifest.yaml ca/issuing.key
rounds p/manifest.yaml p/release sign
[ "$rounds" -eq 1 ] || fail "$rounds rounds"
run 0 verify p/release

# ---- the folder in hostile hands: the CA is here, the release key is not
rm -rf p vault round
cp -rp made p
send_away p/manifest.yaml keys/release.key
run 0 build -q --to-sign round p/manifest.yaml
mode_is 600 round/kept-signatures
run 0 build -q --to-sign round p/manifest.yaml # the same again, though the CA signs at random
for secret in p/keys/*.key p/devices/*.csv; do
    [ "$secret" != p/keys/release.key ] || continue
    hides "$(tail -n 1 "$secret" | tr -d '\r' | sed 's/.*,//; s/^0x//' | cut -c 1-32)" -r round
done
sign >"$scratch/log"
cp -rp round good
bad() { # CODE STDERR
    refuse "$1" "rotkit: $2" build -q --attach round p/manifest.yaml
    [ ! -e p/release ] || fail "a release was published ($what)"
    cp -p good/kept-signatures round/kept-signatures
}
cat >edit.pl <<'EOF2'
# edit.pl WHAT <FILE >FILE: the entries of kept-signatures, as sigkept.h has them
use strict; binmode STDIN; binmode STDOUT; local $/; my $all = <STDIN>; my $what = shift;
my $magic = "rotkit kept signatures 1\n"; die unless substr($all, 0, 25, "") eq $magic;
my $n = unpack("N", substr($all, 0, 4, "")); my @e;
for (1 .. $n) {
    my $e = { id => substr($all, 0, 64, "") };
    $e->{scheme} = substr($all, 0, unpack("C", substr($all, 0, 1, "")), "");
    $e->{sig} = substr($all, 0, unpack("n", substr($all, 0, 2, "")), "");
    push @e, $e;
}
die if length $all or $n < 2;
my $tail = "";
if ($what eq "other-message") { ($e[0]{sig}, $e[1]{sig}) = ($e[1]{sig}, $e[0]{sig}) }
elsif ($what =~ /^by:([0-9a-f]+):(.*)/) { open F, "<", $2 or die; binmode F; my $sig = <F>;
    my @hit = grep { unpack("H*", substr($_->{id}, 32)) eq $1 } @e; die "no $1" unless @hit == 1; $hit[0]{sig} = $sig }
elsif ($what eq "twice") { push @e, $e[0] }
elsif ($what eq "none") { $e[0]{sig} = "" }
elsif ($what eq "scheme") { $e[0]{scheme} = "rot13" }
elsif ($what eq "tail") { $tail = "x" }
elsif ($what eq "stuffed") { push @e, { id => "x" x 64, scheme => "ed25519", sig => "y" x 64 } }
elsif ($what eq "empty") { @e = () }
print $magic, pack("N", $what eq "many" ? 4000000000 : scalar @e);
print $_->{id}, pack("C/a n/a", $_->{scheme}, $_->{sig}) for @e;
print $tail;
EOF2
edit() {
    what=$1
    perl edit.pl "$1" <good/kept-signatures >round/kept-signatures
}
gone='"round": nothing asks for signature 000001 (release.json) any more: the input is not that of the round before
  bring the input back, or remove the folder and start again'
wrong() {
    run 3 build -q --attach round p/manifest.yaml
    sed 's/device [0-9a-f]*: EK L-[12]/device ...: EK .../' "$err" >found
    is found 'rotkit: device ...: EK ...: "round/kept-signatures": a signature in it is not by its key (ecdsa-sha384): somebody changed it
  remove the folder and start again'
    [ ! -e p/release ] || fail "a release was published ($what)"
    cp -p good/kept-signatures round/kept-signatures
}
edit same
cmp round/kept-signatures good/kept-signatures || fail "edit.pl reads another form"
what=
edit other-message
wrong
# By somebody else's key, over the very bytes of a certificate of this build.
jq -r '.items[] | select(.what == "release.json") | .file' round/index.json >found
is found 000001.bin
cp -rp p done
cp -rp round rounds-done
run 0 build -q -o done/release --attach round p/manifest.yaml
cert=$(find done/release/devices -name 'ek-cert-*.der' | head -n 1)
openssl asn1parse -inform DER -in "$cert" -strparse 4 -noout -out tbs
run 0 key new -q --type p384 other.key
openssl dgst -sha384 -sign other.key -out other.sig tbs
edit "by:$(openssl dgst -sha256 -r tbs | cut -c 1-64):other.sig"
wrong
edit none
bad 2 '"round/kept-signatures": an unknown scheme, or no signature, before offset 108'
edit scheme
run 2 build -q --attach round p/manifest.yaml
grep -q '"round/kept-signatures": an unknown scheme, or no signature, before offset' "$err" || fail "$(cat "$err")"
edit twice
bad 2 '"round/kept-signatures": two signatures of one message'
edit tail
bad 2 "\"round/kept-signatures\": trailing data at offset 0x$(printf %x "$(stat -c %s good/kept-signatures)"): 1 left"
edit many
bad 2 '"round/kept-signatures": says that it has more signatures than fit in'
what="cut short"
size=$(stat -c %s good/kept-signatures)
for len in 0 24 28 60 $((size - 1)); do
    head -c $len good/kept-signatures >round/kept-signatures
    run 2 build -q --attach round p/manifest.yaml
    grep -q '^rotkit: "round/kept-signatures": ' "$err" || fail "$(cat "$err")"
done
what="a flipped bit"
at=29
while [ $at -lt "$size" ]; do
    cp -p good/kept-signatures round/kept-signatures
    flip round/kept-signatures $at
    code=0
    "$ROTKIT" build -q --attach round p/manifest.yaml >"$out" 2>"$err" </dev/null || code=$?
    case $code in 2 | 3) ;; *) fail "exit $code behind a flipped bit at $at: $(cat "$err")" ;; esac
    [ ! -e p/release ] || fail "a release was published behind a flipped bit at $at"
    at=$((at + 83))
done
# What nobody asks for is of no use; without what was kept the signature from elsewhere is of none.
what="nothing kept"
edit empty
bad 2 "$gone"
rm round/kept-signatures
refuse 2 "rotkit: $gone" build -q --attach round p/manifest.yaml
edit stuffed
run 0 build -q --attach round p/manifest.yaml
run 0 verify --pub made/keys/release.pem p/release
diff -r p/release done/release >&2 || fail "what was stuffed in changes the release"
what=

# ---- the same message twice, by two threads: one signature
printf '\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\3\0\267\0x' >ta.elf
run 0 key new -q --type rsa2048 ta.key
cat >twins.yaml <<'YAML'
rotkit: 1
product: twins
platform: t234
components: { elf: ta.elf }
images:
  one.ta: { format: optee-ta, parts: { elf: elf }, set: { uuid: bc50d971-d4c9-42c4-82cb-343fb7f37896 }, sign: { key: ta.key } }
  two.ta: { format: optee-ta, parts: { elf: elf }, set: { uuid: bc50d971-d4c9-42c4-82cb-343fb7f37896 }, sign: { key: ta.key } }
release: { path: twins, key: "pub:made/keys/release.pem" }
YAML
rounds twins.yaml twins sign
[ "$rounds" -eq 1 ] || fail "$rounds rounds for twins"
cmp twins/images/one.ta twins/images/two.ta || fail "the twins differ"

# ---- killed at every thirteenth step, in the first round and in those behind it
rm -rf p vault round
cp -rp made p
sed -i '3,$d' p/devices/*.csv
send_away p/manifest.yaml ca/issuing.key keys/release.key
killed() { # STEP ARG...
    step=$1
    shift
    code=0
    ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0 LD_PRELOAD=$shim DISK_FAULT_KILL=$step \
        "$ROTKIT" build -q "$@" p/manifest.yaml >"$out" 2>"$err" </dev/null || code=$?
    [ $code -eq 137 ] || [ $code -eq 0 ] || fail "killed at step $step: exit $code: $(cat "$err")"
}
# turn ROUND ARG...: a run that is killed, and the same again unless it was done; the folder is of this round then
turn() {
    killed $step "$2" "$3"
    [ $code -eq 0 ] || kills=$((kills + 1)) left=yes
    if [ ! -e round ] || [ "$(jq .round round/index.json)" -lt "$1" ] || [ "$1" -eq 3 ]; then
        run 0 build -q "$2" "$3" p/manifest.yaml
    fi
    [ "$1" -eq 3 ] || [ "$(jq .round round/index.json)" -eq "$1" ] || fail "not round $1 ($what)"
    [ ! -e p/release ] || [ "$1" -eq 3 ] || fail "a release in round $1 ($what)"
    sign >"$scratch/log"
}
kills=0
step=1
left=yes
while [ $left = yes ]; do
    what="killed at step $step"
    left=no
    rm -rf round p/release
    turn 1 --to-sign round
    turn 2 --attach round
    turn 3 --attach round
    run 0 verify --pub made/keys/release.pem p/release
    step=$((step + 13))
done
[ $kills -gt 5 ] || fail "$kills kills only"
