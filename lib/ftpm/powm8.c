/* SPDX-License-Identifier: Apache-2.0 */
#include "ftpm/powm8.h"

#include "rotkit/counted.h"

#include <string.h>

#include <openssl/crypto.h>

enum { NUMBERS = 5 + 2 + RK_POWM8_WINDOW }; /* m, base, exponent, ret, one; product; table */

enum rk_rc rk_powm8_new(size_t bits, struct rk_powm8 *ret, struct rk_err *err)
{
    struct rk_powm8 work = { .bits = bits };
    struct rk_powm8_row *row;
    uintptr_t at;

    if (bits % 512 != 0 || bits == 0 || bits > RK_POWM8_BITS_MAX)
        return rk_fail(err, RK_E_INTERNAL, "no modular powers of %s", RK_COUNTED(bits, "bit"));
    work.limbs = bits / 512 * 10;
    work.block_len = (NUMBERS * work.limbs + 2) * sizeof *row; /* one row to align the others */
    work.block = OPENSSL_secure_zalloc(work.block_len);
    if (work.block == NULL)
        return rk_fail(err, RK_E_NOMEM, "no secure memory for modular powers");
    at = (uintptr_t)work.block;
    row = (void *)((uint8_t *)work.block + (sizeof *row - at % sizeof *row) % sizeof *row);
    work.k = row++;
    work.m = row;
    work.base = work.m + work.limbs;
    work.exponent = work.base + work.limbs;
    work.ret = work.exponent + work.limbs;
    work.one = work.ret + work.limbs;
    work.product = work.one + work.limbs;
    work.table = work.product + 2 * work.limbs;
    *ret = work;
    return RK_OK;
}

void rk_powm8_done(struct rk_powm8 *work)
{
    OPENSSL_secure_clear_free(work->block, work->block_len);
    OPENSSL_cleanse(work, sizeof *work);
}

/* Bits 52 j to 52 j + 51 of little-endian words of 32 bits. */
static uint64_t limb_of(const uint32_t *word, size_t words, size_t j)
{
    size_t first = RK_POWM8_LIMB_BITS * j, at = first / 32;
    uint64_t low = at < words ? word[at] : 0;
    uint64_t mid = at + 1 < words ? word[at + 1] : 0;
    uint64_t high = at + 2 < words ? word[at + 2] : 0;
    unsigned shift = first % 32;

    uint64_t value = (low | mid << 32) >> shift;
    if (shift != 0)
        value |= high << (64 - shift);
    return value & (((uint64_t)1 << RK_POWM8_LIMB_BITS) - 1);
}

static void set_lane(const struct rk_powm8 *work, struct rk_powm8_row *rows, size_t lane,
                     const uint32_t *word)
{
    for (size_t j = 0; j < work->limbs; j++)
        rows[j].lane[lane] = limb_of(word, work->bits / 32, j);
}

static uint32_t bit_length(const uint32_t *word, size_t words)
{
    while (words > 0 && word[words - 1] == 0)
        words--;
    return words == 0 ? 0 : (uint32_t)(32 * words) - (uint32_t)__builtin_clz(word[words - 1]);
}

void rk_powm8_set(struct rk_powm8 *work, size_t lane, const uint32_t *m, const uint32_t *base)
{
    size_t words = work->bits / 32, skip = 0;
    uint32_t odd[RK_POWM8_WORDS_MAX] = { 0 }, shift;

    set_lane(work, work->m, lane, m);
    if (base != NULL)
        set_lane(work, work->base, lane, base);
    work->lane_bits[lane] = bit_length(m, words);
    /* m - 1 without its factors of two: m is odd, so all but its lowest bit stay. */
    while (skip < words - 1 && (skip == 0 ? m[0] ^ 1u : m[skip]) == 0)
        skip++;
    shift = (uint32_t)__builtin_ctz(skip == 0 ? m[0] ^ 1u : m[skip]);
    work->twos[lane] = (uint32_t)(32 * skip) + shift;
    for (size_t i = skip; i < words; i++) {
        uint64_t pair = (i == 0 ? m[0] ^ 1u : m[i]);

        pair |= i + 1 < words ? (uint64_t)m[i + 1] << 32 : 0;
        odd[i - skip] = (uint32_t)(pair >> shift);
    }
    set_lane(work, work->exponent, lane, odd);
    OPENSSL_cleanse(odd, sizeof odd);
}

void rk_powm8_set_exponent(struct rk_powm8 *work, size_t lane, const uint32_t *exponent)
{
    set_lane(work, work->exponent, lane, exponent);
}

void rk_powm8_fill(struct rk_powm8 *work, size_t count)
{
    for (size_t lane = count; lane < RK_POWM8_LANES; lane++) {
        for (size_t j = 0; j < work->limbs; j++) {
            work->m[j].lane[lane] = work->m[j].lane[0];
            work->base[j].lane[lane] = work->base[j].lane[0];
            work->exponent[j].lane[lane] = work->exponent[j].lane[0];
        }
        work->lane_bits[lane] = work->lane_bits[0];
        work->twos[lane] = work->twos[0];
    }
}

void rk_powm8_get(const struct rk_powm8 *work, size_t lane, uint32_t *ret)
{
    size_t words = work->bits / 32;

    for (size_t i = 0; i < words; i++) {
        size_t at = 32 * i / RK_POWM8_LIMB_BITS, shift = 32 * i % RK_POWM8_LIMB_BITS;
        uint64_t value = work->ret[at].lane[lane] >> shift;

        if (shift > RK_POWM8_LIMB_BITS - 32 && at + 1 < work->limbs)
            value |= work->ret[at + 1].lane[lane] << (RK_POWM8_LIMB_BITS - shift);
        ret[i] = (uint32_t)value;
    }
}
