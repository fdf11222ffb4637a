# SPDX-License-Identifier: Apache-2.0
# A file that fills a partition or a slot: its header says where it ends, the padding is named, what is neither
# 0x00 nor 0xff is told, and the verdict stays. Key blobs are found in partitions and dumps, by inspect and by blob open.
. "$(dirname "$0")/lib.sh"
need jq perl cmp
V=$DATA/vectors/boot
rev=$DATA/vectors/ekb/eks-rev1.6
cp "$DATA"/vectors/ekb/eks/in/*.key .

run 0 pack tegra-bch -q -o bch payload="$V/inputs/mb2.bin" --set magic=MB2B
run 0 sign tegra-bch -q bch -o tegra-bch.good --key "$V/keys/p256.pem" --set experimental=oem-insert
perl -MDigest::SHA=sha512 -e 'my $f = "\0" x 0x2000; substr($f, $_, 4) = "BCTB" for 0, 0x1210;
    for ([0x1ac0, 0x170c, 0x1ac0], [0x1c4, 0x1200, 0x2000], [4, 0x44, 0x2000]) {
        substr($f, $_->[0], 64) = sha512(substr($f, $_->[1], $_->[2] - $_->[1]));
    } print $f' >bct
run 0 sign tegra-br-bct -q bct -o tegra-br-bct.good --key "$V/keys/p256.pem" --set experimental=oem-insert
run 0 pack fip -q -o fip tb-fw="$V/inputs/bl2.bin" soc-fw="$V/inputs/bl31.bin"
run 0 sign fip fip -o fip.good --key "$V/keys/p256.pem"
cp "$V/bup/bup_v3_4entries.bin" bup.good
cp "$V/capsule/bup_edk2.Cap" capsule.good
cp "$V/kernel/boot_signed.img" kernel-cms.good
cp "$V/kernel/boot_userkey.enc" kernel-encrypted.good
cp "$rev/t234_k1_sym_sym2_auth.img" ekb.good
cp "$DATA/vectors/tpm/log" eventlog.good

for good in *.good; do
    format=${good%.good}
    size=$(stat -c %s "$good")
    for byte in 00 ff; do
        { cat "$good"; head -c 70000 /dev/zero | perl -pe "s/\\0/\\x$byte/g"; } >$byte
        run 0 inspect --json $byte
        [ "$(jq -r .format "$out")" = "$format" ] || fail "$format: $(jq -r .format "$out")"
        jq -e --argjson at "$size" --arg byte "0x$byte" '[.map[].children[] | select(.offset == $at and
            .length == 70000 and .name == "padding" and .note == $byte)] | length == 1' "$out" >/dev/null ||
            fail "$format: the padding of 0x$byte is not named: $(jq -c '.map[].children[-1]' "$out")"
    done
    { cat "$good"; head -c 100 /dev/zero; printf 'an older update'; head -c 50 /dev/zero | tr '\0' '\377'; } >other
    run 0 inspect --json other
    at=$(printf '0x%x' $((size + 100)))
    case $(jq -r .integrity "$out") in
    *"; 15 bytes behind it at $at are no padding") ;;
    *) fail "$format: nobody tells the 15 bytes at $at: $(jq -r .integrity "$out")" ;;
    esac
    for asked in "" "--pub $V/keys/p256.pub.pem" "--ca $V/keys/cap_root.crt"; do
        # shellcheck disable=SC2086
        "$ROTKIT" verify --json --at 2024-06-01 $asked "$good" 00 ff other 2>/dev/null >"$out" || :
        [ "$(jq -r .outcome "$out" | sort | uniq -c | awk '{ print $1 }')" = 4 ] ||
            fail "$format $asked: the verdict depends on what stands behind it: $(jq -r .outcome "$out")"
    done
done

# ---- key blobs: revision 1.6 of the vendor's generator, alone, in a partition, behind the OEM's header, in a dump ----

for name in t234_k1_sym_sym2_auth t234_k1_ftpm_offline t234_k1_ftpm_online; do
    run 0 blob open --root-key oem_k1.key --json "$rev/$name.img"
    jq 'del(.offset, .length)' "$out" >alone
    { cat "$rev/$name.img"; head -c 200000 /dev/zero; } >partition
    { head -c 8193 /dev/urandom | tr N M; cat partition; } >dump
    run 0 pack tegra-bch -q -o headed payload="$rev/$name.img" --set magic=EKSB
    for place in partition:0 dump:8193 headed:8192; do
        run 0 inspect --json "${place%:*}"
        jq -e --argjson at "${place#*:}" '[.. | objects | select(.format == "ekb" and (.offset // 0) == $at)] | length == 1' \
            "$out" >/dev/null || fail "inspect does not find the key blob in ${place%:*}"
        run 0 blob open --root-key oem_k1.key --json "${place%:*}"
        [ "$(jq .offset "$out")" = "${place#*:}" ] || fail "${place%:*}: $(jq .offset "$out")"
        jq 'del(.offset, .length)' "$out" >found
        same "the key blob in ${place%:*}" alone found
    done
done
run 0 blob open --root-key oem_k1.key dump
head -n 1 "$out" >first
is first "place    0x2001, 2192 of 210385 bytes"

# Both slots hold it: told once. Slots that differ are told apart.
cat dump dump >both
run 0 blob open --root-key oem_k1.key --json both
[ "$(jq -c '[.offset, .copies]' "$out")" = '[8193,2]' ] || fail "copies: $(jq -c '[.offset, .copies]' "$out")"
{ cat dump "$rev/t234_k1_sym_sym2_auth.img"; } >differ
refuse 2 'rotkit: "differ": several key blobs, and they differ: --at OFFSET picks one
  at 0x2001, 2192 bytes
  at 0x335d1, 1028 bytes' \
    blob open --root-key oem_k1.key differ
run 0 blob open --root-key oem_k1.key --at 0x335d1 --json differ
[ "$(jq -r .fv "$out")" = 8f9b5c674f86073efe2268c53e78d28e ] || fail "--at opens another"
refuse 2 'rotkit: "differ": magic at offset 0x4 is not NVEKBP' blob open --root-key oem_k1.key --at 1 differ
refuse 2 'rotkit: "differ": --at: the file has 211413 bytes' blob open --root-key oem_k1.key --at 999999 differ
head -c 9000 dump >cut
refuse 2 'rotkit: "cut": no key blob inside' blob open --root-key oem_k1.key cut
