#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every option in a table of a verb is read by its code: what it binds occurs beside the row and its declaration.
# What an option of a format does, tests/cli/options-heeded.sh tries.
set -eu
cd "$SOURCE"
command -v python3 >/dev/null || exit 77
python3 - <<'END'
import glob, re, sys

row = re.compile(r'^\s*\{ "([a-z0-9-]+)",[^&]*&([A-Za-z_>.-]+)', re.M)
bad = []
shared = "".join(open(f).read() for f in sorted(glob.glob("cli/*.c") + glob.glob("cli/cmd/*.h")
                                                  + glob.glob("lib/**/*.c", recursive=True)))
for file in sorted(glob.glob("cli/cmd/*.c")):
    text = open(file).read()
    # A verb of several files reads what its own header binds.
    others = "".join(open(f).read() for f in glob.glob(file.rsplit("_", 1)[0] + "*.c") if f != file)
    code = "\n".join(l for l in text.splitlines() if not row.match(l))
    for name, bound in row.findall(text):
        word = re.split(r"\.|->", bound)[-1]
        uses = re.findall(r"\b%s\b" % word, code + (shared + others if "." in bound or ">" in bound else ""))
        declared = re.findall(r"^\s+(?:const |struct |bool |unsigned |char )[^=;(]*\b%s\b" % word, code, re.M)
        if len(uses) <= len(declared):
            bad.append(f"{file}: --{name} binds \"{bound}\", which nothing reads")
    for macro, member, helpers in (("OPT_JSON(", "json", "request_|out_json|print_|tell"),
                                   ("OPT_DRY_RUN(", "dry_run", "request_|staging|seal_")):
        if macro in text and not re.search(r"app->%s\b|%s" % (member, helpers), text + others):
            bad.append(f"{file}: {macro} and nothing reads app->{member}")
print("\n".join(bad))
sys.exit(1 if bad else 0)
END
