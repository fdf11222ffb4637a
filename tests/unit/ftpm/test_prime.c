/* SPDX-License-Identifier: Apache-2.0 */
/* The prime search: sieve against plain division, primes against OpenSSL, the corners refused. */
#include "ftpm/prime.h"

#include "base/ossl.h"
#include "ftpm/sieve.h"

#include "suite.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK = 16, WORDS_MAX = 48, E = 65537 };

static rk_ctx *ctx;
static struct rk_err err;
static struct rk_drbg drbg = RK_DRBG_NONE;

static void setup(void)
{
    static const uint8_t name[] = { 0x00, 0x0b, 1, 2, 3 };
    struct rk_secret eps = RK_SECRET_NONE;

    ck_assert_int_eq(rk_ctx_new(&ctx, &err), RK_OK);
    ck_assert_int_eq(rk_secret_new(64, &eps, &err), RK_OK);
    ck_assert_int_eq(rk_drbg_init(ctx, &eps, name, sizeof name, 32, &drbg, &err), RK_OK);
    rk_secret_done(&eps);
}

static void teardown(void)
{
    rk_drbg_done(&drbg);
    rk_ctx_free(ctx);
}

/* ---- sieve ---- */

static void words_of(const BIGNUM *base, uint32_t *word, size_t words)
{
    uint8_t bytes[4 * WORDS_MAX];

    ck_assert_int_ge(BN_bn2lebinpad(base, bytes, (int)(4 * words)), 0);
    for (size_t i = 0; i < words; i++)
        word[i] = (uint32_t)bytes[4 * i] | (uint32_t)bytes[4 * i + 1] << 8 |
                  (uint32_t)bytes[4 * i + 2] << 16 | (uint32_t)bytes[4 * i + 3] << 24;
}

static bool is_small_prime(uint32_t n)
{
    for (uint32_t d = 3; d * d <= n; d += 2) {
        if (n % d == 0)
            return false;
    }
    return n > 2 && n % 2 != 0;
}

/* The odd primes up to limit and what base leaves modulo each, by OpenSSL. */
static size_t residues(const BIGNUM *base, uint32_t limit, uint32_t *prime, uint32_t *rest)
{
    size_t count = 0;

    for (uint32_t n = 3; n <= limit; n += 2) {
        if (!is_small_prime(n))
            continue;
        prime[count] = n;
        rest[count++] = (uint32_t)BN_mod_word(base, n);
    }
    return count;
}

static const struct {
    size_t words;
    uint32_t limit;
    size_t primes; /* odd primes up to limit: pi(limit) - 1 */
} fields[] = {
    { 16, 8167, 1024 },
    { 32, 38891, 4096 },
    { 48, 65521, 6541 },
    { 48, 65537, 6542 },
};

START_TEST(survivors_are_what_no_sieving_prime_divides)
{
    static struct rk_sieve_field field;
    static struct rk_sieve sieve; /* too big for the stack of a sanitized test */
    static uint32_t prime[RK_SIEVE_PRIMES_MAX + 1], rest[RK_SIEVE_PRIMES_MAX + 1];
    uint8_t bytes[4 * WORDS_MAX];
    uint32_t word[WORDS_MAX], ones = 0;
    size_t words = fields[_i].words, count;
    BIGNUM *base;

    ck_assert_int_eq(rk_drbg_generate(&drbg, bytes, 4 * words, &err), RK_OK);
    bytes[0] |= 0x80;
    bytes[4 * words - 1] |= 1;
    base = BN_bin2bn(bytes, (int)(4 * words), NULL);
    words_of(base, word, words);
    rk_sieve_init(&sieve, fields[_i].limit);
    rk_sieve_run(&sieve, word, words, &field);

    count = residues(base, fields[_i].limit, prime, rest);
    ck_assert_uint_eq(count, fields[_i].primes);
    for (uint32_t i = 0; i < RK_SIEVE_BITS; i++) {
        bool divided = false;

        for (size_t k = 0; !divided && k < count; k++)
            divided = (rest[k] + 2 * i) % prime[k] == 0;
        ck_assert_msg((field.bit[i / 64] >> i % 64 & 1) == !divided, "position %u", i);
        ones += !divided;
    }
    ck_assert_uint_eq(field.ones, ones);
    BN_free(base);
}
END_TEST

