/* SPDX-License-Identifier: Apache-2.0 */
/* The EK generator: its seed against private keys of reference TPMs, its stream against OpenSSL's
 * CTR-DRBG. */
#include "ftpm/drbg.h"

#include "base/ossl.h"
#include "rotkit/template.h"

#include "suite.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/params.h>

enum { BLOCK = 16, EPS_LEN = 64 };

static const size_t key_lens[] = { 32, 16 };

static rk_ctx *ctx;
static struct rk_err err;
static struct rk_secret eps = RK_SECRET_NONE; /* zeros */

static void setup(void)
{
    ck_assert_int_eq(rk_ctx_new(&ctx, &err), RK_OK);
    ck_assert_int_eq(rk_secret_new(EPS_LEN, &eps, &err), RK_OK);
}

static void teardown(void)
{
    rk_secret_done(&eps);
    rk_ctx_free(ctx);
}

static struct rk_drbg seeded(size_t key_len)
{
    struct rk_drbg drbg = RK_DRBG_NONE;
    uint8_t name[RK_EK_NAME_MAX];
    size_t name_len;

    ck_assert_int_eq(
        rk_template_name(ctx, &rk_ek_template_find("L-2")->public_area, name, &name_len, &err),
        RK_OK);
    ck_assert_int_eq(rk_drbg_init(ctx, &eps, name, name_len, key_len, &drbg, &err), RK_OK);
    return drbg;
}

/* d of EK L-2 of the zero EPS, from ms-tpm-20-ref-main.jsonl and ms-tpm-20-ref-main-aes128.jsonl.
 */
static const char *const reference_d[] = {
    "3423180384bfcbd997be9254d41b45430c29f37da4d1ce918f8cdb0618754c5c",
    "f3c82d8d0a5d54ec9c3e62a7a94f087a29b621be6da334616293548dd14f2432",
};

START_TEST(seed_and_first_draw_give_the_private_key_of_a_reference_tpm)
{
    static const char order_hex[] =
        "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"; /* FIPS 186-4 D.1.2.3 */
    struct rk_drbg drbg = seeded(key_lens[_i]);
    BIGNUM *n = NULL, *want = NULL, *d = NULL;
    BN_CTX *bn = BN_CTX_new();
    uint8_t draw[32 + 8];

    ck_assert(BN_hex2bn(&n, order_hex) != 0 && BN_hex2bn(&want, reference_d[_i]) != 0);
    ck_assert_int_eq(rk_drbg_generate(&drbg, draw, sizeof draw, &err), RK_OK);
    d = BN_bin2bn(draw, sizeof draw, NULL);
    ck_assert(BN_sub_word(n, 1) && BN_mod(d, d, n, bn) && BN_add_word(d, 1));
    ck_assert_int_eq(BN_cmp(d, want), 0);
    rk_drbg_done(&drbg);
    BN_free(n);
    BN_free(want);
    BN_free(d);
    BN_CTX_free(bn);
}
END_TEST

/* What a CTR_DRBG without derivation function must be seeded with to stand where `state` does. */
static size_t entropy_for(const struct rk_drbg *drbg, uint8_t ret[48])
{
    static const uint8_t zero_key[32] = { 0 };
    EVP_CIPHER_CTX *aes = EVP_CIPHER_CTX_new();
    size_t len = drbg->key_len + BLOCK;
    uint8_t counters[48] = { 0 };
    int n;

    for (size_t i = 0; i < len / BLOCK; i++)
        counters[BLOCK * i + BLOCK - 1] = (uint8_t)(i + 1);
    ck_assert_int_eq(
        EVP_EncryptInit_ex2(aes, drbg->key_len == 32 ? EVP_aes_256_ecb() : EVP_aes_128_ecb(),
                            zero_key, NULL, NULL),
        1);
    ck_assert_int_eq(EVP_EncryptUpdate(aes, ret, &n, counters, (int)len), 1);
    EVP_CIPHER_CTX_free(aes);
    for (size_t i = 0; i < len; i++)
        ret[i] ^= i < drbg->key_len ? drbg->state.key[i] : drbg->state.v[i - drbg->key_len];
    return len;
}

static EVP_RAND_CTX *new_rand(const char *name, EVP_RAND_CTX *parent)
{
    EVP_RAND *rand = EVP_RAND_fetch(NULL, name, NULL);
    EVP_RAND_CTX *made = EVP_RAND_CTX_new(rand, parent);

    EVP_RAND_free(rand);
    ck_assert_ptr_nonnull(made);
    return made;
}

