#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""No option is taken without effect: each format, verb and option is tried beside a run without it.

Either it is refused (exit 2, with words that name it), or what is made, said or answered is another.
The settings are those that `pack --formats --json` lists, so that a new one without a value here
fails. Called in a scratch folder: options_heeded.py ROTKIT TESTS-DATA.
"""
import json
import os
import subprocess
import sys

ROTKIT, DATA = sys.argv[1:]
V = DATA + "/vectors/boot"
K = V + "/keys"
KEY = K + "/rsa2048.pem"
OTHER = {
    "align": "4096", "algo": "rsa-pkcs1-sha256", "append": "yes", "arch": "riscv",
    "bct-copies": "2", "compression": "lz4", "content-key-name": "other", "derivation-string": "another string 16",
    "description": "another", "device": "sdmmc_boot", "enc-key": {"fip": "bssk", "optee-ta": "class"}, "entry": "0x1000",
    "experimental": "oem-insert", "form": "appended", "hash": "sha384", "image-type": "01234567-89ab-cdef-0123-456789abcdef",
    "images": {"fit": "ramdisk-1", "fip": "nt-fw"}, "iv": "00112233445566778899aabb", "key-name": "other", "load": "0x2000",
    "lowest-supported-version": "1", "magic": {"tegra-bch": "MB2C", "kernel-encrypted": "ABCD"}, "max-depth": "3",
    "monotonic-count": "7", "name": "below", "name-size": "32", "ntfw-nvctr": "9", "os": "u-boot",
    "output": {"fit": "key-dtb", "tegra-bch": "sig", "tegra-br-bct": "sig", "t210-bct": "config"},
    "owner": "01234567-89ab-cdef-0123-456789abcdef", "pad-to": "4096", "padding": "pss", "page": "4096",
    "placeholders": "APPSIZE=1048576", "plat-toc-flags": "3", "region": "bootloader", "replace": "yes",
    "required-mode": "any", "signer-name": "Somebody", "tfw-nvctr": "8", "tnspec": "3701-500-0005-G.0-1-0-another", "time": "2030-01-01T00:00:00Z", "use": "ca",
    "uuid": "01234567-89ab-cdef-0123-456789abcdef", "variable": "KEK", "version": {"bup": "35.4.1", "": "3"},
}
# A permission shows where it is needed alone: pack-refuses.sh.
PERMISSIONS = ("accept-test-keys",)
failed = []


def run(args, out=None):
    """Exit code, what was said, and the file made."""
    if out and os.path.exists(out):
        os.remove(out)
    r = subprocess.run([ROTKIT] + args, capture_output=True, env={**os.environ, "SOURCE_DATE_EPOCH": "1767225600"})
    said = "\n".join(l for l in (r.stdout + r.stderr).decode().splitlines()
                     if "secrets are wiped" not in l and "others may read it" not in l)
    made = open(out, "rb").read() if out and os.path.exists(out) else None
    return r.returncode, said, made


def value(setting, fmt):
    fmt = fmt.split()[0]
    v = OTHER.get(setting)
    if isinstance(v, dict):
        v = v.get(fmt, v.get(""))
    if v is None:
        failed.append(f"{fmt}: setting {setting} has no value in OTHER")
    return v


def walk(verb, fmt, args, out, options, settings, given=()):
    """`args` is a run that succeeds; given: settings that it has already."""
    base = run(args, out)
    if base[0] != 0:
        failed.append(f"{verb} {fmt}: the run without options fails: {base[1]}")
        return
    tries = [(o[0], list(o)) for o in options]
    tries += [(f"setting {s}", ["--set", f"{s}={value(s, fmt)}"]) for s in settings
              if s not in given and s not in PERMISSIONS]
    for name, more in tries:
        now = run(args + more, out)
        word = name.split()[-1]
        if now[0] == 2 and now[2] is None and word in now[1]:
            continue
        if now == base:
            failed.append(f"{verb} {fmt}: {' '.join(more)} is taken and does nothing")
        elif now[0] != 0 and now[2] is not None:
            failed.append(f"{verb} {fmt}: {' '.join(more)}: exit {now[0]}, and a file is left")


def new_files():
    for name, content in (("plain", b"payload\0" * 64), ("kernel", b"\0" * 3000)):
        open(name, "wb").write(content)
    for name, length in (("k16", 16), ("k32", 32)):
        open(name, "w").write(os.urandom(length).hex() + "\n")
        os.chmod(name, 0o600)
    for args in (["ca", "self", "--key", KEY, "--subject", "CN=db", "--use", "db", "-o", "db.pem"],
                 ["ca", "self", "--key", K + "/cap_sign.key", "--subject", "CN=c", "--use", "capsule", "-o", "cap.pem"],
                 ["ca", "self", "--key", KEY, "--subject", "CN=k", "--use", "code", "-o", "code.pem"],
                 ["pack", "uefi-auth", "-o", "esl", "cert=db.pem"],
                 ["pack", "fit", "-o", "k.fit", "kernel=kernel"],
                 ["pack", "fit", "-o", "two.fit", "kernel=kernel", "ramdisk=plain"]):
        r = run(args)
        assert r[0] == 0, r


def main():
    new_files()
    formats = {f["name"]: f for f in json.loads(run(["pack", "--formats", "--json"])[1])["formats"]}
    settings = {name: [s["name"] for s in f["settings"]] for name, f in formats.items()}
    secret = [("--content-key", "k32")]
    packs = [
        ("capsule", ["payload=" + V + "/bup/bup_v3_4entries.bin", "--set", "version=2"], ("version",)),
        ("fit", ["kernel=kernel"], ()),
        ("fit", ["pub=" + K + "/rsa2048.pub.pem"], ()),
        ("fip", ["soc-fw=plain", "nt-fw=plain"], ()),
        ("optee-ta", ["elf=" + V + "/inputs/ta.elf", "--set", "uuid=8aaaf200-2450-11e4-abe2-0002a5d5c51b"], ("uuid",)),
        ("optee-subkey", ["pub=" + K + "/optee_sub1.pub.pem", "--set", "uuid=8aaaf200-2450-11e4-abe2-0002a5d5c51b"], ("uuid",)),
        ("tegra-bch", ["payload=plain", "--set", "magic=MB2B"], ("magic",)),
        ("bup", ["mb1=plain"], ()),
        ("uefi-auth", ["cert=db.pem"], ()),
        ("uefi-keys-dtbo", ["PK=db.pem", "KEK=db.pem", "db=db.pem"], ()),
    ]
    for fmt, args, given in packs:
        walk("pack", fmt, ["pack", fmt, "-q", "-o", "x"] + args, "x", secret, settings[fmt], given)

    sub = ["--cert", "db.pem"]
    for fmt, args in (("fip", ["soc-fw=plain", "tos-fw=plain", "nt-fw=plain", "tb-fw=plain", "hw-config=plain"]),
                      ("optee-ta", packs[4][1]), ("optee-subkey", packs[5][1]), ("tegra-bch", packs[6][1]), ("capsule", packs[0][1])):
        run(["pack", fmt, "-q", "-o", "in." + fmt] + args)
    run(["sign", "fip", "-q", "-o", "signed.fip", "in.fip", "--key", KEY])
    signs = [
        ("fit", "k.fit", ["--key", KEY]),
        ("fip", "in.fip", ["--key", KEY]),
        ("optee-ta", "in.optee-ta", ["--key", KEY]),
        ("optee-subkey", "in.optee-subkey", ["--key", KEY]),
        ("tegra-bch", "in.tegra-bch", ["--key", K + "/rsa3072.pem", "--set", "output=pub"]),
        ("capsule", "in.capsule", ["--key", K + "/cap_sign.key", "--cert", "cap.pem"]),
        ("kernel-cms", V + "/kernel/boot.img", ["--key", KEY, "--cert", "code.pem"]),
        ("uefi-pe", V + "/uefi/min_aarch64.signed.efi", ["--key", KEY, "--cert", "db.pem"]),
        ("uefi-auth", "esl", ["--key", KEY, "--cert", "db.pem", "--set", "variable=db"]),
        ("raw", "plain", ["--key", KEY, "--scheme", "rsa-pss-sha256"]),
    ]
    for fmt, file, args in signs:
        given = tuple(a.split("=")[0] for a in args if "=" in a)
        options = secret + ([] if "--cert" in args else [sub]) + ([] if fmt == "raw" else [("--scheme", "rsa-pss-max-sha384")])
        walk("sign", fmt, ["sign", fmt, "-q", "-o", "x", file] + args, "x", options, settings[fmt], given)

    encrypts = [("fit", "two.fit", "k32"), ("fip", "in.fip", "k32"), ("optee-ta", "in.optee-ta", "k32"),
                ("kernel-encrypted", V + "/kernel/boot_signed.img", "k16")]
    for fmt, file, key in encrypts:
        # The IV is drawn, so that a repeat alone is another file: --reproducible is the base.
        given = ("derivation-string",) if fmt == "kernel-encrypted" else ()
        more = ["--set", "derivation-string=a string of 16ch"] if given else []
        walk("encrypt", fmt, ["encrypt", fmt, "-q", "--reproducible", "-o", "x", file, "--key", key] + more, "x", [], settings[fmt], given)

    run(["sign", "fit", "-q", "-o", "s.fit", "k.fit", "--key", KEY])
    run(["sign", "uefi-pe", "-q", "-o", "s.efi", V + "/uefi/min_aarch64.efi", "--key", KEY, "--cert", "db.pem"])
    run(["sign", "capsule", "-q", "-o", "s.cap", "in.capsule", "--key", K + "/cap_sign.key", "--cert", "cap.pem"])
    run(["sign", "uefi-auth", "-q", "-o", "s.auth", "esl", "--key", KEY, "--cert", "db.pem", "--set", "variable=db"])
    run(["sign", "optee-ta", "-q", "-o", "s.ta", "in.optee-ta", "--key", KEY])
    for file in ("s.fit", "signed.fip", "s.efi", "s.cap", "s.auth", "s.ta", "in.tegra-bch", "k.fit", "esl", "db.pem",
                 V + "/bup/bup_v3_4entries.bin", V + "/avb/boot.img", V + "/t210/out.img"):
        fmt = json.loads(run(["inspect", "--json", file])[1])["format"]
        for trust in ([], ["--pub", K + "/rsa2048.pub.pem"], ["--ca", "db.pem"], ["--ca", "cap.pem"]):
            args = ["verify", file] + trust
            if run(args)[0] != 0:
                continue
            options = [("--key", "k32"), ("--at", "2020-01-01T00:00:00Z"), ("--scheme", "rsa-pss-sha256"),
                       ("--db", "esl"), ("--dbx", "esl"), ("--with", "nothing=plain")]
            walk("verify", fmt + " " + " ".join(trust), args, None, options, settings.get(fmt, []))
    for line in failed:
        print(line)
    return 1 if failed else 0


sys.exit(main())