START_TEST(positions_count_the_set_bits_from_zero)
{
    struct rk_sieve_field field = { .ones = 0 };
    static const uint32_t set[] = { 0, 1, 63, 64, 127, 700, 16320, 16383 };
    enum { SET = sizeof set / sizeof set[0] };

    for (size_t i = 0; i < SET; i++)
        field.bit[set[i] / 64] |= (uint64_t)1 << set[i] % 64;
    field.ones = SET;
    for (uint32_t i = 0; i < SET; i++)
        ck_assert_uint_eq(rk_sieve_position(&field, i), set[i]);
    rk_sieve_clear(&field, 64);
    ck_assert_uint_eq(field.ones, SET - 1);
    ck_assert_uint_eq(rk_sieve_position(&field, 2), 63);
    ck_assert_uint_eq(rk_sieve_position(&field, 3), 127);
}
END_TEST

/* ---- primes ---- */

START_TEST(primes_are_prime_and_large_enough)
{
    static const char *const names[] = { "ms-159", "tcg-183", "ms-146", "ms-146-r32" };
    static const char low_hex[] = "B504"; /* 2^16 / sqrt 2, rounded down */
    rk_prime_search *search = NULL;
    BIGNUM *p = BN_secure_new(), *low = NULL, *top = BN_new();
    BN_CTX *bn = BN_CTX_new();

    ck_assert_int_eq(rk_prime_search_new(rk_ek_profile_find(names[_i]), 1024, E, 1, &search, &err),
                     RK_OK);
    ck_assert(BN_hex2bn(&low, low_hex) != 0);
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(rk_prime_find(search, &drbg, p, &err), RK_OK);
        ck_assert_int_eq(BN_num_bits(p), 1024);
        ck_assert(BN_rshift(top, p, 1024 - 16));
        ck_assert_int_ge(BN_cmp(top, low), 0);
        ck_assert_int_eq(BN_check_prime(p, bn, NULL), 1);
        ck_assert(BN_mod_word(p, E) > 1);
    }
    rk_prime_search_free(search);
    BN_clear_free(p);
    BN_free(low);
    BN_free(top);
    BN_CTX_free(bn);
}
END_TEST

/* A search tests several candidates at once; the generator must stand where one by one leaves it.
 */
START_TEST(a_search_begun_again_goes_on_alike)
{
    rk_prime_search *one = NULL, *other = NULL;
    BIGNUM *p = BN_secure_new(), *q = BN_secure_new();
    struct rk_drbg_state start = drbg.state, between;

    ck_assert_int_eq(rk_prime_search_new(rk_ek_profile_at(0), 512, E, 1, &one, &err), RK_OK);
    ck_assert_int_eq(rk_prime_find(one, &drbg, p, &err), RK_OK);
    between = drbg.state;
    ck_assert_int_eq(rk_prime_find(one, &drbg, p, &err), RK_OK);

    ck_assert_int_eq(rk_prime_search_new(rk_ek_profile_at(0), 512, E, 1, &other, &err), RK_OK);
    drbg.state = between;
    ck_assert_int_eq(rk_prime_find(other, &drbg, q, &err), RK_OK);
    ck_assert_int_eq(BN_cmp(p, q), 0);
    drbg.state = start;
    ck_assert_int_eq(rk_prime_find(other, &drbg, q, &err), RK_OK);
    ck_assert_int_ne(BN_cmp(p, q), 0);
    rk_prime_search_free(one);
    rk_prime_search_free(other);
    BN_clear_free(p);
    BN_clear_free(q);
}
END_TEST

/* ---- corners: ek-derivation.md 3.6 ---- */

/* Puts the generator where its block `number` (from 1 on) will be `want`: V = D(key, want) -
 * number. */
