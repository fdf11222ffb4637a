/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The generator that the TPM 2.0 reference code seeds for a primary key: AES CTR_DRBG behind a
 * derivation function of its own, which is not that of SP 800-90A.
 * Source: formats/ek-derivation.md 3.1, 3.2.
 */
#pragma once

#include "base/err.h"
#include "ftpmprov/ctx.h"

#include <openssl/types.h>

enum { RK_DRBG_GEN_MAX = 264 }; /* bytes in one call: a 2048-bit prime */

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

/* Seeds from EPS | label with its NUL | Name of the template. */
enum rk_rc rk_drbg_init(const rk_ctx *ctx, const struct rk_secret *eps, const uint8_t *name,
                        size_t name_len, size_t key_len, struct rk_drbg *ret,
                        struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_drbg_generate(struct rk_drbg *drbg, uint8_t *ret, size_t len,
                            struct rk_err *err) RK_MUST_CHECK;
void rk_drbg_done(struct rk_drbg *drbg); /* wipes */
