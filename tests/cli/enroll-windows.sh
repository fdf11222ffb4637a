# SPDX-License-Identifier: Apache-2.0
# CA certificates for AD CS and for the Host Guardian Service: the certificates are those of the CA, the
# script is compared as a whole, and each digest in it is that of its file. No PowerShell runs here.
. "$(dirname "$0")/lib.sh"
. "$SOURCE/tests/support/example.sh"
need jq openssl certtool
unset SOURCE_DATE_EPOCH
example_product product p384 3
run 0 build -q product/manifest.yaml
release=product/release

# der_sum CERT.pem
der_sum() {
    openssl x509 -in "$1" -outform DER | sha256sum | cut -d ' ' -f 1
}
root_sum=$(der_sum product/ca/root.pem)
issuing_sum=$(der_sum product/ca/issuing.pem)
root=root-$(echo "$root_sum" | cut -c 1-16).cer
issuing=issuing-$(echo "$issuing_sum" | cut -c 1-16).cer

# script HEAD ADD ROOT-STORE CA-STORE: import.ps1 as it must be, each line with CR
script() {
    sed 's/$/\r/' <<EOF
$1
\$ErrorActionPreference = 'Stop'

function Confirm-File(\$Name, \$Sha256) {
    \$Path = Join-Path \$PSScriptRoot \$Name
    \$Found = (Get-FileHash -Algorithm SHA256 -LiteralPath \$Path).Hash
    if (\$Found -ne \$Sha256) { throw "SHA-256 of \$Name is \$Found, expected \$Sha256" }
}

function Add-File(\$Store, \$Name) {
    \$Path = Join-Path \$PSScriptRoot \$Name
$2
}

Confirm-File '$3\\$root' '$root_sum'
Confirm-File '$4\\$issuing' '$issuing_sum'

Add-File '$3' '$3\\$root'
Add-File '$4' '$4\\$issuing'
EOF
}

# whole TARGET ROOT-STORE CA-STORE HEAD ADD
whole() {
    run 0 enroll --unsigned "$1" $release -o "$1"
    stdout_is ""
    stderr_is "rotkit: 3 devices in 3 files"
    (cd "$1" && find . -type f | sort) >found
    printf '%s\n' ./import.ps1 "./$2/$root" "./$3/$issuing" | sort >wanted
    same "files of $1" wanted found
    openssl x509 -in product/ca/root.pem -outform DER | cmp - "$1/$2/$root"
    openssl x509 -in product/ca/issuing.pem -outform DER | cmp - "$1/$3/$issuing"
    script "$4" "$5" "$2" "$3" >wanted
    same "import.ps1 of $1" wanted "$1/import.ps1"
    # The digests in it, by sha256sum, on the files that it names.
    tr -d '\r' <"$1/import.ps1" | sed -n "s/^Confirm-File '\(.*\)\\\\\(.*\)' '\(.*\)'\$/\3  \1\/\2/p" >sums
    [ "$(wc -l <sums)" -eq 2 ] || fail "$1: $(wc -l <sums) digests"
    (cd "$1" && sha256sum -c --quiet ../sums) || fail "$1: a digest in import.ps1 is not that of its file"
    LC_ALL=C grep -q '[^ -~[:cntrl:]]' "$1/import.ps1" && fail "$1: import.ps1 is not plain ASCII"
    # The stores alone verify an EK certificate, as Windows is to: the root trusted, the other on the way.
    openssl x509 -inform DER -in "$1/$2/$root" -out root.pem
    openssl x509 -inform DER -in "$1/$3/$issuing" -out between.pem
    for cert in $release/devices/*/*/ek-cert-*.der; do
        openssl x509 -inform DER -in "$cert" -out ek.pem
        openssl verify -trusted root.pem -untrusted between.pem ek.pem >"$out" 2>&1 || fail "$cert: $(cat "$out")"
        cat ek.pem between.pem >chain
        certtool --verify --load-ca-certificate root.pem --infile chain >"$out" 2>&1 || fail "$cert: $(cat "$out")"
    done
    run 0 enroll --unsigned "$1" $release -o again -q
    diff -r "$1" again || fail "other bytes the second time"
    rm -r again
}
whole adcs EKROOT EKCA '# CA certificates of EK certificates, for the key attestation of Windows AD CS. Made by rotkit.
#
# Run it as administrator on the certification authority:
#   powershell -NoProfile -ExecutionPolicy Bypass -File import.ps1
# Roots go into the store EKROOT (Endorsement Root), CAs below them into EKCA (Endorsement CA).
#
# There is no list of EK public keys (EKPub) here, whose files bear a hash of the key as their name:
# which bytes Windows hashes is in no document that rotkit goes by. Attestation by EK certificate
# does without it.' '    & certutil.exe -f -addstore $Store $Path
    if ($LASTEXITCODE -ne 0) { throw "certutil cannot add $Path to $Store" }'
whole hgs TrustedTPM_RootCA TrustedTPM_IntermediateCA '# CA certificates of EK certificates, for the Host Guardian Service of Windows. Made by rotkit.
#
# Run it as administrator on each HGS server:
#   powershell -NoProfile -ExecutionPolicy Bypass -File import.ps1
# Roots go into the store TrustedTPM_RootCA, CAs below them into TrustedTPM_IntermediateCA.' '    $null = Import-Certificate -FilePath $Path -CertStoreLocation "Cert:\LocalMachine\$Store" -ErrorAction Stop'

# ---- refused
for target in adcs hgs; do
    refuse 2 "rotkit: $target is for CAs, not for devices: --device does not apply" \
        enroll --unsigned $target $release -o x --device 01020000000100000001
    refuse 2 "rotkit: $target has no check of its files" enroll --unsigned $target $release --verify $target
done
# A chain without its root: good for others, not for Windows.
sed 's/chain.pem/issuing.pem/; s/path: release/path: rootless/' product/manifest.yaml >product/rootless.yaml
run 0 build -q product/rootless.yaml
refuse 2 "rotkit: the release's ca/chain.pem ends with an issued certificate, ${issuing%.cer}: Windows wants the root as well" \
    enroll --unsigned adcs product/rootless -o x
run 0 enroll --unsigned keylime product/rootless -o keylime -q
ls keylime/tpm_cert_store >found
is found "${issuing%.cer}.pem"
# Without a CA, as a release of images alone is; without devices, as a shard may be.
head -c 5000 /dev/zero >kernel
cat >images.yaml <<'Y'
rotkit: 1
product: images
platform: t234
components: { kernel: kernel }
images:
  update.bup: { format: bup, set: { version: 35.3.1 }, parts: { kernel: kernel } }
release: { path: images }
Y
run 0 build -q images.yaml
for shard in 0 1; do # one of them has the one bucket that there is
    run 0 build -q --shard $shard/2 product/manifest.yaml
    [ -n "$(find product/release-shard-$shard-of-2 -name device.json)" ] || mv product/release-shard-$shard-of-2 empty
done
for target in adcs hgs keylime; do
    refuse 2 'rotkit: release "images" has no ca/chain.pem: it certifies no EK (an OEM'"'"'s does not, take the ODM'"'"'s)' \
        enroll --unsigned $target images -o x
    refuse 2 'rotkit: release "empty" has no device' enroll --unsigned $target empty -o x
done
