/* SPDX-License-Identifier: Apache-2.0 */
/* crypto/x509: a certificate's extensions. One row an extension that it looks into. */
#include "pki/lint_go.h"

#include <string.h>

struct reading {
    const struct rk_strict *s;
    struct rk_go_cert *cert;
    const struct rk_go_ext *ext;
    bool unhandled; /* read, but nothing in it that crypto/x509 knows */
};

static bool malformed(const struct reading *r, const char *what)
{
    return rk_lint_refuse(r->s->book, r->s->who, RK_RULE_EXT_MALFORMED,
                          "extension at offset 0x%zx: %s", r->ext->value.at, what);
}

/* The SEQUENCE that an extension's value starts with; what stands behind it is not looked at. */
static bool take_sequence(const struct reading *r, const char *what, struct rk_rd *ret)
{
    struct rk_rd value = rk_der_inside(&r->ext->value);
    struct rk_tlv sequence;

    if (!rk_strict_next(r->s, &value, RK_DER_SEQUENCE, what, &sequence))
        return malformed(r, what);
    *ret = rk_der_inside(&sequence);
    return true;
}

static bool is_ascii(const struct rk_tlv *tlv)
{
    for (size_t i = 0; i < tlv->len; i++)
        if (tlv->p[i] >= 0x80)
            return false;
    return true;
}

static bool read_usage(struct reading *r)
{
    struct rk_rd value = rk_der_inside(&r->ext->value);
    struct rk_tlv bits;

    if (!rk_strict_next(r->s, &value, RK_DER_BIT_STRING, "keyUsage", &bits) ||
        !rk_strict_bits(r->s, &bits, "keyUsage"))
        return malformed(r, "keyUsage is no BIT STRING");
    r->cert->usage = *r->ext;
    if (bits.len > 1)
        r->cert->usage_bits = (uint16_t)(bits.p[1] << 8 | (bits.len > 2 ? bits.p[2] & 0x80 : 0));
    return true;
}

static bool read_basic(struct reading *r)
{
    struct rk_rd inside;
    struct rk_tlv value;

    if (!take_sequence(r, "basicConstraints", &inside))
        return false;
    if (rk_der_peek(&inside) == RK_DER_BOOLEAN) {
        if (!rk_strict_next(r->s, &inside, RK_DER_BOOLEAN, "cA", &value) ||
            !rk_strict_boolean(r->s, &value, "cA"))
            return malformed(r, "basicConstraints");
        r->cert->is_ca = value.p[0] != 0;
    }
    if (rk_der_peek(&inside) == RK_DER_INTEGER) {
        if (!rk_strict_next(r->s, &inside, RK_DER_INTEGER, "pathLenConstraint", &value) ||
            !rk_strict_integer(r->s, &value, "pathLenConstraint"))
            return malformed(r, "basicConstraints");
        if (value.len > 8)
            return malformed(r, "pathLenConstraint does not fit 64 bits");
        if (value.p[0] >= 0x80)
            rk_lint_note(r->s->book, r->s->who, RK_RULE_NEWER,
                         "pathLenConstraint at offset 0x%zx is negative: Go 1.19 takes it, later "
                         "ones refuse",
                         value.at);
    }
    r->cert->basic = *r->ext;
    return true;
}

/* A URI as net/url takes it; the host's labels. Near enough: of these names go-attestation takes
 * none. */
static bool uri_is_good(const struct rk_tlv *uri)
{
    for (size_t i = 0; i < uri->len; i++) {
        uint8_t c = uri->p[i];

        if (c < ' ' || c == 0x7f || c >= 0x80 || c == ' ')
            return false;
        if (c == '%' &&
            (uri->len - i < 3 || strchr("0123456789abcdefABCDEF", uri->p[i + 1]) == NULL ||
             strchr("0123456789abcdefABCDEF", uri->p[i + 2]) == NULL))
            return false;
    }
    return true;
}

