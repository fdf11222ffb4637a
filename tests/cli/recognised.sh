# SPDX-License-Identifier: Apache-2.0
# What looks like one thing and is another is said to be that, and not called damaged: inputs of the BSP's signing, T194
# headers, event logs, malformed files inside containers; entries of a package as UEFI chooses among them.
. "$(dirname "$0")/lib.sh"
need jq perl
V=$DATA/vectors/boot

# ---- an input of the BSP's signing, such as nvdec_t234_prod.fw: a header whose digests are all zero ----

run 0 pack tegra-bch -q -o bch payload="$V/inputs/mb2.bin" --set magic=NDEC
perl -0777 -pe 'for my $at (0x4, 0x50, 0x1460, 0x1f30) { substr($_, $at, 64) = "\0" x 64 }' bch >nvdec
run 0 inspect nvdec
[ "$(tail -n 1 "$out")" = "digests that are not filled in yet, as in an input of the BSP's signing, no OEM signature" ] ||
    fail "$(tail -n 1 "$out")"
run 8 verify nvdec
stderr_is "rotkit: nvdec: tegra-bch: could not be checked: OuterDigest: it is not filled in yet
  InnerDigest: it is not filled in yet
  the component's digest: it is not filled in yet
  the stage 1 digest: it is not filled in yet"
run 8 verify --json nvdec
jq -e '.outcome == "unknown" and (has("needs") | not)' "$out" >/dev/null || fail "needs: $(jq -c .needs "$out")"
refuse 3 'rotkit: nvdec: tegra-bch: no OEM signature at 0x90 (experimental offset)' verify --pub "$V/keys/p256.pub.pem" nvdec
refuse 3 "rotkit: \"nvdec\": sign tegra-bch: the component's digest: it is not filled in yet
  pack tegra-bch payload=FILE header=THIS fills the digests in" \
    sign tegra-bch nvdec -o x --key "$V/keys/p256.pem" --set output=sig
run 0 pack tegra-bch -q -o filled payload="$V/inputs/mb2.bin" header=nvdec
cmp filled bch || fail "filled in, it is another file"
# A digest that is there and does not hold is damage, beside others that are not there.
perl -0777 -pe 'substr($_, 0x50, 1) = "\1"' nvdec >damaged
run 3 verify damaged

# The boot ROM's table before signing.
perl -e 'my $f = "\0" x 0x2000; substr($f, $_, 4) = "BCTB" for 0, 0x1210; print $f' >bct
run 0 inspect bct
[ "$(tail -n 1 "$out")" = "digests that are not filled in yet, as in an input of the BSP's signing, no OEM signature (experimental offsets)" ] ||
    fail "$(tail -n 1 "$out")"
refuse 8 "rotkit: bct: tegra-br-bct: could not be checked: digest at 0x1ac0 over [0x170c, 0x1ac0): it is not filled in yet
  digest at 0x1c4 over [0x1200, 0x2000): it is not filled in yet
  digest at 0x4 over [0x44, 0x2000): it is not filled in yet" \
    verify bct

# ---- T194: another header of the same magic ----

perl -MDigest::SHA=sha256 -e 'local $/; my $payload = <>; my $f = "\0" x 0x1000;
    sub put { substr($f, $_[0], length $_[1]) = $_[1] }
    put(0, "NVDA"); put(0xba0, pack "V", 1); put(0xef0, pack "V", 1);
    put($_, "CPBL" . pack "V3", length $payload, 0x96000000, 0x96000040) for 0xbb0, 0xf00;
    put($_, sha256 $payload) for 0xbe0, 0xf20;
    print $f, $payload' "$V/inputs/bl33.bin" >t194
run 0 inspect --json t194
jq -e '.format == "tegra-t194" and ([.. | objects | select(.name == "entry") | .note] == ["0x96000040", "0x96000040"])
    and ([.map[].children[] | select(.name == "payload CPBL")][0] | .offset == 4096 and .length == 5000 and
        .digest == "component digest (SHA-256)")' "$out" >/dev/null || fail "T194: $(cat "$out")"
case $(jq -r .integrity "$out") in "T194 (Xavier): "*) ;; *) fail "$(jq -r .integrity "$out")" ;; esac
perl -0777 -pe 'substr($_, 0x10, 4) = "sign"' t194 >signed
refuse 8 'rotkit: signed: tegra-t194: could not be checked: who signed: the form of a signature of T194 is not public' \
    verify --pub "$V/keys/p256.pub.pem" signed
