/* SPDX-License-Identifier: Apache-2.0 */
/* The names of a certificate as Python cryptography has them: lists of sets of attributes, each a
 * string. */
#include "pki/lint_python.h"

#include "base/ossl.h"

#include <string.h>

enum {
    TAG_BIT_STRING = 0x03,
    TAG_UNIVERSAL = 0x1c,
    TAG_BMP = 0x1e,
};

/* UTF-16 with its pairs, big end first. */
static bool utf16_is_valid(const uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i += 2) {
        if (len - i < 2)
            return false;
        if ((p[i] & 0xf8) != 0xd8)
            continue;
        if ((p[i] & 0xfc) != 0xd8 || len - i < 4 || (p[i + 2] & 0xfc) != 0xdc)
            return false;
        i += 2;
    }
    return true;
}

static bool utf32_is_valid(const uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i += 4) {
        if (len - i < 4 || p[i] != 0 || p[i + 1] > 0x10 ||
            (p[i + 1] == 0 && (p[i + 2] & 0xf8) == 0xd8))
            return false;
    }
    return true;
}

/* x500UniqueIdentifier 2.5.4.45 alone may be a BIT STRING. */
static bool value_is_good(const struct rk_tlv *type, const struct rk_tlv *value)
{
    static const uint8_t strings[] = { 0x04, 0x0c, 0x12, 0x13, 0x14, 0x16, 0x17, 0x18, 0x1a };
    static const struct rk_oid unique = RK_OID("\x55\x04\x2d");

    if (value->tag == TAG_BIT_STRING)
        return rk_der_is_oid(type, &unique);
    if (value->tag == TAG_BMP)
        return utf16_is_valid(value->p, value->len);
    if (value->tag == TAG_UNIVERSAL)
        return utf32_is_valid(value->p, value->len);
    return value->tag != 0 && memchr(strings, value->tag, sizeof strings) != NULL &&
           rk_utf8_is_valid(value->p, value->len);
}

/* The next attribute of a SET, in DER that was read once already. */
static bool next_attribute(struct rk_rd *set, struct rk_tlv *type, struct rk_tlv *value)
{
    static const struct rk_strict quiet = { .long_tags = true };
    struct rk_tlv sequence;
    struct rk_rd inside;
    struct rk_err ignored;

    if (rk_rd_left(set) == 0 || rk_der_next(set, &sequence, &ignored) != RK_OK)
        return false;
    inside = rk_der_inside(&sequence);
    if (rk_der_next(&inside, type, &ignored) != RK_OK)
        return false;
    return rk_strict_next(&quiet, &inside, RK_STRICT_ANY, "", value);
}

bool rk_py_check_name(const struct rk_strict *s, const struct rk_tlv *name)
{
    struct rk_rd sets = rk_der_inside(name);
    struct rk_tlv set, type, value;
    struct rk_err ignored;

    while (rk_der_next(&sets, &set, &ignored) == RK_OK) {
        struct rk_rd inside = rk_der_inside(&set);

        if (set.len == 0)
            return rk_lint_refuse(s->book, s->who, RK_RULE_NAME_VALUE,
                                  "issuer: the SET at offset 0x%zx is empty", set.at);
        while (next_attribute(&inside, &type, &value))
            if (!value_is_good(&type, &value))
                return rk_lint_refuse(s->book, s->who, RK_RULE_NAME_VALUE,
                                      "issuer: value at offset 0x%zx is of a type that is no "
                                      "string, or holds what its type does not allow",
                                      value.at);
    }
    return true;
}

/* One UTF-8 form, so that strings of two types can be compared; octets as they are for the rest. */
static enum rk_rc value_text(const struct rk_tlv *value, struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(2 * RK_CERT_MAX);
    int form = value->tag == TAG_BMP ? MBSTRING_BMP : MBSTRING_UNIV;
    ASN1_STRING *text = NULL;
    int len = 0;

    if (value->tag != TAG_BMP && value->tag != TAG_UNIVERSAL)
        return rk_bytes_copy(value->p, value->len, ret, err);
    if (value->len != 0)
        len = ASN1_mbstring_copy(&text, value->p, (int)value->len, form, B_ASN1_UTF8STRING);
    ERR_clear_error();
    if (len >= 0 && text != NULL)
        rk_wr_bytes(&wr, ASN1_STRING_get0_data(text), (size_t)ASN1_STRING_length(text));
    ASN1_STRING_free(text);
    return rk_wr_end(&wr, ret, err);
}

static enum rk_rc values_alike(const struct rk_tlv *a, const struct rk_tlv *b, bool *ret,
                               struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes left = RK_BYTES_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes right = RK_BYTES_NONE;

    if (value_text(a, &left, err) || value_text(b, &right, err))
        return err->rc;
    *ret = left.len == right.len && (left.len == 0 || memcmp(left.p, right.p, left.len) == 0);
    return RK_OK;
}

/* Each attribute of one SET stands in the other too. */
static enum rk_rc set_within(const struct rk_tlv *one, const struct rk_tlv *other, bool *ret,
                             struct rk_err *err)
{
    struct rk_rd rd = rk_der_inside(one);
    struct rk_tlv type, value, type2, value2;

    *ret = true;
    while (*ret && next_attribute(&rd, &type, &value)) {
        struct rk_rd rd2 = rk_der_inside(other);

        *ret = false;
        while (!*ret && next_attribute(&rd2, &type2, &value2))
            if (rk_der_is_oid(&type2, &(struct rk_oid) { (const char *)type.p, type.len }) &&
                values_alike(&value, &value2, ret, err))
                return err->rc;
    }
    return RK_OK;
}

enum rk_rc rk_py_names_alike(const struct rk_tlv *a, const struct rk_tlv *b, bool *ret,
                             struct rk_err *err)
{
    struct rk_rd left = rk_der_inside(a), right = rk_der_inside(b);
    struct rk_tlv one, other;
    struct rk_err ignored;

    *ret = true;
    while (*ret && rk_rd_left(&left) != 0 && rk_rd_left(&right) != 0) {
        if (rk_der_next(&left, &one, &ignored) || rk_der_next(&right, &other, &ignored)) {
            *ret = false;
            return RK_OK;
        }
        if (set_within(&one, &other, ret, err) || (*ret && set_within(&other, &one, ret, err)))
            return err->rc;
    }
    *ret = *ret && rk_rd_left(&left) == 0 && rk_rd_left(&right) == 0;
    return RK_OK;
}

static bool is_printable(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != 0 && strchr(" '()+,-./:=?", c) != NULL);
}

void rk_py_note_printable(const struct rk_strict *s, const struct rk_tlv *name, const char *what)
{
    struct rk_rd sets = rk_der_inside(name);
    struct rk_tlv set, type, value;
    struct rk_err ignored;

    while (rk_rd_left(&sets) != 0 && rk_der_next(&sets, &set, &ignored) == RK_OK) {
        struct rk_rd inside = rk_der_inside(&set);

        while (next_attribute(&inside, &type, &value))
            for (size_t i = 0; value.tag == RK_DER_PRINTABLE && i < value.len; i++)
                if (!is_printable(value.p[i]))
                    rk_lint_note(s->book, s->who, RK_RULE_NEWER,
                                 "%s: PrintableString at offset 0x%zx holds what it may not: "
                                 "cryptography 38 takes it, later ones refuse",
                                 what, value.at);
    }
}