static void steer(const uint8_t want[BLOCK], unsigned number)
{
    EVP_CIPHER_CTX *aes = EVP_CIPHER_CTX_new();
    int n;

    ck_assert_int_eq(EVP_DecryptInit_ex2(aes, EVP_aes_256_ecb(), drbg.state.key, NULL, NULL), 1);
    ck_assert_int_eq(EVP_CIPHER_CTX_set_padding(aes, 0), 1);
    ck_assert_int_eq(EVP_DecryptUpdate(aes, drbg.state.v, &n, want, BLOCK), 1);
    EVP_CIPHER_CTX_free(aes);
    for (size_t i = BLOCK; i-- > 0 && number != 0;) {
        unsigned v = drbg.state.v[i];

        drbg.state.v[i] = (uint8_t)(v - number);
        number = v < number ? 1 : 0;
    }
}

enum { CANDIDATE_BLOCKS = 1024 / 8 / BLOCK };

static const struct {
    const char *profile;
    unsigned block; /* of the raw draw, from 1 on: the one with the top word */
    uint8_t bytes[BLOCK];
    bool refused;
} corners[] = {
    /* Big-endian: the top word comes first. */
    { "ms-159", 1, { 0, 0, 0, 0, 0xFF, 1, 2, 3 }, true },
    { "ms-159", 1, { 0, 0, 0, 1, 0, 0, 0, 0 }, false },
    { "libtpms-1", 1, { 0, 0, 0, 0, 0xFF, 1, 2, 3 }, true },
    /* Little-endian: it comes last. */
    { "tcg-184", CANDIDATE_BLOCKS, { 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 0, 0, 0, 0 }, true },
    { "tcg-184", CANDIDATE_BLOCKS, { 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 0, 0, 0, 1 }, false },
    { "tcg-183", CANDIDATE_BLOCKS, { 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 0, 0, 0, 7 }, true },
    { "tcg-183", CANDIDATE_BLOCKS, { 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 1, 0, 0, 7 }, false },
    /* Words of 64 bits: only all eight bytes make a zero word. */
    { "ms-146", CANDIDATE_BLOCKS, { 9, 9, 9, 9, 9, 9, 9, 9, 0, 0, 0, 0, 0, 0, 0, 0 }, true },
    { "ms-146", CANDIDATE_BLOCKS, { 9, 9, 9, 9, 9, 9, 9, 9, 1, 0, 0, 0, 0, 0, 0, 0 }, false },
    { "ms-146-r32", CANDIDATE_BLOCKS, { 9, 9, 9, 9, 9, 9, 9, 9, 1, 0, 0, 0, 0, 0, 0, 0 }, true },
};

START_TEST(candidate_with_a_zero_top_word_is_refused)
{
    rk_prime_search *search = NULL;
    BIGNUM *p = BN_secure_new();

    steer(corners[_i].bytes, corners[_i].block);
    ck_assert_int_eq(
        rk_prime_search_new(rk_ek_profile_find(corners[_i].profile), 1024, E, 1, &search, &err),
        RK_OK);
    if (corners[_i].refused) {
        ck_assert_int_eq(rk_prime_find(search, &drbg, p, &err), RK_E_USAGE);
        ck_assert_str_eq(err.msg, "a TPM makes no usable key of this EPS (a prime candidate starts "
                                  "with a zero word): choose another EPS seed");
        ck_assert(BN_is_zero(p));
    } else {
        ck_assert_int_eq(rk_prime_find(search, &drbg, p, &err), RK_OK);
    }
    rk_prime_search_free(search);
    BN_clear_free(p);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, survivors_are_what_no_sieving_prime_divides, 0,
                        sizeof fields / sizeof fields[0]);
    tcase_add_test(tc, positions_count_the_set_bits_from_zero);
    tcase_add_loop_test(tc, primes_are_prime_and_large_enough, 0, 4);
    tcase_add_test(tc, a_search_begun_again_goes_on_alike);
    tcase_add_loop_test(tc, candidate_with_a_zero_top_word_is_refused, 0,
                        sizeof corners / sizeof corners[0]);
}

int main(void)
{
    return suite_run(&(struct suite_options) {
        .name = "prime", .add = add, .load = setup, .unload = teardown, .timeout_s = 60 });
}
