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

/* base mod m for m below 2^32. */
static uint32_t residue(const uint32_t *base, size_t words, uint32_t m)
{
    uint64_t r = 0;

    for (size_t i = words; i-- > 0;)
        r = (r << 32 | base[i]) % m;
    return (uint32_t)r;
}

/* Strikes out base + 2i for the i with 2i = -r mod p. */
static void strike(struct rk_sieve_field *field, uint32_t p, uint32_t r)
{
    uint32_t i = r == 0 ? 0 : (r % 2 == 0 ? 2 * p - r : p - r) / 2;

    for (; i < RK_SIEVE_BITS; i += p)
        field->bit[i / 64] &= ~((uint64_t)1 << i % 64);
}

void rk_sieve_run(const struct rk_sieve *sieve, const uint32_t *base, size_t words,
                  struct rk_sieve_field *ret)
{
    memset(ret->bit, 0xff, sizeof ret->bit);
    for (size_t i = 0; i < sieve->prime_count;) {
        /* As many primes as their product stays below 2^32: one long division serves them all. */
        uint64_t product = sieve->prime[i];
        size_t end = i + 1;

        while (end < sieve->prime_count && product * sieve->prime[end] <= UINT32_MAX)
            product *= sieve->prime[end++];
        uint32_t r = residue(base, words, (uint32_t)product);
        for (; i < end; i++)
            strike(ret, sieve->prime[i], r % sieve->prime[i]);
    }
    if (sieve->has_65537)
        strike(ret, 65537, residue(base, words, 65537));
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
