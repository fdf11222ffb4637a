/* SPDX-License-Identifier: Apache-2.0 */
/* Eight-lane modular powers, on IFMA and on the model, against OpenSSL's BN_mod_exp. */
#include "ftpm/powm8.h"

#include "base/ossl.h"

#include "suite.h"

#include <stdio.h>
#include <string.h>

#include <openssl/rand.h>

enum { LANES = RK_POWM8_LANES, WORDS = RK_POWM8_WORDS_MAX };

static const struct rk_powm8_kernel *const kernels[] = { &rk_powm8_ifma, &rk_powm8_portable };
static const size_t lengths[] = { 512, 1024, 1536, 2048 };
enum { KERNELS = 2, LENGTHS = 4, COMBINATIONS = KERNELS * LENGTHS };

static struct rk_err err;
static struct rk_powm8 work;
static const struct rk_powm8_kernel *kernel;
static size_t bits;
static BN_CTX *bn;
static BIGNUM *m[LANES], *base[LANES], *exponent[LANES];

/* False where the machine lacks the kernel and nobody insists. */
static bool begin(int combination)
{
    const char *require = getenv("ROTKIT_REQUIRE_IFMA");

    kernel = kernels[combination % KERNELS];
    bits = lengths[combination / KERNELS];
    if (!kernel->usable()) {
        ck_assert_msg(require == NULL || strcmp(require, "1") != 0, "no %s here", kernel->name);
        return false;
    }
    ck_assert_int_eq(rk_powm8_new(bits, &work, &err), RK_OK);
    bn = BN_CTX_new();
    for (int i = 0; i < LANES; i++) {
        m[i] = BN_new();
        base[i] = BN_new();
        exponent[i] = BN_new();
    }
    return true;
}

static void finish(void)
{
    rk_powm8_done(&work);
    BN_CTX_free(bn);
    for (int i = 0; i < LANES; i++) {
        BN_free(m[i]);
        BN_free(base[i]);
        BN_free(exponent[i]);
    }
}

static void words_of(const BIGNUM *number, uint32_t *ret)
{
    uint8_t bytes[4 * WORDS];

    ck_assert_int_ge(BN_bn2lebinpad(number, bytes, (int)bits / 8), 0);
    for (size_t i = 0; i < bits / 32; i++)
        ret[i] = (uint32_t)bytes[4 * i] | (uint32_t)bytes[4 * i + 1] << 8 |
                 (uint32_t)bytes[4 * i + 2] << 16 | (uint32_t)bytes[4 * i + 3] << 24;
}

static BIGNUM *result(size_t lane)
{
    uint32_t word[WORDS];
    uint8_t bytes[4 * WORDS];

    rk_powm8_get(&work, lane, word);
    for (size_t i = 0; i < bits / 8; i++)
        bytes[i] = (uint8_t)(word[i / 4] >> 8 * (i % 4));
    return BN_lebin2bn(bytes, (int)bits / 8, NULL);
}

static void load_lanes(bool own_exponents)
{
    uint32_t modulus[WORDS], number[WORDS];

    for (size_t i = 0; i < LANES; i++) {
        words_of(m[i], modulus);
        words_of(base[i], number);
        rk_powm8_set(&work, i, modulus, number);
        if (!own_exponents)
            continue;
        words_of(exponent[i], number);
        rk_powm8_set_exponent(&work, i, number);
    }
}

static void assert_powers(void)
{
    BIGNUM *want = BN_new();

    load_lanes(true);
    kernel->power(&work);
    for (size_t i = 0; i < LANES; i++) {
        BIGNUM *got = result(i);

        ck_assert_int_eq(BN_mod_exp(want, base[i], exponent[i], m[i], bn), 1);
        ck_assert_msg(BN_cmp(got, want) == 0, "%s, %zu bits, lane %zu", kernel->name, bits, i);
        BN_free(got);
    }
    BN_free(want);
}

/* Eight odd moduli of full length, each lane with its own base and exponent. */
static void random_lanes(void)
{
    for (int i = 0; i < LANES; i++) {
        ck_assert_int_eq(BN_rand(m[i], (int)bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD), 1);
        ck_assert_int_eq(BN_rand_range(base[i], m[i]), 1);
        ck_assert_int_eq(BN_rand(exponent[i], (int)bits, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY), 1);
    }
}

