# SPDX-License-Identifier: Apache-2.0
# What ek lint says of many certificates, and whether another program says the same.
#   ek_verdicts.py ROTKIT VERIFIER FOLDER THEIRS [OPTION...]: THEIRS has "NAME takes" or "NAME refuses WHY" a line,
# of the files of FOLDER. Prints each that is judged otherwise. One run tells the findings of all
# files; every thirtieth is asked alone for its exit code.
import json
import pathlib
import subprocess
import sys

rotkit, verifier, folder, theirs = sys.argv[1:5]
options = sys.argv[5:]
names = sorted(path.name for path in pathlib.Path(folder).iterdir())
wanted = dict(line.split(" ", 1) for line in pathlib.Path(theirs).read_text().splitlines())
assert names == sorted(wanted), "the program was asked of other files"
refused, no_certificate = {}, set()


def ask(*files, json_too=True):
    form = ["--json", "--all"] if json_too else ["--verifier", verifier]
    return subprocess.run([rotkit, "ek", "lint", "-q", *form, *options, *files], cwd=folder, capture_output=True,
                          text=True)


left = names
while left:
    done = ask(*left)
    for finding in map(json.loads, done.stdout.splitlines()):
        if verifier in finding["verifier"].split(", "):
            refused[finding["file"]] = finding["rule"] + ": " + finding["text"]
    if done.returncode in (0, 3):
        break
    assert done.returncode == 2, done.stderr
    no_certificate.add(json.loads(done.stderr.splitlines()[-1])["error"]["message"].split('"')[1])
    left = left[left.index(max(no_certificate & set(left))) + 1:]

bad = 0
for name in names:
    their = wanted[name].split(" ")[0]
    our = "refuses" if name in refused or name in no_certificate else "takes"
    if our != their:
        bad += 1
        print("%s: %s; ek lint %s %s" % (name, wanted[name], our, refused.get(name, "")))
for name in names[::30]:
    code = ask(name, json_too=False).returncode
    if code != (2 if name in no_certificate else 3 if name in refused else 0):
        bad += 1
        print("%s: exit code %d" % (name, code))
print("%d certificates, %d taken, %d with no certificate in the file, %d judged otherwise" % (
    len(names), sum(verdict == "takes" for verdict in wanted.values()), len(no_certificate), bad))
sys.exit(bad != 0)