static bool read_san(struct reading *r)
{
    struct rk_rd inside;
    struct rk_tlv name;

    r->unhandled = true;
    if (!take_sequence(r, "subjectAltName", &inside))
        return false;
    while (rk_rd_left(&inside) != 0) {
        bool good = true, known = true;

        if (!rk_strict_next(r->s, &inside, RK_STRICT_ANY, "subjectAltName", &name))
            return malformed(r, "subjectAltName");
        if (name.tag == RK_DER_CONTEXT + 1 || name.tag == RK_DER_CONTEXT + 2)
            good = is_ascii(&name);
        else if (name.tag == RK_DER_CONTEXT + 6)
            good = uri_is_good(&name);
        else if (name.tag == RK_DER_CONTEXT + 7)
            good = name.len == 4 || name.len == 16;
        else
            known = false;
        if (!good)
            return malformed(r, "a name of subjectAltName is not of its kind's form");
        r->unhandled = r->unhandled && !known;
    }
    r->cert->san = *r->ext;
    return true;
}

static bool read_aki(struct reading *r)
{
    struct rk_rd inside;
    struct rk_tlv id = { .len = 0 };

    if (!take_sequence(r, "authorityKeyIdentifier", &inside))
        return false;
    if (rk_der_peek(&inside) == RK_DER_CONTEXT &&
        !rk_strict_next(r->s, &inside, RK_DER_CONTEXT, "keyid", &id))
        return malformed(r, "authorityKeyIdentifier");
    r->cert->aki = *r->ext;
    r->cert->key_id_len = id.len;
    return true;
}

static bool read_ski(struct reading *r)
{
    struct rk_rd value = rk_der_inside(&r->ext->value);
    struct rk_tlv id;

    return rk_strict_next(r->s, &value, RK_DER_OCTET_STRING, "subjectKeyIdentifier", &id) ||
           malformed(r, "subjectKeyIdentifier is no OCTET STRING");
}

static bool read_eku(struct reading *r)
{
    static const struct rk_oid any = RK_OID("\x55\x1d\x25\x00");
    struct rk_rd inside;
    struct rk_tlv oid;

    if (!take_sequence(r, "extendedKeyUsage", &inside))
        return false;
    for (; rk_rd_left(&inside) != 0; r->cert->eku_count++) {
        if (!rk_go_take_oid(r->s, &inside, "extendedKeyUsage", &oid))
            return malformed(r, "extendedKeyUsage");
        r->cert->eku_any = r->cert->eku_any || rk_go_is_oid(&oid, &any);
        r->cert->eku_ek = r->cert->eku_ek || rk_go_is_oid(&oid, &rk_oid_eku_ek);
    }
    r->cert->eku = *r->ext;
    return true;
}

static bool read_policies(struct reading *r)
{
    struct rk_rd inside, policy;
    struct rk_tlv sequence, oid;

    if (!take_sequence(r, "certificatePolicies", &inside))
        return false;
    for (; rk_rd_left(&inside) != 0; r->cert->policy_count++) {
        if (!rk_strict_next(r->s, &inside, RK_DER_SEQUENCE, "policy", &sequence))
            return malformed(r, "certificatePolicies");
        policy = rk_der_inside(&sequence);
        if (!rk_go_take_oid(r->s, &policy, "policy", &oid))
            return malformed(r, "certificatePolicies");
    }
    r->cert->policies = *r->ext;
    return true;
}

static bool read_crl(struct reading *r)
{
    struct rk_rd inside, point, name;
    struct rk_tlv sequence, tagged, full, uri;

    if (!take_sequence(r, "cRLDistributionPoints", &inside))
        return false;
    while (rk_rd_left(&inside) != 0) {
        if (!rk_strict_next(r->s, &inside, RK_DER_SEQUENCE, "distribution point", &sequence))
            return malformed(r, "cRLDistributionPoints");
        point = rk_der_inside(&sequence);
        if (rk_der_peek(&point) != RK_DER_CONTEXT_CONSTRUCTED)
            continue;
        if (!rk_strict_next(r->s, &point, RK_DER_CONTEXT_CONSTRUCTED, "distribution point",
                            &tagged))
            return malformed(r, "cRLDistributionPoints");
        name = rk_der_inside(&tagged);
        if (!rk_strict_next(r->s, &name, RK_DER_CONTEXT_CONSTRUCTED, "fullName", &full))
            return malformed(r, "cRLDistributionPoints");
        for (name = rk_der_inside(&full); rk_der_peek(&name) == RK_DER_CONTEXT + 6;)
            if (!rk_strict_next(r->s, &name, RK_DER_CONTEXT + 6, "fullName", &uri))
                return malformed(r, "cRLDistributionPoints");
    }
    return true;
}

