# SPDX-License-Identifier: Apache-2.0
# Updates broken on purpose, one fault each: every one is refused with its reason, and says for which devices.
# slow: a release for each fault; update-make and update-check have the verb
. "$(dirname "$0")/lib.sh"
. "$SOURCE/tests/support/update.sh"
need openssl jq
unset SOURCE_DATE_EPOCH
update_product product
seeds="--kdk-db product/devices/kdk_db.csv --eps-seeds product/devices/eps_seeds.csv"
first_release
first=$(ls old/devices/*/ | grep '^0' | head -n 1)
n=0

# broken FOUND BROKEN-DEVICES LINES: `new` breaks what the lines say, and nothing else
broken() {
    n=$((n + 1))
    what="broken update $n"
    # shellcheck disable=SC2086
    run 3 update check $seeds old new
    stderr_is "rotkit: the update from 1.0.0 to $version breaks $2 of 6 devices ($1 found)"
    grep '^breaks: ' "$out" >lines || :
    is lines "$3"
    rm -rf new
    good
    what=
}

# firmware FOUND BROKEN-DEVICES LINES NAME=VALUE...: firmware alone that differs in this from a good update
broken_firmware() {
    found=$1 devices=$2 text=$3
    shift 3
    good
    for change; do
        eval "${change%%=*}=\${change#*=}"
    done
    firmware_only new
    broken "$found" "$devices" "$text"
}
broken_firmware 1 6 'breaks: version: 1.0.0 is not above 1.0.0' version=1.0.0
broken_firmware 1 6 'breaks: version: 0.9 is not above 1.0.0' version=0.9
broken_firmware 1 6 'breaks: component: "ftpm" falls from version 1.9 to 1.8.99' ftpm=1.8.99
broken_firmware 1 6 'breaks: svn: "secure-os" falls from SVN 3 to 2' svn=2
broken_firmware 1 6 'breaks: image: "images/update.Cap": "FMP payload header/version" falls from 3 to 2' capsule=2
broken_firmware 1 6 'breaks: image: "images/bc50d971-d4c9-42c4-82cb-343fb7f37896.ta": "shdr_bootstrap_ta/ta_version" falls from 2 to 1' ta=1
broken_firmware 1 6 'breaks: nv-layout: version 2, was 1: not declared; certificates and persistent EKs in NV would not be found' nv=2
broken_firmware 1 6 'breaks: blob: the newer firmware does not read key blobs 2.0, which every device has' \
    more='    reads-blobs: ["1.0"]'
lacks='rotkit match says what a board lacks'
broken_firmware 2 6 "breaks: image: \"images/update.Cap\": \"payload/VER\" is gone: it was 13617 and guards against rollback
breaks: firmware: \"images/update.Cap\": edk2-nvidia does not take package without \"VER\": a board refuses it, with status 6151 in its ESRT; $lacks" \
    "required=${all_required% VER}"
head -c 7000 /dev/zero >product/large.bin
broken_firmware 1 6 'breaks: size: "secure-os" of "images/update.Cap": 7000 bytes, slot B has 6144' part=large.bin
broken_firmware 1 6 'breaks: size: slots of "secure-os" are stated as 16384 and 16384 bytes, were 8192 and 6144: an update moves no partition' slots=0x4000

# A fTPM that derives otherwise: RSA EKs change, those of curves do not.
lines=$(for sn in $(ls old/devices/*/ | grep '^0' | sort); do
    echo "breaks: device $sn: EK L-1: profile tcg-184 makes another one of the same seeds, and the certificate is for the one by ms-159"
done)
other='    derivation: tcg-184
    reads-blobs: ["2.0"]'
broken_firmware 7 6 "breaks: derivation: \"tcg-184\", was \"ms-159\": not declared
$lines" "more=$other"
# Declared, it still breaks every device: nobody has certified the new EKs.
broken_firmware 6 6 "$lines" "more=$other
    changes: [derivation]"

