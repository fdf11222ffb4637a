/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Modular powers eight at a time: numbers lie side by side in the lanes of 512-bit vectors, in
 * limbs of 52 bits, each lane with a modulus, base and exponent of its own. One algorithm
 * (powm8_body.inc) is compiled twice: for AVX-512 IFMA, and in plain C as the model that proves it
 * where there is no such machine.
 *
 * The time of a call depends on the bit length that the work was made for, on the lanes' bit
 * lengths and, in the strong test, on how often two divides m - 1. It does not depend on the values
 * otherwise: no branch and no address is made of them.
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>

enum {
    RK_POWM8_LANES = 8,
    RK_POWM8_LIMB_BITS = 52,
    RK_POWM8_LIMBS_MAX = 40,
    RK_POWM8_BITS_MAX = 2048, /* 32 spare bits: products of unreduced numbers stay in bounds */
    RK_POWM8_WORDS_MAX = RK_POWM8_BITS_MAX / 32,
    RK_POWM8_WINDOW = 16, /* powers of the base in the table: exponents are read 4 bits a time */
};

struct rk_powm8_row {
    _Alignas(64) uint64_t lane[RK_POWM8_LANES];
};

/* Rows of limbs, least significant first. All of it is secret; all of it is in one block. */
struct rk_powm8 {
    size_t bits, limbs; /* 512, 1024, 1536 or 2048 bits: 10, 20, 30 or 40 limbs */
    struct rk_powm8_row *m, *base, *exponent, *ret;
    struct rk_powm8_row *one;     /* 2^(52 limbs) mod m, as are all numbers in Montgomery form */
    struct rk_powm8_row *product; /* 2 limbs of it: a square before its reduction */
    struct rk_powm8_row *table;   /* RK_POWM8_WINDOW times limbs */
    struct rk_powm8_row *k;       /* one row: -1/m mod 2^52 */
    uint32_t lane_bits[RK_POWM8_LANES]; /* bit length of each m */
    uint32_t twos[RK_POWM8_LANES];      /* how often 2 divides m - 1 */
    void *block;                        /* what the rows lie in */
    size_t block_len;
};

/* One way to compute. Masks have bit i for lane i. */
struct rk_powm8_kernel {
    const char *name;
    bool (*usable)(void); /* on this machine */
    /* ret = base^exponent mod m, fully reduced. */
    void (*power)(struct rk_powm8 *work);
    /* The lanes with 2^(m-1) = 1 mod m: all primes are among them. */
    unsigned (*fermat)(struct rk_powm8 *work);
    /* The lanes that pass a Miller-Rabin round with witness base; exponent = (m-1) >> twos. */
    unsigned (*strong)(struct rk_powm8 *work);
};
extern const struct rk_powm8_kernel rk_powm8_ifma, rk_powm8_portable;

/* bits: 512, 1024, 1536 or 2048. The lanes hold nothing useful at first. Secure memory. */
enum rk_rc rk_powm8_new(size_t bits, struct rk_powm8 *ret, struct rk_err *err) RK_MUST_CHECK;
void rk_powm8_done(struct rk_powm8 *work); /* wipes */

/*
 * Sets a lane: m odd, above 2 and at most `bits` long; base below m. Little-endian words of 32
 * bits, bits/32 of them each. The exponent is (m - 1) without its factors of two, unless
 * rk_powm8_set_exponent is called afterwards. base may be NULL where fermat is all that is asked.
 */
void rk_powm8_set(struct rk_powm8 *work, size_t lane, const uint32_t *m, const uint32_t *base);
void rk_powm8_set_exponent(struct rk_powm8 *work, size_t lane, const uint32_t *exponent);
/* Lanes from `count` on take what lane 0 has, so that every lane holds a modulus. */
void rk_powm8_fill(struct rk_powm8 *work, size_t count);
void rk_powm8_get(const struct rk_powm8 *work, size_t lane, uint32_t *ret); /* ret of a lane */
