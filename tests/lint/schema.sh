#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The JSON Schema takes the manifests that the loader takes, and refuses what has a fault of shape.
set -eu
python3 -c 'import jsonschema, yaml' 2>/dev/null || exit 77
scratch=$(mktemp -d "${TMPDIR:-/tmp}/rotkit-schema.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
"$ROTKIT" man --schema >"$scratch/schema.json"
cmp "$SOURCE/docs/rotkit-manifest.schema.json" "$scratch/schema.json"
"$ROTKIT" init -q "$scratch/product"
python3 - "$scratch/schema.json" "$scratch/product/manifest.yaml" "$SOURCE"/manifests/*.yaml <<'PY'
import copy, json, sys
import jsonschema, yaml

schema = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator.check_schema(schema)
judge = jsonschema.Draft202012Validator(schema)

class Text(yaml.SafeLoader):
    """Dates stay text, as an editor's YAML has them."""
Text.yaml_implicit_resolvers = {
    first: [(tag, rule) for tag, rule in rows if tag != "tag:yaml.org,2002:timestamp"]
    for first, rows in yaml.SafeLoader.yaml_implicit_resolvers.items()}

bad = 0
for path in sys.argv[2:]:
    for fault in judge.iter_errors(yaml.load(open(path), Text)):
        print(f"{path}: {fault.json_path}: {fault.message}", file=sys.stderr)
        bad += 1

good = yaml.load(open(sys.argv[2]), Text)
def broken(change):
    doc = copy.deepcopy(good)
    change(doc)
    return doc
for name, change in {
    "an unknown key": lambda d: d.update(surprise=1),
    "an unknown key in a section": lambda d: d["ek"].update(surprise=1),
    "a required key missing": lambda d: d.pop("product"),
    "a required key of a section missing": lambda d: d["ek"]["ca"].pop("key"),
    "a choice that is none": lambda d: d.update(role="nobody"),
    "text for a section": lambda d: d.update(blob="text"),
    "a list of numbers": lambda d: d["ek"].update(templates=[1, 2]),
    "a negative number": lambda d: d["ek"]["certificate"].update({"spec-level": -1}),
    "no date": lambda d: d["ek"]["certificate"].update({"not-before": "tomorrow"}),
}.items():
    if not list(judge.iter_errors(broken(change))):
        print(f"the schema takes {name}", file=sys.stderr)
        bad += 1
sys.exit(bad != 0)
PY