refuse 3 'rotkit: t194: tegra-t194: is not signed' verify --pub "$V/keys/p256.pub.pem" t194

# ---- an event log, and the area that firmware keeps for it ----

{ cat "$DATA/vectors/tpm/log"; head -c 65000 /dev/zero; } >area
run 0 inspect --json area
jq -e '.format == "eventlog" and ([.map[].children[].name] | map(select(test("EV_IPL"))) | length == 4) and
    (.map[].children[-1] | .name == "padding" and .length == 65000)' "$out" >/dev/null || fail "the log: $(jq -c . "$out")"

# ---- a container with a file inside that cannot be read: a note; 8, for nothing vouches for its bytes ----

run 0 pack fip -q -o fip tb-fw="$V/inputs/bl2.bin"
head -c 40 fip >broken # the package's table has no end
{ cat broken; head -c 100 /dev/zero | tr '\0' '\1'; } >inner
run 2 inspect inner
run 0 pack bup -q -o bup mb2/36.4.0/0="$V/inputs/mb2.bin" mb1/36.4.0/0=inner
run 0 inspect --json bup
jq -e '[.map[].children[] | select(.name == "mb1") | .note] | length == 1 and (.[0] | test("^looks like fip: "))' "$out" \
    >/dev/null || fail "no note: $(jq -c '.map[].children[]' "$out")"
run 8 verify bup
grep -q '^rotkit: bup: bup: could not be checked: mb1 at 0x' "$err" || fail "$(cat "$err")"
run 0 pack capsule -q -o cap payload=bup --set version=1
cat "$V/keys/cap_sign.crt" "$V/keys/cap_sub.crt" >signer.pem
run 0 sign capsule cap -o signed.cap --key "$V/keys/cap_sign.key" --cert signer.pem
run 0 verify --ca "$V/keys/cap_root.crt" --at 2026-06-01 signed.cap # there the capsule's signature does
run 0 pack qspi -q -o flash layout="$SOURCE/examples/jetson-product/flash_qspi.xml" A_mb2=bch A_nvdec=nvdec A_sc7=inner A_eks=t194
run 0 inspect --json flash
for part in A_mb2:tegra-bch A_nvdec:tegra-bch A_eks:tegra-t194; do
    jq -e --arg name "${part%:*}" --arg format "${part#*:}" '[.map[].children[] | select(.name == $name)][0].format == $format' \
        "$out" >/dev/null || fail "${part%:*}: $(jq -c --arg name "${part%:*}" '.map[].children[] | select(.name == $name)' "$out")"
done
jq -r '.map[].children[] | select(.name == "A_sc7") | .note' "$out" | grep -q '; looks like fip: ' || fail "A_sc7 has no note"
run 8 verify flash
grep -q 'A_nvdec: OuterDigest: it is not filled in yet' "$err" || fail "$(cat "$err")"
grep -q 'A_sc7 at 0xba0000: ' "$err" || fail "$(cat "$err")"
flip flash $((0x422010))
run 3 verify flash

# ---- which entry UEFI takes (edk2-nvidia, FwPackageGetImageIndex): one without a TNSPEC is a fallback ----

board=3767-300-0005-T.1-1-1-jetson-orin-nano-devkit-
compat=3767-000-0005--1--jetson-orin-nano-devkit-
full=3767-300-0005--1--jetson-orin-nano-devkit-
taken() { # WANTED ENTRY...: the tnspec of what would be installed, were there the other images
    wanted=$1
    shift
    set -- "$@"
    run 0 pack bup -q -o order.bup --set version=36.4.0 "$@"
    run 3 match order.bup --board $board --compat $compat --json
    [ "$(jq -r '.entries[] | select(.install) | .tnspec' "$out")" = "$wanted" ] || fail "$*: $(jq -c .entries "$out")"
}
p=$V/inputs/mb2.bin n=mb2/36.4.0/0
taken "$full" "$n/=$p" "$n/$full=$p"
taken "$full" "$n/$full=$p" "$n/=$p"
taken "$compat" "$n/$compat=$p" "$n/=$p"
taken "" "$n/=$p" "$n/$compat=$p"
taken "$full" "$n/$compat=$p" "$n/=$p" "$n/$full=$p"
