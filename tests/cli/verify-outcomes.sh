# SPDX-License-Identifier: Apache-2.0
# verify tells every operand and exits with the gravest; JSON and HTML have the same outcomes, of the file and of each node.
. "$(dirname "$0")/lib.sh"
need jq openssl perl fdtput
V=$DATA/vectors/boot
K=$V/keys

openssl pkey -in "$K/rsa3072.pem" -pubout -out pub.pem
run 0 pack optee-ta -o plain.ta elf="$V/inputs/ta.elf" --set uuid=8aaaf200-2450-11e4-abe2-0002a5d5c51b
run 0 sign optee-ta plain.ta -o good.ta --key "$K/rsa3072.pem"
run 0 sign optee-ta plain.ta -o other.ta --key "$K/rsa2048.pem"
head -c 100 good.ta >cut.ta
perl -0777 -pe 'substr($_, -1) ^= "\x01"' good.ta >changed.ta
sealed=$V/optee/ta_encrypted.ta
openssl pkey -in "$K/rsa2048.pem" -pubout -out sealed.pem

# each CODE FILE...: under one key, in this order, one line each
each() {
    wanted=$1
    shift
    run "$wanted" verify --pub pub.pem "$@"
    told=$(cat "$out" "$err" | grep -c '^rotkit: \|: optee-ta: hash ok')
    [ "$told" -eq $# ] || fail "$# operands, $told told: $(cat "$out" "$err")"
}
run 8 verify --pub sealed.pem $sealed
stderr_is "rotkit: $sealed: optee-ta: could not be checked: hash and GCM tag: needs the encryption key: --key"
stdout_is ""
cp $sealed sealed.ta
each 0 good.ta good.ta
each 2 good.ta cut.ta good.ta
each 3 cut.ta other.ta absent good.ta
each 3 absent changed.ta
each 7 cut.ta absent good.ta
each 7 absent cut.ta
run 8 verify --pub sealed.pem sealed.ta other.ta
stdout_is 'other.ta: optee-ta: hash ok; not signed: 0x34-0x133; signer: the key given (rsa-pss-sha256)'
run 2 verify --pub sealed.pem sealed.ta cut.ta
run 3 verify --pub sealed.pem sealed.ta cut.ta good.ta
stderr_is 'rotkit: sealed.ta: optee-ta: could not be checked: hash and GCM tag: needs the encryption key: --key
rotkit: cut.ta: optee-ta: cut short at offset 0x34: 384 wanted, 48 left
rotkit: good.ta: optee-ta: the signature does not hold'

# ---- JSON: one line an operand, whatever it came to
run 3 verify --json --pub sealed.pem sealed.ta cut.ta good.ta other.ta absent
jq -r '[.path, .outcome, (.needs // [] | join(" "))] | join("|")' "$out" >told
is told 'sealed.ta|unknown|--key
cut.ta|unreadable|
good.ta|fails|
other.ta|holds|
absent|unreadable|'
jq -r '.error.code' "$err" | xargs >told
is told '8 2 3 7'
jq -es '.[0].message | endswith("needs the encryption key: --key")' "$out" >/dev/null ||
    fail "$(cat "$out")"
# Every node has an outcome, and what is unknown for want of a key says which.
jq -r 'select(.map) | .path as $p | .map[] | recurse(.children[]?) | "\($p) \(.name) \(.outcome) \(.needs // [] | join(" "))"' "$out" >nodes
grep -q ' null ' nodes && fail "$(cat nodes)"
grep -qx 'sealed.ta image, encrypted unknown --key' nodes || fail "$(cat nodes)"
grep -qx 'other.ta image holds ' nodes || fail "$(cat nodes)"
grep 'other.ta .* unknown' nodes && fail "$(cat nodes)"
grep -qx 'good.ta image fails ' nodes || fail "$(cat nodes)"
jq -c 'select(.path == "other.ta") | .open' "$out" >told
is told '[{"offset":52,"length":256}]'
run 0 inspect --json good.ta
jq -r '.map[] | recurse(.children[]?) | .outcome' "$out" | sort -u | xargs >told
is told 'holds unknown'

# ---- HTML: green, red, grey
colours() { # of the boxes, by name
    perl -ne 'while (/<rect class="region".*?fill="hsl\((\d+) (\d+)%.*?<title>(.*?), 0x.*?: (\w+)<\/title>/g) {
        print "$3 ", $2 == 0 ? "grey" : $1 == 120 ? "green" : $1 == 0 ? "red" : "another", " $4\n" }' "$1"
}
run 0 verify --pub sealed.pem --html page.html other.ta
colours page.html >told
is told 'shdr green holds
hash green holds
signature green holds
shdr_bootstrap_ta green holds
image green holds'
run 3 verify --pub pub.pem --html page.html other.ta
grep -qF '<h1>other.ta: fails: other.ta: optee-ta: ' page.html || fail "no verdict: $(head -c 900 page.html)"
colours page.html >told
is told 'shdr grey unknown
hash grey unknown
signature grey unknown
shdr_bootstrap_ta red fails
image red fails'
run 8 verify --pub sealed.pem --html page.html sealed.ta
colours page.html | grep -qx 'image, encrypted grey unknown' || fail "$(colours page.html)"
# What is changed without a key is drawn too.
run 3 verify --html page.html changed.ta
colours page.html >told
is told 'shdr red fails
hash red fails
signature red fails
shdr_bootstrap_ta red fails
image red fails'
run 3 verify --json changed.ta
jq -c '[.outcome, .map[0].outcome]' "$out" >told
is told '["fails","fails"]'
refuse 2 "rotkit: --html is for one file
  see 'rotkit help verify'" verify --html page.html other.ta good.ta

