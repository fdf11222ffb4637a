# SPDX-License-Identifier: Apache-2.0
# Fuse files are read by a reader of our own, which takes less than XML: what it takes, xmllint and python3's expat take as well,
# and they see the same elements. Mutations by a fixed seed, and what hostile XML is made of.
. "$(dirname "$0")/lib.sh"
need python3 xmllint

cat >judge.py <<'P'
import json, os, random, subprocess, sys
import xml.etree.ElementTree as ET

rotkit = os.environ["ROTKIT"]
# NVIDIA's reference file of Orin, in its words.
known = ("OdmId OdmInfo ArmJtagDisable ReservedOdm0 ReservedOdm1 ReservedOdm2 ReservedOdm3 ReservedOdm4 ReservedOdm5 "
         "ReservedOdm6 ReservedOdm7 OptInEnable PublicKeyHash PkcPubkeyHash1 PkcPubkeyHash2 SecureBootKey Kdk0 PscOdmStatic "
         "OemK1 OemK2 BootSecurityInfo SecurityMode").split()
secret = {"SecureBootKey", "Kdk0", "OemK1", "OemK2"}
taken = refused = 0


def ask(text, what, must=None):
    global taken, refused
    with open("f.xml", "wb") as f:
        f.write(text)
    r = subprocess.run([rotkit, "fuse", "check", "--json", "--platform", "t234", "f.xml"], capture_output=True, timeout=60)
    if r.returncode not in (0, 2, 3, 8):
        sys.exit(f"{what}: exit {r.returncode}: {r.stderr}")
    if must is not None and (r.returncode != 2) != must:
        sys.exit(f"{what}: exit {r.returncode}: {r.stderr}")
    if r.returncode == 2:
        refused += 1
        return
    taken += 1
    lint = subprocess.run(["xmllint", "--nonet", "--noout", "f.xml"], capture_output=True)
    if lint.returncode != 0:
        sys.exit(f"{what}: taken, and xmllint refuses it: {lint.stderr}\n{text}")
    theirs = [e for e in ET.fromstring(text) if e.tag == "fuse" and e.get("name") in known]
    ours = json.loads(r.stdout)["fuses"]
    if [e.get("name") for e in theirs] != [e["name"] for e in ours]:
        sys.exit(f"{what}: other fuses\n{text}\n{ours}")
    for e, o in zip(theirs, ours):
        if o["secret"] != (o["name"] in secret) or (o["secret"] and "value" in o):
            sys.exit(f"{what}: {o['name']} is shown")
        if "value" in o and int(e.get("value"), 16) != int(o["value"], 16):
            sys.exit(f"{what}: {o['name']}: {e.get('value')} is read as {o['value']}")


head = '<genericfuse MagicId="0x45535546" version="1.0.0">'
body = "".join(f'\n  <fuse name="{n}" size="4" value="0x{i:x}"/>' for i, n in enumerate(known) if n.startswith("ReservedOdm"))
good = (head + body + "\n</genericfuse>\n").encode()
ask(good, "good", True)
for what, text in {
    "no line ends": good.replace(b"\n", b""),
    "CR LF": good.replace(b"\n", b"\r\n"),
    "a mark of UTF-8": b"\xef\xbb\xbf" + good,
    "a declaration": b'<?xml version="1.0"?>' + good,
    "a declaration in full": b"<?xml version='1.0' encoding='utf-8' standalone='yes' ?>\n" + good,
    "comments": "<!-- 기기 < & \" -->\n".encode() + good.replace(b"\n", b"\n<!-- x - y -->") + b"<!---->",
    "end tags": good.replace(b"/>", b" ></fuse >"),
    "single quotes and blanks": good.replace(b'="', b" = '").replace(b'"', b"'"),
    "no digits in front": good.replace(b'"0x', b'"'),
    "upper case": good.replace(b'"0x', b'"0X'),
    "sixty fuses": good.replace(body.encode(), body.encode() * 7, 1),
}.items():
    ask(text, what, True)
for what, text in {
    "an entity bomb": b'<!DOCTYPE g [<!ENTITY a "aaaa">' + b"".join(
        b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(9)) + b"]>" + good.replace(b"0x3", b"&j;"),
    "an external entity": b'<!DOCTYPE g [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + good.replace(b"0x3", b"&a;"),
    "an external DTD": b'<!DOCTYPE genericfuse SYSTEM "http://127.0.0.1/x.dtd">' + good,
    "a reference": good.replace(b"0x3", b"0x&#49;"),
    "CDATA": good.replace(b"</g", b"<![CDATA[<fuse name='OdmInfo'/>]]></g"),
    "an instruction": good.replace(b"</g", b"<?x y?></g"),
    "a name space": good.replace(b"<genericfuse", b"<genericfuse xmlns:x='y'"),
    "an attribute twice": good.replace(b'size="4"', b'size="4" size="8"'),
    "text": good.replace(b"</g", b"text</g"),
    "an element in another": good.replace(b"/>", b"><fuse name='OdmInfo'/></fuse>", 1),
    "depth": head.encode() + b"<fuse>" * 20000,
    "two roots": good + good,
    "no end": good[:-3],
    "another end": good.replace(b"</genericfuse>", b"</genericfuses>"),
    "blanks before the declaration": b' <?xml version="1.0"?>' + good,
    "XML 1.1": b'<?xml version="1.1"?>' + good,
    "Latin-1": b'<?xml version="1.0" encoding="ISO-8859-1"?><!-- \xe4 -->' + good,
    "no UTF-8": b"<!-- \xff -->" + good,
    "a surrogate": b"<!-- \xed\xa0\x80 -->" + good,
    "two dashes": b"<!-- a -- b -->" + good,
    "UTF-16": good.decode().encode("utf-16"),
    "a NUL": good.replace(b"0x3", b"0x\x003"),
    "a control": good.replace(b"0x3", b"0x3\x07"),
    "too large": good + b" " * 70000,
    "a million attributes": b"<genericfuse " + b"".join(b"a%d='' " % i for i in range(6000)) + b"/>",
    "seventy fuses": good.replace(body.encode(), body.encode() * 9, 1),
    "an open comment": good + b"<!-- ",
    "no quotes": good.replace(b'"4"', b"4"),
}.items():
    ask(text, what, False)

random.seed(18)
pieces = [b"<", b">", b"/>", b'"', b"'", b"=", b" ", b"\n", b"<!--", b"-->", b"--", b"&", b"&amp;", b"<fuse ", b"</fuse>", b"<rpmb/>",
          b"]]>", b"<?xml ", b"?>", b"\xef\xbb\xbf", b"\xc3\xa4", b"\x00", b"\x7f", b"0x", b"name=", b"\t", b"\r", b":", b"x"]
for n in range(400):
    text = bytearray(good)
    for _ in range(random.choice((1, 1, 1, 2))):
        at = random.randrange(len(text) + 1)
        kind = random.randrange(4)
        if kind == 0:
            text[at:at] = random.choice(pieces)
        elif kind == 1:
            del text[at:at + random.randint(1, 12)]
        elif kind == 2 and at < len(text):
            text[at] ^= 1 << random.randrange(8)
        else:
            other = random.randrange(len(text))
            text[at:at] = text[other:other + random.randint(1, 60)]
    ask(bytes(text), f"mutation {n}")
print(taken, refused)
P
python3 judge.py >judged 2>&1 || fail "$(cat judged)"
read -r taken refused <judged
# Neither answer to nearly all of them: else the mutations have lost their reach.
[ "$taken" -ge 50 ] && [ "$refused" -ge 100 ] || fail "$taken taken, $refused refused"
