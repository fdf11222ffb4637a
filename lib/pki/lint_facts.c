/* SPDX-License-Identifier: Apache-2.0 */
#include "pki/lint.h"

#include <string.h>

enum { DEPTH_MAX = 24 };

static void note(size_t *first, const struct rk_tlv *tlv)
{
    if (*first == 0)
        *first = tlv->at;
}

/* X.690 10.1: the length takes as few octets as it can. */
static bool length_minimal(const struct rk_tlv *tlv)
{
    size_t header = 2;

    for (size_t left = tlv->len < 0x80 ? 0 : tlv->len; left != 0; left >>= 8)
        header++;
    return tlv->size - tlv->len == header;
}

/* X.690 8.3.2: the first nine bits are not all alike. */
static bool integer_minimal(const struct rk_tlv *tlv)
{
    if (tlv->len == 0)
        return false;
    return tlv->len == 1 ||
           !((tlv->p[0] == 0x00 && tlv->p[1] < 0x80) || (tlv->p[0] == 0xff && tlv->p[1] >= 0x80));
}

/* X.690 11.2.1: unused bits are zero. */
static bool bits_clean(const struct rk_tlv *tlv)
{
    if (tlv->len == 0 || tlv->p[0] > 7 || (tlv->len == 1 && tlv->p[0] != 0))
        return false;
    return tlv->p[0] == 0 || (tlv->p[tlv->len - 1] & ((1u << tlv->p[0]) - 1)) == 0;
}

/* X.690 11.6: elements of a SET OF ascend, compared as octet strings padded with zeros. */
static bool ascends(const struct rk_tlv *a, const struct rk_tlv *b)
{
    size_t n = a->size < b->size ? a->size : b->size;
    int order = memcmp(a->head, b->head, n);

    return order < 0 || (order == 0 && a->size <= b->size);
}

static void check_value(const struct rk_tlv *tlv, struct rk_der_faults *faults)
{
    if (!length_minimal(tlv))
        note(&faults->length, tlv);
    if (tlv->tag == RK_DER_BOOLEAN && (tlv->len != 1 || (tlv->p[0] != 0 && tlv->p[0] != 0xff)))
        note(&faults->boolean, tlv);
    if (tlv->tag == RK_DER_INTEGER && !integer_minimal(tlv))
        note(&faults->integer, tlv);
    if (tlv->tag == RK_DER_BIT_STRING && !bits_clean(tlv))
        note(&faults->bits, tlv);
}

/* False when the bytes are no DER at all. */
static bool walk(struct rk_rd rd, bool set, int depth, struct rk_der_faults *faults)
{
    struct rk_tlv tlv, before = { .tag = 0 };
    struct rk_err ignored;

    if (depth > DEPTH_MAX)
        return false;
    while (rk_rd_left(&rd) != 0) {
        if (rk_der_next(&rd, &tlv, &ignored) != RK_OK)
            return false;
        check_value(&tlv, faults);
        if (set && before.tag != 0 && !ascends(&before, &tlv))
            note(&faults->set_order, &tlv);
        if ((tlv.tag & 0x20) != 0 &&
            !walk(rk_der_inside(&tlv), tlv.tag == RK_DER_SET, depth + 1, faults))
            return false;
        before = tlv;
    }
    return true;
}

static enum rk_rc check_der(const uint8_t *der, struct rk_lint_facts *f, struct rk_err *err)
{
    if (!walk((struct rk_rd) { .buf = der, .len = f->len }, false, 0, &f->der))
        return rk_fail(err, RK_E_FORMAT, "certificate: a value inside is malformed");
    for (size_t i = 0; i < f->cert.ext_count; i++) {
        const struct rk_cert_ext *ext = &f->cert.ext[i];

        if (ext->value.len == 0 || !walk(rk_der_inside(&ext->value), false, 0, &f->der))
            note(&f->der.malformed_ext, &ext->whole);
        for (size_t j = 0; j < i; j++) {
            const struct rk_tlv *other = &f->cert.ext[j].oid;

            if (other->len == ext->oid.len && memcmp(other->p, ext->oid.p, other->len) == 0)
                note(&f->repeated, &ext->whole);
        }
    }
    return RK_OK;
}

