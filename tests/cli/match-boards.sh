# SPDX-License-Identifier: Apache-2.0
# Would the board install it? Packages are written here by python, the cases are what edk2-nvidia is known to do: pairs of
# strings that it says "Not Found" of in UART logs (OE4T/meta-tegra issue 1531), strings of real boards (jetson-factory.md
# 5, recipes of nv_boot_control.conf), and each pair of entries in both orders. Then the board's demands: required images,
# sizes, partitions, versions; and packages that lie.
. "$(dirname "$0")/lib.sh"
need python3 jq
cat >bup.py <<'PY'
import struct
REQUIRED = ("adsp-fw bpmp-fw bpmp-fw-dtb cpu-bootloader dce-fw mb1 MB1_BCT mb2 mb2rf MEM_BCT mts-mce nvdec psc_bl1 "
            "psc-fw pscrf pva-fw rce-fw sc7 secure-os spe-fw VER").split()
def bup(entries, magic=b"NVIDIA__BLOB__V3", kind=0, spec_len=128, size=None, count=None):
    """entries: (name, op mode, spec, content)"""
    at = 40 + len(entries) * (56 + spec_len)
    table = data = b""
    for name, mode, spec, content in entries:
        table += struct.pack("<40sIIII%ds" % spec_len, name.encode(), at + len(data), len(content), 0x3531, mode, spec.encode())
        data += content
    total = at + len(data)
    return struct.pack("<16s6I", magic, 0x01030622, total if size is None else size, 40, len(entries) if count is None else count,
                       kind, total) + table + data
PY

# ---- which entry, both orders ----

cat >choose.py <<'PY'
import json, subprocess, sys
from bup import bup, REQUIRED
NANO, NANO_C = "3767-300-0005-K.2-1-1-jetson-orin-nano-devkit-", "3767--0005--1--jetson-orin-nano-devkit-"
AGX, AGX_C = "3701-500-0000-J.0-1-1-jetson-agx-orin-devkit-", "3701--0000--1--jetson-agx-orin-devkit-"
LOG = "3767-300-0005-K.2-1-0-jetson-orin-nano-devkit-"
NX, NX_C = "3767-ES1-0000-A.3-1-0-jetson-orin-nx-xavier-nx-devkit-nvme0n1p1", "3767-000-0000--1-0-jetson-orin-nano-devkit-"
UNFUSED, UNFUSED_C = "3701-000-0005-B.1-0-1-jetson-agx-orin-devkit-", "3701--0005--0--jetson-agx-orin-devkit-"
def nano(sku, fab="000", rev="", fuse="1", chip="1", machine="jetson-orin-nano-devkit"):
    return "3767-%s-%s-%s-%s-%s-%s-" % (fab, sku, rev, fuse, chip, machine)
