/* SPDX-License-Identifier: Apache-2.0 */
#include "ftpmprov/bytes.h"

#include "base/err.h"
#include "base/mem.h"

#include <string.h>

#include <openssl/crypto.h>

enum rk_rc rk_bytes_new(size_t len, struct rk_bytes *ret, struct rk_err *err)
{
    size_t size;

    if (!rk_add(len, 1, &size))
        return rk_fail_nomem(err);
    uint8_t *p = rk_alloc(size, 1);
    if (p == NULL)
        return rk_fail_nomem(err);
    *ret = (struct rk_bytes) { .p = p, .len = len };
    return RK_OK;
}

enum rk_rc rk_bytes_copy(const void *bytes, size_t len, struct rk_bytes *ret, struct rk_err *err)
{
    if (rk_bytes_new(len, ret, err))
        return err->rc;
    if (len != 0)
        memcpy(ret->p, bytes, len);
    return RK_OK;
}

void rk_bytes_done(struct rk_bytes *bytes)
{
    if (bytes->p != NULL)
        OPENSSL_clear_free(bytes->p, bytes->len + 1);
    *bytes = (struct rk_bytes)RK_BYTES_NONE;
}

struct rk_bytes rk_bytes_take(struct rk_bytes *bytes)
{
    struct rk_bytes taken = *bytes;

    *bytes = (struct rk_bytes)RK_BYTES_NONE;
    return taken;
}

bool rk_bytes_equal(const struct rk_bytes *a, const struct rk_bytes *b)
{
    return a->len == b->len && (a->len == 0 || memcmp(a->p, b->p, a->len) == 0);
}
