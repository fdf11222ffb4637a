# SPDX-License-Identifier: Apache-2.0
# The rules between fuses, as fuse xml, fuse check and build have them: BootSecurityInfo's scheme is an enumeration, and
# every type of key is tried with every value of it; what the SBK, bit 9 and SecurityMode build on must be there.
. "$(dirname "$0")/lib.sh"
need jq openssl

eks=$DATA/vectors/ekb/eks/in
cp "$eks"/*.key .
chmod 600 ./*.key
xml="fuse xml -q --plaintext-secrets --accept-unconfirmed -o x.xml"
already="
  where it is in the module already: --already-burnt (in a manifest fuses.already-burnt: true)"
made() { # ARG...: fuse xml takes it, and the file holds in fuse check as well
    rm -f x.xml
    run 0 $xml "$@"
}
refused() { # TEXT ARG...
    refused_text=$1
    shift
    refuse 2 "rotkit: $refused_text" $xml "$@"
}

# ---- the scheme: 4 types of key, 8 values, with the bits of a whole configuration and without
openssl genrsa -out rsa3072.pem 3072 2>/dev/null
openssl ecparam -name prime256v1 -genkey -out p256.pem # EC PARAMETERS in front, as people make them
openssl ecparam -name secp521r1 -genkey -out p521.pem
openssl genpkey -algorithm ed25519 -out ed25519.pem
cp "$DATA/cases/jetson/fuse-p256.pem" case.pem
grep -q 'BEGIN EC PARAMETERS' p256.pem || fail "openssl wrote no parameters: another test is needed"
words="none RSA-3072 P-256 P-521 Ed25519 XMSS not@defined not@defined"
tried=0
while read -r file name right; do
    for value in 0 1 2 3 4 5 6 7; do
        word=$(echo "$words" | cut -d ' ' -f $((value + 1)) | tr @ ' ')
        for more in 0 0x208; do
            bsi=$(printf '0x%x' $((value | more)))
            set -- --pubkey "$file" --boot-security-info "$bsi"
            [ $more = 0 ] || set -- "$@" --sbk sym32.key --oem-k1 oem_k1.key
            if [ "$value" = "$right" ]; then
                made "$@"
                grep -q "BootSecurityInfo\" size=\"4\" value=\"$(printf '0x%08x' $((value | more)))\"" x.xml || fail "$bsi"
                run 0 fuse check -q x.xml --platform t234 --pub "$file"
                # The same file under every other value is no file for the key any more.
                for other in 0 1 2 3 4 5 6 7; do
                    [ $other != "$value" ] || continue
                    sed "s/\(BootSecurityInfo.*value=\)\"0x[0-9a-f]*\"/\1\"0x$(printf '%08x' $((other | more)))\"/" x.xml >other.xml
                    run 3 fuse check other.xml --platform t234 --pub "$file"
                    grep -q "^fails .*has scheme $other (.*), the key is $name: it needs $right" "$out" ||
                        fail "$file, scheme $other"
                    tried=$((tried + 1))
                done
            else
                rm -f x.xml
                refused "BootSecurityInfo: $bsi has scheme $value ($word), the key is $name: it needs $right" "$@"
            fi
            tried=$((tried + 1))
        done
    done
done <<'KEYS'
rsa3072.pem RSA-3072 1
p256.pem P-256 2
case.pem P-256 2
p521.pem P-521 3
ed25519.pem Ed25519 4
KEYS
[ $tried -eq 150 ] || fail "$tried tried"
rm -f x.xml

# ---- what the bits build on
refused "BootSecurityInfo: scheme 2 (P-256) authenticates by a PublicKeyHash, and there is none$already" --boot-security-info 2
refused "SecureBootKey: the SBK is used with a PKC key only, and there is no PublicKeyHash$already" --sbk sym32.key
refused "BootSecurityInfo: the SBK is used with a PKC key only, and there is no PublicKeyHash$already" --boot-security-info 8
refused "BootSecurityInfo: bit 3 says that the SBK is used, and there is none$already" --pubkey p256.pem --boot-security-info 0xa
refused "BootSecurityInfo: bit 9 says that the OEM keys are valid, and neither OemK1 nor OemK2 is there$already" \
    --pubkey p256.pem --boot-security-info 0x202
refused "BootSecurityInfo: bit 9 says that the OEM keys are valid, and neither OemK1 nor OemK2 is there$already" --ftpm
for set in "--boot-security-info 2" "--sbk sym32.key" "--boot-security-info 8" "--pubkey p256.pem --boot-security-info 0xa" \
    "--pubkey p256.pem --boot-security-info 0x202" --ftpm "--security-mode 1"; do
    # shellcheck disable=SC2086
    made --already-burnt $set
    run 3 fuse check x.xml --platform t234
    run 0 fuse check x.xml --platform t234 --already-burnt
done
for key in --oem-k1 --oem-k2; do
    made --ftpm $key oem_k1.key
done
rm -f x.xml

# ---- SecurityMode: one bit; alone it closes a module to nobody's key
refused "SecurityMode: 1 closes the module for good, and there is no PublicKeyHash: anybody's boot files would start
  --already-burnt where it is burnt, or in a manifest fuses.close-module: yes" --security-mode 1
refused "SecurityMode: 1 closes the module for good, and there is no PublicKeyHash: anybody's boot files would start
  --already-burnt where it is burnt, or in a manifest fuses.close-module: yes" --security-mode 1 --oem-k1 oem_k1.key
for value in 2 3 0x10 0x80000001; do
    refused "SecurityMode: $(printf '0x%x' $value): it is one bit, 0 or 1" --pubkey p256.pem --security-mode $value
done
refused "OptInEnable: 0x2: it is one bit, 0 or 1" --opt-in-enable 2
made --security-mode 0
made --pubkey p256.pem --security-mode 1

# ---- bits that nobody has defined; what a module left NVIDIA with
for bits in 0x10 0x400 0x1000 0x4000 0x80000000; do
    rm -f x.xml
    refused "BootSecurityInfo: $(printf '0x%x' $((bits | 2))) has bits $bits, which are not defined for t234
  bits that the module left NVIDIA with: --preset" --pubkey p256.pem --boot-security-info $((bits | 2))
done
for bits in 0x1e0 0x1f0 0x10; do
    made --pubkey p256.pem --preset $bits --boot-security-info $((bits | 2))
    made --pubkey p256.pem --preset $bits
    grep -q "BootSecurityInfo.*\"$(printf '0x%08x' $((bits | 2)))\"" x.xml || fail "the OR with $bits"
done
rm -f x.xml
refused "BootSecurityInfo: preset 0x400 has bits 0x400, which are not defined for t234" --pubkey p256.pem --preset 0x400
refused "--boot-security-info 0x2 lacks bits of 0x1e2, which the other options enable" --pubkey p256.pem --preset 0x1e0 \
    --boot-security-info 2
refused "BootSecurityInfo preset 0x3 has authentication scheme 3 burnt, the key needs 2" --pubkey p256.pem --preset 3
made --pubkey p256.pem --preset 0x3e2 # bit 9 is in the module, so its keys are
run 3 fuse check x.xml --platform t234
run 0 fuse check x.xml --platform t234 --preset 0x3e2

# ---- the same in build, before anything is made
unset SOURCE_DATE_EPOCH # the factory's certificate is made now
sh "$SOURCE/examples/jetson-orin/prepare.sh" "$ROTKIT" product p256 >"$out" 2>"$err"
cd product
cp manifest.yaml good.yaml
build="build --plaintext-secrets manifest.yaml"
fuses() { # LINE...: this section alone
    sed -e '/^fuses:/,/^$/d' -e '/^secrets:/,/^$/d' good.yaml >manifest.yaml
    printf 'fuses:\n' >>manifest.yaml
    printf '  %s\n' "$@" >>manifest.yaml
    place=$(($(wc -l <manifest.yaml) - $# + 1))
}
no_key="SecurityMode: 1 closes the module for good, and there is no PublicKeyHash: anybody's boot files would start
  --already-burnt where it is burnt, or in a manifest fuses.close-module: yes"
no_oem="BootSecurityInfo: bit 9 says that the OEM keys are valid, and neither OemK1 nor OemK2 is there$already"
fuses 'common: true' 'security-mode: true'
refuse 2 "rotkit: manifest.yaml:$place:3: fuses: $no_oem" $build
fuses 'common: true' 'oem-k1: keys/oem_k1.key' 'security-mode: true'
refuse 2 "rotkit: manifest.yaml:$place:3: fuses: $no_key" $build
fuses 'common: true' 'oem-k1: keys/oem_k1.key' 'security-mode: true' 'close-module: no'
refuse 2 "rotkit: manifest.yaml:$place:3: fuses: $no_key" $build
fuses 'common: true' 'oem-k1: keys/oem_k1.key' 'secure-boot-key: keys/oem_k1.key'
refuse 2 "rotkit: manifest.yaml:$place:3: fuses: SecureBootKey: the SBK is used with a PKC key only, and there is no PublicKeyHash$already" \
    $build
fuses 'common: true'
refuse 2 "rotkit: manifest.yaml:$place:3: fuses: $no_oem" $build
fuses 'common: true' 'oem-k1: keys/oem_k1.key' 'boot-security-info-preset: 0x400'
refuse 2 "rotkit: manifest.yaml:$place:3: fuses: BootSecurityInfo: preset 0x400 has bits 0x400, which are not defined for t234" \
    $build
fuses 'security-mode: true'
refuse 2 "rotkit: manifest.yaml:$place:18: fuses: this goes into the common fuse file: say common: true" $build
fuses 'per-device: false' 'merged: true'
refuse 2 "rotkit: manifest.yaml:$((place + 1)):11: fuses.merged: it is the file of each device: say per-device: true" $build

# Asked for in so many words, it is made; one file a device then holds all.
fuses 'common: true' 'oem-k1: keys/oem_k1.key' 'security-mode: true' 'close-module: yes'
run 0 $build -q
grep -q 'SecurityMode" size="4" value="0x00000001"' release/secrets/common/fuse-common.xml || fail "close-module"
rm -rf release
fuses 'merged: true' 'public-key: keys/pkc.pem' 'accept-unconfirmed: true' 'oem-k1: keys/oem_k1.key' \
    'boot-security-info-preset: 0x1e0' 'security-mode: true'
run 0 $build -q
[ ! -e release/secrets/common/fuse-common.xml ] || fail "a common file that nobody asked for"
files=0
for file in $(find release/secrets -name fuse.xml); do
    device=${file%/fuse.xml}
    run 0 fuse check "$file" --platform t234 --pub keys/pkc.pem --preset 0x1e0 \
        --blob "release/devices/${device#release/secrets/}/eks.img"
    sed -n 's/.*name="\([^"]*\)".*/\1/p' "$file" | tr '\n' ' ' >../found
    [ "$(cat ../found)" = "OdmId OdmInfo PublicKeyHash Kdk0 OemK1 BootSecurityInfo SecurityMode " ] || fail "$file: $(cat ../found)"
    mode_is 600 "$file"
    files=$((files + 1))
done
[ $files -eq "$(find release/devices -name fuse-public.xml | wc -l)" ] || fail "$files merged files"
run 0 verify -q release
run 0 $build -q # again: nothing changes
cd ..

# What would go nowhere: fuses of a platform that no fuse file is made for, a merged file without KDK0.
cat >oem.yaml <<'Y'
rotkit: 1
product: demo
platform: t194
role: oem
devices:
  handover: dir
blob:
  root-key: oem_k1.key
  auth-key: auth.key
fuses:
  common: true
release:
  path: release
Y
refuse 2 'rotkit: oem.yaml:11:3: fuses: no fuse file is made for t194, remove the section' build oem.yaml
sed -i 's/t194/t234/; s/common: true/merged: true/' oem.yaml
refuse 2 'rotkit: oem.yaml:11:11: fuses.merged: role oem has no KDK0 to merge it with' build oem.yaml