START_TEST(power_is_that_of_openssl)
{
    if (!begin(_i))
        return;
    for (int i = 0; i < 3; i++) {
        random_lanes();
        assert_powers();
    }
    finish();
}
END_TEST

/* All ones; one above a power of two; short ones, down to 3; zero limbs in the middle and on top.
 */
START_TEST(power_holds_for_moduli_at_the_edges)
{
    if (!begin(_i))
        return;
    random_lanes();
    BN_zero(m[0]);
    ck_assert(BN_set_bit(m[0], (int)bits) && BN_sub_word(m[0], 1));
    BN_zero(m[1]);
    ck_assert(BN_set_bit(m[1], (int)bits - 1) && BN_add_word(m[1], 1));
    ck_assert(BN_set_word(m[2], 3));
    ck_assert(BN_rand(m[3], 52, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD));
    ck_assert(BN_rand(m[4], 53, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD));
    ck_assert(BN_rand(m[5], (int)bits - 52, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD));
    ck_assert(BN_set_word(m[6], 1) && BN_set_bit(m[6], (int)bits - 1));
    BN_zero(m[7]); /* 2^bits - 2^(bits/2) + 1 */
    ck_assert(BN_set_bit(m[7], (int)bits / 2) && BN_sub_word(m[7], 1));
    ck_assert(BN_lshift(m[7], m[7], (int)bits / 2) && BN_add_word(m[7], 1));
    for (int i = 0; i < LANES; i++)
        ck_assert(BN_rand_range(base[i], m[i]));
    assert_powers();
    finish();
}
END_TEST

/* Bases 0, 1, m - 1 and exponents 0, 1, all ones. */
START_TEST(power_holds_for_bases_and_exponents_at_the_edges)
{
    if (!begin(_i))
        return;
    random_lanes();
    BN_zero(base[0]);
    ck_assert(BN_set_word(base[1], 1));
    ck_assert(BN_sub(base[2], m[2], BN_value_one()));
    ck_assert(BN_sub(base[3], m[3], BN_value_one()) && BN_set_word(exponent[3], 2));
    BN_zero(exponent[4]);
    ck_assert(BN_set_word(exponent[5], 1));
    BN_zero(exponent[6]);
    ck_assert(BN_set_bit(exponent[6], (int)bits) && BN_sub_word(exponent[6], 1));
    BN_zero(base[7]);
    BN_zero(exponent[7]);
    assert_powers();
    finish();
}
END_TEST

/* n = (6k+1)(12k+1)(18k+1), a Carmichael number: it passes Fermat's test, and rarely a strong one.
 */
static bool carmichael(BIGNUM *ret)
{
    BIGNUM *factor = BN_new(), *k = BN_new();
    bool all = false;

    while (!all) {
        all = BN_rand(k, 64, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) != 0 && BN_set_word(ret, 1) != 0;
        for (unsigned times = 6; all && times <= 18; times += 6)
            all = BN_copy(factor, k) != NULL && BN_mul_word(factor, times) != 0 &&
                  BN_add_word(factor, 1) != 0 && BN_check_prime(factor, bn, NULL) == 1 &&
                  BN_mul(ret, ret, factor, bn) != 0;
    }
    BN_free(factor);
    BN_free(k);
    return all;
}

/* Miller-Rabin with one witness, in OpenSSL's numbers. */
static bool strong_round(const BIGNUM *w, const BIGNUM *witness)
{
    BIGNUM *odd = BN_new(), *last = BN_dup(w), *x = BN_new();
    int twos = 1;
    bool passes;

    ck_assert(BN_sub_word(last, 1));
    while (!BN_is_bit_set(last, twos))
        twos++;
    ck_assert(BN_rshift(odd, last, twos) && BN_mod_exp(x, witness, odd, w, bn));
    passes = BN_is_one(x) || BN_cmp(x, last) == 0;
    for (int i = 1; !passes && i < twos; i++) {
        ck_assert(BN_mod_sqr(x, x, w, bn));
        passes = BN_cmp(x, last) == 0;
    }
    BN_free(odd);
    BN_free(last);
    BN_free(x);
    return passes;
}

