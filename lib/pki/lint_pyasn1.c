/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of a certificate, and what pyasn1's DER decoder and encoder make of them. */
#include "pki/lint_python.h"

#include <string.h>

/* clang-format off */
#define PARTS(rows) rows, sizeof rows / sizeof rows[0]

/* RFC 5280 4.1, as Python's two libraries have it. */
static const struct rk_py_part algorithm[] = {
    { "algorithm",  RK_PY_OID, RK_DER_OID, false, false, NULL, 0 },
    { "parameters", RK_PY_ANY, 0,          true,  false, NULL, 0 },
};
static const struct rk_py_part attribute[] = {
    { "attribute type",  RK_PY_OID, RK_DER_OID, false, false, NULL, 0 },
    { "attribute value", RK_PY_ANY, 0,          false, false, NULL, 0 },
};
static const struct rk_py_part attributes[] = { { "attribute", RK_PY_SEQUENCE, RK_DER_SEQUENCE, false, false, PARTS(attribute) } };
static const struct rk_py_part rdns[] = { { "name", RK_PY_SET_OF, RK_DER_SET, false, false, PARTS(attributes) } };
static const struct rk_py_part version[] = { { "version", RK_PY_INTEGER, RK_DER_INTEGER, false, true, NULL, 0 } };
static const struct rk_py_part validity[] = {
    { "notBefore", RK_PY_TIME, 0, false, false, NULL, 0 },
    { "notAfter",  RK_PY_TIME, 0, false, false, NULL, 0 },
};
static const struct rk_py_part spki[] = {
    { "key algorithm", RK_PY_SEQUENCE, RK_DER_SEQUENCE,   false, false, PARTS(algorithm) },
    { "key",           RK_PY_BITS,     RK_DER_BIT_STRING, false, false, NULL, 0 },
};
static const struct rk_py_part extension[] = {
    { "extension",       RK_PY_OID,     RK_DER_OID,          false, false, NULL, 0 },
    { "critical",        RK_PY_BOOLEAN, RK_DER_BOOLEAN,      true,  true,  NULL, 0 },
    { "extension value", RK_PY_OCTETS,  RK_DER_OCTET_STRING, false, false, NULL, 0 },
};
static const struct rk_py_part extensions[] = { { "extension", RK_PY_SEQUENCE, RK_DER_SEQUENCE, false, false, PARTS(extension) } };
static const struct rk_py_part list[] = { { "extensions", RK_PY_SEQUENCE_OF, RK_DER_SEQUENCE, false, false, PARTS(extensions) } };
static const struct rk_py_part tbs[] = {
    { "version",              RK_PY_EXPLICIT,    RK_DER_CONTEXT_CONSTRUCTED,     true,  true,  PARTS(version) },
    { "serialNumber",         RK_PY_INTEGER,     RK_DER_INTEGER,                 false, false, NULL, 0 },
    { "signature algorithm",  RK_PY_SEQUENCE,    RK_DER_SEQUENCE,                false, false, PARTS(algorithm) },
    { "issuer",               RK_PY_SEQUENCE_OF, RK_DER_SEQUENCE,                false, false, PARTS(rdns) },
    { "validity",             RK_PY_SEQUENCE,    RK_DER_SEQUENCE,                false, false, PARTS(validity) },
    { "subject",              RK_PY_SEQUENCE_OF, RK_DER_SEQUENCE,                false, false, PARTS(rdns) },
    { "subjectPublicKeyInfo", RK_PY_SEQUENCE,    RK_DER_SEQUENCE,                false, false, PARTS(spki) },
    { "issuerUniqueID",       RK_PY_BITS,        RK_DER_CONTEXT + 1,             true,  false, NULL, 0 },
    { "subjectUniqueID",      RK_PY_BITS,        RK_DER_CONTEXT + 2,             true,  false, NULL, 0 },
    { "extensions",           RK_PY_EXPLICIT,    RK_DER_CONTEXT_CONSTRUCTED + 3, true,  false, PARTS(list) },
};
static const struct rk_py_part certificate[] = {
    { "tbsCertificate",     RK_PY_SEQUENCE, RK_DER_SEQUENCE,   false, false, PARTS(tbs) },
    { "signatureAlgorithm", RK_PY_SEQUENCE, RK_DER_SEQUENCE,   false, false, PARTS(algorithm) },
    { "signature",          RK_PY_BITS,     RK_DER_BIT_STRING, false, false, NULL, 0 },
};
const struct rk_py_part rk_py_certificate = { "certificate", RK_PY_SEQUENCE, RK_DER_SEQUENCE, false, false, PARTS(certificate) };
/* clang-format on */

/* ---- reading: BER but for indefinite lengths, and the constructed bit of strings is taken */