# ---- fleets
# One device's EPS seed is another: the release certifies an EK that this TPM has not.
cp -r product/devices devices
sed -i "1s/[0-9a-f]\{64\}/$(printf '%064x' 5)/" product/devices/eps_seeds.csv
good
fleet new
cp devices/* product/devices/
broken 4 1 "breaks: device $first: EK L-1: the newer release states another one, and the device's certificate is for this one
breaks: device $first: EK L-2: the newer release states another one, and the device's certificate is for this one
breaks: device $first: EK L-1: the seeds given make the one that the older release states
breaks: device $first: EK L-2: the seeds given make the one that the older release states"

# A device is gone.
sed -i 1d product/devices/kdk_db.csv product/devices/eps_seeds.csv
good
fleet new
cp devices/* product/devices/
broken 1 1 "breaks: device $first: the newer release does not have it"

# Key blobs that the firmware in the other slot does not read.
printf '%032x\n' 9 >product/keys/fv.key
good
more='    reads-blobs: ["1.0", "2.0"]'
fleet new 's/^  version: "2.0"/  version: "1.0"\n  fv: keys\/fv.key/'
broken 1 6 'breaks: blob: the older firmware, in the other slot, does not read key blobs 1.0'

# ---- what cannot be judged is refused
sed '/^  version: 1.0.0/,/^components:/{/^components:/!d}' product/old.yaml >product/unversioned.yaml
run 0 build -q -o unversioned product/unversioned.yaml
good
firmware_only new
for pair in 'unversioned new' 'old unversioned'; do
    # shellcheck disable=SC2086
    refuse 2 'rotkit: release "unversioned" states no version
  give release.version in its manifest and build it again: the devices stay as they are' update check $pair
done
cp -r new torn
printf x >>torn/images/update.Cap
was=$(sha256sum <new/images/update.Cap | cut -d ' ' -f 1)
is_now=$(sha256sum <torn/images/update.Cap | cut -d ' ' -f 1)
refuse 3 "rotkit: \"torn\": \"images/update.Cap\": SHA-256 is $is_now, the index says $was" update check old torn
refuse 2 "rotkit: --kdk-db and --eps-seeds go together
  see 'rotkit help update check'" update check --kdk-db product/devices/kdk_db.csv old new
refuse 2 "rotkit: --sample needs --kdk-db, --eps-db or --master to recompute from
  see 'rotkit help update check'" update check --sample 2 old new
# shellcheck disable=SC2086
refuse 2 "rotkit: --sample: \"0\" is no number of devices
  see 'rotkit help update check'" update check $seeds --sample 0 old new
openssl genpkey -quiet -algorithm ED25519 -out other.key
refuse 3 'rotkit: "old": the release is signed by another key' update check --key other.key old new
sed 's/^product: .*/product: another/' product/new.yaml >product/another.yaml
run 0 build -q -o another product/another.yaml
refuse 3 'rotkit: another product: "another", was "jetson-orin-demo"' update check old another

# ---- statements that a manifest may not make
manifest() { # TEXT SED
    sed "$2" product/new.yaml >product/bad.yaml
    run 2 build -q -o bad product/bad.yaml
    stderr_is "rotkit: product/bad.yaml:$1"
}
one_to_four='no version: one to four dotted numbers'
manifest "6:12: release.version: \"1.x\" is $one_to_four" 's/^  version: 1.1.0/  version: 1.x/'
manifest "6:12: release.version: \"1.2.3.4.5\" is $one_to_four" 's/^  version: 1.1.0/  version: 1.2.3.4.5/'
manifest "6:12: release.version: \"1..2\" is $one_to_four" 's/^  version: 1.1.0/  version: 1..2/'
manifest '9:5: release.version: is missing, and update needs it' 's/^  version: 1.1.0/# none/'
manifest "9:30: release.update.components: \"v4\" is $one_to_four" 's/secure-os: 4.2.1/secure-os: v4/'
manifest '10:23: release.update.svn: "-1" is no number below 2^32' 's/secure-os: 3 /secure-os: -1 /'
manifest '12:41: release.update.slots: "0x2000 big" is no size in bytes, or two of them' 's/0x2000 0x1800/0x2000 big/'
manifest '13:19: release.update.reads-blobs: "3.0" is no key blob version (known: 1.0, 2.0)' 's/"1.0", "2.0"/"3.0"/'
manifest '13:17: release.update.derivation: "ms-1" is no known profile' 's/^    reads-blobs: .*/    derivation: ms-1/'
manifest '13:15: release.update.changes: unknown change "all" (known: derivation, seeds, nv-layout, devices)' \
    's/^    reads-blobs: .*/    changes: [all]/'
[ ! -e bad ] || fail "a refused build left a release"
