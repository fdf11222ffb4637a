# SPDX-License-Identifier: Apache-2.0
# One run tells of every fault of a manifest: in order of the file, each once, at most twenty and how many
# more. Another reader of YAML says on which line and in which column each of them is.
. "$(dirname "$0")/lib.sh"
need python3
python=/usr/bin/python3
"$python" -c 'import yaml' 2>/dev/null || skip "python3-yaml is absent"

# places.py FILE PATH...: "line:column" of the value at a path of keys and indices, or of the key with "@" behind
cat >places.py <<'P'
import sys, yaml
root = yaml.compose(open(sys.argv[1]))
for path in sys.argv[2:]:
    node, mark = root, None
    of_key = path.endswith("@")
    for word in path.rstrip("@").split("/"):
        if isinstance(node, yaml.SequenceNode):
            node = node.value[int(word)]
        else:
            name, _, nth = word.partition("#")
            key, node = [(k, v) for k, v in node.value if k.value == name][int(nth or 0)]
            mark = key.start_mark
    mark = mark if of_key else node.start_mark
    print("%d:%d" % (mark.line + 1, mark.column + 1))
P

# told FILE: "line:column" of each error, as printed
told() {
    sed -n "s/^rotkit: $1:\\([0-9]*:[0-9]*\\): .*/\\1/p" "$err"
}

# twenty KIND TEXT: all.yaml has 25 faults with the places in `wanted`; the first twenty of them are told,
# one with the text
twenty() {
    run 2 build all.yaml
    told all.yaml >found
    head -20 wanted | same "places of $1" - found
    [ "$(tail -1 "$err")" = "rotkit: and 5 more" ] || fail "$1: $(tail -1 "$err")"
    [ "$(grep -c '^rotkit: ' "$err")" = 21 ] || fail "$1: $(cat "$err")"
    [ -z "$(sort found | uniq -d)" ] || fail "$1: told twice"
    grep -qF "$2" "$err" || fail "$1: no $2 in $(cat "$err")"
}

start() {
    printf 'rotkit: 1\nproduct: demo\nplatform: optee\n' >all.yaml
}

numbers=$(seq 1 25)
# All places at once: a run of python for each would take seconds.
places() {
    "$python" places.py all.yaml "$@" | sort -t: -k1,1n -k2,2n >wanted
}

# Unknown keys.
start
for i in $numbers; do echo "qqqqqqq$i: x" >>all.yaml; done
printf 'components:\n  a: f\nimages:\n  i: {format: raw, input: a}\nrelease: {path: r}\n' >>all.yaml
places $(for i in $numbers; do echo "qqqqqqq$i@"; done)
twenty "unknown keys" 'unknown key "qqqqqqq20"'

# Missing keys: each image lacks its format.
start
printf 'components:\n  a: f\nimages:\n' >>all.yaml
for i in $numbers; do echo "  i$i: {input: a}" >>all.yaml; done
echo 'release: {path: r}' >>all.yaml
places $(for i in $numbers; do echo "images/i$i"; done)
twenty "missing keys" 'images.i20: key "format" is missing'

# Wrong values.
start
printf 'components:\n  a: f\nimages:\n' >>all.yaml
for i in $numbers; do echo "  i$i: {format: raw, input: a, publish: perhaps}" >>all.yaml; done
echo 'release: {path: r}' >>all.yaml
places $(for i in $numbers; do echo "images/i$i/publish"; done)
twenty "wrong values" 'images.i20.publish: expected true or false, found "perhaps"'

# Doubled keys.
start
printf 'components:\n  a: f\nimages:\n' >>all.yaml
for i in $numbers; do echo "  i$i: {format: raw, input: a, input: b}" >>all.yaml; done
echo 'release: {path: r}' >>all.yaml
places $(for i in $numbers; do echo "images/i$i/input#1@"; done)
twenty "doubled keys" 'images.i20: key "input" is on line 26 already'

# Rules between values; those of image-types, which are made of the same lines, are told once.
start
printf 'components:\n  a: f\nimages:\n' >>all.yaml
for i in $numbers; do
    echo "  i$i: {format: raw, input: a, parts: {x: a}, image-types: {j$i: g, k$i: h}}" >>all.yaml
