/* SPDX-License-Identifier: Apache-2.0 */
/* What a process shares, as the rooms use it: OpenSSL library context, dates, randomness. */
#pragma once

#include "ftpmprov/ctx.h"

#include <stdbool.h>

#include <openssl/types.h>

/* Replaces the random source; returns 0 on failure. Tests pin it, nothing else should. */
void rk_ctx_set_random(rk_ctx *ctx, int (*fill)(void *arg, uint8_t *bytes, size_t len), void *arg);
/* Replaces the system's clock. Tests set it, nothing else should. */
void rk_ctx_set_clock(rk_ctx *ctx, int64_t (*now)(void *arg), void *arg);
/* 9999-12-31T23:59:59Z: no certificate can say a later date. */
#define RK_CLOCK_LAST INT64_C(253402300799)
/*
 * The time that the user states, in seconds since 1970: the one reader of SOURCE_DATE_EPOCH.
 * *ret_stated false: it is not set, and *ret stays. RK_E_USAGE when it is malformed.
 */
enum rk_rc rk_clock_stated(int64_t *ret, bool *ret_stated, struct rk_err *err) RK_MUST_CHECK;
/* The clock, whatever SOURCE_DATE_EPOCH says: what is counted goes by it. RK_E_IO. */
enum rk_rc rk_clock_wall(const rk_ctx *ctx, int64_t *ret, struct rk_err *err) RK_MUST_CHECK;

/* Milliseconds of a clock that only goes forward: how long something takes. */
int64_t rk_clock_ms(void);

/*
 * Hands to a function what else is wrong beside the error that a call is about to return, in the
 * order in which it is to be told; before threads use the context. NULL: nobody hears of it.
 */
void rk_ctx_set_further(rk_ctx *ctx, void (*further)(void *arg, const struct rk_err *err),
                        void *arg);
void rk_further(const rk_ctx *ctx, const struct rk_err *err);

void rk_warn(const rk_ctx *ctx, const char *fmt, ...) RK_PRINTF(2, 3);

/* A date as the manifest writes it, YYYY-MM-DD or as RFC 3339 has it; parts of a second are
 * dropped. */
enum rk_rc rk_clock_parse(const char *text, int64_t *ret, struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_random(const rk_ctx *ctx, uint8_t *bytes, size_t len,
                     struct rk_err *err) RK_MUST_CHECK;

OSSL_LIB_CTX *rk_ctx_libctx(const rk_ctx *ctx);
const char *rk_ctx_propq(const rk_ctx *ctx);
