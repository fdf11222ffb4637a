# SPDX-License-Identifier: Apache-2.0
# Releases for the tests of rotkit update: a fleet of six with firmware, and firmware alone to follow it.
V=$DATA/vectors/boot

# product DIR: the example cut to six devices with two templates, and keys for a capsule and a TA
update_product() {
    sh "$SOURCE/examples/jetson-orin/prepare.sh" "$ROTKIT" "$1" >"$scratch/log" 2>&1 || fail "$(cat "$scratch/log")"
    for file in kdk_db eps_seeds; do
        head -n 6 "$1/devices/$file.csv" >rows
        mv rows "$1/devices/$file.csv"
    done
    sed -i 's/templates: .*/templates: [L-1, L-2]/' "$1/manifest.yaml"
    cp "$V/keys/cap_sign.key" "$1/keys/capsule.key"
    cat "$V/keys/cap_sign.crt" "$V/keys/cap_sub.crt" >"$1/keys/capsule.pem"
    cp "$V/keys/rsa3072.pem" "$1/keys/ta.key"
    head -c 3000 /dev/zero >"$1/boot.bin"
    head -c 5000 /dev/zero >"$1/os.bin"
    head -c 100 /dev/zero >"$1/fw.bin"
    printf '\177ELF' | cat - "$1/boot.bin" >"$1/ftpm.elf"
    openssl pkey -in "$1/keys/release.key" -pubout -out release.pem
}

# What UEFI requires of a package beside secure-os (boot-images.md 3.1).
all_required='adsp-fw bpmp-fw bpmp-fw-dtb cpu-bootloader dce-fw mb1 MB1_BCT mb2 mb2rf MEM_BCT mts-mce nvdec psc_bl1 psc-fw pscrf
pva-fw rce-fw sc7 spe-fw VER'
required=$all_required
# each_required VALUE: all of them with this value, for a map of YAML
each_required() {
    printf "%s: $1\n" $required | paste -s -d , | sed 's/,/, /g'
}

# What follows in every manifest: the release's statements, then the images. $capsule and $ta are their versions.
firmware() {
    cat <<MANIFEST
  update:
    components: { secure-os: $os, ftpm: $ftpm }
    svn: { secure-os: $svn }
    nv-layout: $nv
    slots: { boot: "0x1000", secure-os: "$slots", $(each_required '0x200') }
$more
components: { boot: boot.bin, secure-os: $part, ftpm: ftpm.elf, fw: fw.bin }
images:
  update.bup:
    format: bup
    set: { version: 35.3.1 }
    parts: { boot: boot, secure-os: secure-os, $(each_required fw) }
    publish: false
  update.Cap:
    format: capsule
    parts: { payload: update.bup }
    set: { version: "$capsule" }
    sign: { key: keys/capsule.key, certificate: keys/capsule.pem }
  bc50d971-d4c9-42c4-82cb-343fb7f37896.ta:
    format: optee-ta
    parts: { elf: ftpm }
    set: { uuid: bc50d971-d4c9-42c4-82cb-343fb7f37896, version: "$ta" }
    sign: { key: keys/ta.key }
MANIFEST
}

# What a good release to follow version 1.0.0 states; a test changes one thing.
good() {
    version=1.1.0 os=4.2.1 ftpm=1.10 svn=3 nv=1 slots='0x2000 0x1800' part=os.bin capsule=4 ta=3
    required=$all_required
    more='    reads-blobs: ["1.0", "2.0"]'
}

# fleet NAME [SED]: a release with the devices; firmware_only NAME: without them
fleet() {
    { sed "${2:-}" product/manifest.yaml; echo "  version: $version"; firmware; } >product/$1.yaml
    run 0 build -q -o "$1" product/$1.yaml
}
firmware_only() {
    { printf 'rotkit: 1\nproduct: jetson-orin-demo\nplatform: t234\nrelease:\n  path: release\n  version: %s\n  key: keys/release.key\n' \
        "$version"; firmware; } >product/$1.yaml
    run 0 build -q -o "$1" product/$1.yaml
}

# The fleet in the field.
first_release() {
    good
    version=1.0.0 ftpm=1.9 os=4.2.0 capsule=3 ta=2 more=
    fleet old
}

# Firmware alone, old and new, and the key that signs the update between them.
firmware_pair() {
    good
    version=1.0.0 ftpm=1.9 os=4.2.0 capsule=3 ta=2
    firmware_only old
    good
    firmware_only new
    openssl genpkey -quiet -algorithm ED25519 -out update.key
    openssl pkey -in update.key -pubout -out update.pem
}
