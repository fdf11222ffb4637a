/* SPDX-License-Identifier: Apache-2.0 */
#include "base/wr.h"

#include "base/mem.h"
#include "rotkit/counted.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

enum { FIRST_ROOM = 256 };

static bool grow(struct rk_wr *wr, size_t need)
{
    size_t room = wr->room == 0 ? FIRST_ROOM : wr->room;
    uint8_t *buf;

    while (room < need)
        room = room > wr->max / 2 ? wr->max : 2 * room;
    buf = rk_alloc(room + 1, 1);
    if (buf == NULL) {
        wr->failed = RK_E_NOMEM;
        return false;
    }
    if (wr->len != 0)
        memcpy(buf, wr->buf, wr->len);
    OPENSSL_clear_free(wr->buf, wr->room);
    wr->buf = buf;
    wr->room = room;
    return true;
}

/* n more bytes at the end, zero, or NULL after a failure. */
static uint8_t *extend(struct rk_wr *wr, size_t n)
{
    if (wr->failed == RK_OK && n > wr->max - wr->len)
        wr->failed = RK_E_USAGE;
    if (wr->failed != RK_OK)
        return NULL;
    if ((wr->buf == NULL || n > wr->room - wr->len) && !grow(wr, wr->len + n))
        return NULL;
    wr->len += n;
    return wr->buf + (wr->len - n);
}

void rk_wr_bytes(struct rk_wr *wr, const void *bytes, size_t n)
{
    uint8_t *p = n == 0 ? NULL : extend(wr, n);

    if (p != NULL)
        memcpy(p, bytes, n);
}

void rk_wr_zero(struct rk_wr *wr, size_t n)
{
    rk_wr_fill_byte(wr, 0, n);
}

void rk_wr_fill_byte(struct rk_wr *wr, uint8_t value, size_t n)
{
    uint8_t *p = n == 0 ? NULL : extend(wr, n);

    if (p != NULL)
        memset(p, value, n);
}

static void store(uint8_t *p, uint64_t value, size_t width, bool big)
{
    for (size_t i = 0; i < width; i++)
        p[big ? width - 1 - i : i] = (uint8_t)(value >> 8 * i);
}

void rk_wr_le(struct rk_wr *wr, uint64_t value, size_t width)
{
    uint8_t *p = extend(wr, width);

    if (p != NULL)
        store(p, value, width, false);
}

void rk_wr_be(struct rk_wr *wr, uint64_t value, size_t width)
{
    uint8_t *p = extend(wr, width);

    if (p != NULL)
        store(p, value, width, true);
}

void rk_wr_str(struct rk_wr *wr, const char *text)
{
    rk_wr_bytes(wr, text, strlen(text));
}

void rk_wr_part(struct rk_wr *wr, const void *bytes, size_t len)
{
    rk_wr_be(wr, len, 4);
    if (len != 0)
        rk_wr_bytes(wr, bytes, len);
}

void rk_wr_text_part(struct rk_wr *wr, const char *text)
{
    rk_wr_part(wr, text, text == NULL ? 0 : strlen(text));
}

void rk_wr_printf(struct rk_wr *wr, const char *fmt, ...)
{
    char text[1024];
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (n < 0 || (size_t)n >= sizeof text)
        wr->failed = RK_E_USAGE;
    else
        rk_wr_bytes(wr, text, (size_t)n);
    OPENSSL_cleanse(text, sizeof text);
}

size_t rk_wr_reserve(struct rk_wr *wr, size_t n)
{
    size_t at = wr->len;

    rk_wr_zero(wr, n);
    return at;
}

void rk_wr_put_le(struct rk_wr *wr, size_t at, uint64_t value, size_t width)
{
    if (wr->failed == RK_OK)
        store(wr->buf + at, value, width, false);
}

void rk_wr_put_be(struct rk_wr *wr, size_t at, uint64_t value, size_t width)
{
    if (wr->failed == RK_OK)
        store(wr->buf + at, value, width, true);
}

void rk_wr_der(struct rk_wr *wr, size_t from, uint8_t tag)
{
    size_t len = wr->len - from, digits = 0;
    uint8_t head[10] = { tag };

    for (size_t rest = len; len >= 0x80 && rest != 0; rest >>= 8)
        digits++;
    head[1] = (uint8_t)(digits == 0 ? len : 0x80 | digits);
    store(head + 2, len, digits, true);
    if (extend(wr, 2 + digits) == NULL)
        return;
    memmove(wr->buf + from + 2 + digits, wr->buf + from, len);
    memcpy(wr->buf + from, head, 2 + digits);
}

enum rk_rc rk_wr_end(struct rk_wr *wr, struct rk_bytes *ret, struct rk_err *err)
{
    if (wr->failed == RK_E_NOMEM)
        return rk_fail(err, RK_E_NOMEM, "out of memory");
    if (wr->failed != RK_OK)
        return rk_fail(err, RK_E_USAGE, "too large: more than %s", RK_COUNTED(wr->max, "byte"));
    if (wr->buf == NULL)
        return rk_bytes_new(0, ret, err);
    if (rk_bytes_copy(wr->buf, wr->len, ret, err))
        return err->rc;
    rk_wr_done(wr);
    return RK_OK;
}

void rk_wr_done(struct rk_wr *wr)
{
    OPENSSL_clear_free(wr->buf, wr->room);
    *wr = (struct rk_wr)RK_WR_MAX(wr->max);
}