static enum rk_rc give_up(struct rk_err *err, const struct rk_py_part *part, size_t at)
{
    return rk_fail(err, RK_E_FORMAT, "%s at offset 0x%zx is not what belongs there", part->name,
                   at);
}

static bool take_tag(struct rk_rd *rd, struct rk_tlv *tlv)
{
    uint8_t more = 0x80;

    tlv->tag = (uint8_t)rk_rd_be(rd, 1);
    if ((tlv->tag & 0x1f) == 0x1f)
        for (size_t i = 0; i < 5 && (more & 0x80) != 0; i++)
            more = (uint8_t)rk_rd_be(rd, 1);
    return (tlv->tag & 0x1f) != 0x1f || (more & 0x80) == 0;
}

static bool take_length(struct rk_rd *rd, size_t *ret)
{
    size_t len = (size_t)rk_rd_be(rd, 1), octets = len & 0x7f;

    if (len == 0x80)
        return false;
    if (len > 0x80) {
        for (len = 0; octets != 0; octets--) {
            if (len > RK_CERT_MAX)
                return false;
            len = len << 8 | (size_t)rk_rd_be(rd, 1);
        }
    }
    *ret = len;
    return true;
}

static bool take(struct rk_rd *rd, struct rk_tlv *ret)
{
    struct rk_tlv tlv = { .at = rk_rd_offset(rd), .head = rd->buf + rd->pos };
    size_t start = rd->pos;
    struct rk_err ignored;

    if (rk_rd_left(rd) == 0 || !take_tag(rd, &tlv) || !take_length(rd, &tlv.len))
        return false;
    tlv.p = rk_rd_take(rd, tlv.len);
    tlv.size = rd->pos - start;
    *ret = tlv;
    return rk_rd_ok(rd, &ignored) == RK_OK;
}

/* pyasn1 compares class and number. */
static bool tag_is(uint8_t found, uint8_t wanted)
{
    return (found & 0xdf) == (wanted & 0xdf);
}

static bool is_time(uint8_t tag)
{
    return tag_is(tag, RK_DER_UTC_TIME) || tag_is(tag, RK_DER_GENERAL_TIME);
}

static bool fits(const struct rk_py_part *part, uint8_t tag)
{
    if (part->kind == RK_PY_ANY)
        return true;
    return part->kind == RK_PY_TIME ? is_time(tag) : tag_is(tag, part->tag);
}

/* ---- writing */

static enum rk_rc put(struct rk_wr *wr, uint8_t tag, const uint8_t *p, size_t len)
{
    size_t from = wr->len;

    rk_wr_bytes(wr, p, len);
    rk_wr_der(wr, from, tag);
    return RK_OK;
}

static bool is_zero(const struct rk_tlv *tlv)
{
    for (size_t i = 0; i < tlv->len; i++)
        if (tlv->p[i] != 0)
            return false;
    return true;
}

static void put_integer(struct rk_wr *wr, const struct rk_tlv *tlv)
{
    static const uint8_t zero[1] = { 0 };
    const uint8_t *p = tlv->p;
    size_t len = tlv->len;

    if (len == 0)
        p = zero, len = 1;
    while (len > 1 && ((p[0] == 0 && p[1] < 0x80) || (p[0] == 0xff && p[1] >= 0x80)))
        p++, len--;
    (void)put(wr, RK_DER_INTEGER, p, len);
}

/* The octets of a string, of its fragments one after the other where it is constructed. */
static enum rk_rc put_octets(struct rk_wr *wr, const struct rk_tlv *tlv, uint8_t fragment)
{
    struct rk_rd inside = rk_der_inside(tlv);
    struct rk_tlv piece;

    if ((tlv->tag & 0x20) == 0) {
        rk_wr_bytes(wr, tlv->p, tlv->len);
        return RK_OK;
    }
    while (rk_rd_left(&inside) != 0) {
        if (!take(&inside, &piece) || !tag_is(piece.tag, fragment))
            return RK_E_FORMAT;
        rk_wr_bytes(wr, piece.p, piece.len);
    }
    return RK_OK;
}

/* Bits of a fragment behind those that are there: a fragment need not end with a whole octet. */
static enum rk_rc put_fragment(uint8_t *bits, size_t *count, const uint8_t *p, size_t len)
{
    size_t more;

    if (len == 0 || p[0] > 7 || (len == 1 && p[0] != 0))
        return RK_E_FORMAT;
    more = 8 * (len - 1) - p[0];
    for (size_t i = 0; i < more; i++, (*count)++)
        if ((p[1 + i / 8] >> (7 - i % 8) & 1) != 0)
            bits[*count / 8] |= (uint8_t)(0x80 >> *count % 8);
    return RK_OK;
}

