/* SPDX-License-Identifier: Apache-2.0 */
/* The one type that may hold a key. Lives in OpenSSL secure memory, wiped on release. */
#pragma once

#include "ftpmprov/err.h"

#include <stdbool.h>

struct rk_secret {
    uint8_t *p; /* NULL when empty */
    size_t len;
};
#define RK_SECRET_NONE                                                                             \
    {                                                                                              \
        .p = NULL, .len = 0                                                                        \
    }

/* len zero bytes; RK_E_NOMEM when the secure arena is exhausted. *ret must be empty. */
RK_API enum rk_rc rk_secret_new(size_t len, struct rk_secret *ret,
                                struct rk_err *err) RK_MUST_CHECK;
/* A copy of len bytes; the caller wipes the source. */
RK_API enum rk_rc rk_secret_copy(const void *bytes, size_t len, struct rk_secret *ret,
                                 struct rk_err *err) RK_MUST_CHECK;
/* Wipes, frees, empties. Accepts an empty one. */
RK_API void rk_secret_done(struct rk_secret *secret);
/* Moves the content out; the source becomes empty. */
RK_API struct rk_secret rk_secret_take(struct rk_secret *secret);
/* Constant time in the content; lengths are not secret. */
RK_API bool rk_secret_equal(const struct rk_secret *a, const struct rk_secret *b);
/* Strict hex (optional 0x prefix, or eight space-separated 0x words) of exactly want_len bytes, see
 * hex.h. */
RK_API enum rk_rc rk_secret_from_hex(const char *text, size_t text_len, size_t want_len,
                                     struct rk_secret *ret, struct rk_err *err) RK_MUST_CHECK;
