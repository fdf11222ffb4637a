/* SPDX-License-Identifier: Apache-2.0 */
#include "ftpm/sieve.h"

#include <string.h>

void rk_sieve_init(struct rk_sieve *sieve, uint32_t limit)
{
    enum { TOP = 65536 };
    uint8_t composite[TOP / 16] = { 0 }; /* bit k stands for 2k + 1 */

    memset(sieve, 0, sizeof *sieve);
    for (uint32_t n = 3; n < TOP && n <= limit; n += 2) {
        if ((unsigned)composite[n / 16] >> (n / 2 % 8) & 1u)
            continue;
        sieve->prime[sieve->prime_count++] = (uint16_t)n;
        for (uint64_t k = (uint64_t)n * n; k < TOP; k += 2 * n)
            composite[k / 16] |= (uint8_t)(1u << (k / 2 % 8));
    }
    sieve->has_65537 = limit >= 65537;
}

enum { SIDE_BY_SIDE = 4 }; /* long divisions at once: each waits for itself at every word */

/* base mod m[k] for m below 2^32. */
static void residues(const uint32_t *base, size_t words, const uint32_t m[SIDE_BY_SIDE],
                     uint32_t ret[SIDE_BY_SIDE])
{
    uint64_t r[SIDE_BY_SIDE] = { 0 };

    for (size_t i = words; i-- > 0;) {
        for (size_t k = 0; k < SIDE_BY_SIDE; k++)
            r[k] = (r[k] << 32 | base[i]) % m[k];
    }
    for (size_t k = 0; k < SIDE_BY_SIDE; k++)
        ret[k] = (uint32_t)r[k];
}

/* Strikes out base + 2i for the i with 2i = -r mod p. */
static void strike(struct rk_sieve_field *field, uint32_t p, uint32_t r)
{
    uint32_t i = r == 0 ? 0 : (r % 2 == 0 ? 2 * p - r : p - r) / 2;

    for (; i < RK_SIEVE_BITS; i += p)
        field->bit[i / 64] &= ~((uint64_t)1 << i % 64);
}

/* As many primes as their product stays below 2^32: one long division serves them all. */
static size_t next_group(const struct rk_sieve *sieve, size_t at, uint32_t *ret)
{
    uint64_t product = 1;

    while (at < sieve->prime_count && product * sieve->prime[at] <= UINT32_MAX)
        product *= sieve->prime[at++];
    *ret = (uint32_t)product;
    return at;
}

void rk_sieve_run(const struct rk_sieve *sieve, const uint32_t *base, size_t words,
                  struct rk_sieve_field *ret)
{
    memset(ret->bit, 0xff, sizeof ret->bit);
    for (size_t i = 0; i < sieve->prime_count;) {
        uint32_t product[SIDE_BY_SIDE] = { 1, 1, 1, 1 }, r[SIDE_BY_SIDE];
        size_t end[SIDE_BY_SIDE], next = i;

        for (size_t k = 0; k < SIDE_BY_SIDE; k++)
            end[k] = next = next_group(sieve, next, &product[k]);
        residues(base, words, product, r);
        for (size_t k = 0; k < SIDE_BY_SIDE; k++) {
            for (; i < end[k]; i++)
                strike(ret, sieve->prime[i], r[k] % sieve->prime[i]);
        }
    }
    if (sieve->has_65537) {
        const uint32_t last[SIDE_BY_SIDE] = { 65537, 1, 1, 1 };
        uint32_t r[SIDE_BY_SIDE];

        residues(base, words, last, r);
        strike(ret, 65537, r[0]);
    }
    ret->ones = 0;
    for (size_t i = 0; i < RK_SIEVE_BITS / 64; i++)
        ret->ones += (uint32_t)__builtin_popcountll(ret->bit[i]);
}

uint32_t rk_sieve_position(const struct rk_sieve_field *field, uint32_t n)
{
    size_t word = 0;
    uint64_t bits;

    for (;; word++) {
        uint32_t here = (uint32_t)__builtin_popcountll(field->bit[word]);

        if (n < here)
            break;
        n -= here;
    }
    bits = field->bit[word];
    while (n-- != 0)
        bits &= bits - 1;
    return (uint32_t)(64 * word) + (uint32_t)__builtin_ctzll(bits);
}

void rk_sieve_clear(struct rk_sieve_field *field, uint32_t position)
{
    field->bit[position / 64] &= ~((uint64_t)1 << position % 64);
    field->ones--;
}