# board, compat, entry A, entry B (op mode and spec), what is taken of A B, and of B A
CASES = [
    # the log: neither string of the board fits 0003 or 0004
    (LOG, NANO_C, (0, nano("0003")), (0, nano("0004")), None, None),
    (LOG, NANO_C, (0, nano("0003")), (0, nano("0005")), "B", "B"),
    (LOG, NANO_C, (0, nano("0004")), (0, nano("0005", chip="0")), "B", "B"),
    (LOG, None, (0, nano("0005")), (0, nano("0005", fab="300", chip="")), "B", "B"),
    # the full spec wins wherever it stands
    (NANO, NANO_C, (0, nano("0005", fab="300")), (0, nano("0005")), "A", "A"),
    (NANO, NANO_C, (0, NANO), (0, NANO_C), "A", "B"),
    (NANO, NANO_C, (0, nano("0005", fab="")), (0, nano("0005", fab="000")), "A", "A"),
    (NANO, NANO_C, (0, NANO), (0, ""), "A", "A"),
    (NANO, None, (0, NANO), (0, ""), "A", "A"),
    # else the first of those that the compat spec fits and those without
    (NANO, NANO_C, (0, nano("0005")), (0, ""), "A", "B"),
    (NANO, NANO_C, (0, nano("0005")), (0, nano("0005", fab="301")), "A", "B"),
    (NANO, NANO_C, (0, nano("0003")), (0, ""), "B", "B"),
    (NANO, None, (0, nano("0005")), (0, ""), "B", "B"),
    (NANO, None, (0, ""), (0, ""), "A", "B"),
    (NANO, "", (0, nano("0005")), (0, ""), "B", "B"),
    # real boards: FAB differs by design
    (AGX, AGX_C, (0, "3701-300-0000--1--jetson-agx-orin-devkit-"), (0, NANO), "A", "A"),
    (AGX, None, (0, "3701-300-0000--1--jetson-agx-orin-devkit-"), (0, NANO), None, None),
    (AGX, AGX_C, (0, "3701-300-0000--1--jetson-agx-orin-devkit-"), (0, "3701-500-0000-J.0-1-1-jetson-agx-orin-devkit-"), "B", "B"),
    (AGX, AGX_C, (0, "3701-000-0000--1--jetson-agx-orin-devkit-"), (0, "3701-001-0000--1--jetson-agx-orin-devkit-"), "A", "B"),
    (AGX, AGX_C, (0, "3701-300-0004--1--jetson-agx-orin-devkit-"), (0, "3701-300-0005--1--jetson-agx-orin-devkit-"), None, None),
    (NX, NX_C, (0, nano("0000", chip="0")), (0, nano("0001", chip="0")), "A", "A"),
    (NX, NX_C, (0, NX), (0, nano("0000", chip="0")), "A", "A"),
    (NX, NX_C, (0, "3767-ES1-0000-A.3-1-0-jetson-orin-nx-xavier-nx-devkit-mmcblk0p1"), (0, nano("0000", chip="1")), None, None),
    (NX, None, (0, "3767-ES1-0000-A.3-1-0-jetson-orin-nx-xavier-nx-devkit-"), (0, ""), "A", "A"),
    # as many tokens on both sides
    (NANO, NANO_C, (0, NANO[:-1]), (0, "3767-300-0005"), None, None),
    (NANO, NANO_C, (0, nano("0005", machine="jetson-orin-nano-devkit-super")), (0, ""), "B", "B"),
    (NANO, NANO_C, (0, "----------"), (0, ""), "A", "A"),
    (NANO, NANO_C, (0, "---------"), (0, "-----------"), None, None),
    # the fuse level: op mode 1 where the fifth token of the board is 0, 2 where it is another
    (NANO, NANO_C, (1, NANO), (2, NANO), "B", "B"),
    (NANO, NANO_C, (1, NANO), (2, nano("0005")), "B", "B"),
    (NANO, NANO_C, (1, ""), (1, NANO_C), None, None),
    (NANO, NANO_C, (2, ""), (0, NANO_C), "B", "B"),
    (NANO, NANO_C, (2, ""), (0, nano("0005")), "A", "B"),
    (UNFUSED, UNFUSED_C, (1, UNFUSED), (2, UNFUSED), "A", "A"),
    (UNFUSED, UNFUSED_C, (2, ""), (2, UNFUSED_C), None, None),
    (UNFUSED, UNFUSED_C, (1, ""), (0, "3701-300-0005--0--jetson-agx-orin-devkit-"), "A", "B"),
    (UNFUSED, None, (1, UNFUSED), (0, ""), "A", "A"),
    ("3767-300-0005-K.2-00-1-jetson-orin-nano-devkit-", None, (1, ""), (2, ""), "B", "B"),
    ("3767-300-0005-K.2-0", None, (1, ""), (2, ""), "B", "B"),
    # letters are compared as they are
    (NANO, None, (0, NANO.replace("K.2", "k.2")), (0, ""), "B", "B"),
    (NANO, NANO_C, (0, NANO.replace("3767", "376")), (0, NANO.replace("0005", "00055")), None, None),
]
rotkit = sys.argv[1]
for number, (board, compat, a, b, ab, ba) in enumerate(CASES):
    for pair, wanted in (((("A", a), ("B", b)), ab), ((("B", b), ("A", a)), ba)):
        others = [(name, 0, "", b"x") for name in REQUIRED if name != "mb2"]
        entries = [("mb2", mode, spec, which.encode()) for which, (mode, spec) in pair]
        open("p", "wb").write(bup(others[:7] + entries + others[7:]))
        run = subprocess.run([rotkit, "match", "p", "--json", "--board=" + board] + (["--compat=" + compat] if compat else []),
                             capture_output=True, text=True)
        found = json.loads(run.stdout)
        bytes_ = open("p", "rb").read()
        taken = [bytes_[e["offset"]:e["offset"] + e["length"]].decode() for e in found["entries"] if e["name"] == "mb2" and e["install"]]
        if taken != ([] if wanted is None else [wanted]) or run.returncode != (3 if wanted is None else 0) or \
           found["status"] != (6151 if wanted is None else 0) or found["missing"] != (1 if wanted is None else 0):
            sys.exit("case %d %s: taken %s, wanted %s: %s" % (number, pair, taken, wanted, run.stderr))
