# SPDX-License-Identifier: Apache-2.0
"""Which room calls which, by the symbols of the built objects and by the includes.

  rooms.py MAP SOURCE BUILD

Fails on a call or an include upwards, on files that call each other in a circle, on a private header
outside of its room, and on a third-party header outside of its home. MAP is lib/rooms.map. Proved by
rooms-refuses.sh.
"""
import collections
import os
import re
import subprocess
import sys

TOPS = ("lib", "cli")
SHARED = ("rotkit/", "ftpmprov/")  # the two rings of headers that rooms share
ALL_INSTALLED = "lib/include/ftpmprov/ftpmprov.h"  # includes every installed header; nothing here includes it
Room = collections.namedtuple("Room", "name folder headers homes knows level")


def read_map(path):
    rooms = []
    for line in open(path):
        if line.strip() and not line.startswith("#"):
            name, folder, headers, homes, knows = (part.strip() for part in line.split("|"))
            rooms.append(Room(name, folder, headers.split(), homes.split(), knows, len(rooms)))
    return rooms


def room_of(rooms, path):
    """The room whose folder the path is in; the level of a room is its line, so a smaller one is higher up."""
    return next((room for room in rooms if path.startswith(room.folder + "/")), None)


def files_below(root, endings):
    """The files of lib and cli below root, as paths from there."""
    for top in TOPS:
        for folder, _, names in os.walk(os.path.join(root, top)):
            for name in sorted(names):
                if name.endswith(endings):
                    yield os.path.relpath(os.path.join(folder, name), root)


# ---- by symbols ----


def objects(source, build):
    """Source file (without .c) -> its object. An object whose source is gone is left from before, and is no one's."""
    found = {}
    for path in files_below(build, ".c.o"):
        name = re.sub(r"CMakeFiles/[^/]*\.dir/|\.c\.o$", "", path)
        if any(os.path.exists(os.path.join(root, name + ".c")) for root in (source, build)):
            found[name] = os.path.join(build, path)
    for path in files_below(source, ".c"):
        if path[:-2] not in found:
            sys.exit(f"{path} has no object below {build}: build first")
    return found


def calls(objects_of):
    """file -> file -> the symbols that the first takes from the second."""
    file_of = {obj: name for name, obj in objects_of.items()}
    defined, wanted = {}, collections.defaultdict(set)
    for line in subprocess.check_output(["nm", "-A", *file_of], text=True).splitlines():
        obj, rest = line.split(":", 1)
        kind, symbol = rest.split()[-2:]
        if kind in "TDRBV":
            defined[symbol] = file_of[obj]
        elif kind == "U":
            wanted[file_of[obj]].add(symbol)
    edges = collections.defaultdict(lambda: collections.defaultdict(set))
    for name, symbols in wanted.items():
        for symbol in symbols & defined.keys():
            edges[name][defined[symbol]].add(symbol)
    return edges


def reached(edges, start):
    """All files that start calls, and those that they call."""
    found, ahead = set(), [start]
    while ahead:
        for to in edges.get(ahead.pop(), ()):
            if to not in found:
                found.add(to)
                ahead.append(to)
    return found


def circles(edges):
    """Sets of files each of which reaches all others, and itself."""
    reach = {name: reached(edges, name) for name in edges}
    rings = {frozenset(to for to in reach[name] if name in reach.get(to, ())) for name in edges if name in reach[name]}
    return sorted(sorted(ring) for ring in rings)


def by_symbols(rooms, edges):
    for name in sorted(edges):
        for to, symbols in sorted(edges[name].items()):
            a, b = room_of(rooms, name), room_of(rooms, to)
            if a is None or b is None:
                yield f"{name if a is None else to} is in no room of the map"
            elif a.level > b.level:
                yield f"{name} ({a.name}) calls up into {to} ({b.name}): {', '.join(sorted(symbols))}"
    for ring in circles(edges):
        yield "a circle: " + "; ".join(
            f"{a} calls {b} ({', '.join(sorted(edges[a][b]))})" for a in ring for b in sorted(edges[a]) if b in ring)


# ---- by includes ----


def by_includes(rooms, source):
    for path in files_below(source, (".c", ".h", ".inc")):
        text = open(os.path.join(source, path)).read()
        room = owner(rooms, path.removeprefix("lib/include/"))
        if path == ALL_INSTALLED:
            continue
        if room is None:
            yield f"{path} is in no room of the map"
        else:
            yield from of_file(rooms, room, path, text)
        yield from own_header_first(source, path, text)


def owner(rooms, path):
    """The room of a file, by its path below lib/include or lib, or from the root."""
    if path.startswith(SHARED):
        return next((room for room in rooms if path.split("/")[1].removesuffix(".h") in room.headers), None)
    return room_of(rooms, path) or room_of(rooms, "lib/" + path)


def of_file(rooms, room, path, text):
    for mark, header in re.findall(r'^#include ([<"])([^>"]*)', text, re.M):
        if mark == "<":
            homes = [r for r in rooms if any(header.startswith(home) for home in r.homes)]
            if homes and room not in homes:
                yield f"{path} includes <{header}>, whose home is {' '.join(r.name for r in homes)}"
        else:
            yield from of_include(rooms, room, path, header)


def of_include(rooms, room, path, header):
    to = owner(rooms, header)
    if to is None:
        yield f'{path} includes "{header}", which is in no room of the map'
    elif to.level < room.level:
        yield f'{path} ({room.name}) includes "{header}" of {to.name}, which is above it'
    elif to is not room and not header.startswith(SHARED) and (to.name != "base" or room.name == "cli"):
        yield f'{path} includes "{header}", which is private to {to.name}'


def own_header_first(source, path, text):
    own = path[:-2] + ".h"
    first = re.search(r'^#include "([^"]*)"', text, re.M)
    if path.endswith(".c") and path.startswith("lib/") and os.path.exists(os.path.join(source, own)):
        if first is None or "lib/" + first[1] != own:
            yield f"{path}: its own header is not the first include"


def main():
    rooms = read_map(sys.argv[1])
    source, build = sys.argv[2:4]
    faults = list(by_symbols(rooms, calls(objects(source, build)))) + list(by_includes(rooms, source))
    for fault in faults:
        print(fault)
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
