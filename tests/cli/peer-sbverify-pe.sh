# SPDX-License-Identifier: Apache-2.0
# Do sbverify and osslsigncode hold the signatures that rotkit puts into EFI programs, for every key
# type and both PE forms, on real programs too? And does rotkit hold what sbsign signed?
. "$(dirname "$0")/lib.sh"
need openssl sbsign sbverify pesign perl

uefi=$DATA/vectors/boot/uefi
db="--key $DATA/vectors/boot/keys/db.key --cert $uefi/db.crt"

# Debian 12's own osslsigncode, 2.5, refuses sbsign's signatures too: it wants a time stamp.
second_judge=
osslsigncode --version 2>/dev/null | grep -qE 'osslsigncode (2\.9|2\.[1-9][0-9]|[3-9])' && second_judge=yes

# judge CERT FILE: sbverify, and a newer osslsigncode where it is there
judge() {
    sbverify --cert "$1" "$2" >judged 2>&1 || { cat judged >&2; fail "sbverify refuses $2"; }
    if [ -n "$second_judge" ]; then
        osslsigncode verify -CAfile "$1" "$2" >judged 2>&1 || { cat judged >&2; fail "osslsigncode refuses $2"; }
        # it computes the checksum anew and says both where they differ
        grep -qi 'Calculated PE checksum.*MISMATCH' judged && fail "$2: osslsigncode finds another checksum"
    fi
    return 0
}

# both_ways NAME FILE: ours by the judges, sbsign's by us, and one byte of each
both_ways() {
    run 0 sign $db uefi-pe "$2" -o "ours-$1.efi"
    judge "$uefi/db.crt" "ours-$1.efi"
    sbsign --key "$DATA/vectors/boot/keys/db.key" --cert "$uefi/db.crt" --output "theirs-$1.efi" "$2" 2>/dev/null ||
        fail "sbsign: $2"
    run 0 verify --ca "$uefi/db.crt" "theirs-$1.efi"
    run 0 verify --ca "$uefi/db.crt" "ours-$1.efi"
    run 0 inspect "ours-$1.efi"
    grep -q 'CheckSum.*wrong' "$out" && fail "$1: our own checksum is wrong on reading"
    run 3 verify --ca "$uefi/KEK.crt" "ours-$1.efi"
}

judge "$uefi/db.crt" "$uefi/min_aarch64.signed.efi"
both_ways min "$uefi/min_aarch64.efi"

# Length 5 above a multiple of 8: zeros go between, and are signed.
{ cat "$uefi/min_aarch64.efi" && printf trail; } >odd.efi
both_ways odd odd.efi
[ "$(($(stat -c %s ours-odd.efi) % 8))" -eq 0 ] || fail "not padded to 8"

# PE32: the optional header without BaseOfData and with 32-bit words, so directories start at 96.
perl -0777 -pe '
    substr($_, 0x44, 2) = pack("v", 0x14c);
    substr($_, 0x54, 2) = pack("v", 224);
    substr($_, 0x58, 2) = pack("v", 0x10b);
    substr($_, 0x58 + 92, 4) = pack("V", 16);
    substr($_, 0x58 + 108, 4) = pack("V", 0);
    substr($_, 0x138, 40) = substr($_, 0x148, 40);
    substr($_, 0x160, 16) = "\0" x 16' "$uefi/min_aarch64.efi" >pe32.efi
both_ways pe32 pe32.efi
run 0 inspect ours-pe32.efi
grep -q 'optional header  PE32$' "$out" || fail "PE32 is not named"

# A gap between headers and section: sbsign digests as Authenticode says, so do we; we sign none.
perl -0777 -pe 'substr($_, 0x15c, 4) = pack("V", 0x500); substr($_, 0x400, 0) = "\0" x 256' \
    "$uefi/min_aarch64.efi" >gap.efi
sbsign --key "$DATA/vectors/boot/keys/db.key" --cert "$uefi/db.crt" --output theirs-gap.efi gap.efi 2>/dev/null
run 0 verify --ca "$uefi/db.crt" theirs-gap.efi
refuse 2 'rotkit: "gap.efi": sign uefi-pe: 256 bytes between headers and sections would be signed by nothing' \
    sign $db uefi-pe gap.efi -o no.efi

# Two signatures, whoever adds the second: either signer is found, by the judges and by us; a third is not.
sbsign --key "$DATA/vectors/boot/keys/KEK.key" --cert "$uefi/KEK.crt" --output theirs-two.efi ours-min.efi 2>/dev/null
run 0 sign --key "$DATA/vectors/boot/keys/KEK.key" --cert "$uefi/KEK.crt" uefi-pe theirs-min.efi -o ours-two.efi
for two in theirs-two.efi ours-two.efi; do
    for cert in db KEK; do
        run 0 verify --ca "$uefi/$cert.crt" $two
        sbverify --cert "$uefi/$cert.crt" $two >judged 2>&1 || { cat judged >&2; fail "sbverify: $two by $cert"; }
    done
    run 3 verify --ca "$uefi/PK.crt" $two
    sbverify --list $two 2>&1 | grep -q '^signature 2' || fail "sbverify: one signature in $two"
done
# replace=yes leaves one, and a signature of another image is not built upon.
run 0 sign $db uefi-pe ours-two.efi -o one.efi --set replace=yes
cmp one.efi ours-min.efi || fail "replace=yes keeps something"
cp ours-min.efi changed.efi
flip changed.efi 1100
refuse 3 'rotkit: "changed.efi": sign uefi-pe: signature 1 of 1, which is there already: Authenticode digest (SHA256) of headers, sections and what follows them up to 0x600 does not hold
  replace=yes drops the signatures that are there' sign $db uefi-pe changed.efi -o no.efi
pesign -S -i ours-two.efi >judged 2>&1 || { cat judged >&2; fail "pesign reads no signatures of ours"; }
[ "$(grep -c "common name is rotkit test" judged)" -eq 2 ] || { cat judged >&2; fail "pesign: not two signatures"; }

# Other keys: RSA-3072, P-256.
for key in rsa3072 p256; do
    openssl req -x509 -new -key "$DATA/vectors/boot/keys/$key.pem" -subj "/CN=rotkit test $key" -days 30000 \
        -out "$key.crt" 2>/dev/null
    run 0 sign --key "$DATA/vectors/boot/keys/$key.pem" --cert "$key.crt" uefi-pe "$uefi/min_aarch64.efi" -o "$key.efi"
    judge "$key.crt" "$key.efi"
    run 0 verify --pub "$DATA/vectors/boot/keys/$key.pub.pem" "$key.efi"
done

# A chain: the file holds signer and intermediate, the judge knows the root alone.
cat "$DATA/vectors/boot/keys/cap_sign.crt" "$DATA/vectors/boot/keys/cap_sub.crt" >chain.pem
run 0 sign --key "$DATA/vectors/boot/keys/cap_sign.key" --cert chain.pem uefi-pe "$uefi/min_aarch64.efi" -o chain.efi
run 0 verify --ca "$DATA/vectors/boot/keys/cap_root.crt" chain.efi
judge "$DATA/vectors/boot/keys/cap_root.crt" chain.efi

# Real programs: Debian's efitools.
count=0
for file in /usr/lib/efitools/*/H*.efi /usr/lib/efitools/*/KeyTool.efi; do
    [ -f "$file" ] || continue
    both_ways "$(basename "$file" .efi)" "$file"
    count=$((count + 1))
done
[ "$count" -gt 0 ] || skip "efitools' programs are absent"