print(len(CASES))
PY
python3 choose.py "$ROTKIT" >"$scratch/log" 2>&1 || fail "$(cat "$scratch/log")"
[ "$(cat "$scratch/log")" -ge 40 ] || fail "$(cat "$scratch/log") cases"

# ---- what the board demands ----

board=3701-500-0000-J.0-1-1-jetson-agx-orin-devkit-
compat=3701--0000--1--jetson-agx-orin-devkit-
spec=3701-300-0000--1--jetson-agx-orin-devkit-
write() { # FILE EXPRESSION: the package that the expression gives
    python3 -c "
from bup import bup, REQUIRED
whole = [(name, 0, '$spec', name.encode()) for name in REQUIRED]
open('$1', 'wb').write($2)"
}
asks() { # CODE STATUS FILE ARG...
    wanted=$2 code=$1
    shift 2
    what="$*"
    run "$code" match "$@" --json
    [ "$(jq .status "$out")" = "$wanted" ] || fail "$what: status $(jq .status "$out"), expected $wanted"
}
write whole 'bup(whole)'
asks 0 0 whole --board $board --compat $compat
run 0 match whole --board $board --compat $compat
stderr_is 'rotkit: "whole": the board would install it'
[ "$(grep -c '^install ' "$out")" -eq 21 ] && [ "$(wc -l <"$out")" -eq 21 ] || fail "$(cat "$out")"

# Each of the 21, left out.
for name in $(python3 -c 'from bup import REQUIRED; print(*REQUIRED)'); do
    write lacks "bup([e for e in whole if e[0] != '$name'])"
    asks 3 6151 lacks --board $board --compat $compat
    jq -e --arg name "$name" '.missing == 1 and .required == 21 and .findings == [{ name: $name, status: 6151, why: "not in the package" }]' \
        "$out" >/dev/null || fail "$(cat "$out")"
done

# What differs, and that the other string was not given.
run 3 match whole --board $board
stderr_is "rotkit: \"whole\": 21 of 21 images that UEFI of t234 requires have no entry for the board \"$board\", the first \"adsp-fw\" (FAB: package 300, board 500)
  the board would report 6151, image not in package
  --compat was not given, and may decide: COMPATIBLE_SPEC of nv_boot_control.conf, or TegraPlatformCompatSpec"
[ "$(head -n 1 "$out")" = "skip     adsp-fw ($spec): FAB: package 300, board 500" ] || fail "$(cat "$out")"
run 3 match whole --board $board --compat 3701--0004--1--jetson-agx-orin-devkit-
stderr_is "rotkit: \"whole\": 21 of 21 images that UEFI of t234 requires have no entry for the board \"$board\", the first \"adsp-fw\" (FAB: package 300, board 500; SKU: package 0000, compat 0004)
  the board would report 6151, image not in package"