# ---- what is asked for and not given is named, and is no wrong call: signed by whom, with nobody named
echo 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f >sym.key
# ---- a key for what is not encrypted is heeded by nothing: a wrong call
refuse 2 "rotkit: $V/uefi/min_aarch64.signed.efi: verify uefi-pe does not heed --key here" \
    verify --key sym.key "$V/uefi/min_aarch64.signed.efi"
refuse 2 "rotkit: $V/capsule/bup_edk2.Cap: verify capsule does not heed --key here" \
    verify --key sym.key "$V/capsule/bup_edk2.Cap"
refuse 8 "rotkit: $V/fit/kernel.fit: fit: could not be checked: who signed: needs the signer's public key: --pub" \
    verify --ca "$V/uefi/db.crt" "$V/fit/kernel.fit"
refuse 8 "rotkit: $V/kernel/boot.img.sig: kernel-cms: could not be checked: the detached signature: needs the file that it is over: --with content=FILE" \
    verify --ca "$V/uefi/db.crt" "$V/kernel/boot.img.sig"
refuse 8 "rotkit: $V/kernel/boot_userkey.enc: kernel-encrypted: could not be checked: GCM tag and the signature inside: needs the encryption key: --key" \
    verify --ca "$V/uefi/db.crt" "$V/kernel/boot_userkey.enc"
# With both, the signature inside is checked too.
run 0 verify --key sym.key --ca "$V/uefi/db.crt" "$V/kernel/boot_userkey.enc"
refuse 3 "rotkit: $V/kernel/boot_userkey.enc: kernel-encrypted: inside: kernel-cms: certificate \"CN=rotkit test db\": is self-signed and not among those trusted" \
    verify --key sym.key --ca "$V/uefi/PK.crt" "$V/kernel/boot_userkey.enc"

# ---- what a consumer loads must be signed by somebody: an image that no configuration names, a PE section, ...
run 0 pack fit -o two.fit kernel="$V/inputs/kernel.bin" ramdisk="$V/inputs/bl31.bin"
fdtput -d two.fit /configurations/conf-1 ramdisk
run 0 sign fit two.fit -o loose.fit --key "$K/rsa2048.pem"
run 3 verify --pub sealed.pem loose.fit
at=$(perl -0777 -e 'local $/; open F, "<", shift; $f = <F>; open G, "<", shift; $g = <G>; printf "0x%x", index $f, $g' \
    loose.fit "$V/inputs/bl31.bin")