static bool read_aia(struct reading *r)
{
    struct rk_rd inside, access;
    struct rk_tlv sequence, method, uri;

    if (!take_sequence(r, "authorityInfoAccess", &inside))
        return false;
    while (rk_rd_left(&inside) != 0) {
        if (!rk_strict_next(r->s, &inside, RK_DER_SEQUENCE, "access description", &sequence))
            return malformed(r, "authorityInfoAccess");
        access = rk_der_inside(&sequence);
        if (!rk_go_take_oid(r->s, &access, "access method", &method) ||
            (rk_der_peek(&access) == RK_DER_CONTEXT + 6 &&
             !rk_strict_next(r->s, &access, RK_DER_CONTEXT + 6, "access location", &uri)))
            return malformed(r, "authorityInfoAccess");
    }
    return true;
}

/* ---- nameConstraints, which no EK certificate has use for */

/* Labels of printable ASCII with a dot between each; a leading dot is a constraint's. */
static bool domain_is_good(const uint8_t *p, size_t len)
{
    size_t label = 0;

    if (len != 0 && p[0] == '.')
        p++, len--;
    for (size_t i = 0; i < len; i++) {
        if (p[i] < 33 || p[i] > 126 || (p[i] == '.' && label == 0))
            return false;
        label = p[i] == '.' ? 0 : label + 1;
    }
    return len == 0 || label != 0;
}

static bool mask_is_good(const uint8_t *p, size_t len)
{
    bool ended = false;

    for (size_t i = 0; i < 8 * len; i++) {
        bool set = (p[i / 8] >> (7 - i % 8) & 1) != 0;

        if (ended && set)
            return false;
        ended = !set;
    }
    return true;
}

static bool constraint_is_good(const struct rk_tlv *base, bool *unhandled)
{
    const uint8_t *at;

    switch (base->tag) {
    case RK_DER_CONTEXT + 1:
        at = memchr(base->p, '@', base->len);
        if (at != NULL) /* a mailbox: something before, a domain behind */
            return is_ascii(base) && at != base->p &&
                   domain_is_good(at + 1, base->len - (size_t)(at + 1 - base->p));
        return domain_is_good(base->p, base->len);
    case RK_DER_CONTEXT + 2:
    case RK_DER_CONTEXT + 6:
        return domain_is_good(base->p, base->len);
    case RK_DER_CONTEXT + 7:
        return (base->len == 8 || base->len == 32) &&
               mask_is_good(base->p + base->len / 2, base->len / 2);
    default:
        *unhandled = true;
        return true;
    }
}

static bool read_trees(struct reading *r, const struct rk_tlv *trees)
{
    struct rk_rd inside = rk_der_inside(trees), tree;
    struct rk_tlv sequence, base;

    while (rk_rd_left(&inside) != 0) {
        if (!rk_strict_next(r->s, &inside, RK_DER_SEQUENCE, "subtree", &sequence))
            return malformed(r, "nameConstraints");
        tree = rk_der_inside(&sequence);
        if (!rk_strict_next(r->s, &tree, RK_STRICT_ANY, "subtree", &base) ||
            !constraint_is_good(&base, &r->unhandled))
            return malformed(r, "nameConstraints");
    }
    return true;
}

static bool read_constraints(struct reading *r)
{
    struct rk_rd value = rk_der_inside(&r->ext->value), inside;
    struct rk_tlv sequence, trees;
    size_t held = 0;

    if (!rk_strict_next(r->s, &value, RK_DER_SEQUENCE, "nameConstraints", &sequence))
        return malformed(r, "nameConstraints");
    inside = rk_der_inside(&sequence);
    for (uint8_t n = 0; n <= 1; n++) {
        if (rk_der_peek(&inside) != RK_DER_CONTEXT_CONSTRUCTED + n)
            continue;
        if (!rk_strict_next(r->s, &inside, RK_DER_CONTEXT_CONSTRUCTED + n, "subtrees", &trees) ||
            !read_trees(r, &trees))
            return malformed(r, "nameConstraints");
        held += trees.len;
    }
    return (held != 0 && rk_rd_left(&inside) == 0 && rk_rd_left(&value) == 0) ||
           malformed(r, "nameConstraints holds nothing, or more than its two lists");
}

/* ---- the list */

