/* SPDX-License-Identifier: Apache-2.0 */
/* What a process shares: OpenSSL library context, clock, randomness, warnings. */
#pragma once

#include "ftpmprov/secret.h"

#include <openssl/types.h>

typedef struct rk_ctx rk_ctx;

/* Defaults: OpenSSL's default library context, the system clock, RAND_priv_bytes, no warnings. */
RK_API enum rk_rc rk_ctx_new(rk_ctx **ret, struct rk_err *err) RK_MUST_CHECK;
RK_API void rk_ctx_free(rk_ctx *ctx);

/* Called with one line of text for people; arg is handed through. */
RK_API void rk_ctx_set_warning(rk_ctx *ctx, void (*warn)(void *arg, const char *text), void *arg);
/* Replaces the random source; returns 0 on failure. Tests pin it, nothing else should. */
RK_API void rk_ctx_set_random(rk_ctx *ctx, int (*fill)(void *arg, uint8_t *bytes, size_t len),
                              void *arg);
RK_API void rk_warn(const rk_ctx *ctx, const char *fmt, ...) RK_PRINTF(2, 3);

/* Seconds since 1970: SOURCE_DATE_EPOCH when set (RK_E_USAGE when malformed), else the clock. */
RK_API enum rk_rc rk_clock_now(const rk_ctx *ctx, int64_t *ret, struct rk_err *err) RK_MUST_CHECK;
/* A date as the manifest writes it, YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ, in UTC. */
RK_API enum rk_rc rk_clock_parse(const char *text, int64_t *ret, struct rk_err *err) RK_MUST_CHECK;
RK_API enum rk_rc rk_random(const rk_ctx *ctx, uint8_t *bytes, size_t len,
                            struct rk_err *err) RK_MUST_CHECK;
RK_API enum rk_rc rk_random_secret(const rk_ctx *ctx, size_t len, struct rk_secret *ret,
                                   struct rk_err *err) RK_MUST_CHECK;

RK_API OSSL_LIB_CTX *rk_ctx_libctx(const rk_ctx *ctx);
RK_API const char *rk_ctx_propq(const rk_ctx *ctx);
