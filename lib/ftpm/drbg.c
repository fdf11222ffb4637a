/* SPDX-License-Identifier: Apache-2.0 */
#include "ftpm/drbg.h"

#include "base/ossl.h"
#include "base/wr.h"

#include <string.h>

enum { BLOCK = 16, CHAINS_MAX = 3, SEED_INPUT_MAX = 256 };

static const char label[] = "Primary Object Creation"; /* the NUL counts */

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
        if (rk_drbg_aes(aes, acc, BLOCK, chain[i], err))
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
    if (rk_drbg_aes_key(drbg->aes, key, err) || absorb(drbg->aes, chain, chains, zero, err))
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

static void wipe_chain(uint8_t (*chain)[CHAINS_MAX][BLOCK])
{
    OPENSSL_cleanse(*chain, sizeof *chain);
}

enum rk_rc rk_drbg_init(const rk_ctx *ctx, const struct rk_secret *eps, const uint8_t *name,
                        size_t name_len, size_t key_len, struct rk_drbg *ret, struct rk_err *err)
{
    RK_AUTO(rk_drbg_done) struct rk_drbg drbg = RK_DRBG_NONE;
    RK_AUTO(rk_wr_done) struct rk_wr msg = RK_WR_MAX(SEED_INPUT_MAX);
    RK_AUTO(wipe_chain) uint8_t chain[CHAINS_MAX][BLOCK] = { { 0 } };
    size_t data_len;

    if (rk_drbg_open(ctx, key_len, &drbg, err) ||
        seed_message(eps, name, name_len, &data_len, &msg, err) ||
        derive_seed(&drbg, &msg, data_len, chain, err) || rk_drbg_update(&drbg, chain[0], err))
        return err->rc;
    *ret = drbg;
    drbg.aes = NULL;
    return RK_OK;
}