static enum rk_rc put_bits(struct rk_wr *wr, const struct rk_py_part *part,
                           const struct rk_tlv *tlv, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes bits = RK_BYTES_NONE;
    struct rk_rd inside = rk_der_inside(tlv);
    size_t count = 0, from = wr->len;
    enum rk_rc rc = RK_OK;
    struct rk_tlv piece;

    if (rk_bytes_copy(tlv->p, tlv->len, &bits, err))
        return err->rc;
    if (bits.len == 0)
        return give_up(err, part, tlv->at);
    memset(bits.p, 0, bits.len);
    if ((tlv->tag & 0x20) == 0)
        rc = put_fragment(bits.p, &count, tlv->p, tlv->len);
    else
        while (rc == RK_OK && rk_rd_left(&inside) != 0)
            rc = take(&inside, &piece) && tag_is(piece.tag, RK_DER_BIT_STRING)
                     ? put_fragment(bits.p, &count, piece.p, piece.len)
                     : RK_E_FORMAT;
    if (rc != RK_OK)
        return give_up(err, part, tlv->at);
    rk_wr_be(wr, (8 - count % 8) % 8, 1);
    rk_wr_bytes(wr, bits.p, (count + 7) / 8);
    rk_wr_der(wr, from, part->tag);
    return RK_OK;
}

/* CER's times: in UTC, a fraction without zeros at its end; the length within bounds. */
static bool tidy_time(struct rk_bytes *text, bool utc)
{
    uint8_t *dot = text->len == 0 ? NULL : memchr(text->p, '.', text->len);
    size_t min = utc ? 10 : 12, max = utc ? 14 : 20;

    if (text->len == 0 || text->p[text->len - 1] != 'Z' ||
        memchr(text->p, '+', text->len) != NULL || memchr(text->p, '-', text->len) != NULL ||
        memchr(text->p, ',', text->len) != NULL)
        return false;
    if (dot != NULL) {
        size_t first = (size_t)(dot - text->p), at = first + 4;

        for (at = at < text->len - 1 ? at : text->len - 1; at > first; at--) {
            if (text->p[at] != '0')
                continue;
            memmove(text->p + at, text->p + at + 1, text->len - at - 1);
            text->len--;
        }
        if (text->p[first + 1] == 'Z') {
            text->p[first] = 'Z';
            text->len--;
        }
    }
    return text->len > min && text->len < max;
}

static enum rk_rc put_time(struct rk_wr *wr, const struct rk_py_part *part,
                           const struct rk_tlv *tlv, struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr octets = RK_WR_MAX(RK_CERT_MAX);
    RK_AUTO(rk_bytes_done) struct rk_bytes text = RK_BYTES_NONE;
    bool utc = tag_is(tlv->tag, RK_DER_UTC_TIME);

    if (put_octets(&octets, tlv, tlv->tag))
        return give_up(err, part, tlv->at);
    if (rk_wr_end(&octets, &text, err))
        return err->rc;
    if (!tidy_time(&text, utc))
        return give_up(err, part, tlv->at);
    return put(wr, utc ? RK_DER_UTC_TIME : RK_DER_GENERAL_TIME, text.p, text.len);
}

static bool oid_is_good(const struct rk_tlv *tlv)
{
    bool start = true;

    if (tlv->len == 0 || (tlv->p[tlv->len - 1] & 0x80) != 0)
        return false;
    for (size_t i = 0; i < tlv->len; i++) {
        if (start && tlv->p[i] == 0x80)
            return false;
        start = (tlv->p[i] & 0x80) == 0;
    }
    return true;
}

/* ---- a part with what is in it */

static enum rk_rc write_part(const struct rk_py_part *part, struct rk_rd *rd, struct rk_wr *wr,
                             struct rk_err *err);

static enum rk_rc write_parts(const struct rk_py_part *part, struct rk_rd *inside, struct rk_wr *wr,
                              struct rk_err *err)
{
    for (size_t i = 0; i < part->count; i++) {
        const struct rk_py_part *one = &part->parts[i];
        bool there = rk_rd_left(inside) != 0 && fits(one, rk_der_peek(inside));

        if (!there && one->optional)
            continue;
        if (!there)
            return give_up(err, one, rk_rd_offset(inside));
        if (write_part(one, inside, wr, err))
            return err->rc;
    }
    return rk_rd_left(inside) == 0 ? RK_OK : give_up(err, part, rk_rd_offset(inside));
}

enum { SET_MAX = 64 };

/* X.690 11.6: padded with zeros, the elements ascend. */
static int order(const struct rk_bytes *a, const struct rk_bytes *b)
{
    size_t n = a->len < b->len ? a->len : b->len;
    int found = memcmp(a->p, b->p, n);

    return found != 0 ? found : (a->len > b->len) - (a->len < b->len);
}