/* Primes with w - 1 divisible by many twos and by one; pseudoprimes; composites. */
static void lanes_to_judge(void)
{
    random_lanes();
    ck_assert(BN_generate_prime_ex(m[1], 512, 1, NULL, NULL, NULL)); /* safe: one two */
    do {
        ck_assert(BN_rand(m[3], 400, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY));
        ck_assert(BN_lshift(m[3], m[3], 20) && BN_add_word(m[3], 1));
    } while (BN_check_prime(m[3], bn, NULL) != 1);
    ck_assert(carmichael(m[4]));
    ck_assert(BN_set_word(m[5], 2047)); /* the least strong pseudoprime to base 2 */
    ck_assert(BN_set_word(m[6], 341));  /* the least Fermat one */
    ck_assert(BN_set_word(m[7], 65537));
    for (int i = 0; i < LANES; i++)
        ck_assert(BN_set_word(base[i], 2));
}

START_TEST(fermat_and_strong_test_judge_as_openssl)
{
    unsigned fermat, strong;
    BIGNUM *x, *last, *two;

    if (!begin(_i))
        return;
    x = BN_new(), last = BN_new(), two = BN_new();
    BN_set_word(two, 2);
    lanes_to_judge();
    for (int round = 0; round < 3; round++) {
        load_lanes(false);
        strong = kernel->strong(&work);
        fermat = kernel->fermat(&work);
        for (int i = 0; i < LANES; i++) {
            ck_assert(BN_sub(last, m[i], BN_value_one()) && BN_mod_exp(x, two, last, m[i], bn));
            ck_assert_msg((fermat >> i & 1) == (unsigned)BN_is_one(x), "fermat, lane %d", i);
            ck_assert_msg((strong >> i & 1) == strong_round(m[i], base[i]), "strong, lane %d", i);
            ck_assert(BN_rand_range(base[i], last)); /* the next round's; 0 and 1 are welcome */
        }
        ck_assert_uint_eq(strong & 0x8a, 0x8a); /* lanes 1, 3 and 7 hold primes */
        ck_assert_uint_eq(fermat & 0xfa, 0xfa); /* and 4, 5, 6 pseudoprimes */
    }
    BN_free(x);
    BN_free(last);
    BN_free(two);
    finish();
}
END_TEST

START_TEST(unused_lanes_take_what_lane_0_has)
{
    uint32_t modulus[WORDS], number[WORDS];

    if (!begin(_i))
        return;
    random_lanes();
    words_of(m[0], modulus);
    words_of(base[0], number);
    rk_powm8_set(&work, 0, modulus, number);
    words_of(exponent[0], number);
    rk_powm8_set_exponent(&work, 0, number);
    rk_powm8_fill(&work, 1);
    kernel->power(&work);
    for (size_t i = 1; i < LANES; i++) {
        BIGNUM *first = result(0), *other = result(i);

        ck_assert_int_eq(BN_cmp(first, other), 0);
        BN_free(first);
        BN_free(other);
    }
    finish();
}
END_TEST

START_TEST(lengths_without_a_kernel_are_refused)
{
    static const size_t bad[] = { 0, 511, 520, 2560 };
    char message[64];

    ck_assert_int_eq(rk_powm8_new(bad[_i], &work, &err), RK_E_INTERNAL);
    (void)snprintf(message, sizeof message, "no modular powers of %zu bits", bad[_i]);
    ck_assert_str_eq(err.msg, message);
    ck_assert_ptr_null(work.block);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, power_is_that_of_openssl, 0, COMBINATIONS);
    tcase_add_loop_test(tc, power_holds_for_moduli_at_the_edges, 0, COMBINATIONS);
    tcase_add_loop_test(tc, power_holds_for_bases_and_exponents_at_the_edges, 0, COMBINATIONS);
    tcase_add_loop_test(tc, fermat_and_strong_test_judge_as_openssl, 0, COMBINATIONS);
    tcase_add_loop_test(tc, unused_lanes_take_what_lane_0_has, 0, COMBINATIONS);
    tcase_add_loop_test(tc, lengths_without_a_kernel_are_refused, 0, 4);
}

int main(void)
{
    return suite_run(&(struct suite_options) { .name = "powm8", .add = add, .timeout_s = 120 });
}
