/* SPDX-License-Identifier: Apache-2.0 */
#include "ftpm/prime.h"

#include "base/mem.h"
#include "base/ossl.h"
#include "ftpm/sieve.h"

#include <string.h>

enum { LANES = 2, PRIME_BYTES_MAX = 256, FIELDS_MAX = 100 };

/* One candidate under test, and what to go back to should it be the prime. */
struct lane {
    BIGNUM *w, *w_minus_1, *odd; /* w - 1 = 2^twos * odd */
    BIGNUM *witness, *power;
    int twos;
    BN_MONT_CTX *mont;
    struct rk_drbg_state after;
    struct rk_sieve_field field_after;
};

struct rk_prime_search {
    const struct rk_ek_profile *profile;
    size_t bytes;
    uint32_t e;
    int rounds;
    uint32_t pick; /* fixes the order of the survivors */
    BIGNUM *base;
    BN_CTX *bn;
    struct lane lane[LANES];
    struct rk_sieve sieve;
};

static bool lane_init(struct lane *lane)
{
    lane->w = BN_secure_new();
    lane->w_minus_1 = BN_secure_new();
    lane->odd = BN_secure_new();
    lane->witness = BN_secure_new();
    lane->power = BN_secure_new();
    lane->mont = BN_MONT_CTX_new();
    if (lane->w == NULL || lane->w_minus_1 == NULL || lane->odd == NULL || lane->witness == NULL ||
        lane->power == NULL || lane->mont == NULL)
        return false;
    BN_set_flags(lane->w, BN_FLG_CONSTTIME);
    BN_set_flags(lane->odd, BN_FLG_CONSTTIME);
    return true;
}

static void lane_done(struct lane *lane)
{
    BN_clear_free(lane->w);
    BN_clear_free(lane->w_minus_1);
    BN_clear_free(lane->odd);
    BN_clear_free(lane->witness);
    BN_clear_free(lane->power);
    BN_MONT_CTX_free(lane->mont);
}

void rk_prime_search_free(rk_prime_search *search)
{
    if (search == NULL)
        return;
    for (size_t i = 0; i < LANES; i++)
        lane_done(&search->lane[i]);
    BN_clear_free(search->base);
    BN_CTX_free(search->bn);
    OPENSSL_clear_free(search, sizeof *search);
}

static void free_at_exit(rk_prime_search **search)
{
    rk_prime_search_free(*search);
}

/* ek-derivation.md 3.3, miller_rabin and select */
static int rounds_for(size_t bits)
{
    return bits < 511 ? 8 : bits < 1536 ? 5 : 4;
}

static uint32_t sieve_limit_for(const struct rk_ek_profile *profile, size_t bits)
{
    return bits <= 512 ? 8167 : bits <= 1024 ? 38891 : profile->sieve_limit;
}

enum rk_rc rk_prime_search_new(const struct rk_ek_profile *profile, size_t bits, uint32_t e,
                               rk_prime_search **ret, struct rk_err *err)
{
    RK_AUTO(free_at_exit) rk_prime_search *search = rk_alloc(1, sizeof *search);
    bool good;

    if (search == NULL)
        return rk_fail_nomem(err);
    search->profile = profile;
    search->bytes = bits / 8;
    search->e = e;
    search->rounds = rounds_for(bits);
    search->base = BN_secure_new();
    search->bn = BN_CTX_secure_new();
    good = search->base != NULL && search->bn != NULL;
    for (size_t i = 0; i < LANES; i++)
        good = lane_init(&search->lane[i]) && good;
    if (!good)
        return rk_fail_ossl(err, RK_E_NOMEM, "no secure memory for the prime search");
    rk_sieve_init(&search->sieve, sieve_limit_for(profile, bits));
    *ret = search;
    search = NULL;
    return RK_OK;
}

/* hi scaled so that the candidate is at least 2^bits / sqrt 2. */
static uint32_t adjust_32(uint32_t hi)
{
    return 0xB5050000u + (hi >> 16) * 0x4AFBu + (((hi & 0xFFFFu) * 0x4AFBu) >> 16);
}

static uint32_t adjust_16(uint32_t hi16)
{
    return 0xB505u + ((hi16 * 0x4AFBu) >> 16);
}

static void adjust_top(const struct rk_ek_profile *profile, uint32_t *word, size_t words)
{
    uint32_t *top = &word[words - 1];

    switch (profile->top) {
    case RK_TOP_32:
        *top = adjust_32(*top);
        break;
    case RK_TOP_16:
        *top = adjust_16(*top >> 16) << 16 | (*top & 0xFFFFu);
        break;
    case RK_TOP_16_WIDE_MASK:
        *top = adjust_16(*top >> 16) << 16;
        word[words - 2] &= 0xFFFFu;
        break;
    }
}