static enum rk_rc write_set(const struct rk_py_part *part, struct rk_rd *inside, struct rk_wr *wr,
                            struct rk_err *err)
{
    struct rk_bytes element[SET_MAX] = { 0 };
    size_t count = 0;
    enum rk_rc rc = RK_OK;

    while (rc == RK_OK && rk_rd_left(inside) != 0) {
        RK_AUTO(rk_wr_done) struct rk_wr one = RK_WR_MAX(RK_CERT_MAX);
        struct rk_bytes bytes = RK_BYTES_NONE;
        size_t at = count;

        if (count == SET_MAX || !fits(part->parts, rk_der_peek(inside))) {
            rc = give_up(err, part->parts, rk_rd_offset(inside));
            break;
        }
        if (write_part(part->parts, inside, &one, err) || rk_wr_end(&one, &bytes, err)) {
            rc = err->rc;
            break;
        }
        for (; at != 0 && order(&element[at - 1], &bytes) > 0; at--)
            element[at] = element[at - 1];
        element[at] = bytes;
        count++;
    }
    for (size_t i = 0; i < count; i++) {
        rk_wr_bytes(wr, element[i].p, element[i].len);
        rk_bytes_done(&element[i]);
    }
    return rc;
}

static enum rk_rc write_inside(const struct rk_py_part *part, const struct rk_tlv *tlv,
                               struct rk_wr *wr, struct rk_err *err)
{
    struct rk_rd inside = rk_der_inside(tlv);
    size_t from = wr->len;
    enum rk_rc rc = RK_OK;

    if ((tlv->tag & 0x20) == 0)
        return give_up(err, part, tlv->at);
    if (part->kind == RK_PY_SEQUENCE)
        rc = write_parts(part, &inside, wr, err);
    else if (part->kind == RK_PY_SET_OF)
        rc = write_set(part, &inside, wr, err);
    else if (part->kind == RK_PY_EXPLICIT) /* what follows the one value is dropped */
        rc = rk_rd_left(&inside) != 0 && fits(part->parts, rk_der_peek(&inside))
                 ? write_part(part->parts, &inside, wr, err)
                 : give_up(err, part, tlv->at);
    else
        while (rc == RK_OK && rk_rd_left(&inside) != 0)
            rc = fits(part->parts, rk_der_peek(&inside))
                     ? write_part(part->parts, &inside, wr, err)
                     : give_up(err, part->parts, rk_rd_offset(&inside));
    if (rc != RK_OK)
        return rc;
    if (!(part->default_zero && wr->len == from))
        rk_wr_der(wr, from, part->tag);
    return RK_OK;
}

static enum rk_rc write_part(const struct rk_py_part *part, struct rk_rd *rd, struct rk_wr *wr,
                             struct rk_err *err)
{
    static const uint8_t yes[1] = { 0xff };
    struct rk_tlv tlv;
    size_t from = wr->len;

    if (!take(rd, &tlv))
        return give_up(err, part, rk_rd_offset(rd));
    switch (part->kind) {
    case RK_PY_INTEGER:
    case RK_PY_BOOLEAN:
        if ((tlv.tag & 0x20) != 0)
            return give_up(err, part, tlv.at);
        if (part->default_zero && is_zero(&tlv))
            return RK_OK;
        if (part->kind == RK_PY_BOOLEAN)
            return put(wr, RK_DER_BOOLEAN, yes, sizeof yes);
        put_integer(wr, &tlv);
        return RK_OK;
    case RK_PY_BITS:
        return put_bits(wr, part, &tlv, err);
    case RK_PY_OCTETS:
        if (put_octets(wr, &tlv, RK_DER_OCTET_STRING))
            return give_up(err, part, tlv.at);
        rk_wr_der(wr, from, RK_DER_OCTET_STRING);
        return RK_OK;
    case RK_PY_OID:
        return (tlv.tag & 0x20) == 0 && oid_is_good(&tlv) ? put(wr, RK_DER_OID, tlv.p, tlv.len)
                                                          : give_up(err, part, tlv.at);
    case RK_PY_TIME:
        return put_time(wr, part, &tlv, err);
    case RK_PY_ANY: /* as it stands */
        rk_wr_bytes(wr, tlv.head, tlv.size);
        return RK_OK;
    default:
        return write_inside(part, &tlv, wr, err);
    }
}

enum rk_rc rk_py_reencode(const struct rk_py_part *part, struct rk_rd *rd, struct rk_bytes *ret,
                          struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(RK_CERT_MAX);

    if (rk_rd_left(rd) == 0 || !fits(part, rk_der_peek(rd)))
        return give_up(err, part, rk_rd_offset(rd));
    if (write_part(part, rd, &wr, err))
        return err->rc;
    return rk_wr_end(&wr, ret, err);
}
