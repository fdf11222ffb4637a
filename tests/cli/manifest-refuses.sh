# SPDX-License-Identifier: Apache-2.0
# One edit of a good manifest a rule: the whole message, with line and column; and whether the JSON Schema
# refuses it too, as another reader of YAML sees it.
. "$(dirname "$0")/lib.sh"
need python3
python=/usr/bin/python3
"$python" -c 'import jsonschema, yaml' 2>/dev/null || skip "python3-jsonschema or python3-yaml is absent"

cat >good.yaml <<'Y'
rotkit: 1
product: demo
platform: t234
devices:
  kdk-db: kdk.csv
  eps-seeds: eps.csv
ek:
  certificate:
    manufacturer: "id:44454D4F"
    model: demo
    version: "id:01"
    not-before: 2026-01-01
  ca:
    certificate: ca.pem
    key: ca.key
blob:
  root-key: k1.key
  auth-key: auth.key
release:
  path: release
Y
cat >schema.py <<'P'
import json, sys, jsonschema, yaml
schema = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator.check_schema(schema)
errors = list(jsonschema.Draft202012Validator(schema).iter_errors(yaml.load(open(sys.argv[2]), yaml.BaseLoader)))
sys.exit(1 if errors else 0)
P
schema() {
    "$python" schema.py "$SOURCE/docs/rotkit-manifest.schema.json" "$1"
}

cases=0
ROTKIT_EMPTY=
export ROTKIT_EMPTY
# bad both|loader SED-EXPRESSION MESSAGE: "bad.yaml:" stands in front of the message
bad() {
    sed "$2" good.yaml >bad.yaml
    cmp -s good.yaml bad.yaml && fail "no edit: $2"
    refuse 2 "rotkit: bad.yaml:$3" build bad.yaml
    if [ "$1" = both ]; then
        schema bad.yaml && fail "the schema takes: $2"
    fi
    cases=$((cases + 1))
}

# The good one passes both: the loader gets as far as the CA key.
schema good.yaml || fail "the schema refuses the good manifest"
refuse 7 'rotkit: good.yaml:15:10: ek.ca.key: cannot open "ca.key": No such file or directory' build good.yaml

bad both 's/^rotkit: 1/rotkit: one/' '1:9: rotkit: "one" is no number'
bad loader 's/^rotkit: 1/rotkit: 2/' '1:9: rotkit: this version reads manifests of format 1'
bad both '/^product/d' '1:1: key "product" is missing (name of the product, as it stands in release.json)'
bad both 's/^product: demo/prodcut: demo/' '2:1: unknown key "prodcut"
  did you mean "product"?'
bad both 's/^product: demo/&\nqqqqqqqqq: 1/' '3:1: unknown key "qqqqqqqqq"'
bad loader 's/^product: demo/&\nproduct: two/' '3:1: key "product" is on line 2 already'
bad both 's/^product: demo/product: [a]/' '2:10: product: expected a single value'
bad both 's/^product: demo/product: ""/' '2:10: product: empty value'
bad loader 's/^platform: t234/platform: t264/' '3:11: platform: platform "t264" (Thor) is refused: its key blob 2.1 and the labels of its fTPM key derivation are not public'
bad both 's/^platform: t234/&\nrole: all/' '4:7: role: unknown value "all" (known: both, odm, oem)'
bad both 's/^    model: demo/    modell: demo/' '10:5: ek.certificate: unknown key "modell"
  did you mean "model"?'
