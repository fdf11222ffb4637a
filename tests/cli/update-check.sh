# SPDX-License-Identifier: Apache-2.0
# A good update passes for every device, by recomputation where seeds are given and by what is stated elsewhere.
. "$(dirname "$0")/lib.sh"
. "$SOURCE/tests/support/update.sh"
need openssl jq python3
unset SOURCE_DATE_EPOCH # the factory certificate is of today
update_product product
seeds="--kdk-db product/devices/kdk_db.csv --eps-seeds product/devices/eps_seeds.csv"
first_release
same_identity='holds: derivation: "ms-159" as before'
rules() { # SEEDS-LINE
    echo "holds: version: 1.0.0 to 1.1.0
holds: component: 2 components, no version or SVN falls
holds: image: no anti-rollback value falls
$same_identity
holds: seeds: $1
holds: nv-layout: version 1 as before
holds: blob: both slots read key blobs 2.0
holds: size: every part of every capsule fits both slots
holds: firmware: every package has the images that UEFI requires"
}

# ---- firmware alone: the devices keep their blobs
good
firmware_only firmware
alone=$(rules 'one release has no devices, so their seeds stay')
run 0 update check old firmware
stdout_is "$alone
not recomputed: device: 6 devices: no seeds are given
holds: device: 6 devices keep their EKs, 0 of them recomputed"
stderr_is ""
# shellcheck disable=SC2086
run 0 update check $seeds --key pub:release.pem old firmware
stdout_is "$alone
holds: device: 6 devices keep their EKs, 6 of them recomputed"
# shellcheck disable=SC2086
run 0 update check $seeds --sample 2 old firmware
stdout_is "$alone
not recomputed: device: 4 of 6 devices: not in the sample
holds: device: 6 devices keep their EKs, 2 of them recomputed"
for file in kdk_db eps_seeds; do
    sed -n '2p;4p' product/devices/$file.csv >$file.csv
done
run 0 update check --kdk-db kdk_db.csv --eps-seeds eps_seeds.csv old firmware
stdout_is "$alone
not recomputed: device: 4 of 6 devices: the seeds given have none for them
holds: device: 6 devices keep their EKs, 2 of them recomputed"

# ---- the fleet built again with the new firmware, and a new device
cp -r product/devices devices
run 0 device new -q --oem-id 0x0102 --first-sn 0x777 --count 1 --kdk-db more-kdk_db.csv --eps-seeds more-eps_seeds.csv \
    --pubkey-db more-public.csv --plaintext-secrets
for file in kdk_db eps_seeds; do
    cat more-$file.csv >>product/devices/$file.csv
done
fleet again
cp devices/* product/devices/
# shellcheck disable=SC2086
run 0 update check $seeds --json old again
jq -r '"\(.from) \(.to) \(.faults) \(.devices) \(.devices_broken) \(.devices_recomputed)"' "$out" >told
is told '1.0.0 1.1.0 0 6 0 6'
python3 -c 'import json, sys; f = json.load(open(sys.argv[1]))["findings"]; assert {x["result"] for x in f} == {"holds"}, f' "$out" ||
    fail "$(cat "$out")"

# ---- declared changes are said, and pass
good
nv=2 more='    changes: [nv-layout]'
more="    reads-blobs: [\"2.0\"]
$more"
firmware_only layout
run 0 update check old layout
grep -qxF 'declared: nv-layout: version 2, was 1: declared; certificates and persistent EKs in NV would not be found' "$out" || fail "$(cat "$out")"

# ---- what is not stated is not known: it neither holds nor breaks
good
more=
firmware_only unstated
said='blob: the newer release does not state whether its firmware reads key blobs 2.0'
run 8 update check old unstated
stderr_is "rotkit: whether the update from 1.0.0 to 1.1.0 breaks devices could not be checked (1 unknown): $said"
grep -qxF "unknown: $said" "$out" || fail "$(cat "$out")"
grep -q '^breaks: ' "$out" && fail "$(cat "$out")"
run 8 update check --json old unstated
jq -r '"\(.outcome) \(.faults) \(.unknown) \([.findings[] | select(.result == "unknown") | .rule] | join(" "))"' "$out" >told
is told 'unknown 0 1 blob'
openssl genpkey -algorithm ed25519 -out update.key 2>/dev/null
refuse 8 "rotkit: not made, since it may break devices (1 unknown): $said
  see 'rotkit update check'" update make --pub release.pem --key update.key -o bundle old unstated

# ---- what the release states is read by another program as it was given
python3 - old/release.json <<'PYTHON' || fail "release.json"
import json, sys
r = json.load(open(sys.argv[1]))
u = r["update"]
assert r["version"] == "1.0.0"
assert u["components"] == [{"name": "secure-os", "version": "4.2.0", "svn": 3}, {"name": "ftpm", "version": "1.9"}]
assert u["slots"][1] == {"name": "secure-os", "size_a": 0x2000, "size_b": 0x1800}
assert (u["derivation"], u["seeds"], u["nv_layout"], u["blob"], u["reads_blobs"]) == ("ms-159", "kdk-db", 1, "2.0", ["2.0"])
PYTHON

# ---- a fleet of a master key
printf '%064x\n' 77 >product/keys/master.key
by_master='s/^  kdk-db: .*/  master-key: keys\/master.key\n  oem-id: 0x0102\n  first-sn: 0x10\n  count: 3/; /^  eps-seeds:/d'
good
version=1.0.0
fleet old-master "$by_master"
good
fleet new-master "$by_master"
run 0 update check --master product/keys/master.key old-master new-master
stdout_is "$(version=1.1.0; rules '"master-key" as before')
holds: device: 3 devices keep their EKs, 3 of them recomputed"
printf '%064x\n' 78 >other.key
run 3 update check --master other.key old-master new-master
stderr_is 'rotkit: the update from 1.0.0 to 1.1.0 breaks 3 of 3 devices (6 found)'
grep -qxF 'breaks: device 01020000000000000010: EK L-1: the seeds given do not make the one that is certified' "$out" || fail "$(cat "$out")"

# An archive of a release that states its version unpacks into a folder that says so.
run 0 release archive --unsigned old -o old.tar
tar -tf old.tar | cut -d / -f 1 | sort -u >tops
is tops jetson-orin-demo-1.0.0