done
echo 'release: {path: r}' >>all.yaml
places $(for i in $numbers; do echo "images/i$i/parts"; done)
twenty "rules" 'parts: an image with an input is not packed'

# Entries of a list, and of a map; too many are told once.
start
printf 'images:\n  i: {format: raw, input: a}\ncomponents:\n' >>all.yaml
for i in $numbers; do echo "  c$i: \${ROTKIT_UNSET}" >>all.yaml; done
echo 'release: {path: r}' >>all.yaml
places $(for i in $numbers; do echo "components/c$i"; done)
twenty "entries of a map" 'components.c20: environment variable "ROTKIT_UNSET" is not set'
start
printf 'components:\n  a: f\nimages:\n  i: {format: raw, input: a, for: [%s z]}\nrelease: {path: r}\n' \
    "$(printf 'x%s, ' $numbers)" >>all.yaml
refuse 2 "rotkit: all.yaml:$("$python" places.py all.yaml images/i/for/16): images.i.for: more than 16 entries" \
    build all.yaml

# All kinds in one: in order, with what was meant below; a key that is missing because it is misspelt is
# told once, a rule that lacks its values not at all, and a platform that nobody knows does not make its
# keys unknown.
cat >mixed.yaml <<'Y'
rotkit: 1
prodcut: demo
platform: t23
role: all
devices:
  kdk-db: kdk.csv
  kdk-db: b
ek:
  templates: [L-1, [b], ""]
  certificate: {manufacturer: "id:44454D4F", modell: m, version: "id:01", not-before: 2026-13-01}
ftpm-ta: {}
images:
  b: 7
  .d: {format: x, input: y}
relase: {path: r}
Y
refuse 2 'rotkit: mixed.yaml:2:1: unknown key "prodcut"
  did you mean "product"?
rotkit: mixed.yaml:3:11: platform: unknown platform "t23" (known: t234, t194, optee)
rotkit: mixed.yaml:4:7: role: unknown value "all" (known: both, odm, oem)
rotkit: mixed.yaml:7:3: devices: key "kdk-db" is on line 6 already
rotkit: mixed.yaml:9:3: ek: key "ca" is missing (who signs them)
rotkit: mixed.yaml:9:20: ek.templates: expected text
rotkit: mixed.yaml:9:25: ek.templates: empty value
rotkit: mixed.yaml:10:46: ek.certificate: unknown key "modell"
  did you mean "model"?
rotkit: mixed.yaml:10:87: ek.certificate.not-before: "2026-13-01" is no date, expected YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ
rotkit: mixed.yaml:13:6: images.b: expected keys and values
rotkit: mixed.yaml:14:7: images: ".d" is no name for a file below images/
rotkit: mixed.yaml:15:1: unknown key "relase"
  did you mean "release"?' build mixed.yaml

# As JSON: the first as ever, the others beside it.
text=$(grep -v '^  ' "$err" | sed 's/^rotkit: //')
run 2 build --json mixed.yaml
"$python" - "$err" >found <<'P'
import json, sys
doc = json.load(open(sys.argv[1]))
for e in [doc["error"]] + doc["further"]:
    assert e["message"].startswith("%s:%d:%d: " % (e["file"], e["line"], e["column"])), e
    assert e["code"] == 2
    print(e["message"])
P
printf '%s\n' "$text" | same "the errors as JSON" - found

# A manifest of another format is not judged by the rules of this one.
sed 's/^rotkit: 1/rotkit: 2/' mixed.yaml >next.yaml
refuse 2 'rotkit: next.yaml:1:9: rotkit: this version reads manifests of format 1' build next.yaml

# Work is bounded: a megabyte of faults ends in what a person can read.
{ start; for i in $numbers; do echo "q$i: x"; done; seq -f 'product: %.0f' 60000; } >large
cat all.yaml large >many.yaml
run 2 build many.yaml
[ "$(tail -1 "$err")" = "rotkit: and at least 980 more" ] || fail "$(tail -1 "$err")"
[ "$(grep -c '^rotkit: ' "$err")" = 21 ] || fail "$(cat "$err")"