bad both 's/not-before: .*/not-before: yesterday/' '12:17: ek.certificate.not-before: "yesterday" is no date, expected YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ'
bad loader 's/not-before: .*/not-before: 2026-02-30/' '12:17: ek.certificate.not-before: "2026-02-30" is no date, expected YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ'
bad loader 's/not-before: .*/&\n    not-after: 2027-01-01\n    validity-days: 3/' '14:20: ek.certificate: not-after and validity-days exclude each other'
bad loader 's/"id:44454D4F"/DEMO/' '9:19: ek.certificate.manufacturer: expected id: and 8 hex digits'
bad both 's/^ek:/&\n  templates: L-1/' '8:14: ek.templates: expected a list'
bad loader 's/^ek:/&\n  templates: [L-1]/' '8:15: ek.templates: L-1 and L-2 are needed, the fTPM and the key blob ask for both'
bad loader 's/^ek:/&\n  templates: [L-1, L-2, H-9]/' '8:25: ek.templates: unknown template "H-9" (known: L-1, L-2, H-1, H-2, H-3, H-4, H-6, H-7, azure-sdk)'
bad loader 's/eps-seeds.*/master-key: m.key/' '5:3: devices: exactly one of kdk-db, master-key and handover is needed'
bad loader '/eps-seeds/d' '5:3: devices: kdk-db and eps-seeds go together'
bad loader 's/eps-seeds.*/&\n  count: 3/' '5:3: devices: oem-id, first-sn and count go with master-key, all three'
bad loader '/^ek:/,/key: ca.key/d' '5:3: section ek is missing: roles odm and both certify EKs'
bad both '/auth-key/d' '17:3: blob: key "auth-key" is missing (tag 4: UEFI variable authentication key, 16 bytes; a fused device halts without it)'
bad loader 's/^blob:/&\n  version: "1.0"/' '17:3: blob.fv: version 1.0 needs the FV that OP-TEE was built with'
bad loader 's/^blob:/&\n  fv: fv.key/' '17:7: blob.fv: version 2.0 carries its own FV, remove the key'
bad both 's/^blob:/&\n  version: "2.1"/' '17:12: blob.version: unknown value "2.1" (known: 1.0, 2.0)'
bad loader 's/^release:/fuses:\n  oem-k1: k1.key\n&/' '20:11: fuses: this goes into the common fuse file: say common: true'
bad both 's/^release:/fuses:\n  common: yes\n&/' '20:11: fuses.common: expected true or false, found "yes"'
bad loader 's/path: release/path: ${ROTKIT_UNSET}/' '20:9: release.path: environment variable "ROTKIT_UNSET" is not set'
bad both '/^release:/,$d' '1:1: key "release" is missing (where the release goes)'
bad loader 's/^product: demo/product: "demo/' '9:20: no YAML: did not find expected key'
bad both 's/^product: demo/product:/' '2:9: product: empty value'
bad loader 's/^product: demo/product: ~/' '2:10: product: empty value'
bad both 's/^product: demo/product: {a: b}/' '2:10: product: expected a single value'
bad loader 's/^product: demo/product: \&a demo/' '2:10: an anchor: a manifest has no aliases'
bad loader 's/^devices:/& \&a/' '4:10: an anchor: a manifest has no aliases'
bad loader 's/^ek:/&\n  templates: \&a [L-1, L-2]/' '8:14: an anchor: a manifest has no aliases'
bad loader 's/^product: demo/product: !!str demo/' '2:10: a tag: the key says what its value is'
bad loader 's/^devices:/& !x/' '4:10: a tag: the key says what its value is'
bad both 's/^product: demo/product: [[[[[[[[a]]]]]]]]/' '2:17: nested too deeply: nothing in a manifest is'
bad both 's/^rotkit: 1/rotkit: -1/' '1:9: rotkit: "-1" is no number'
bad loader 's/^rotkit: 1/rotkit: 9223372036854775808/' '1:9: rotkit: "9223372036854775808" is above 9223372036854775807'
bad loader 's/"id:44454D4F"/"id:44454D4G"/' '9:19: ek.certificate.manufacturer: expected id: and 8 hex digits'
bad loader 's/"id:44454D4F"/"id:44454D4F0"/' '9:19: ek.certificate.manufacturer: expected id: and 8 hex digits'
bad loader 's/"id:01"/"id:"/' '11:14: ek.certificate.version: expected id: and hex digits'
bad loader 's/"id:01"/"id:1.0"/' '11:14: ek.certificate.version: expected id: and hex digits'
bad loader 's/not-before: .*/&\n    spec-revision: 4294967455/' '13:20: ek.certificate.spec-revision: "4294967455" is above 4294967295'
bad loader 's/not-before: .*/&\n    validity-days: 200000000000000/' '13:20: ek.certificate.validity-days: "200000000000000" is above 4294967295'
bad loader 's/not-before: .*/&\n    validity-days: 4294967295/' '13:20: ek.certificate.validity-days: ends after the year 9999'
bad loader 's/not-before: .*/&\n    validity-days: 0/' '9:5: ek.certificate: the validity ends before it begins'
bad both 's/not-before: .*/&\n    aia: [[a]]/' '13:11: ek.certificate.aia: expected text'
bad both 's/not-before: .*/&\n    aia: [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q]/' '13:59: ek.certificate.aia: more than 16 entries'
bad loader 's/not-before: .*/&\n    aia: ["${HOST}"]/' '13:11: ek.certificate.aia: ${VAR} is not replaced here'
bad loader 's/^ek:/&\n  templates: []/' '8:14: ek.templates: L-1 and L-2 are needed, the fTPM and the key blob ask for both'
bad both 's/key: ca.key/&\n    passphrase: hunter2/' '16:17: ek.ca.passphrase: expected fd:N, file:PATH or env:NAME'
bad loader 's/kdk.csv/${HOME}\/kdk.csv/' '5:11: devices.kdk-db: ${VAR} is not replaced here'
bad loader 's/kdk-db.*/master-key: m.key\n  oem-id: 0x10000/;/eps-seeds/d' '6:11: devices.oem-id: "0x10000" is above 65535'
bad loader 's/kdk-db.*/master-key: m.key\n  oem-id: 1\n  first-sn: 1\n  count: 0/;/eps-seeds/d' '8:10: devices.count: no device at all'
bad loader 's/kdk-db.*/handover: dir/;/eps-seeds/d' '5:3: devices: handover goes with role oem alone'
bad loader 's/^platform: t234/&\nrole: oem/' '6:3: devices: role oem starts from a handover folder'
bad loader 's/^platform: t234/&\nrole: oem/;s/kdk-db.*/handover: dir/;/eps-seeds/d' '8:3: ek: role oem certifies no EK, remove the section'
bad loader 's/^platform: t234/&\nrole: odm/' '18:3: blob: role odm makes no key blob, remove the section'
bad loader '/^blob:/,/auth-key/d' '5:3: section blob is missing: roles oem and both make key blobs'
bad loader 's/^release:/fuses:\n  boot-security-info-preset: 0x1000001e0\n&/' '20:30: fuses.boot-security-info-preset: "0x1000001e0" is above 4294967295'
bad loader 's/^release:/fuses:\n  psc-odm-static: 0x100000060\n&/' '20:19: fuses.psc-odm-static: "0x100000060" is above 4294967295'
bad loader 's/path: release/path: ${ROTKIT_EMPTY}\/x/' '20:9: release.path: environment variable "ROTKIT_EMPTY" is empty'
bad loader 's/path: release/path: ${HOME/' '20:9: release.path: malformed ${VAR}, found "${HOME"'
[ "$cases" -ge 60 ] || fail "$cases cases only"