run 3 match whole --board 3767-300-0005-K.2-1-1-jetson-orin-nano-devkit-
! grep -q 'compat' "$err" || fail "a compat spec would not help: $(cat "$err")"

# Images that it does not require are left out where they do not fit, and nothing is wrong.
write more "bup(whole + [('tsec-fw', 0, '3767-', b'x'), ('BCT', 1, '', b'y')])"
asks 0 0 more --board $board --compat $compat
[ "$(jq -c '[.entries[] | select(.install | not) | [.name, .why]]' "$out")" = \
    '[["tsec-fw","fields: package 2, board 11; fields: package 2, compat 11"],["BCT","for boards without the production fuse"]]' ] || fail "$(cat "$out")"

# One image.
write one 'bup(whole[:1])'
run 3 match one --board $board --compat $compat
stderr_is 'rotkit: "one": a package of one image, "adsp-fw"
  the board would report 6153, single image
  where the board'"'"'s firmware is built with PcdFmpSingleImageUpdate, say --single-image'
asks 0 0 one --board $board --compat $compat --single-image
asks 3 6161 one --board $board --single-image

# ---- its partitions ----

layout=$SOURCE/examples/jetson-product/flash_qspi.xml
asks 0 0 whole --board $board --compat $compat --layout "$layout"
[ "$(jq -r '.findings[] | "\(.name) \(.status)"' "$out")" = 'pva-fw 0' ] || fail "$(cat "$out")"
write old "bup([e for e in whole if e[0] != 'pva-fw'])" # a board of R36 asks for no pva-fw, and has no place for it
asks 0 0 old --board $board --compat $compat --layout "$layout"
write full "bup([(n, m, s, bytes(0x20000 if n == 'mb2rf' else 5)) for n, m, s, c in whole])"
asks 0 0 full --board $board --compat $compat --layout "$layout"
write big "bup([(n, m, s, bytes(0x20001 if n == 'mb2rf' else 5)) for n, m, s, c in whole])"
asks 3 6148 big --board $board --compat $compat --layout "$layout"
asks 0 0 big --board $board --compat $compat
run 3 match big --board $board --compat $compat --layout "$layout"
stderr_is 'rotkit: "big": image "mb2rf": 131073 bytes, slot A has 131072
  the board would report 6148, image too big'
write other "bup(whole + [('mb2rf', 0, '3767-', bytes(0x20001))])" # one that this board does not take
asks 0 0 other --board $board --compat $compat --layout "$layout"
write first "bup([(n, m, s, bytes(0x20001 if n == 'mb2rf' else 5)) for n, m, s, c in whole if n != 'VER'])"
asks 3 6151 first --board $board --compat $compat --layout "$layout" # the board looks for images first
sed -e 's/"A_VER"/"A_VERS"/' "$layout" >lacks.xml
asks 3 6155 whole --board $board --compat $compat --layout lacks.xml
# Several layouts are one board's.
python3 - "$layout" <<'PY'
import re, sys
text = open(sys.argv[1]).read()
parts = re.findall(r" *<partition name.*?</partition>\n", text, re.S)
head, tail = text[:text.index(parts[0])], text[text.rindex("    </device>"):]
ver = [p for p in parts if "_VER" in p]
open("a.xml", "w").write(head + "".join(p for p in parts if p not in ver) + tail)
open("b.xml", "w").write(head.replace('type="spi"', 'type="spi"') + "".join(ver) + tail)
PY
asks 3 6155 whole --board $board --compat $compat --layout a.xml
asks 0 0 whole --board $board --compat $compat --layout a.xml --layout b.xml
refuse 2 'rotkit: "b.xml": slots of "VER" stand in another layout already' match whole --board $board --layout b.xml --layout b.xml
refuse 2 'rotkit: "b.xml": layout:4: no device of type "nvme"' match whole --board $board --layout b.xml --layout-device nvme

# ---- its version ----

