/* SPDX-License-Identifier: Apache-2.0 */
#include "ftpm/drbg.h"

#include "base/ossl.h"
#include "base/wr.h"

#include <string.h>

enum { BLOCK = 16, CHAINS_MAX = 3, SEED_INPUT_MAX = 256 };

static const char label[] = "Primary Object Creation"; /* the NUL counts */

static enum rk_rc set_key(EVP_CIPHER_CTX *aes, const uint8_t *key, struct rk_err *err)
{
    if (EVP_EncryptInit_ex2(aes, NULL, key, NULL, NULL) != 1)
        return rk_fail_ossl(err, RK_E_INTERNAL, "AES key");
    return RK_OK;
}

static enum rk_rc encrypt(EVP_CIPHER_CTX *aes, const uint8_t *in, size_t len, uint8_t *out,
                          struct rk_err *err)
{
    int done;

    if (EVP_EncryptUpdate(aes, out, &done, in, (int)len) != 1 || (size_t)done != len)
        return rk_fail_ossl(err, RK_E_INTERNAL, "AES");
    return RK_OK;
}

static void put_be32(uint8_t *p, size_t value)
{
    for (size_t i = 0; i < 4; i++)
        p[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* The accumulator is carried from chain to chain, not reset: in every second chain b cancels out.
 */
static enum rk_rc absorb(EVP_CIPHER_CTX *aes, uint8_t chain[][BLOCK], size_t chains,
                         const uint8_t b[BLOCK], struct rk_err *err)
{
    uint8_t acc[BLOCK] = { 0 };

    for (size_t i = 0; i < chains; i++) {
        for (size_t k = 0; k < BLOCK; k++)
            acc[k] ^= chain[i][k] ^ b[k];
        if (encrypt(aes, acc, BLOCK, chain[i], err))
            return err->rc;
    }
    return RK_OK;
}

/* 00000000 | EPS | label | Name | 80 | zeros to a whole block */
static enum rk_rc seed_message(const struct rk_secret *eps, const uint8_t *name, size_t name_len,
                               size_t *ret_data_len, struct rk_wr *msg, struct rk_err *err)
{
    rk_wr_zero(msg, 4);
    rk_wr_bytes(msg, eps->p, eps->len);
    rk_wr_bytes(msg, label, sizeof label);
    rk_wr_bytes(msg, name, name_len);
    rk_wr_le(msg, 0x80, 1);
    rk_wr_zero(msg, (BLOCK - msg->len % BLOCK) % BLOCK);
    *ret_data_len = eps->len + sizeof label + name_len;
    if (msg->failed != RK_OK)
        return rk_fail_nomem(err);
    return RK_OK;
}

static const uint8_t zero[BLOCK] = { 0 };

/* The derivation function of the reference code: key_len + 16 bytes into chain[]. */
static enum rk_rc derive_seed(struct rk_drbg *drbg, const struct rk_wr *msg, size_t data_len,
                              uint8_t chain[CHAINS_MAX][BLOCK], struct rk_err *err)
{
    size_t chains = drbg->key_len / BLOCK + 1;
    uint8_t key[32];

    for (size_t i = 0; i < sizeof key; i++)
        key[i] = (uint8_t)i;
    for (size_t i = 0; i < chains; i++) {
        memset(chain[i], 0, BLOCK);
        put_be32(chain[i], i);
    }
    if (set_key(drbg->aes, key, err) || absorb(drbg->aes, chain, chains, zero, err))
        return err->rc;
    /* The lengths overwrite what is encrypted already; SP 800-90A would hash them. */
    put_be32(chain[0], data_len);
    put_be32(chain[0] + 4, BLOCK * chains);
    for (size_t at = 0; at < msg->len; at += BLOCK) {
        if (absorb(drbg->aes, chain, chains, msg->buf + at, err))
            return err->rc;
    }
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
    enum rk_rc rc = encrypt(drbg->aes, counters, BLOCK * blocks, ret, err);
    OPENSSL_cleanse(counters, BLOCK * blocks);
    return rc;
}

/* Key and V from the next key_len + 16 bytes of stream, XORed with x when there is one. */
static enum rk_rc update(struct rk_drbg *drbg, const uint8_t *x, struct rk_err *err)
{
    uint8_t next[CHAINS_MAX * BLOCK];
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

static void wipe_chain(uint8_t (*chain)[CHAINS_MAX][BLOCK])
{
    OPENSSL_cleanse(*chain, sizeof *chain);
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

enum rk_rc rk_drbg_init(const rk_ctx *ctx, const struct rk_secret *eps, const uint8_t *name,
                        size_t name_len, size_t key_len, struct rk_drbg *ret, struct rk_err *err)
{
    RK_AUTO(rk_drbg_done) struct rk_drbg drbg = { .key_len = key_len };
    RK_AUTO(rk_wr_done) struct rk_wr msg = RK_WR_MAX(SEED_INPUT_MAX);
    RK_AUTO(wipe_chain) uint8_t chain[CHAINS_MAX][BLOCK] = { { 0 } };
    size_t data_len;

    if (new_aes(ctx, key_len, &drbg.aes, err) ||
        seed_message(eps, name, name_len, &data_len, &msg, err) ||
        derive_seed(&drbg, &msg, data_len, chain, err) || set_key(drbg.aes, drbg.state.key, err) ||
        update(&drbg, chain[0], err))
        return err->rc;
    *ret = drbg;
    drbg.aes = NULL;
    return RK_OK;
}

enum rk_rc rk_drbg_generate(struct rk_drbg *drbg, uint8_t *ret, size_t len, struct rk_err *err)
{
    uint8_t out[RK_DRBG_GEN_MAX + BLOCK];
    size_t blocks = (len + BLOCK - 1) / BLOCK;

    if (len > RK_DRBG_GEN_MAX)
        return rk_fail(err, RK_E_INTERNAL, "%zu bytes asked of the generator", len);
    if (set_key(drbg->aes, drbg->state.key, err) || stream(drbg, blocks, out, err))
        return err->rc;
    memcpy(ret, out, len);
    OPENSSL_cleanse(out, BLOCK * blocks);
    return update(drbg, NULL, err);
}

void rk_drbg_done(struct rk_drbg *drbg)
{
    EVP_CIPHER_CTX_free(drbg->aes);
    OPENSSL_cleanse(drbg, sizeof *drbg);
}
