/* SPDX-License-Identifier: Apache-2.0 */
/* Modular powers in plain C, lane by lane: the model of the AVX-512 IFMA code, on any machine. */
#include "ftpm/powm8.h"

#include <openssl/crypto.h>

typedef struct rk_powm8_row vec;
typedef vec vmask; /* all ones or zero */

enum { HALF = RK_POWM8_LIMB_BITS / 2 };
static const uint64_t low_half = ((uint64_t)1 << HALF) - 1;
static const uint64_t low_limb = ((uint64_t)1 << RK_POWM8_LIMB_BITS) - 1;

#define V(name, parameters, value)                                                                 \
    static inline vec name parameters                                                              \
    {                                                                                              \
        vec r;                                                                                     \
                                                                                                   \
        for (size_t i = 0; i < RK_POWM8_LANES; i++)                                                \
            r.lane[i] = value;                                                                     \
        return r;                                                                                  \
    }
V(v_set1, (uint64_t x), x)
V(v_load, (const struct rk_powm8_row *row), row->lane[i])
V(v_add, (vec a, vec b), a.lane[i] + b.lane[i])
V(v_sub, (vec a, vec b), a.lane[i] - b.lane[i])
V(v_and, (vec a, vec b), a.lane[i] & b.lane[i])
V(v_or, (vec a, vec b), a.lane[i] | b.lane[i])
V(v_xor, (vec a, vec b), a.lane[i] ^ b.lane[i])
V(v_shl, (vec a, vec n), a.lane[i] << n.lane[i])
V(v_shr, (vec a, uint64_t n), a.lane[i] >> n)
V(v_shr52, (vec a), a.lane[i] >> RK_POWM8_LIMB_BITS)
V(v_sign, (vec a), a.lane[i] >> 63)
V(v_low, (vec a), a.lane[i] & low_limb)
V(v_equal, (vec a, vec b),
  (((a.lane[i] ^ b.lane[i]) | (0 - (a.lane[i] ^ b.lane[i]))) >> 63) - (uint64_t)1)
V(v_below, (vec a, vec b), 0 - ((a.lane[i] - b.lane[i]) >> 63)) /* of numbers below 2^63 */
V(v_choose, (vec no, vmask mask, vec yes),
  (no.lane[i] & ~mask.lane[i]) | (yes.lane[i] & mask.lane[i]))

/* Products of 52 bits by halves of 26: no type is wider than 64 bits. */
static inline uint64_t product_low(uint64_t a, uint64_t b)
{
    return ((a & low_limb) * (b & low_limb)) & low_limb;
}

static inline uint64_t product_high(uint64_t a, uint64_t b)
{
    uint64_t a0 = a & low_half, a1 = (a & low_limb) >> HALF;
    uint64_t b0 = b & low_half, b1 = (b & low_limb) >> HALF;

    return a1 * b1 + ((a1 * b0 + a0 * b1 + (a0 * b0 >> HALF)) >> HALF);
}
V(v_madd_low, (vec t, vec a, vec b), t.lane[i] + product_low(a.lane[i], b.lane[i]))
V(v_madd_high, (vec t, vec a, vec b), t.lane[i] + product_high(a.lane[i], b.lane[i]))

static inline void v_store(struct rk_powm8_row *row, vec a)
{
    *row = a;
}

static inline unsigned v_bits(vmask mask)
{
    unsigned ret = 0;

    for (size_t i = 0; i < RK_POWM8_LANES; i++)
        ret |= (unsigned)(mask.lane[i] & 1) << i;
    return ret;
}

/* What the work left below this frame. */
static __attribute__((noinline)) void v_wipe(void)
{
    uint8_t below[2048 + 4096];

    OPENSSL_cleanse(below, sizeof below);
}

#define UNROLL
#define ALL_COLUMNS                                                                                \
    for (size_t c = 0; c < 2 * n; c++)                                                             \
    COLUMN(c)

#include "ftpm/powm8_body.inc"

static bool usable(void)
{
    return true;
}

const struct rk_powm8_kernel rk_powm8_portable = { "portable", usable, power, fermat, strong };