static void read_attribute(struct rk_rd *set, struct rk_san_facts *facts)
{
    struct rk_tlv pair, oid, value;
    struct rk_rd inside;
    struct rk_err ignored;

    if (rk_der_want(set, RK_DER_SEQUENCE, "", &pair, &ignored) != RK_OK) {
        facts->malformed = true;
        return;
    }
    inside = rk_der_inside(&pair);
    if (rk_der_want(&inside, RK_DER_OID, "", &oid, &ignored) != RK_OK ||
        rk_der_next(&inside, &value, &ignored) != RK_OK)
        facts->malformed = true;
    else if (rk_der_is_oid(&oid, &rk_oid_tpm_manufacturer))
        facts->manufacturer = value;
    else if (rk_der_is_oid(&oid, &rk_oid_tpm_model))
        facts->model = value;
    else if (rk_der_is_oid(&oid, &rk_oid_tpm_version))
        facts->version = value;
    else
        facts->foreign++;
}

/* directoryName [4] { Name }: RDNs of one attribute or of several. */
static void read_directory(const struct rk_tlv *name, struct rk_san_facts *facts)
{
    struct rk_rd explicit = rk_der_inside(name), rdns;
    struct rk_tlv sequence, set;
    struct rk_err ignored;

    if (rk_der_want(&explicit, RK_DER_SEQUENCE, "", &sequence, &ignored) != RK_OK) {
        facts->malformed = true;
        return;
    }
    rdns = rk_der_inside(&sequence);
    while (rk_rd_left(&rdns) != 0 && !facts->malformed) {
        struct rk_rd inside;

        if (rk_der_want(&rdns, RK_DER_SET, "", &set, &ignored) != RK_OK) {
            facts->malformed = true;
            return;
        }
        inside = rk_der_inside(&set);
        while (rk_rd_left(&inside) != 0 && !facts->malformed)
            read_attribute(&inside, facts);
    }
}

/* The one SEQUENCE an extension's value is; a cursor over nothing when it is none. */
static struct rk_rd sequence_in(const struct rk_cert_ext *ext, bool *ret_good)
{
    struct rk_rd value = rk_der_inside(&ext->value);
    struct rk_tlv sequence;
    struct rk_err ignored;

    *ret_good = rk_der_want(&value, RK_DER_SEQUENCE, "", &sequence, &ignored) == RK_OK &&
                rk_rd_left(&value) == 0;
    return *ret_good ? rk_der_inside(&sequence) : (struct rk_rd) { .len = 0 };
}

static void read_san(const struct rk_cert_ext *ext, struct rk_san_facts *facts)
{
    bool good;
    struct rk_rd names = sequence_in(ext, &good);
    struct rk_tlv name;
    struct rk_err ignored;

    facts->malformed = !good;
    while (rk_rd_left(&names) != 0 && !facts->malformed) {
        if (rk_der_next(&names, &name, &ignored) != RK_OK) {
            facts->malformed = true;
        } else if (name.tag == RK_DER_CONTEXT_CONSTRUCTED + 4) {
            facts->directories++;
            read_directory(&name, facts);
        } else {
            facts->others++;
        }
    }
}

static void read_basic(struct rk_lint_facts *f)
{
    bool good;
    struct rk_rd inside = sequence_in(f->basic, &good);
    struct rk_tlv ca;
    struct rk_err ignored;

    if (rk_der_peek(&inside) != RK_DER_BOOLEAN || rk_der_next(&inside, &ca, &ignored) != RK_OK ||
        ca.len != 1)
        return;
    f->basic_ca = ca.p[0] != 0;
    f->basic_default = f->basic_ca ? 0 : ca.at;
}

static void read_usage(struct rk_lint_facts *f)
{
    struct rk_rd value = rk_der_inside(&f->usage->value);
    struct rk_tlv bits;
    struct rk_err ignored;

    if (rk_der_want(&value, RK_DER_BIT_STRING, "", &bits, &ignored) != RK_OK || bits.len < 2)
        return;
    f->usage_bits = (uint16_t)(bits.p[1] << 8 | (bits.len > 2 ? bits.p[2] : 0));
}

