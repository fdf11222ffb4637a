/* SPDX-License-Identifier: Apache-2.0 */
/* The one type that may hold a key. Lives in OpenSSL's secure memory, wiped on release. */
#pragma once

#include "ftpmprov/err.h"

#include <stdbool.h>

/*
 * Its members and size stay as they are for as long as the library's soname does. The memory is
 * locked only in a program that has called CRYPTO_secure_malloc_init.
 */
struct rk_secret {
    uint8_t *p; /* NULL when empty */
    size_t len; /* bytes */
};
/* An empty one. */
#define RK_SECRET_NONE                                                                             \
    {                                                                                              \
        .p = NULL, .len = 0                                                                        \
    }

/*
 * Zero bytes.
 *   len: how many
 *   ret: must be empty; emptied with rk_secret_done
 * RK_E_NOMEM when the secure arena is exhausted.
 */
RK_API enum rk_rc rk_secret_new(size_t len, struct rk_secret *ret,
                                struct rk_err *err) RK_MUST_CHECK;
/*
 * A copy.
 *   bytes: of these, which the caller wipes
 *   len: how many
 *   ret: must be empty; emptied with rk_secret_done
 * RK_E_NOMEM when the secure arena is exhausted.
 */
RK_API enum rk_rc rk_secret_copy(const void *bytes, size_t len, struct rk_secret *ret,
                                 struct rk_err *err) RK_MUST_CHECK;
/*
 * Wipes, frees, empties.
 *   secret: may be empty
 */
RK_API void rk_secret_done(struct rk_secret *secret);
/*
 * Moves the content out.
 *   secret: becomes empty
 * Returns the content, which is the caller's now.
 */
RK_API struct rk_secret rk_secret_take(struct rk_secret *secret);
/*
 * Compares in constant time; lengths are not secret.
 *   a: one
 *   b: the other
 * Returns whether length and content are equal.
 */
RK_API bool rk_secret_equal(const struct rk_secret *a, const struct rk_secret *b);
/*
 * A secret from strict hex: one 0x in front or none, or 0x words of 8 digits with blanks between.
 *   text: the digits; white space at both ends is left out
 *   text_len: bytes
 *   want_len: bytes that it must give
 *   ret: must be empty; emptied with rk_secret_done
 * RK_E_FORMAT names the position of what is no digit, RK_E_USAGE for another length, RK_E_NOMEM.
 */
RK_API enum rk_rc rk_secret_from_hex(const char *text, size_t text_len, size_t want_len,
                                     struct rk_secret *ret, struct rk_err *err) RK_MUST_CHECK;
