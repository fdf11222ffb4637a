#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every row of README's tables and every one of its promises names the tests that read it, in tests/data/promises.txt:
# no row without a line, no line without its row, no test that is not there, and among a row's tests each of the
# commands that it shows is run.
set -eu
cd "$SOURCE"
command -v python3 >/dev/null || exit 77
python3 - <<'END'
import os, re, sys

readme = open("README.md").read()
rows = []  # what a line begins with, and the commands that it shows
for part in re.findall(r"^## (?:What it does|Support)$(.*?)(?=^## )", readme, re.M | re.S):
    for line in part.splitlines():
        cells = [c.strip() for c in line.split("|")[1:-1]]
        if cells and cells[0] not in ("You have", "What") and not cells[0].startswith("---"):
            rows.append((cells[0], cells[1] if "You have" in part else ""))
rows += [(bold, "") for bold in re.findall(r"^- \*\*(.*?)\*\*", readme, re.M)]

bad, lines = [], []
for line in open("tests/data/promises.txt"):
    if line.strip() and line[0] != "#":
        key, tests = (t.strip() for t in line.split(" | "))
        lines.append((key, tests.split()))
for key, tests in lines:
    bad += [f"{key}: no test tests/{t}" for t in tests if not os.path.exists("tests/" + t)]
    if not any(row.startswith(key) for row, _ in rows):
        bad.append(f"{key}: README has no such row")
for row, shown in rows:
    of = max((l for l in lines if row.startswith(l[0])), key=lambda l: len(l[0]), default=None)
    if of is None:
        bad.append(f"{row}: no line in tests/data/promises.txt")
        continue
    texts = "\n".join(open("tests/" + t).read() for t in of[1] if os.path.exists("tests/" + t))
    for words in re.findall(r"`(?:rotkit )?([a-z]+(?: [a-z-]+)?)", shown):
        if not re.search(r"\b" + words.replace(" ", r"\s+") + r"\b", texts):
            bad.append(f"{row}: none of its tests runs \"{words}\"")
print("\n".join(bad))
sys.exit(1 if bad else 0)
END
