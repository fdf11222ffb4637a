/* SPDX-License-Identifier: Apache-2.0 */
/* What a process shares: the tables of formats and platforms, tokens that are open, warnings. */
#pragma once

#include "ftpmprov/secret.h"

/* Made once by a program, used by all of its threads. */
typedef struct rk_ctx rk_ctx;

/*
 * Makes a context over OpenSSL's default library context and the system's clock and randomness,
 * without warnings.
 *   ret: the context; freed with rk_ctx_free, after all that was opened with it
 * RK_E_NOMEM.
 */
RK_API enum rk_rc rk_ctx_new(rk_ctx **ret, struct rk_err *err) RK_MUST_CHECK;
/*
 * Closes the tokens that are still open, and frees the context.
 *   ctx: may be NULL
 */
RK_API void rk_ctx_free(rk_ctx *ctx);
/*
 * Hands warnings to a function; before threads use the context.
 *   warn: called with one line of text for people, without a newline; NULL: nobody hears of them
 *   arg: handed through
 */
RK_API void rk_ctx_set_warning(rk_ctx *ctx, void (*warn)(void *arg, const char *text), void *arg);
/*
 * The time that certificates are judged and made by: SOURCE_DATE_EPOCH when it is set, else the
 * system's clock.
 *   ret: seconds since 1970, UTC
 * RK_E_USAGE when SOURCE_DATE_EPOCH is malformed, RK_E_IO when the clock cannot be read.
 */
RK_API enum rk_rc rk_clock_now(const rk_ctx *ctx, int64_t *ret, struct rk_err *err) RK_MUST_CHECK;
/*
 * Random bytes for a secret, from OpenSSL's private generator.
 *   len: bytes
 *   ret: must be empty; the caller empties it with rk_secret_done
 * RK_E_NOMEM, RK_E_INTERNAL when OpenSSL has no randomness.
 */
RK_API enum rk_rc rk_random_secret(const rk_ctx *ctx, size_t len, struct rk_secret *ret,
                                   struct rk_err *err) RK_MUST_CHECK;