static void load_words(const struct rk_ek_profile *profile, const uint8_t *bytes, size_t len,
                       uint32_t *word)
{
    for (size_t i = 0; i < len / 4; i++)
        word[i] = 0;
    for (size_t i = 0; i < len; i++) {
        uint32_t byte = profile->little_endian ? bytes[i] : bytes[len - 1 - i];

        word[i / 4] |= byte << 8 * (i % 4);
    }
}

/* ek-derivation.md 3.6: here machine words of 32 and 64 bits disagree, or the TPM fails. */
static enum rk_rc refuse_corner(const struct rk_ek_profile *profile, const uint32_t *word,
                                size_t words, struct rk_err *err)
{
    if (word[words - 1] != 0 || (profile->word_bits == 64 && word[words - 2] != 0))
        return RK_OK;
    return rk_fail(err, RK_E_USAGE,
                   "a TPM makes no usable key of this EPS (a prime candidate "
                   "starts with a zero word): choose another EPS seed");
}

/* c -= c mod 105, or 105 more so that it stays odd. */
static void move_to_base(uint32_t *word, size_t words)
{
    uint64_t r = 0;

    for (size_t i = words; i-- > 0;)
        r = (r << 32 | word[i]) % 105;
    if (r % 2 != 0)
        r += 105;
    for (size_t i = 0; r != 0 && i < words; i++) {
        uint64_t before = word[i];

        word[i] = (uint32_t)(before - r);
        r = before < r ? 1 : 0;
    }
}

static enum rk_rc set_base(rk_prime_search *search, const uint32_t *word, size_t words,
                           struct rk_err *err)
{
    uint8_t bytes[PRIME_BYTES_MAX];
    BIGNUM *good;

    for (size_t i = 0; i < 4 * words; i++)
        bytes[i] = (uint8_t)(word[i / 4] >> 8 * (i % 4));
    good = BN_lebin2bn(bytes, (int)(4 * words), search->base);
    OPENSSL_cleanse(bytes, sizeof bytes);
    return good != NULL ? RK_OK : rk_fail_ossl(err, RK_E_NOMEM, "big number");
}

static void wipe(uint8_t (*bytes)[PRIME_BYTES_MAX])
{
    OPENSSL_cleanse(*bytes, sizeof *bytes);
}

/* A random start and its sieved field. */
static enum rk_rc new_field(rk_prime_search *search, struct rk_drbg *drbg, struct rk_err *err)
{
    const struct rk_ek_profile *profile = search->profile;
    RK_AUTO(wipe) uint8_t bytes[PRIME_BYTES_MAX] = { 0 };
    uint32_t word[PRIME_BYTES_MAX / 4];
    size_t words = search->bytes / 4;
    enum rk_rc rc;

    if (rk_drbg_generate(drbg, bytes, search->bytes, err))
        return err->rc;
    load_words(profile, bytes, search->bytes, word);
    if (profile->clear_top_byte)
        word[words - 1] &= 0x00FFFFFFu;
    rc = refuse_corner(profile, word, words,
                       err); /* of the number as the TPM's big numbers see it */
    adjust_top(profile, word, words);
    word[0] |= 1;
    search->pick = word[0] | 0x80000000u;
    move_to_base(word, words);
    rk_sieve_run(&search->sieve, word, words);
    if (rc == RK_OK)
        rc = set_base(search, word, words, err);
    OPENSSL_cleanse(word, sizeof word);
    return rc;
}

static enum rk_rc bn_failed(struct rk_err *err)
{
    return rk_fail_ossl(err, RK_E_NOMEM, "prime search");
}

/* A random witness above 1 and below w - 1. */
static enum rk_rc draw_witness(const rk_prime_search *search, struct rk_drbg *drbg,
                               struct lane *lane, struct rk_err *err)
{
    RK_AUTO(wipe) uint8_t bytes[PRIME_BYTES_MAX] = { 0 };

    do {
        if (rk_drbg_generate(drbg, bytes, search->bytes, err))
            return err->rc;
        if (BN_bin2bn(bytes, (int)search->bytes, lane->witness) == NULL)
            return bn_failed(err);
    } while (BN_cmp(lane->witness, BN_value_one()) <= 0 ||
             BN_cmp(lane->witness, lane->w_minus_1) >= 0);
    return RK_OK;
}

static enum rk_rc load_candidate(rk_prime_search *search, struct lane *lane, uint32_t position,
                                 struct rk_err *err)
{
    if (BN_copy(lane->w, search->base) == NULL || !BN_add_word(lane->w, 2 * (BN_ULONG)position) ||
        BN_copy(lane->w_minus_1, lane->w) == NULL || !BN_sub_word(lane->w_minus_1, 1))
        return bn_failed(err);
    return RK_OK;
}