run 0 pack capsule -o cap payload=whole --set version=0x230500
run 0 match cap --board $board --compat $compat --lsv 2295040
head -n 1 "$out" >line
is line 'version  0x00230500 = 2295040 = 35.5.0, lowest supported 0x00230500 = 2295040 = 35.5.0'
run 3 match cap --board $board --compat $compat --lsv 0x240000
stderr_is 'rotkit: "cap": version 0x00230500 = 2295040 = 35.5.0 is below the board'"'"'s lowest supported version 0x00240000 = 2359296 = 36.0.0
  the board would report 4112, version too low'
asks 0 0 cap --board $board --compat $compat
jq -e '.version == 2295040 and .lowest_supported_version == 2295040' "$out" >/dev/null || fail "$(cat "$out")"

# ---- other platforms ----

run 0 match whole --board $board --compat $compat --platform t234
run 3 match whole --board $board --compat $compat --platform t264
grep -q '2 of 14 images that UEFI of t264 requires' "$err" || fail "$(cat "$err")"
refuse 2 'rotkit: which images UEFI of "t210" requires is not known' match whole --board $board --platform t210

# ---- the board's own files ----

cat >nv_boot_control.conf <<CONF
TNSPEC $board
COMPATIBLE_SPEC $compat
TEGRA_LEGACY_UPDATE true
TEGRA_EMMC_ONLY false
TEGRA_CHIPID 0x23
TEGRA_OTA_BOOT_DEVICE /dev/mtdblock0
TEGRA_OTA_GPT_DEVICE /dev/mtdblock0
CONF
guid=781e084c-a330-417c-b678-38e696380cb9
printf '\007\000\000\000%s' $board >TegraPlatformSpec-$guid
printf '\007\000\000\000%s' $compat >TegraPlatformCompatSpec-$guid
run 0 match whole --board-file nv_boot_control.conf
run 0 match whole --board-file TegraPlatformSpec-$guid --compat-file TegraPlatformCompatSpec-$guid
run 3 match whole --board-file TegraPlatformSpec-$guid
run 3 match whole --board-file nv_boot_control.conf --compat 3701--0004--1--jetson-agx-orin-devkit-
run 0 match whole --board $board --compat-file nv_boot_control.conf
sed 's/0x23/0x26/' nv_boot_control.conf >thor.conf
run 3 match whole --board-file thor.conf
grep -q 'UEFI of t264 requires' "$err" || fail "$(cat "$err")"
see="
  see 'rotkit help match'"
refuse 2 "rotkit: --platform: t234, \"thor.conf\" says t264$see" match whole --board-file thor.conf --platform t234
sed 's/0x23/0x99/' nv_boot_control.conf >what.conf
refuse 2 "rotkit: \"what.conf\": TEGRA_CHIPID 0x99 is of no platform that is known$see" match whole --board-file what.conf
refuse 2 "rotkit: --board-file: \"TegraPlatformCompatSpec-$guid\" is TegraPlatformCompatSpec, which is for --compat-file$see" \
    match whole --board-file TegraPlatformCompatSpec-$guid
refuse 2 "rotkit: --compat-file: \"TegraPlatformSpec-$guid\" is TegraPlatformSpec, which is for --board-file$see" \
    match whole --board $board --compat-file TegraPlatformSpec-$guid
printf '\007\000\000\0003\0007\0006\0007\000-\000' >ucs2
refuse 2 'rotkit: "ucs2": the variable holds UCS-2: UEFI reads it as ASCII, and so "3" alone' match whole --board-file ucs2
refuse 2 "rotkit: --board or --board-file is required$see" match whole
refuse 2 "rotkit: --board or --board-file is required, not both$see" match whole --board $board --board-file thor.conf
refuse 2 "rotkit: --compat or --compat-file, not both$see" match whole --board $board --compat $compat --compat-file thor.conf
refuse 2 "rotkit: --board: \"devkit\" is no TNSPEC: expected fields between dashes$see" match whole --board devkit
refuse 2 "rotkit: --lsv: the version stands in the capsule, this is none$see" match whole --board $board --lsv 1
refuse 2 "rotkit: PACKAGE is missing$see" match --board $board
refuse 2 "rotkit: --layout-device needs --layout$see" match whole --board $board --layout-device spi

