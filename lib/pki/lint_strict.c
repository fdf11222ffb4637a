/* SPDX-License-Identifier: Apache-2.0 */
#include "pki/lint_strict.h"

#include <string.h>

bool rk_length_is_minimal(const struct rk_tlv *tlv)
{
    size_t octets = 1, header = tlv->size - tlv->len;

    for (size_t left = tlv->len < 0x80 ? 0 : tlv->len; left != 0; left >>= 8)
        octets++;
    for (size_t i = 1; (tlv->head[0] & 0x1f) == 0x1f && i < header; i++) {
        header--;
        if ((tlv->head[i] & 0x80) == 0)
            break;
    }
    return header == 1 + octets;
}

bool rk_integer_is_minimal(const struct rk_tlv *tlv)
{
    if (tlv->len == 0)
        return false;
    return tlv->len == 1 ||
           !((tlv->p[0] == 0x00 && tlv->p[1] < 0x80) || (tlv->p[0] == 0xff && tlv->p[1] >= 0x80));
}

bool rk_bits_are_clean(const struct rk_tlv *tlv)
{
    if (tlv->len == 0 || tlv->p[0] > 7 || (tlv->len == 1 && tlv->p[0] != 0))
        return false;
    return tlv->p[0] == 0 || (tlv->p[tlv->len - 1] & ((1u << tlv->p[0]) - 1)) == 0;
}

/* The rest of a tag number above 30: at least 31, in as few octets as it can. */
static bool take_long_tag(struct rk_rd *rd)
{
    uint64_t number = 0;

    for (size_t i = 0; i < 5; i++) {
        uint8_t octet = (uint8_t)rk_rd_be(rd, 1);

        if (i == 0 && octet == 0x80)
            return false;
        number = number << 7 | (octet & 0x7f);
        if ((octet & 0x80) == 0)
            return number >= 0x1f;
    }
    return false;
}

static bool take_length(struct rk_rd *rd, size_t *ret)
{
    enum { LENGTH_OCTETS_MAX = 4 };
    size_t len = (size_t)rk_rd_be(rd, 1);

    if (len > 0x80 && len <= 0x80 + LENGTH_OCTETS_MAX)
        len = (size_t)rk_rd_be(rd, len - 0x80);
    else if (len >= 0x80)
        return false;
    *ret = len;
    return true;
}

bool rk_strict_next(const struct rk_strict *s, struct rk_rd *rd, int tag, const char *what,
                    struct rk_tlv *ret)
{
    struct rk_tlv tlv = { .at = rk_rd_offset(rd), .head = rd->buf + rd->pos };
    size_t start = rd->pos;
    struct rk_err ignored;
    bool good = true;

    if (rk_rd_left(rd) == 0)
        return rk_lint_refuse(s->book, s->who, RK_RULE_FORM, "%s: nothing stands at offset 0x%zx",
                              what, tlv.at);
    tlv.tag = (uint8_t)rk_rd_be(rd, 1);
    if ((tlv.tag & 0x1f) == 0x1f)
        good = s->long_tags && take_long_tag(rd);
    if (!good || (tag != RK_STRICT_ANY && tlv.tag != tag))
        return rk_lint_refuse(s->book, s->who, RK_RULE_FORM,
                              "%s: tag 0x%02x at offset 0x%zx is not the one that belongs there",
                              what, tlv.tag, tlv.at);
    if (!take_length(rd, &tlv.len))
        return rk_lint_refuse(s->book, s->who, RK_RULE_DER_LENGTH,
                              "%s: length at offset 0x%zx is none of DER's", what, tlv.at + 1);
    tlv.p = rk_rd_take(rd, tlv.len);
    if (rk_rd_ok(rd, &ignored) != RK_OK)
        return rk_lint_refuse(s->book, s->who, RK_RULE_FORM,
                              "%s: cut short, the value at offset 0x%zx goes on behind its place",
                              what, tlv.at);
    tlv.size = rd->pos - start;
    if (!rk_length_is_minimal(&tlv))
        return rk_lint_refuse(s->book, s->who, RK_RULE_DER_LENGTH,
                              "length at offset 0x%zx takes more octets than it needs", tlv.at);
    *ret = tlv;
    return true;
}

bool rk_strict_boolean(const struct rk_strict *s, const struct rk_tlv *tlv, const char *what)
{
    return (tlv->len == 1 && (tlv->p[0] == 0 || tlv->p[0] == 0xff)) ||
           rk_lint_refuse(s->book, s->who, RK_RULE_DER_BOOLEAN,
                          "%s: BOOLEAN at offset 0x%zx is neither 00 nor ff", what, tlv->at);
}