enum flag { ANY, MUST, NEVER }; /* critical, to go-attestation */

static const struct {
    const struct rk_oid *oid;
    struct rk_oid own; /* where no other reader needs it */
    enum flag flag;
    bool (*read)(struct reading *r);
} kinds[] = {
    { &rk_oid_key_usage, { NULL, 0 }, MUST, read_usage },
    { &rk_oid_basic, { NULL, 0 }, MUST, read_basic },
    { &rk_oid_san, { NULL, 0 }, ANY, read_san },
    { NULL, RK_OID("\x55\x1d\x1e"), ANY, read_constraints },
    { &rk_oid_crl, { NULL, 0 }, NEVER, read_crl },
    { &rk_oid_aki, { NULL, 0 }, NEVER, read_aki },
    { &rk_oid_eku, { NULL, 0 }, NEVER, read_eku },
    { &rk_oid_ski, { NULL, 0 }, NEVER, read_ski },
    { &rk_oid_policies, { NULL, 0 }, ANY, read_policies },
    { &rk_oid_aia, { NULL, 0 }, NEVER, read_aia },
};

static bool read_content(struct rk_go_cert *cert, const struct rk_go_ext *ext)
{
    struct reading r = { .s = &cert->strict, .cert = cert, .ext = ext };
    enum flag flag = ANY;
    bool good = true, known = false;

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0] && !known; i++) {
        known = rk_go_is_oid(&ext->oid, kinds[i].oid != NULL ? kinds[i].oid : &kinds[i].own);
        if (known) {
            flag = kinds[i].flag;
            good = kinds[i].read(&r);
        }
    }
    if (rk_go_is_oid(&ext->oid, &rk_oid_sda))
        cert->sda = *ext;
    if (flag != ANY && ext->critical != (flag == MUST) && cert->flagged.oid.tag == 0)
        cert->flagged = *ext;
    if (ext->critical && (!known || r.unhandled) && cert->unknown.tag == 0 &&
        !rk_go_is_oid(&ext->oid, &rk_oid_san))
        cert->unknown = ext->oid;
    return good;
}

static bool read_ext(const struct rk_strict *s, struct rk_rd *list, struct rk_go_ext *ret)
{
    struct rk_tlv sequence, flag;
    struct rk_rd inside;

    *ret = (struct rk_go_ext) { .critical = false };
    if (!rk_strict_next(s, list, RK_DER_SEQUENCE, "extension", &sequence))
        return false;
    inside = rk_der_inside(&sequence);
    if (!rk_go_take_oid(s, &inside, "extension", &ret->oid))
        return false;
    if (rk_der_peek(&inside) == RK_DER_BOOLEAN) {
        if (!rk_strict_next(s, &inside, RK_DER_BOOLEAN, "critical", &flag) ||
            !rk_strict_boolean(s, &flag, "critical"))
            return false;
        ret->critical = flag.p[0] != 0;
    }
    return rk_strict_next(s, &inside, RK_DER_OCTET_STRING, "extension value", &ret->value);
}

/* Whether an extension before this one in the list has its name. */
static bool stands_before(const struct rk_tlv *list, const struct rk_go_ext *ext)
{
    struct rk_rd rd = rk_der_inside(list), inside;
    struct rk_tlv sequence, oid;
    struct rk_err ignored;

    while (rk_der_next(&rd, &sequence, &ignored) == RK_OK) {
        inside = rk_der_inside(&sequence);
        if (rk_der_next(&inside, &oid, &ignored) != RK_OK || oid.at >= ext->oid.at)
            return false;
        if (rk_go_same_oid(&oid, &ext->oid))
            return true;
    }
    return false;
}

bool rk_go_read_exts(const struct rk_tlv *list, struct rk_go_cert *cert)
{
    const struct rk_strict *s = &cert->strict;
    struct rk_rd rd = rk_der_inside(list);
    struct rk_go_ext ext;
    bool whole = true;

    while (rk_rd_left(&rd) != 0) {
        if (!read_ext(s, &rd, &ext))
            return false;
        if (stands_before(list, &ext))
            (void)rk_lint_refuse(s->book, s->who, RK_RULE_EXT_TWICE,
                                 "extension at offset 0x%zx stands twice", ext.oid.at);
        else
            whole = read_content(cert, &ext) && whole;
    }
    return whole;
}