# ---- packages that lie ----

lies() { # CODE STATUS EXPRESSION
    write lie "$3"
    run "$1" match lie --board $board --compat $compat
    grep -q "^  the board would report $2, " "$err" || fail "$3: $(cat "$err")"
    stdout_is ""
}
lies 3 6145 'bup(whole, kind=1)'
lies 3 6145 'bup(whole, magic=b"NVIDIA__BLOB__V2", spec_len=64)'
lies 2 6145 'bup(whole, count=99999)'
lies 2 6145 'bup(whole, count=0xffffffff)'
lies 2 6145 'bup(whole, size=40)'
lies 2 6149 'bup(whole)[:-1]'
lies 2 6147 'bup([(n, 3, s, c) for n, m, s, c in whole])'
lies 2 6147 'bup(whole, count=20)'
lies 2 6147 'bup([("x" * 40, m, s, c) for n, m, s, c in whole])'
# What only looks like a package in front of the one that is: a certificate's text, a dummy in the capsule's header.
run 0 key new --type rsa2048 key
run 0 ca self --key key --subject 'NVIDIA__BLOB__V3 NVIDIA__BLOB__V3 NVIDIA__BLOB__V3' --use capsule -o cert.pem
run 0 sign capsule cap -o signed --key key --cert cert.pem
run 0 match signed --board $board --compat $compat
# 512 entries of 127 dashes ask for as many comparisons of as many tokens; a limit of the shell is the judge of hours.
write dashes 'bup([("mb%d" % (i % 9), 0, "-" * 127, b"") for i in range(512)])'
(ulimit -t 20 && "$ROTKIT" match dashes --board "$(printf %0127d 0 | tr 0 -)" --compat "$(printf %0127d 0 | tr 0 -)") >"$out" 2>"$err" ||
    [ $? -eq 3 ] || fail "512 entries: $(cat "$err")"

# ---- codes in words ----

run 0 match --status 6163
stdout_is '6163 (0x1813)  boot-chain update cancelled: slots were switched by hand: BootChainFwNext or BootChainFwStatus is set; delete both and deliver the capsule again'
cp "$out" decimal
run 0 match --status 0x1813
same "decimal and hex" decimal "$out"
run 0 match --status all
for code in 0 1 6145 6148 6150 6151 6152 6153 6157 6158 6160 6162 6163; do
    grep -q "^$code (0x" "$out" || fail "$code is missing: $(cat "$out")"
done
run 0 match --status all --json
[ "$(jq '.statuses | length' "$out")" -eq "$("$ROTKIT" match --status all | wc -l)" ] || fail "JSON has others"
refuse 8 'rotkit: status 7000 (0x1b58) is not known
  rotkit match --status all lists those that are' match --status 7000
refuse 8 'rotkit: status 2295040 (0x230500) is not known
  as a version (fw_version, last_attempt_version) it is 0x00230500 = 2295040 = 35.5.0' match --status 2295040
refuse 2 'rotkit: --status: "6151x" is no number
  decimal as in /sys/firmware/efi/esrt/entries/entry0/last_attempt_status, or 0x; "all" lists them' match --status 6151x
refuse 2 "rotkit: --status takes neither a package nor a board$see" match whole --status 6151
refuse 2 "rotkit: --status takes neither a package nor a board$see" match --status 6151 --board $board

# ---- the case that was handed in ----

sh "$DATA/cases/jetson/bup-empty-spec.sh" >"$out" 2>"$err" || true
grep -E '^(UEFI|install)' "$out" >line
is line 'UEFI takes the second:
install  mb2 (3767-300-0005--1--jetson-orin-nano-devkit-)
UEFI takes the first:
install  mb2 (3767-000-0005--1--jetson-orin-nano-devkit-)'
