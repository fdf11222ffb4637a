/* SPDX-License-Identifier: Apache-2.0 */
#include "rotkit/hex.h"
#include "rotkit/counted.h"

#include "base/err.h"
#include "base/mem.h"

#include <string.h>

#include <openssl/crypto.h>

void rk_hex_write(const uint8_t *bytes, size_t len, char *text)
{
    /* Arithmetic, no table: a table look-up would tell the secret to the cache. */
    for (size_t i = 0; i < 2 * len; i++) {
        unsigned digit = i % 2 == 0 ? bytes[i / 2] >> 4 : bytes[i / 2] & 15u;
        text[i] = (char)('0' + digit + (((9 - digit) >> 8) & ('a' - '0' - 10)));
    }
    text[2 * len] = '\0';
}

/* All ones when lo <= c <= hi, else 0; branch-free. */
static unsigned between(unsigned c, unsigned lo, unsigned hi)
{
    return ~((((c - lo) | (hi - c)) >> 31) - 1u) ^ ~0u;
}

/* 0..15, or 16 and above when c is no digit. */
static unsigned digit_value(char text)
{
    unsigned c = (unsigned char)text;
    unsigned decimal = between(c, '0', '9');
    unsigned lower = between(c, 'a', 'f');
    unsigned upper = between(c, 'A', 'F');

    return (decimal & (c - '0')) | (lower & (c - 'a' + 10)) | (upper & (c - 'A' + 10)) |
           (~(decimal | lower | upper) & 16u);
}

enum rk_rc rk_hex_read(const char *text, size_t text_len, uint8_t *bytes, size_t len,
                       struct rk_err *err)
{
    if (text_len != 2 * len)
        return rk_fail(err, RK_E_USAGE, "%s, expected %zu", RK_COUNTED(text_len, "hex digit"),
                       2 * len);
    for (size_t i = 0; i < len; i++) {
        unsigned hi = digit_value(text[2 * i]), lo = digit_value(text[2 * i + 1]);

        if ((hi | lo) > 15) {
            OPENSSL_cleanse(bytes, len);
            return rk_fail(err, RK_E_USAGE, "character %zu is no hex digit",
                           2 * i + (hi > 15 ? 1 : 2));
        }
        bytes[i] = (uint8_t)(hi << 4 | lo);
    }
    return RK_OK;
}

/* Of the length that they must have, so that what is wrong is a digit. */
static enum rk_rc read_digits(const char *text, uint8_t *bytes, size_t len, struct rk_err *err)
{
    if (rk_hex_read(text, 2 * len, bytes, len, err) == RK_OK)
        return RK_OK;
    err->rc = RK_E_FORMAT;
    return err->rc;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* 0x words of 8 digits, single blanks between: the fuse tools' spelling. */
static enum rk_rc read_words(const char *text, size_t text_len, uint8_t *bytes, size_t room,
                             size_t *ret_len, struct rk_err *err)
{
    enum { WORD = 2 + 8 };
    size_t words = (text_len + 1) / (WORD + 1);

    bool shaped = words * (WORD + 1) - 1 == text_len;

    if (!shaped || words * 4 > room)
        return rk_fail(err, shaped ? RK_E_USAGE : RK_E_FORMAT,
                       "malformed 0x words: expected at most %s of 8 digits, "
                       "one blank between",
                       RK_COUNTED(room / 4, "word"));
    for (size_t i = 0; i < words; i++) {
        const char *word = text + i * (WORD + 1);

        if (word[0] != '0' || word[1] != 'x' || (i != 0 && word[-1] != ' '))
            return rk_fail(err, RK_E_FORMAT, "word %zu is not 0x and 8 digits", i + 1);
        if (read_digits(word + 2, bytes + 4 * i, 4, err))
            return rk_wrap(err, "word %zu", i + 1);
    }
    *ret_len = words * 4;
    return RK_OK;
}

enum rk_rc rk_hex_read_key(const char *text, size_t text_len, uint8_t *bytes, size_t room,
                           size_t *ret_len, struct rk_err *err)
{
    while (text_len != 0 && is_blank(text[text_len - 1]))
        text_len--;
    while (text_len != 0 && is_blank(text[0]))
        text++, text_len--;
    if (memchr(text, ' ', text_len) != NULL)
        return read_words(text, text_len, bytes, room, ret_len, err);
    if (text_len >= 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
        text += 2, text_len -= 2;
    if (text_len % 2 != 0 || text_len / 2 > room || text_len == 0)
        return rk_fail(err, RK_E_USAGE, "%s, expected %zu", RK_COUNTED(text_len, "hex digit"),
                       2 * room);
    if (read_digits(text, bytes, text_len / 2, err))
        return err->rc;
    *ret_len = text_len / 2;
    return RK_OK;
}

enum rk_rc rk_parse_u64(const char *text, uint64_t max, uint64_t *ret, struct rk_err *err)
{
    unsigned base = 10;
    const char *p = text;
    uint64_t v = 0;

    if (p[0] == '0' && (p[1] == 'x' || p[1] == 'X')) {
        base = 16;
        p += 2;
    }
    if (*p == '\0')
        return rk_fail(err, RK_E_USAGE, "\"%s\" is no number", text);
    for (; *p != '\0'; p++) {
        unsigned digit = digit_value(*p);

        if (digit >= base)
            return rk_fail(err, RK_E_USAGE, "\"%s\" is no number", text);
        if (__builtin_mul_overflow(v, base, &v) || __builtin_add_overflow(v, digit, &v) || v > max)
            return rk_fail(err, RK_E_USAGE, "\"%s\" is above %llu", text, (unsigned long long)max);
    }
    *ret = v;
    return RK_OK;
}