START_TEST(stream_is_that_of_the_standard_ctr_drbg)
{
    static const size_t draws[] = { 128, 40, 1, 16, 264, 74 };
    struct rk_drbg drbg = seeded(key_lens[_i]);
    EVP_RAND_CTX *source = new_rand("TEST-RAND", NULL), *judge = new_rand("CTR-DRBG", source);
    char cipher[] = "AES-256-CTR";
    uint8_t entropy[48], got[RK_DRBG_GEN_MAX], want[RK_DRBG_GEN_MAX];
    unsigned strength = 256;
    int no = 0;

    if (key_lens[_i] == 16)
        memcpy(cipher, "AES-128-CTR", sizeof cipher);
    size_t len = entropy_for(&drbg, entropy);
    OSSL_PARAM source_params[] = {
        OSSL_PARAM_construct_uint(OSSL_RAND_PARAM_STRENGTH, &strength),
        OSSL_PARAM_construct_octet_string(OSSL_RAND_PARAM_TEST_ENTROPY, entropy, len),
        OSSL_PARAM_construct_end(),
    };
    OSSL_PARAM judge_params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_DRBG_PARAM_CIPHER, cipher, 0),
        OSSL_PARAM_construct_int(OSSL_DRBG_PARAM_USE_DF, &no),
        OSSL_PARAM_construct_end(),
    };
    ck_assert_int_eq(EVP_RAND_instantiate(source, 256, 0, NULL, 0, source_params), 1);
    /* Not NULL, which stands for a personalisation string of OpenSSL's own. */
    ck_assert_int_eq(EVP_RAND_instantiate(judge, 128, 0, entropy, 0, judge_params), 1);
    for (size_t i = 0; i < sizeof draws / sizeof draws[0]; i++) {
        ck_assert_int_eq(EVP_RAND_generate(judge, want, draws[i], 128, 0, NULL, 0), 1);
        ck_assert_int_eq(rk_drbg_generate(&drbg, got, draws[i], &err), RK_OK);
        ck_assert_mem_eq(got, want, draws[i]);
    }
    EVP_RAND_CTX_free(judge);
    EVP_RAND_CTX_free(source);
    rk_drbg_done(&drbg);
}
END_TEST

START_TEST(copying_the_state_back_takes_a_draw_back)
{
    struct rk_drbg drbg = seeded(32);
    struct rk_drbg_state before = drbg.state;
    uint8_t first[40], again[40], next[40];

    ck_assert_int_eq(rk_drbg_generate(&drbg, first, sizeof first, &err), RK_OK);
    ck_assert_int_eq(rk_drbg_generate(&drbg, next, sizeof next, &err), RK_OK);
    ck_assert_mem_ne(first, next, sizeof first);
    drbg.state = before;
    ck_assert_int_eq(rk_drbg_generate(&drbg, again, sizeof again, &err), RK_OK);
    ck_assert_mem_eq(first, again, sizeof first);
    rk_drbg_done(&drbg);
}
END_TEST

START_TEST(counter_carries_through_all_its_bytes)
{
    struct rk_drbg drbg = seeded(32);
    uint8_t wrapped[2 * BLOCK], zero[BLOCK];

    /* The second block of V = 2^128 - 2 is that of V = 0: the first of V = 2^128 - 1. */
    memset(drbg.state.v, 0xff, BLOCK);
    drbg.state.v[BLOCK - 1] = 0xfe;
    struct rk_drbg_state start = drbg.state;
    ck_assert_int_eq(rk_drbg_generate(&drbg, wrapped, sizeof wrapped, &err), RK_OK);
    drbg.state = start;
    drbg.state.v[BLOCK - 1] = 0xff;
    ck_assert_int_eq(rk_drbg_generate(&drbg, zero, sizeof zero, &err), RK_OK);
    ck_assert_mem_eq(wrapped + BLOCK, zero, BLOCK);
    rk_drbg_done(&drbg);
}
END_TEST

START_TEST(draw_of_more_than_a_prime_is_refused)
{
    struct rk_drbg drbg = seeded(32);
    uint8_t out[RK_DRBG_GEN_MAX + 1] = { 0xA5 };

    ck_assert_int_eq(rk_drbg_generate(&drbg, out, sizeof out, &err), RK_E_INTERNAL);
    ck_assert_str_eq(err.msg, "265 bytes asked of the generator");
    ck_assert_uint_eq(out[0], 0xA5);
    rk_drbg_done(&drbg);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, seed_and_first_draw_give_the_private_key_of_a_reference_tpm, 0, 2);
    tcase_add_loop_test(tc, stream_is_that_of_the_standard_ctr_drbg, 0, 2);
    tcase_add_test(tc, copying_the_state_back_takes_a_draw_back);
    tcase_add_test(tc, counter_carries_through_all_its_bytes);
    tcase_add_test(tc, draw_of_more_than_a_prime_is_refused);
}

int main(void)
{
    return suite_run(&(struct suite_options) {
        .name = "drbg", .add = add, .load = setup, .unload = teardown, .timeout_s = 4 });
}
