/* SPDX-License-Identifier: Apache-2.0 */
/* An owned buffer of public bytes (certificates, blobs, JSON). Secrets use secret.h instead. */
#pragma once

#include "ftpmprov/err.h"

#include <stdbool.h>

struct rk_bytes {
    uint8_t *p; /* NULL when empty; always followed by a NUL that len does not count */
    size_t len;
};
#define RK_BYTES_NONE                                                                              \
    {                                                                                              \
        .p = NULL, .len = 0                                                                        \
    }

RK_API enum rk_rc rk_bytes_new(size_t len, struct rk_bytes *ret, struct rk_err *err) RK_MUST_CHECK;
RK_API enum rk_rc rk_bytes_copy(const void *bytes, size_t len, struct rk_bytes *ret,
                                struct rk_err *err) RK_MUST_CHECK;
/* Wipes (the content may have been written under a secret), frees, empties. */
RK_API void rk_bytes_done(struct rk_bytes *bytes);
RK_API struct rk_bytes rk_bytes_take(struct rk_bytes *bytes);
RK_API bool rk_bytes_equal(const struct rk_bytes *a, const struct rk_bytes *b);
