/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Public keys in avbtool's form. Source: libavb's AvbRSAPublicKeyHeader; boot-images.md 5.5: number
 * of bits u32, -1 / n mod 2^32 u32, modulus, 2^(2 * bits) mod n, all big-endian. The exponent is
 * 65537 always.
 */
#include "rotkit/avb_key.h"

#include "base/err.h"
#include "base/ossl.h"
#include "rotkit/public.h"

#include <string.h>

#include <openssl/core_names.h>

enum { HEAD = 8, BYTES_MAX = 1024 };

/* 2^(2 * bits) mod n; and the inverse that Montgomery's multiplication takes. */
static bool compute(const BIGNUM *n, int bits, BIGNUM *rr, uint32_t *ret_inverse)
{
    RK_AUTO(rk_bn_ctx_done) BN_CTX *ctx = BN_CTX_new();
    RK_AUTO(rk_bn_done) BIGNUM *word = BN_new();
    RK_AUTO(rk_bn_done) BIGNUM *low = BN_dup(n);
    RK_AUTO(rk_bn_done) BIGNUM *inverse = BN_new();

    if (ctx == NULL || word == NULL || low == NULL || inverse == NULL || BN_is_zero(n) ||
        BN_set_bit(rr, 2 * bits) != 1 || BN_mod(rr, rr, n, ctx) != 1 || BN_set_bit(word, 32) != 1 ||
        BN_mod(low, low, word, ctx) != 1 || BN_mod_inverse(inverse, low, word, ctx) == NULL)
        return false;
    *ret_inverse = (uint32_t)(0 - BN_get_word(inverse));
    return true;
}

enum rk_rc rk_avb_key_write(const EVP_PKEY *key, struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(HEAD + 2 * BYTES_MAX);
    RK_AUTO(rk_bn_done) BIGNUM *n = NULL;
    RK_AUTO(rk_bn_done) BIGNUM *e = NULL;
    RK_AUTO(rk_bn_done) BIGNUM *rr = BN_new();
    int bits = EVP_PKEY_get_bits(key), len = bits / 8;
    uint8_t number[BYTES_MAX];
    uint32_t inverse;

    if (!EVP_PKEY_is_a(key, "RSA") || bits % 8 != 0 || len > BYTES_MAX)
        return rk_fail(err, RK_E_KEY, "AVB takes RSA keys of at most 8192 bits");
    if (rr == NULL || EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) != 1 ||
        EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n) != 1 || !BN_is_word(e, 65537) ||
        !compute(n, bits, rr, &inverse))
        return rk_fail_ossl(err, RK_E_KEY, "the RSA key's numbers");
    rk_wr_be(&wr, (uint64_t)bits, 4);
    rk_wr_be(&wr, inverse, 4);
    (void)BN_bn2binpad(n, number, len);
    rk_wr_bytes(&wr, number, (size_t)len);
    (void)BN_bn2binpad(rr, number, len);
    rk_wr_bytes(&wr, number, (size_t)len);
    return rk_wr_end(&wr, ret, err);
}

static EVP_PKEY *make(const rk_ctx *ctx, const uint8_t *modulus, size_t len)
{
    RK_AUTO(rk_bn_done) BIGNUM *n = BN_bin2bn(modulus, (int)len, NULL);
    RK_AUTO(rk_bn_done) BIGNUM *e = BN_new();
    RK_AUTO(rk_param_bld_done) OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
    RK_AUTO(rk_pkey_ctx_done)
    EVP_PKEY_CTX *maker = EVP_PKEY_CTX_new_from_name(rk_ctx_libctx(ctx), "RSA", rk_ctx_propq(ctx));
    RK_AUTO(rk_params_done) OSSL_PARAM *params = NULL;
    EVP_PKEY *key = NULL;

    if (n == NULL || e == NULL || bld == NULL || maker == NULL || BN_set_word(e, 65537) != 1 ||
        OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n) != 1 ||
        OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, e) != 1 ||
        (params = OSSL_PARAM_BLD_to_param(bld)) == NULL || EVP_PKEY_fromdata_init(maker) != 1 ||
        EVP_PKEY_fromdata(maker, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
        return NULL;
    return key;
}

EVP_PKEY *rk_avb_key_read(const rk_ctx *ctx, const uint8_t *bytes, size_t len)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes again = RK_BYTES_NONE;
    RK_AUTO(rk_pkey_done) EVP_PKEY *key = NULL;
    struct rk_rd rd = { .buf = bytes, .len = len };
    uint64_t bits = rk_rd_be(&rd, 4);
    struct rk_err ignored;
    EVP_PKEY *ret = NULL;

    if (len < HEAD || bits % 8 != 0 || bits > 8 * BYTES_MAX || len != HEAD + bits / 4)
        return NULL;
    key = make(ctx, bytes + HEAD, (size_t)bits / 8);
    if (key != NULL && rk_avb_key_write(key, &again, &ignored) == RK_OK && again.len == len &&
        memcmp(again.p, bytes, len) == 0) {
        ret = key;
        key = NULL;
    }
    ERR_clear_error();
    return ret;
}