bool rk_strict_integer(const struct rk_strict *s, const struct rk_tlv *tlv, const char *what)
{
    return rk_integer_is_minimal(tlv) ||
           rk_lint_refuse(s->book, s->who, RK_RULE_DER_INTEGER,
                          "%s: INTEGER at offset 0x%zx takes more octets than it needs, or none",
                          what, tlv->at);
}

bool rk_strict_bits(const struct rk_strict *s, const struct rk_tlv *tlv, const char *what)
{
    return rk_bits_are_clean(tlv) ||
           rk_lint_refuse(s->book, s->who, RK_RULE_DER_BITS,
                          "%s: BIT STRING at offset 0x%zx has unused bits that are not zero, or no "
                          "first octet",
                          what, tlv->at);
}

bool rk_oid_is_good(const struct rk_tlv *tlv, const struct rk_oid_limits *limits)
{
    size_t octets = 0;
    uint64_t arc = 0;

    if (tlv->len == 0 || (tlv->p[tlv->len - 1] & 0x80) != 0)
        return false;
    for (size_t i = 0; i < tlv->len; i++) {
        if (octets == 0 && tlv->p[i] == 0x80 && !limits->padded)
            return false;
        arc = arc << 7 | (tlv->p[i] & 0x7f);
        if (++octets > limits->arc_octets || arc > limits->arc_max)
            return false;
        if ((tlv->p[i] & 0x80) == 0)
            octets = 0, arc = 0;
    }
    return limits->octets == 0 || tlv->len <= limits->octets;
}

bool rk_strict_oid(const struct rk_strict *s, const struct rk_tlv *tlv,
                   const struct rk_oid_limits *limits, const char *what)
{
    return rk_oid_is_good(tlv, limits) ||
           rk_lint_refuse(s->book, s->who, RK_RULE_DER_OID,
                          "%s: OBJECT IDENTIFIER at offset 0x%zx is empty, cut off, padded or has "
                          "an arc that is too large",
                          what, tlv->at);
}

/* ---- values */

static bool number(const uint8_t *p, size_t digits, unsigned *ret)
{
    *ret = 0;
    for (size_t i = 0; i < digits; i++) {
        if (p[i] < '0' || p[i] > '9')
            return false;
        *ret = *ret * 10 + (unsigned)(p[i] - '0');
    }
    return true;
}

bool rk_time_exists(const uint8_t *p, size_t year_digits, bool seconds)
{
    static const uint8_t days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    unsigned year, month, day, hour, minute, second = 0;

    if (!number(p, year_digits, &year) || !number(p + year_digits, 2, &month) ||
        !number(p + year_digits + 2, 2, &day) || !number(p + year_digits + 4, 2, &hour) ||
        !number(p + year_digits + 6, 2, &minute) ||
        (seconds && !number(p + year_digits + 8, 2, &second)))
        return false;
    if (year_digits == 2) /* RFC 5280 4.1.2.5.1 */
        year += year >= 50 ? 1900 : 2000;
    if (month < 1 || month > 12 || day < 1 || day > days[month - 1] || hour > 23 || minute > 59 ||
        second > 59)
        return false;
    return month != 2 || day != 29 || (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
}

/* RFC 3629 4: no overlong forms, no surrogates, nothing above 10FFFF. */
bool rk_utf8_is_valid(const uint8_t *p, size_t len)
{
    static const struct {
        uint8_t from, to, low, high; /* of the first octet, of the second */
        size_t more;
    } rows[] = {
        { 0x00, 0x7f, 0, 0, 0 },       { 0xc2, 0xdf, 0x80, 0xbf, 1 }, { 0xe0, 0xe0, 0xa0, 0xbf, 2 },
        { 0xe1, 0xec, 0x80, 0xbf, 2 }, { 0xed, 0xed, 0x80, 0x9f, 2 }, { 0xee, 0xef, 0x80, 0xbf, 2 },
        { 0xf0, 0xf0, 0x90, 0xbf, 3 }, { 0xf1, 0xf3, 0x80, 0xbf, 3 }, { 0xf4, 0xf4, 0x80, 0x8f, 3 },
    };

    for (size_t i = 0; i < len;) {
        size_t row = 0;

        while (row < sizeof rows / sizeof rows[0] && (p[i] < rows[row].from || p[i] > rows[row].to))
            row++;
        if (row == sizeof rows / sizeof rows[0] || rows[row].more > len - i - 1)
            return false;
        for (size_t j = 1; j <= rows[row].more; j++) {
            uint8_t low = j == 1 ? rows[row].low : 0x80, high = j == 1 ? rows[row].high : 0xbf;

            if (p[i + j] < low || p[i + j] > high)
                return false;
        }
        i += 1 + rows[row].more;
    }
    return true;
}