# Depth and anchors, of which libyaml makes work that grows with their square, end at the first.
head -c 1000000 /dev/zero | tr '\0' '[' >deep.yaml
refuse 2 'rotkit: deep.yaml:1:9: nested too deeply: nothing in a manifest is' build deep.yaml
{ printf 'x: ['; seq -f '&a%.0f,' -s '' 100000; printf ']\n'; } >anchors.yaml
refuse 2 'rotkit: anchors.yaml:1:5: an anchor: a manifest has no aliases' build anchors.yaml
printf 'x: *a\n' >alias.yaml
refuse 2 'rotkit: alias.yaml:1:4: an alias: write the value out' build alias.yaml

printf 'a: 1\n---\nb: 2\n' >two.yaml
refuse 2 'rotkit: two.yaml:2:1: a second document: a manifest is one' build two.yaml
(cat good.yaml; printf -- '---\nx: 1\n') >two.yaml
refuse 2 'rotkit: two.yaml:21:1: a second document: a manifest is one' build two.yaml
: >empty.yaml
refuse 2 'rotkit: empty.yaml:1:1: the manifest is empty' build empty.yaml
head -c 1048577 /dev/zero >large.yaml
refuse 2 'rotkit: "large.yaml" is too large: 1048577 bytes, at most 1048576' build large.yaml
refuse 7 'rotkit: cannot open "none.yaml": No such file or directory' build none.yaml
refuse 2 'rotkit: "." is a folder, expected a file' build .

# Ready manifests: the schema takes each.
count=0
for manifest in "$SOURCE"/manifests/*.yaml "$SOURCE"/examples/jetson-orin/manifest.yaml; do
    schema "$manifest" || fail "the schema refuses $manifest"
    count=$((count + 1))
done
[ "$count" -eq 5 ] || fail "$count ready manifests"
