#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The portable prime search's kernel, compiled for aarch64 and run by qemu-user: Python's pow judges
# powers, Fermat tests and Miller-Rabin rounds, of primes, composites, pseudoprimes and odd lengths.
# slow: an emulator; unit.powm8 and the vectors run the same code natively
. "$(dirname "$0")/lib.sh"
need aarch64-linux-gnu-gcc qemu-aarch64 python3

aarch64-linux-gnu-gcc -static -std=c17 -O2 -Wall -Wextra -Werror -I "$SOURCE/tests/cross" -I "$SOURCE/lib" \
    -I "$SOURCE/lib/include" -o lines "$SOURCE/tests/cross/powm8_lines.c" "$SOURCE/lib/ftpm/powm8.c" \
    "$SOURCE/lib/ftpm/powm8_portable.c" "$SOURCE/lib/base/counted.c" 2>"$err" || fail "$(cat "$err")"
od -An -t x1 -j 18 -N 2 lines | grep -q 'b7 00' || fail "lines is not of aarch64 (EM_AARCH64 is 183)"
cat >judge.py <<'PY'
import random, subprocess, sys

rng = random.Random(5)
MR = [rng.randrange(2, 1 << 60) for _ in range(20)]

def is_strong(n, base):
    d, s = n - 1, 0
    while d % 2 == 0:
        d, s = d // 2, s + 1
    x = pow(base, d, n)
    return x in (1, n - 1) or any((x := x * x % n) == n - 1 for _ in range(s - 1))

def prime(bits):
    while True:
        n = rng.getrandbits(bits) | 1 << (bits - 1) | 1
        if pow(2, n - 1, n) == 1 and all(is_strong(n, b) for b in MR):
            return n

rows = []
for bits in (512, 1024, 1536, 2048):
    odd = lambda length: rng.getrandbits(length) | 1 << (length - 1) | 1
    moduli = [prime(min(bits, 512)), prime(bits // 2), odd(bits), odd(bits), odd(bits - 1), odd(bits // 2 + 1), (1 << bits) - 1, 3215031751]
    if bits == 1024:  # what the search of an RSA-2048 EK tests
        moduli = [prime(1024) for _ in range(4)] + [odd(1024) for _ in range(3)] + [561 | 1]
    for m in moduli:
        rows.append((bits, m, rng.randrange(2, m - 1), rng.getrandbits(bits)))
    for m in moduli:
        rows.append((bits, m, rng.choice((2, m - 1, m - 2)), rng.choice((0, 1, 2, m - 1, m - 2))))
text = "".join(f"{b} {m:0{b // 4}x} {a:0{b // 4}x} {e:0{b // 4}x}\n" for b, m, a, e in rows)
said = subprocess.run(["qemu-aarch64", "./lines"], input=text, capture_output=True, text=True, check=True).stdout.split("\n")
assert len(said) == len(rows) + 1 and said[-1] == "", len(said)
primes = 0
for (b, m, a, e), line in zip(rows, said):
    power, fermat, strong = line.split()
    assert int(power, 16) == pow(a, e, m), ("power", b, hex(m))
    assert int(fermat) == (pow(2, m - 1, m) == 1), ("fermat", b, hex(m))
    assert int(strong) == is_strong(m, a), ("strong", b, hex(m), hex(a))
    primes += int(strong)
assert primes >= 10, primes
print(len(rows))
PY
python3 judge.py >judged || fail "Python and the kernel on aarch64 differ"
is judged 64