stderr_is "rotkit: loose.fit: fit: \"ramdisk-1\" at $at is loaded, and no signature that was checked covers it"
# What the format leaves open is listed and does not fail: a PE's checksum, the name of its certificate table, the table.
openssl pkey -in "$K/db.key" -pubout -out db.pub
run 0 verify --json --pub db.pub "$V/uefi/min_aarch64.signed.efi"
jq -c '[.outcome, .open[0:2]]' "$out" >told
# Microsoft's PE Format: 24 bytes behind e_lfanew the optional header, in it CheckSum at 64, and in PE32+ the fifth directory at 144
pe=$(perl -0777 -ne 'print 24 + unpack "V", substr $_, 60, 4' "$V/uefi/min_aarch64.signed.efi")
is told "[\"holds\",[{\"offset\":$((pe + 64)),\"length\":4},{\"offset\":$((pe + 144)),\"length\":8}]]"
perl -0777 -pe "substr(\$_, $pe + 64, 1) ^= \"\\x01\"" "$V/uefi/min_aarch64.signed.efi" >sum.efi
run 0 verify --pub db.pub sum.efi

# ---- a PE whose certificate has no anchor: its issuer is neither inside nor named, so nobody can tell whom it leads to
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -days 30 -subj /CN=issuing 2>/dev/null
echo 'keyUsage=digitalSignature' >extensions
openssl req -new -key "$K/rsa3072.pem" -subj /CN=signing 2>/dev/null |
    openssl x509 -req -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -extfile extensions -out leaf.crt 2>/dev/null
cat leaf.crt ca.crt >chain.crt
for with in leaf chain; do
    run 0 sign uefi-pe "$V/uefi/min_aarch64.efi" -o $with.efi --key "$K/rsa3072.pem" --cert $with.crt
    run 0 verify --ca ca.crt $with.efi
    run 0 verify --pub pub.pem $with.efi
done
refuse 8 "rotkit: leaf.efi: uefi-pe: could not be checked: who issued the signer's certificate: needs the certificate: --ca" \
    verify --ca "$V/uefi/PK.crt" leaf.efi
run 8 verify --json --ca "$V/uefi/PK.crt" leaf.efi
jq -c '[.outcome, .needs]' "$out" >told
is told '["unknown",["--ca"]]'
# One that brings its chain leads elsewhere, and so does one that is its own issuer; a changed byte is found all the same.
run 3 verify --ca "$V/uefi/PK.crt" chain.efi
run 3 verify --ca "$V/uefi/PK.crt" "$V/uefi/min_aarch64.signed.efi"
perl -0777 -pe 'substr($_, 0x420, 1) ^= "\x01"' leaf.efi >changed.efi
run 3 verify --ca "$V/uefi/PK.crt" changed.efi
run 3 verify --ca ca.crt --pub sealed.pem leaf.efi

# ---- a signature over a weak digest covers nothing: AVB, its hash descriptor made anew by SHA-1 and signed by openssl
perl -MDigest::SHA=sha1,sha256 -0777 -e '
    open F, "<", shift; $f = <F>;
    ($size, $v) = unpack "Q>Q>", substr $f, -52, 16;
    ($auth, $aux_len) = unpack "Q>Q>", substr $f, $v + 12, 16;
    $aux = $v + 256 + $auth;
    $d = $aux + unpack "Q>", substr $f, $v + 96, 8;
    die "the first descriptor is no hash" unless unpack("Q>", substr $f, $d, 8) == 2;
    ($name, $salt) = unpack "NN", substr $f, $d + 56, 8;
    substr($f, $d + 24, 32) = "sha1" . "\0" x 28;
    substr($f, $d + 64, 4) = pack "N", 20;
    substr($f, $d + 132 + $name + $salt, 20) = sha1(substr($f, $d + 132 + $name, $salt) . substr $f, 0, $size);
    $covered = substr($f, $v, 256) . substr $f, $aux, $aux_len;
    substr($f, $v + 256 + unpack("Q>", substr $f, $v + 32, 8), 32) = sha256($covered);
    open G, ">", "covered"; print G $covered;
    open H, ">", "at"; print H $v + 256 + unpack "Q>", substr $f, $v + 48, 8;
    print $f' "$V/avb/boot.img" >weak.img
openssl dgst -sha256 -sign "$K/rsa2048.pem" -out sig covered
dd if=sig of=weak.img bs=1 seek="$(cat at)" conv=notrunc 2>/dev/null
run 0 verify --pub sealed.pem "$V/avb/boot.img"
run 0 verify weak.img
run 0 verify --pub sealed.pem --allow-weak sha1 weak.img
run 3 verify --pub sealed.pem weak.img
grep -q "^rotkit: weak.img: avb: the image's digest: " "$err" || fail "$(cat "$err")"
