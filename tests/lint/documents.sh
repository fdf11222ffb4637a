# SPDX-License-Identifier: Apache-2.0
# What a document names is there: each test (`cli.name`, `unit.name`, ...), and each source or script.
set -eu
cd "$SOURCE"
command -v python3 >/dev/null || exit 77
ctest --test-dir "$BUILD" -N | sed -n 's/^ *Test *#[0-9]*: //p' >"${TMPDIR:-/tmp}/rotkit-tests.$$"
trap 'rm -f "${TMPDIR:-/tmp}/rotkit-tests.$$"' EXIT
python3 - "${TMPDIR:-/tmp}/rotkit-tests.$$" <<'PY'
import glob, os, re, sys
tests = set(open(sys.argv[1]).read().split())
files = [os.path.join(top, name)[2:] for top, folders, names in os.walk(".") if not top.startswith(("./.git", "./build"))
         for name in names]
# The installed header "ftpmprov/ek.h" stands in a folder that is on the include path.
known = {"/".join(path.split("/")[i:]) for path in files for i in range(path.count("/") + 1)}
documents = glob.glob("*.md") + glob.glob("docs/*.md") + glob.glob("*/**/README.md", recursive=True)
documents = [d for d in documents if not d.startswith("build/")]
theirs = {"fskp_fuseburn.py", "BUP_generator.py"} # NVIDIA's
faults, seen = [], 0
for document in sorted(set(documents)):
    for number, line in enumerate(open(document), 1):
        for word in re.findall(r"`([^`\s]+)`", line):
            is_file = re.fullmatch(r"[\w./-]+\.(c|h|py|sh|map|mk)", word) and not word.startswith("/")
            if not is_file and re.fullmatch(r"(cli|unit|fuzz|lint|vectors)\.[a-z0-9][a-z0-9_.-]*", word):
                seen += 1
                # Sanitizers leave a few out.
                if word not in tests and not glob.glob("tests/unit/*/test_%s.c" % word.split(".", 1)[1]):
                    faults.append(f"{document}:{number}: there is no test {word}")
            elif is_file and "NAME" not in word and word not in theirs:
                seen += 1
                if re.sub(r"^(\.{1,2}/)+", "", word) not in known:
                    faults.append(f"{document}:{number}: there is no file {word}")
if seen < 100:
    faults.append(f"{seen} names in all documents: this lint has lost its reach")
print("\n".join(faults))
sys.exit(bool(faults))
PY
