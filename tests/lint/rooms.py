# SPDX-License-Identifier: Apache-2.0
"""Which room calls which, by the symbols of the built objects and by the includes.

  rooms.py MAP SOURCE BUILD

Fails on a call or an include upwards, on files that call each other in a circle, on a private header
outside of its room, and on a third-party header outside of its home. MAP is lib/rooms.map.
"""
import collections
import os
import re
import subprocess
import sys

Room = collections.namedtuple("Room", "name folder headers homes knows level")


def read_map(path):
    rooms = []
    for line in open(path):
        if line.strip() and not line.startswith("#"):
            name, folder, headers, homes, knows = (part.strip() for part in line.split("|"))
            rooms.append(Room(name, folder, headers.split(), homes.split(), knows, len(rooms)))
    return rooms


def room_of(rooms, path):
    for room in rooms:
        if path.startswith(room.folder + "/"):
            return room
    return None


def objects(build):
    """Source file (without .c) -> object, of the library and the command line."""
    found = {}
    for top in ("lib", "cli"):
        for folder, _, names in os.walk(os.path.join(build, top)):
            for name in names:
                if name.endswith(".c.o"):
                    path = os.path.relpath(os.path.join(folder, name), build)
                    found[re.sub(r"CMakeFiles/[^/]*\.dir/|\.c\.o$", "", path).replace("/__/", "/")] = os.path.join(folder, name)
    return found


def calls(build):
    """file -> file -> the symbols that the first takes from the second."""
    defined, wanted = {}, collections.defaultdict(set)
    found = {obj: source for source, obj in objects(build).items()}
    for line in subprocess.check_output(["nm", "-A", *found], text=True).splitlines():
        obj, rest = line.split(":", 1)
        part = rest.split()
        if len(part) == 3 and part[1] in "TDRBV":
            defined[part[2]] = found[obj]
        elif len(part) == 2 and part[0] == "U":
            wanted[found[obj]].add(part[1])
    edges = collections.defaultdict(lambda: collections.defaultdict(set))
    for source, symbols in wanted.items():
        for symbol in symbols & defined.keys():
            if defined[symbol] != source:
                edges[source][defined[symbol]].add(symbol)
    return edges


def circles(edges):
    """Sets of files that reach each other (Tarjan)."""
    index, low, stack, found = {}, {}, [], []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        for to in edges.get(node, ()):
            if to not in index:
                visit(to)
                low[node] = min(low[node], low[to])
            elif to in stack:
                low[node] = min(low[node], index[to])
        if low[node] == index[node]:
            ring = stack[stack.index(node):]
            del stack[stack.index(node):]
            if len(ring) > 1:
                found.append(sorted(ring))

    sys.setrecursionlimit(100000)
    for node in sorted(edges):
        if node not in index:
            visit(node)
    return found


def by_symbols(rooms, edges):
    for source in sorted(edges):
        for to in sorted(edges[source]):
            a, b = room_of(rooms, source), room_of(rooms, to)
            if a is None or b is None:
                yield f"{source if a is None else to} is in no room of the map"
            elif a.level > b.level:
                yield f"{source} ({a.name}) calls up into {to} ({b.name}): {', '.join(sorted(edges[source][to]))}"
    for ring in circles(edges):
        yield "a circle: " + " ".join(
            f"{a} -> {b} ({', '.join(sorted(edges[a][b]))})" for a in ring for b in sorted(edges[a]) if b in ring)


def by_includes(rooms, source):
    owner = {header: room for room in rooms for header in room.headers}
    for folder in ("lib", "cli"):
        for at, _, names in os.walk(os.path.join(source, folder)):
            for name in sorted(names):
                if name.endswith((".c", ".h", ".inc")):
                    path = os.path.relpath(os.path.join(at, name), source)
                    yield from of_file(rooms, owner, path, open(os.path.join(source, path)).read())


def of_file(rooms, owner, path, text):
    ring = re.match(r"lib/include/(ftpmprov|rotkit)/(.*)\.h$", path)
    if ring and ring[2] == "ftpmprov":
        return
    room = owner.get(ring[2]) if ring else room_of(rooms, path)
    if room is None:
        yield f"{path}: whose is it? lib/rooms.map does not say"
        return
    for form, header in re.findall(r'^#include ([<"])([^>"]*)', text, re.M):
        if form == '"':
            yield from of_include(rooms, owner, path, room, header)
        else:
            homes = [r for r in rooms if any(header.startswith(home) for home in r.homes)]
            if homes and room not in homes:
                yield f"{path} includes <{header}>, whose home is {' '.join(r.name for r in homes)}"
    own = path.removeprefix("lib/")[:-2] + ".h"
    first = re.search(r'^#include (.*)', text, re.M)
    if path.endswith(".c") and path.startswith("lib/") and os.path.exists("lib/" + own) and first[1] != f'"{own}"':
        yield f"{path}: the first include is {first[1]}, expected its own header"


def of_include(rooms, owner, path, room, header):
    public = re.match(r"(ftpmprov|rotkit)/(.*)\.h$", header)
    if public and public[2] == "ftpmprov":
        return
    to = owner.get(public[2]) if public else room_of(rooms, header if header.startswith("cli/") else "lib/" + header)
    if to is None:
        yield f"{path} includes \"{header}\", which is in no room of the map"
    elif to.level < room.level:
        yield f"{path} ({room.name}) includes \"{header}\" of {to.name}, which is above it"
    elif not public and to is not room and (to.name != "base" or room.name == "cli"):
        yield f"{path} includes \"{header}\", which is private to {to.name}"


def main():
    rooms = read_map(sys.argv[1])
    source, build = sys.argv[2:4]
    os.chdir(source)
    edges = calls(build)
    if len(edges) < 200:
        sys.exit(f"{build}: only {len(edges)} objects: is it built?")
    faults = list(by_symbols(rooms, edges)) + list(by_includes(rooms, source))
    if "--circles-still-open" in sys.argv: # goes with the last of them
        faults = [fault for fault in faults if not fault.startswith("a circle:")]
    for fault in faults:
        print(fault)
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
