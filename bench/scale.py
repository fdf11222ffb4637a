#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whole builds against the number of devices: time, rate, peak memory, the ledger's share, a database
of a million rows. Prints a table; with --svg FILE draws time and memory against devices.

    scale.py ROTKIT EXAMPLE SCRATCH [--svg FILE] [--most N]
"""

import argparse
import os
import re
import resource
import statistics
import subprocess
import time

RUNS = 5  # of the figures that are compared with each other: the median counts


def prepare(args, name, rows):
    """The example with these devices: manifest lines that replace its databases."""
    folder = os.path.join(args.scratch, name)
    os.makedirs(folder)
    subprocess.run(["sh", os.path.join(args.example, "prepare.sh"), args.rotkit, folder, "p256"],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    path = os.path.join(folder, "manifest.yaml")
    text = open(path).read()
    text = re.sub(r"^  kdk-db: .*\n  eps-seeds: .*\n", rows, text, flags=re.M)
    text = re.sub(r"^fuses:\n(  .*\n)*", "", text, flags=re.M)
    text = text.replace("[L-1, L-2, H-3]", "[L-1, L-2]")
    open(path, "w").write(text)
    with open(os.path.join(folder, "keys", "master.key"), "w") as key:
        key.write("%064x\n" % 77)
    return path


def master(count):
    return f"  master-key: keys/master.key\n  oem-id: 0x0102\n  first-sn: 0x100000000\n  count: {count}\n"


def add_licence(path, args, units):
    folder = os.path.dirname(path)
    for name in ("issuer", "checkpoint"):
        subprocess.run(["openssl", "genpkey", "-algorithm", "ED25519", "-out", f"{folder}/{name}.key"], check=True)
        subprocess.run(["openssl", "pkey", "-in", f"{folder}/{name}.key", "-pubout", "-out", f"{folder}/{name}.pem"],
                       check=True)
    subprocess.run([args.rotkit, "licence", "issue", f"{folder}/licence.json", "--key", f"{folder}/issuer.key", "--id",
                    "bench", "--product", "jetson-orin-demo", "--units", str(units)], check=True,
                   stderr=subprocess.DEVNULL)
    with open(path, "a") as manifest:
        manifest.write("licence:\n  ledger: units.db\n  checkpoint-key: checkpoint.key\n"
                       "  file: licence.json\n  issuer: issuer.pem\n")


def build(args, manifest, *options, cpus=None):
    """Seconds on the clock, of the processor, peak MiB."""
    out = os.path.join(args.scratch, "release-%d" % time.monotonic_ns())
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    child = subprocess.Popen([args.rotkit, "build", "-q", "-o", out, *options, manifest], stderr=subprocess.PIPE,
                             preexec_fn=(lambda: os.sched_setaffinity(0, cpus)) if cpus else None)
    said = child.stderr.read().decode()
    _, status, used = os.wait4(child.pid, 0)
    took = time.monotonic() - start
    if status != 0:
        raise SystemExit(f"rotkit build: {said}")
    return took, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def line(what, count, took, peak):
    print(f"{what:<48} {count:>9,} in {took:7.2f} s {count / took:8.1f} a second, peak {peak:5.1f} MiB", flush=True)


def draw(path, points, title):
    """Two curves over a logarithmic axis of devices: seconds (left, logarithmic), MiB (right, linear)."""
    import math
    wide, high, left, top, right, bottom = 720, 420, 70, 50, 650, 350
    x0, x1 = math.log10(points[0][0]), math.log10(points[-1][0])
    y1 = math.ceil(math.log10(max(p[1] for p in points)))
    y0 = math.floor(math.log10(min(p[1] for p in points)))
    x = lambda n: left + (math.log10(n) - x0) / (x1 - x0) * (right - left)
    y = lambda s: bottom - (math.log10(s) - y0) / (y1 - y0) * (bottom - top)
    m = lambda mib: bottom - mib / 100 * (bottom - top)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" font-family="sans-serif" font-size="12">',
           f'<rect width="{wide}" height="{high}" fill="#fff"/>', f'<text x="{left}" y="24" font-size="15">{title}</text>']
    for e in range(y0, y1 + 1):
        out.append(f'<path d="M{left} {y(10 ** e):.1f}H{right}" stroke="#ddd"/>'
                   f'<text x="{left - 8}" y="{y(10 ** e) + 4:.1f}" text-anchor="end">{10.0 ** e:g} s</text>')
    for mib in (0, 25, 50, 75, 100):
        out.append(f'<text x="{right + 8}" y="{m(mib) + 4:.1f}" fill="#b40">{mib} MiB</text>')
    for n, _, _ in points:
        out.append(f'<path d="M{x(n):.1f} {top}V{bottom}" stroke="#eee"/>'
                   f'<text x="{x(n):.1f}" y="{bottom + 18}" text-anchor="middle">{n:,}</text>')
    for at, colour, name, place in ((lambda p: y(p[1]), "#06c", "time, left", 378), (lambda p: m(p[2]), "#b40", "peak memory, right", 398)):
        line_ = " ".join(f"{x(p[0]):.1f},{at(p):.1f}" for p in points)
        out.append(f'<polyline points="{line_}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out += [f'<circle cx="{x(p[0]):.1f}" cy="{at(p):.1f}" r="3" fill="{colour}"/>' for p in points]
        out.append(f'<text x="{left}" y="{place + 8}" fill="{colour}">{name}</text>')
    out.append(f'<text x="{(left + right) / 2}" y="{bottom + 36}" text-anchor="middle">devices</text></svg>')
    open(path, "w").write("\n".join(out) + "\n")


def medians(runs):
    return tuple(statistics.median(run[i] for run in runs) for i in range(3))


def median_builds(builds):
    """The builds in turn, so that what else the machine does meets them alike."""
    runs = [[run() for run in builds] for _ in range(RUNS)]
    return [medians(column) for column in zip(*runs)]


def million(args):
    """A KDK database of a million rows: read, checked for repeated rows, and one shard of it made."""
    path = prepare(args, "million", "  kdk-db: kdk.csv\n  eps-seeds: eps.csv\n")
    folder = os.path.dirname(path)
    with open(f"{folder}/kdk.csv", "w") as kdk, open(f"{folder}/eps.csv", "w") as eps:
        for i in range(1000000):
            row = os.urandom(64).hex()
            kdk.write(f"0102 {0x100000000 + i:016x} {row[:64]}\r\n")
            eps.write(f"0102 {0x100000000 + i:016x} {row[64:]}\r\n")
    took, _, peak = build(args, path, "--shard", "4095/4096")
    line("a database of 1,000,000 rows, read 3 times", 1000000, took, peak)
    took, _, peak = build(args, path, "--shard", "0/400")
    print(f"{'  and shard 0 of 400 of it made':<48} {took:.2f} s, peak {peak:.1f} MiB")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("rotkit")
    parser.add_argument("example")
    parser.add_argument("scratch")
    parser.add_argument("--svg")
    parser.add_argument("--most", type=int, default=10000)
    args = parser.parse_args()
    args.rotkit, args.example, args.scratch = map(os.path.abspath, (args.rotkit, args.example, args.scratch))
    all_cpus = sorted(os.sched_getaffinity(0))

    manifest = prepare(args, "thousand", master(1000))
    counted = prepare(args, "counted", master(1000))
    add_licence(counted, args, 1000)
    database = os.path.join(os.path.dirname(counted), "units.db")

    def count_anew():
        for name in (database, database + "-wal", database + "-shm"):
            if os.path.exists(name):
                os.remove(name)
        return build(args, counted, "--jobs", "1", cpus={all_cpus[0]})

    one, ledger, two = median_builds([
        lambda: build(args, manifest, "--jobs", "1", cpus={all_cpus[0]}), count_anew,
        lambda: build(args, manifest, "--jobs", "2", cpus=set(all_cpus[:2]))])
    line(f"rotkit build, one core, median of {RUNS}", 1000, one[0], one[2])
    if len(all_cpus) > 1:
        line(f"rotkit build, two cores, median of {RUNS}", 1000, two[0], two[2])
        print(f"{'  two cores against one':<48} {one[0] / two[0]:.2f} times")
    print(f"{'  with a ledger, processor time':<48} {ledger[1]:.2f} s, without {one[1]:.2f} s: "
          f"{100 * (ledger[1] - one[1]) / ledger[1]:.1f} %")
    points, count = [], 10
    while count <= args.most:
        took, _, peak = build(args, prepare(args, f"of-{count}", master(count)))
        line("rotkit build, all cores", count, took, peak)
        points.append((count, took, peak))
        count *= 10
    million(args)
    if args.svg:
        draw(args.svg, points, "Cost of a build against devices")


main()
