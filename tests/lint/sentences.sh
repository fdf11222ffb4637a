#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every sentence of README's prose and of the help texts, and what the comments of examples, manifests and scripts promise,
# names the tests that read it, in tests/data/sentences.txt. A sentence stands there as it stands in its document, word by
# word; what of README's prose or of a help text has no line, fails; each test exists, and one of them runs the verb.
# "-" instead of tests: it promises nothing, but tells a fact of others or gives advice. "none": no test reads it, and
# there are no more of these than $untested, which only falls.
set -eu
cd "$SOURCE"
command -v python3 >/dev/null || exit 77
untested=1 ROTKIT=$ROTKIT python3 - <<'END'
import collections, glob, os, re, subprocess, sys

bad = []

def plain(text):
    return " ".join(text.split())

def help_of(*words):
    return subprocess.run([os.environ["ROTKIT"], "help", *words], capture_output=True, text=True, check=True).stdout

def verbs():
    for verb in re.findall(r"^  ([a-z]+) ", help_of(), re.M):
        text = help_of(verb)
        if text.startswith("usage: "):
            yield verb, text
        else:
            yield from ((f"{verb} {sub}", help_of(verb, sub)) for sub in re.findall(rf"^  {verb} ([a-z-]+) ", text, re.M))

# What of each document must have lines, in paragraphs; None: lines may be anywhere in it, one there must be.
whole = {"README.md": [], "help keys": None, "help firmware": None, "help optee": None}
texts = {"README.md": open("README.md").read()}
prose = re.sub(r"^```.*?^```$", "", texts["README.md"], flags=re.M | re.S)
for block in re.split(r"\n\s*\n", prose):
    if not re.match(r"#|\||- \*\*", block.strip()) and block.strip():
        whole["README.md"].append(plain(block))
for topic in ("keys", "firmware", "optee"):
    texts["help " + topic] = help_of(topic)
for verb, text in verbs():
    said = [plain(p) for p in text.split("\noptions:\n")[0].split("\n\n")[1:] if p.strip()]
    whole["help " + verb] = said[1:] or said
    texts["help " + verb] = text
# The man page says by hand what `help keys` says: without the macros of mdoc.
whole["man rotkit"] = None
page = subprocess.run([os.environ["ROTKIT"], "man"], capture_output=True, text=True, check=True).stdout
texts["man rotkit"] = re.sub(r"^\.[A-Z][a-z] ?", "", page, flags=re.M)
for path in ["Makefile"] + sorted(p for top in ("examples", "manifests", "scripts") for p in glob.glob(top + "/**", recursive=True)):
    if os.path.isfile(path) and not path.endswith((".elf", ".xml", ".ld", ".txt")):
        whole[path] = None
        texts[path] = re.sub(r"^\s*(#|//|/?\*+/?|/\*)", "", open(path).read(), flags=re.M)

lines, document, untested = collections.defaultdict(list), None, 0
for number, line in enumerate(open("tests/data/sentences.txt"), 1):
    line = line.rstrip("\n")
    if line.startswith("@ "):
        document = line[2:]
        if document not in texts:
            bad.append(f"sentences.txt:{number}: no document {document}")
    elif line and line[0] != "#":
        sentence, _, tests = line.rpartition(" | ")
        lines[document].append((plain(sentence), tests.split()))
        untested += tests == "none"
        if plain(sentence) not in plain(texts.get(document, "")):
            bad.append(f"sentences.txt:{number}: {document} does not say: {sentence}")
        if tests in ("-", "none"):
            continue
        bad += [f"sentences.txt:{number}: no test tests/{t}" for t in tests.split() if not os.path.isfile("tests/" + t)]
        shell = [open("tests/" + t).read() for t in tests.split() if t.endswith(".sh") and os.path.isfile("tests/" + t)]
        verb = document[5:] if document.startswith("help ") and whole[document] is not None else ""
        if verb and shell and not any(re.search(r"\b" + verb.replace(" ", r"\s+") + r"\b", s) for s in shell):
            bad.append(f"sentences.txt:{number}: none of its tests runs {verb}")

for document, paragraphs in whole.items():
    if not lines[document]:
        bad.append(f"{document}: no line in tests/data/sentences.txt")
    for paragraph in paragraphs or []:
        left = paragraph
        for sentence, _ in sorted(lines[document], key=lambda l: -len(l[0])):
            left = left.replace(sentence, "\n")
        bad += [f"{document}: no line says: {rest.strip()}" for rest in left.split("\n") if re.search(r"[A-Za-z]{2}", rest)]
if untested != int(os.environ["untested"]):
    bad.append(f"{untested} sentences have no test, expected {os.environ['untested']}: lower the number, never raise it")
print("\n".join(bad))
sys.exit(1 if bad else 0)
END
