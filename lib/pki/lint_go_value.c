/* SPDX-License-Identifier: Apache-2.0 */
/* Object identifiers, strings and times, as Go's parsers take them. */
#include "pki/lint_go.h"

#include <string.h>

const struct rk_oid_limits rk_go_oid = { .arc_octets = 5, .arc_max = INT32_MAX, .padded = true };
const struct rk_oid_limits rk_go_asn1_oid = { .arc_octets = 5, .arc_max = INT32_MAX };

enum {
    TAG_NUMERIC = 0x12,
    TAG_T61 = 0x14,
    TAG_IA5 = 0x16,
    TAG_BMP = 0x1e,
};

/* ---- values */

bool rk_go_take_oid(const struct rk_strict *s, struct rk_rd *rd, const char *what,
                    struct rk_tlv *ret)
{
    if (!rk_strict_next(s, rd, RK_DER_OID, what, ret) || !rk_strict_oid(s, ret, &rk_go_oid, what))
        return false;
    if (!rk_oid_is_good(ret, &rk_go_asn1_oid))
        rk_lint_note(
            s->book, s->who, RK_RULE_NEWER,
            "%s: OBJECT IDENTIFIER at offset 0x%zx is padded: Go 1.19 takes it, later ones "
            "refuse",
            what, ret->at);
    return true;
}

/* The next octet that counts, -1 at the end; *start: an arc begins there. */
static int oid_octet(const struct rk_tlv *tlv, size_t *at, bool *start)
{
    while (*start && *at < tlv->len && tlv->p[*at] == 0x80)
        (*at)++;
    if (*at == tlv->len)
        return -1;
    *start = (tlv->p[*at] & 0x80) == 0;
    return tlv->p[(*at)++];
}

bool rk_go_same_oid(const struct rk_tlv *a, const struct rk_tlv *b)
{
    size_t at_a = 0, at_b = 0;
    bool start_a = true, start_b = true;
    int octet;

    do {
        octet = oid_octet(a, &at_a, &start_a);
        if (octet != oid_octet(b, &at_b, &start_b))
            return false;
    } while (octet >= 0);
    return true;
}

bool rk_go_is_oid(const struct rk_tlv *tlv, const struct rk_oid *oid)
{
    const struct rk_tlv other = { .tag = RK_DER_OID,
                                  .p = (const uint8_t *)oid->p,
                                  .len = oid->len };

    return tlv->tag == RK_DER_OID && rk_go_same_oid(tlv, &other);
}

static bool is_printable(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != 0 && strchr(" '()+,-./:=?*&", c) != NULL);
}

static bool is_ascii(uint8_t c)
{
    return c < 0x80;
}

static bool is_numeric(uint8_t c)
{
    return c == ' ' || (c >= '0' && c <= '9');
}

static bool all(const uint8_t *p, size_t len, bool (*is)(uint8_t c))
{
    for (size_t i = 0; i < len; i++)
        if (!is(p[i]))
            return false;
    return true;
}

bool rk_go_string_is_good(uint8_t tag, const uint8_t *p, size_t len)
{
    switch (tag) {
    case RK_DER_PRINTABLE:
        return all(p, len, is_printable);
    case TAG_IA5:
        return all(p, len, is_ascii);
    case TAG_NUMERIC:
        return all(p, len, is_numeric);
    case RK_DER_UTF8:
        return rk_utf8_is_valid(p, len);
    case TAG_BMP:
        return len % 2 == 0;
    default:
        return tag == TAG_T61;
    }
}

/* "Z", or a distance from UTC that is not 0. */
static bool zone_is_good(const uint8_t *p, size_t len)
{
    if (len == 1)
        return p[0] == 'Z';
    if (len != 5 || (p[0] != '+' && p[0] != '-') || !all(p + 1, 4, is_numeric) ||
        memchr(p, ' ', len) != NULL)
        return false;
    return memcmp(p + 1, "0000", 4) != 0 && p[3] < '6';
}

bool rk_go_time_is_good(const struct rk_tlv *tlv)
{
    bool utc = tlv->tag == RK_DER_UTC_TIME;
    size_t year = utc ? 2 : 4;

    for (size_t seconds = 2, tries = utc ? 2 : 1; tries != 0; tries--, seconds -= 2) {
        size_t digits = year + 8 + seconds;

        if (tlv->len > digits && rk_time_exists(tlv->p, year, seconds != 0) &&
            zone_is_good(tlv->p + digits, tlv->len - digits))
            return true;
    }
    return false;
}