static enum rk_rc prepare_test(rk_prime_search *search, struct lane *lane, struct rk_err *err)
{
    lane->twos = 1; /* w is odd */
    while (!BN_is_bit_set(lane->w_minus_1, lane->twos))
        lane->twos++;
    if (!BN_rshift(lane->odd, lane->w_minus_1, lane->twos) ||
        !BN_MONT_CTX_set(lane->mont, lane->w, search->bn))
        return bn_failed(err);
    return RK_OK;
}

/*
 * The next candidates in order, each with its first witness, as if all before were composite.
 * Candidates with w mod e of 0 or 1 are passed over without a draw.
 */
static enum rk_rc gather(rk_prime_search *search, struct rk_drbg *drbg, size_t *ret_count,
                         struct rk_err *err)
{
    struct rk_sieve_field *field = &search->sieve.field;
    size_t count = 0;

    while (count < LANES && field->ones != 0) {
        struct lane *lane = &search->lane[count];
        uint32_t position = rk_sieve_position(field, search->pick % field->ones);

        if (load_candidate(search, lane, position, err))
            return err->rc;
        rk_sieve_clear(field, position);
        BN_ULONG mod_e = BN_mod_word(lane->w, search->e);
        if (mod_e <= 1)
            continue;
        if (prepare_test(search, lane, err) || draw_witness(search, drbg, lane, err))
            return err->rc;
        lane->after = drbg->state;
        lane->field_after = *field;
        count++;
    }
    *ret_count = count;
    return RK_OK;
}

static enum rk_rc raise_witnesses(rk_prime_search *search, size_t count, struct rk_err *err)
{
    struct lane *a = &search->lane[0], *b = &search->lane[1];
    int good;

    if (count == LANES)
        good = BN_mod_exp_mont_consttime_x2(a->power, a->witness, a->odd, a->w, a->mont, b->power,
                                            b->witness, b->odd, b->w, b->mont, search->bn);
    else
        good = BN_mod_exp_mont_consttime(a->power, a->witness, a->odd, a->w, search->bn, a->mont);
    return good ? RK_OK : bn_failed(err);
}

/* Whether the witness raised to odd says "probably prime". */
static enum rk_rc strong_test(rk_prime_search *search, struct lane *lane, bool *ret,
                              struct rk_err *err)
{
    *ret = BN_is_one(lane->power) || BN_cmp(lane->power, lane->w_minus_1) == 0;
    for (int i = 1; !*ret && i < lane->twos; i++) {
        if (!BN_mod_sqr(lane->power, lane->power, lane->w, search->bn))
            return bn_failed(err);
        *ret = BN_cmp(lane->power, lane->w_minus_1) == 0;
    }
    return RK_OK;
}

/* The rounds after the first, one by one: each stops the test at once when it fails. */
static enum rk_rc remaining_rounds(rk_prime_search *search, struct rk_drbg *drbg, struct lane *lane,
                                   bool *ret, struct rk_err *err)
{
    *ret = true;
    for (int round = 1; *ret && round < search->rounds; round++) {
        if (draw_witness(search, drbg, lane, err))
            return err->rc;
        if (!BN_mod_exp_mont_consttime(lane->power, lane->witness, lane->odd, lane->w, search->bn,
                                       lane->mont))
            return bn_failed(err);
        if (strong_test(search, lane, ret, err))
            return err->rc;
    }
    return RK_OK;
}

/* Tests survivors in order until one is prime; *ret_found false when the field has run dry. */
static enum rk_rc search_field(rk_prime_search *search, struct rk_drbg *drbg, BIGNUM *ret,
                               bool *ret_found, struct rk_err *err)
{
    size_t count = 0;

    *ret_found = false;
    while (search->sieve.field.ones != 0) {
        if (gather(search, drbg, &count, err) ||
            (count != 0 && raise_witnesses(search, count, err)))
            return err->rc;
        for (size_t i = 0; i < count; i++) {
            struct lane *lane = &search->lane[i];
            bool passes;

            if (strong_test(search, lane, &passes, err))
                return err->rc;
            if (!passes)
                continue;
            /* What was drawn and struck out for the lanes behind it never happened. */
            drbg->state = lane->after;
            search->sieve.field = lane->field_after;
            if (remaining_rounds(search, drbg, lane, ret_found, err))
                return err->rc;
            if (*ret_found)
                return BN_copy(ret, lane->w) != NULL ? RK_OK : bn_failed(err);
            break;
        }
    }
    return RK_OK;
}

enum rk_rc rk_prime_find(rk_prime_search *search, struct rk_drbg *drbg, BIGNUM *ret,
                         struct rk_err *err)
{
    /* A dry field has a chance of e^-46; a second one in a row means a fault of ours. */
    for (int i = 0; i < FIELDS_MAX; i++) {
        bool found;

        if (new_field(search, drbg, err) || search_field(search, drbg, ret, &found, err))
            return err->rc;
        if (found)
            return RK_OK;
    }
    return rk_fail(err, RK_E_INTERNAL, "no prime in %d fields", FIELDS_MAX);
}