static void read_eku(struct rk_lint_facts *f)
{
    bool good;
    struct rk_rd inside = sequence_in(f->eku, &good);
    struct rk_tlv oid;
    struct rk_err ignored;

    while (rk_rd_left(&inside) != 0 && rk_der_next(&inside, &oid, &ignored) == RK_OK)
        f->eku_ek = f->eku_ek || rk_der_is_oid(&oid, &rk_oid_eku_ek);
}

/* SEQUENCE OF { oid, SET { SEQUENCE { UTF8String, INTEGER, INTEGER } } } */
static bool is_specification(const struct rk_tlv *attribute)
{
    struct rk_rd inside = rk_der_inside(attribute), values, fields;
    struct rk_tlv oid, set, spec, family, level, revision;
    struct rk_err ignored;

    if (rk_der_want(&inside, RK_DER_OID, "", &oid, &ignored) != RK_OK ||
        !rk_der_is_oid(&oid, &rk_oid_tpm_specification) ||
        rk_der_want(&inside, RK_DER_SET, "", &set, &ignored) != RK_OK)
        return false;
    values = rk_der_inside(&set);
    if (rk_der_want(&values, RK_DER_SEQUENCE, "", &spec, &ignored) != RK_OK)
        return false;
    fields = rk_der_inside(&spec);
    return rk_der_want(&fields, RK_DER_UTF8, "", &family, &ignored) == RK_OK &&
           rk_der_want(&fields, RK_DER_INTEGER, "", &level, &ignored) == RK_OK &&
           rk_der_want(&fields, RK_DER_INTEGER, "", &revision, &ignored) == RK_OK &&
           rk_rd_left(&fields) == 0;
}

static void read_sda(struct rk_lint_facts *f)
{
    bool good;
    struct rk_rd inside = sequence_in(f->sda, &good);
    struct rk_tlv attribute;
    struct rk_err ignored;

    while (rk_rd_left(&inside) != 0 && rk_der_next(&inside, &attribute, &ignored) == RK_OK)
        f->sda_spec = f->sda_spec || is_specification(&attribute);
}

static void read_aki(struct rk_lint_facts *f)
{
    bool good;
    struct rk_rd inside = sequence_in(f->aki, &good);
    struct rk_tlv part;
    struct rk_err ignored;

    while (rk_rd_left(&inside) != 0 && rk_der_next(&inside, &part, &ignored) == RK_OK) {
        f->aki_fields++;
        if (part.tag == RK_DER_CONTEXT)
            f->aki_key_id = part.len;
    }
}

static void read_policies(struct rk_lint_facts *f)
{
    bool good;
    struct rk_rd inside = sequence_in(f->policies, &good);

    f->policies_empty = rk_rd_left(&inside) == 0;
}

static void read_extensions(struct rk_lint_facts *f)
{
    const struct rk_cert *cert = &f->cert;

    if ((f->san = rk_cert_find(cert, &rk_oid_san)) != NULL)
        read_san(f->san, &f->san_facts);
    if ((f->basic = rk_cert_find(cert, &rk_oid_basic)) != NULL)
        read_basic(f);
    if ((f->usage = rk_cert_find(cert, &rk_oid_key_usage)) != NULL)
        read_usage(f);
    if ((f->eku = rk_cert_find(cert, &rk_oid_eku)) != NULL)
        read_eku(f);
    if ((f->sda = rk_cert_find(cert, &rk_oid_sda)) != NULL)
        read_sda(f);
    if ((f->aki = rk_cert_find(cert, &rk_oid_aki)) != NULL)
        read_aki(f);
    if ((f->policies = rk_cert_find(cert, &rk_oid_policies)) != NULL)
        read_policies(f);
    f->aia = rk_cert_find(cert, &rk_oid_aia);
    f->crl = rk_cert_find(cert, &rk_oid_crl);
    f->ski = rk_cert_find(cert, &rk_oid_ski);
}

enum rk_rc rk_lint_read(const uint8_t *der, size_t len, struct rk_lint_facts *ret,
                        struct rk_err *err)
{
    struct rk_err ignored;

    *ret = (struct rk_lint_facts) { .len = len };
    if (rk_cert_read(der, len, &ret->cert, err) || check_der(der, ret, err))
        return err->rc;
    read_extensions(ret);
    ret->key_known =
        rk_spki_read(ret->cert.spki.head, ret->cert.spki.size, &ret->key, &ignored) == RK_OK;
    return RK_OK;
}
