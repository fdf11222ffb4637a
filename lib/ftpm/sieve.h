/* SPDX-License-Identifier: Apache-2.0 */
/* A field of odd numbers base + 2i with the multiples of small primes struck out. */
#pragma once

#include "base/err.h"

#include <stdbool.h>

enum { RK_SIEVE_BITS = 16384, RK_SIEVE_PRIMES_MAX = 6542, RK_SIEVE_WORDS_MAX = 64 };

struct rk_sieve_field {
    uint64_t bit[RK_SIEVE_BITS / 64]; /* set: survivor */
    uint32_t ones;                    /* survivors left */
};
/* What is the same for all fields; no secret. */
struct rk_sieve {
    uint16_t prime[RK_SIEVE_PRIMES_MAX + 1]; /* odd primes from 3 on; 65537 is kept apart */
    size_t prime_count;
    bool has_65537;
};

/* The odd primes up to limit, at most 65537. */
void rk_sieve_init(struct rk_sieve *sieve, uint32_t limit);
/* A fresh field at base, little-endian 32-bit words. */
void rk_sieve_run(const struct rk_sieve *sieve, const uint32_t *base, size_t words,
                  struct rk_sieve_field *ret);
/* The position of survivor number n, counted from 0; n < ones. */
uint32_t rk_sieve_position(const struct rk_sieve_field *field, uint32_t n);
void rk_sieve_clear(struct rk_sieve_field *field, uint32_t position); /* of a survivor */
