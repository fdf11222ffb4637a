/* SPDX-License-Identifier: Apache-2.0 */
#include "base/rd.h"

#include <string.h>

const uint8_t *rk_rd_take(struct rk_rd *rd, size_t n)
{
    if (rd->want == 0 && n > rd->len - rd->pos)
        rd->want = n;
    if (rd->want != 0)
        return NULL;
    rd->pos += n;
    return rd->buf + (rd->pos - n);
}

void rk_rd_bytes(struct rk_rd *rd, uint8_t *ret, size_t n)
{
    const uint8_t *p = rk_rd_take(rd, n);

    if (n == 0)
        return;
    if (p == NULL)
        memset(ret, 0, n);
    else
        memcpy(ret, p, n);
}

uint64_t rk_rd_le(struct rk_rd *rd, size_t width)
{
    const uint8_t *p = rk_rd_take(rd, width);
    uint64_t v = 0;

    if (p == NULL)
        return 0;
    for (size_t i = width; i-- > 0;)
        v = v << 8 | p[i];
    return v;
}

uint64_t rk_rd_be(struct rk_rd *rd, size_t width)
{
    const uint8_t *p = rk_rd_take(rd, width);
    uint64_t v = 0;

    if (p == NULL)
        return 0;
    for (size_t i = 0; i < width; i++)
        v = v << 8 | p[i];
    return v;
}

struct rk_rd rk_rd_sub(struct rk_rd *rd, size_t n)
{
    size_t at = rk_rd_offset(rd);
    const uint8_t *p = rk_rd_take(rd, n);

    if (p == NULL)
        return (struct rk_rd) { .want = n == 0 ? 1 : n, .base = at };
    return (struct rk_rd) { .buf = p, .len = n, .base = at };
}

size_t rk_rd_left(const struct rk_rd *rd)
{
    return rd->want != 0 ? 0 : rd->len - rd->pos;
}

size_t rk_rd_offset(const struct rk_rd *rd)
{
    return rd->base + rd->pos;
}

enum rk_rc rk_rd_ok(const struct rk_rd *rd, struct rk_err *err)
{
    if (rd->want == 0)
        return RK_OK;
    (void)rk_fail(err, RK_E_FORMAT, "cut short at offset 0x%zx: %zu wanted, %zu left",
                  rk_rd_offset(rd), rd->want, rd->len - rd->pos);
    err->offset = rk_rd_offset(rd);
    return RK_E_FORMAT;
}

enum rk_rc rk_rd_end(const struct rk_rd *rd, struct rk_err *err)
{
    if (rk_rd_ok(rd, err))
        return err->rc;
    if (rd->len == rd->pos)
        return RK_OK;
    (void)rk_fail(err, RK_E_FORMAT, "trailing data at offset 0x%zx: %zu left", rk_rd_offset(rd),
                  rd->len - rd->pos);
    err->offset = rk_rd_offset(rd);
    return RK_E_FORMAT;
}
