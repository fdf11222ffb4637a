# SPDX-License-Identifier: Apache-2.0
"""Draws docs/architecture.svg: the rooms of lib/rooms.map, and through them the walks of docs/architecture.md.

  architecture.py            writes the picture
  architecture.py --check    fails when the picture or a step of a walk is not what stands in the sources
"""
import html
import os
import re
import sys

ROW, LEFT, WIDTH, NAME, LANE, TOP = 34, 24, 560, 110, 230, 56
COLOURS = ("#b3530b", "#0b5fb3")


def rooms(path):
    """(name, folder, what it knows) of each room, top to bottom."""
    rows = [line.split("|") for line in open(path) if line.strip() and not line.startswith("#")]
    return [(row[0].strip(), row[1].strip(), row[-1].strip()) for row in rows]


def walks(path):
    """(title, [(file, function)]) of each section whose numbered steps name a file and a function."""
    found = []
    for line in open(path):
        step = re.match(r"\d+\. `([^`]+)` `([^`]+)`", line)
        if line.startswith("## "):
            found.append((line[3:].strip(), []))
        elif step:
            found[-1][1].append((step[1], step[2]))
    return [walk for walk in found if walk[1]]


def row_of(table, path):
    return next(i for i, (_, folder, _) in enumerate(table) if path.startswith(folder + "/"))


def lane(x, colour, title, steps, table):
    """A walk: a dot where it first comes to a room, a line between dots."""
    points, last = [], None
    for number, (path, _) in enumerate(steps, 1):
        row = row_of(table, path)
        if row != last:
            points.append((number, TOP + row * ROW + ROW // 2 - 2))
        last = row
    xs = [x + 16 * i for i in range(len(points))]
    line = " ".join(f"{px},{py}" for px, (_, py) in zip(xs, points))
    yield f'<text x="{x - 8}" y="36" class="small" fill="{colour}">{html.escape(title)}</text>'
    yield f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.2" opacity="0.55"/>'
    for px, (number, py) in zip(xs, points):
        yield f'<circle cx="{px}" cy="{py}" r="8" fill="{colour}"/>'
        yield f'<text x="{px}" y="{py + 3}" class="dot">{number}</text>'


def draw(table, paths):
    height = TOP + len(table) * ROW + 16
    width = LEFT + WIDTH + 40 + LANE * len(paths)
    yield (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
           '<style>text{font:13px sans-serif;fill:#222}.name{font-weight:bold}.small{font-size:12px}'
           '.dot{font-size:9px;fill:#fff;text-anchor:middle}</style>')
    yield f'<rect width="{width}" height="{height}" fill="#fff"/>'
    yield f'<text x="{LEFT}" y="36" class="small">A room calls rooms below it and nothing else.</text>'
    for i, (name, _, knows) in enumerate(table):
        y = TOP + i * ROW
        fill = "#eef3f8" if i % 2 == 0 else "#f7f9fb"
        yield f'<rect x="{LEFT}" y="{y}" width="{WIDTH}" height="{ROW - 4}" rx="3" fill="{fill}" stroke="#c9d3dd"/>'
        yield f'<text x="{LEFT + 10}" y="{y + 20}" class="name">{html.escape(name)}</text>'
        yield f'<text x="{LEFT + NAME}" y="{y + 20}" class="small">{html.escape(knows)}</text>'
    for i, (title, steps) in enumerate(paths):
        yield from lane(LEFT + WIDTH + 30 + i * LANE, COLOURS[i % len(COLOURS)], title.split(",")[0], steps, table)
    yield "</svg>"


def missing_steps(source, paths):
    for title, steps in paths:
        for path, function in steps:
            full = os.path.join(source, path)
            if not os.path.exists(full):
                yield f"{title}: there is no {path}"
            elif not re.search(r"^[a-z].*\b" + re.escape(function) + r"\b[^;]*$", open(full).read(), re.M):
                yield f"{title}: {path} defines no {function}"


def main():
    docs = os.path.dirname(os.path.abspath(__file__))
    source = os.path.dirname(docs)
    table = rooms(os.path.join(source, "lib/rooms.map"))
    paths = walks(os.path.join(docs, "architecture.md"))
    picture = "\n".join(draw(table, paths[:2])) + "\n"
    target = os.path.join(docs, "architecture.svg")
    if "--check" not in sys.argv:
        open(target, "w").write(picture)
        return
    faults = list(missing_steps(source, paths))
    if len(paths) < 3:
        faults.append(f"docs/architecture.md has {len(paths)} walks, expected 3")
    if picture != open(target).read():
        faults.append("docs/architecture.svg is not what docs/architecture.py draws: run it")
    for fault in faults:
        print(fault)
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
