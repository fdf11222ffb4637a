/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AES CTR_DRBG without derivation function: SP 800-90A Rev. 1, 10.2.1. Deterministic: it is seeded
 * with secrets and replayed, never used as a source of randomness.
 */
#pragma once

#include "base/err.h"
#include "rotkit/ctx.h"

#include <openssl/types.h>

enum {
    RK_DRBG_GEN_MAX = 264,      /* bytes in one call: a 2048-bit prime and 64 bits more */
    RK_DRBG_SEED_MAX = 32 + 16, /* key and V */
};

/* What a later draw depends on. Copying it out and in again takes a draw back. */
struct rk_drbg_state {
    uint8_t key[32], v[16];
};
struct rk_drbg {
    struct rk_drbg_state state;
    size_t key_len;      /* 16 or 32 */
    EVP_CIPHER_CTX *aes; /* ECB, re-keyed by every call */
};
#define RK_DRBG_NONE                                                                               \
    {                                                                                              \
        .aes = NULL                                                                                \
    }

/* Key and V zero: rk_drbg_update seeds it. key_len 16 or 32. */
enum rk_rc rk_drbg_open(const rk_ctx *ctx, size_t key_len, struct rk_drbg *ret,
                        struct rk_err *err) RK_MUST_CHECK;
/* CTR_DRBG_Update with key_len + 16 bytes; NULL stands for zeros. */
enum rk_rc rk_drbg_update(struct rk_drbg *drbg, const uint8_t *x, struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_drbg_generate(struct rk_drbg *drbg, uint8_t *ret, size_t len,
                            struct rk_err *err) RK_MUST_CHECK;
/*
 * The block cipher alone, for a derivation function around the generator: the key, then whole
 * blocks under it. Every call of the generator sets its own key again.
 */
enum rk_rc rk_drbg_aes_key(EVP_CIPHER_CTX *aes, const uint8_t *key,
                           struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_drbg_aes(EVP_CIPHER_CTX *aes, const uint8_t *in, size_t len, uint8_t *out,
                       struct rk_err *err) RK_MUST_CHECK;
void rk_drbg_done(struct rk_drbg *drbg); /* wipes */
