/* SPDX-License-Identifier: Apache-2.0 */
/* An owned buffer of public bytes (certificates, images, JSON). Secrets use secret.h instead. */
#pragma once

#include "ftpmprov/err.h"

#include <stdbool.h>

/* Its members and size stay as they are for as long as the library's soname does. */
struct rk_bytes {
    uint8_t *p; /* NULL when empty; always followed by a NUL that len does not count */
    size_t len; /* bytes */
};
/* An empty one. */
#define RK_BYTES_NONE                                                                              \
    {                                                                                              \
        .p = NULL, .len = 0                                                                        \
    }

/*
 * Zero bytes.
 *   len: how many
 *   ret: must be empty; emptied with rk_bytes_done
 * RK_E_NOMEM.
 */
RK_API enum rk_rc rk_bytes_new(size_t len, struct rk_bytes *ret, struct rk_err *err) RK_MUST_CHECK;
/*
 * A copy.
 *   bytes: of these; may be NULL when len is 0
 *   len: how many
 *   ret: must be empty; emptied with rk_bytes_done
 * RK_E_NOMEM.
 */
RK_API enum rk_rc rk_bytes_copy(const void *bytes, size_t len, struct rk_bytes *ret,
                                struct rk_err *err) RK_MUST_CHECK;
/*
 * Wipes (the content may have been written under a secret), frees, empties.
 *   bytes: may be empty
 */
RK_API void rk_bytes_done(struct rk_bytes *bytes);
/*
 * Moves the content out.
 *   bytes: becomes empty
 * Returns the content, which is the caller's now.
 */
RK_API struct rk_bytes rk_bytes_take(struct rk_bytes *bytes);
/*
 * Compares.
 *   a: one
 *   b: the other
 * Returns whether length and content are equal.
 */
RK_API bool rk_bytes_equal(const struct rk_bytes *a, const struct rk_bytes *b);
/*
 * Reads a file.
 *   path: "-" is stdin
 *   max: bytes that it may have
 *   ret: must be empty; emptied with rk_bytes_done
 * RK_E_IO when it is missing or unreadable, RK_E_USAGE when it is larger or no regular file, pipe
 * or terminal, RK_E_NOMEM; the message names path.
 */
RK_API enum rk_rc rk_file_read(const char *path, size_t max, struct rk_bytes *ret,
                               struct rk_err *err) RK_MUST_CHECK;
/*
 * Lower-case hex.
 *   bytes: of these
 *   len: how many
 *   text: 2 * len digits and a NUL
 */
RK_API void rk_hex_write(const uint8_t *bytes, size_t len, char *text);
