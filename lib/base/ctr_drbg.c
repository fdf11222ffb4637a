/* SPDX-License-Identifier: Apache-2.0 */
#include "base/ctr_drbg.h"

#include "base/ossl.h"
#include "rotkit/counted.h"

#include <string.h>

enum { BLOCK = 16 };

enum rk_rc rk_drbg_aes_key(EVP_CIPHER_CTX *aes, const uint8_t *key, struct rk_err *err)
{
    if (EVP_EncryptInit_ex2(aes, NULL, key, NULL, NULL) != 1)
        return rk_fail_ossl(err, RK_E_INTERNAL, "AES key");
    return RK_OK;
}

enum rk_rc rk_drbg_aes(EVP_CIPHER_CTX *aes, const uint8_t *in, size_t len, uint8_t *out,
                       struct rk_err *err)
{
    int done;

    if (EVP_EncryptUpdate(aes, out, &done, in, (int)len) != 1 || (size_t)done != len)
        return rk_fail_ossl(err, RK_E_INTERNAL, "AES");
    return RK_OK;
}

static void increment(uint8_t v[BLOCK])
{
    for (size_t i = BLOCK; i-- > 0;) {
        if (++v[i] != 0)
            break;
    }
}

/* n blocks of key stream; the AES key must be set. */
static enum rk_rc stream(struct rk_drbg *drbg, size_t blocks, uint8_t *ret, struct rk_err *err)
{
    uint8_t counters[RK_DRBG_GEN_MAX + 2 * BLOCK];

    for (size_t i = 0; i < blocks; i++) {
        increment(drbg->state.v);
        memcpy(counters + BLOCK * i, drbg->state.v, BLOCK);
    }
    enum rk_rc rc = rk_drbg_aes(drbg->aes, counters, BLOCK * blocks, ret, err);
    OPENSSL_cleanse(counters, BLOCK * blocks);
    return rc;
}

/* Key and V from the next key_len + 16 bytes of stream, XORed with x when there is one. */
static enum rk_rc next_state(struct rk_drbg *drbg, const uint8_t *x, struct rk_err *err)
{
    uint8_t next[RK_DRBG_SEED_MAX];
    size_t len = drbg->key_len + BLOCK;

    if (stream(drbg, len / BLOCK, next, err))
        return err->rc;
    for (size_t i = 0; x != NULL && i < len; i++)
        next[i] ^= x[i];
    memcpy(drbg->state.key, next, drbg->key_len);
    memcpy(drbg->state.v, next + drbg->key_len, BLOCK);
    OPENSSL_cleanse(next, sizeof next);
    return RK_OK;
}

static enum rk_rc new_aes(const rk_ctx *ctx, size_t key_len, EVP_CIPHER_CTX **ret,
                          struct rk_err *err)
{
    RK_AUTO(rk_cipher_done)
    EVP_CIPHER *ecb = EVP_CIPHER_fetch(
        rk_ctx_libctx(ctx), key_len == 32 ? "AES-256-ECB" : "AES-128-ECB", rk_ctx_propq(ctx));
    RK_AUTO(rk_cipher_ctx_done) EVP_CIPHER_CTX *aes = EVP_CIPHER_CTX_new();

    if (ecb == NULL || aes == NULL || EVP_EncryptInit_ex2(aes, ecb, NULL, NULL, NULL) != 1 ||
        EVP_CIPHER_CTX_set_padding(aes, 0) != 1)
        return rk_fail_ossl(err, RK_E_INTERNAL, "AES-ECB is not to be had");
    *ret = aes;
    aes = NULL;
    return RK_OK;
}

enum rk_rc rk_drbg_open(const rk_ctx *ctx, size_t key_len, struct rk_drbg *ret, struct rk_err *err)
{
    struct rk_drbg drbg = { .key_len = key_len };

    if (new_aes(ctx, key_len, &drbg.aes, err))
        return err->rc;
    *ret = drbg;
    return RK_OK;
}

enum rk_rc rk_drbg_update(struct rk_drbg *drbg, const uint8_t *x, struct rk_err *err)
{
    if (rk_drbg_aes_key(drbg->aes, drbg->state.key, err))
        return err->rc;
    return next_state(drbg, x, err);
}

enum rk_rc rk_drbg_generate(struct rk_drbg *drbg, uint8_t *ret, size_t len, struct rk_err *err)
{
    uint8_t out[RK_DRBG_GEN_MAX + BLOCK];
    size_t blocks = (len + BLOCK - 1) / BLOCK;

    if (len > RK_DRBG_GEN_MAX)
        return rk_fail(err, RK_E_INTERNAL, "%s asked of the generator", RK_COUNTED(len, "byte"));
    if (rk_drbg_aes_key(drbg->aes, drbg->state.key, err) || stream(drbg, blocks, out, err))
        return err->rc;
    memcpy(ret, out, len);
    OPENSSL_cleanse(out, BLOCK * blocks);
    return next_state(drbg, NULL, err);
}

void rk_drbg_done(struct rk_drbg *drbg)
{
    EVP_CIPHER_CTX_free(drbg->aes);
    OPENSSL_cleanse(drbg, sizeof *drbg);
}
