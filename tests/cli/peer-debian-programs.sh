# SPDX-License-Identifier: Apache-2.0
# Programs and images of Debian packages, unpacked: what is of a format of ours is recognised, and holds, as sbverify says.
# slow: fetches packages, of another architecture too
. "$(dirname "$0")/lib.sh"
need sbverify openssl jq perl dpkg-deb apt-get
J=$SOURCE/build/judges
sh "$SOURCE/scripts/debian-foreign.sh" amd64 "$J/programs-amd64" shim-unsigned shim-signed shim-helpers-amd64-signed \
    grub-efi-amd64-signed fwupd-amd64-signed systemd-boot-efi >fetched 2>&1 &&
    sh "$SOURCE/scripts/debian-foreign.sh" arm64 "$J/programs-arm64" shim-signed grub-efi-arm64-signed fwupd-arm64-signed \
        systemd-boot-efi >fetched 2>&1 ||
    skip "packages cannot be fetched: $(tail -n 1 fetched)"
ca=$J/programs-amd64/usr/share/shim/debian-uefi-ca.der
openssl x509 -inform DER -in "$ca" -out ca.pem
run 0 inspect --json "$ca"
[ "$(jq -r .format "$out")" = x509 ] || fail "Debian's certificate is a $(jq -r .format "$out")"
run 0 verify --ca ca.pem "$ca"

programs=0 debian=0
find "$J/programs-amd64" "$J/programs-arm64" -type f -size +1k | sort >files
while read -r file; do
    [ "$(head -c 2 "$file")" = MZ ] || continue
    what=$file
    programs=$((programs + 1))
    run 0 inspect --json "$file"
    [ "$(jq -r .format "$out")" = uefi-pe ] || fail "$file is a $(jq -r .format "$out")"
    signatures=$(jq '[.. | objects | select(.name == "attribute certificate")] | length' "$out")
    # sbverify says "signature N" of each.
    listed=$(sbverify --list "$file" 2>/dev/null | grep -c '^signature ' || :)
    [ "$signatures" = "$listed" ] || fail "$file: $signatures signatures, sbverify lists $listed"
    run 0 verify "$file"
    sbverify --list "$file" 2>/dev/null | grep -q 'issuer: .*CN=Debian Secure Boot CA' || continue
    debian=$((debian + 1))
    sbverify --cert ca.pem "$file" >judged 2>&1 || fail "sbverify: $(cat judged)"
    run 0 verify --ca "$ca" "$file"
    cp "$file" flipped
    flip flipped 5000
    ! sbverify --cert ca.pem flipped >/dev/null 2>&1 || fail "sbverify takes a flipped byte of $file"
    run 3 verify --ca "$ca" flipped
done <files
[ "$programs" -ge 18 ] && [ "$debian" -ge 11 ] || fail "$programs programs, $debian of them signed by Debian"
