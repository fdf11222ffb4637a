/* SPDX-License-Identifier: Apache-2.0 */
#include "rotkit/crl.h"

#include "base/mem.h"
#include "base/wr.h"
#include "rotkit/counted.h"
#include "rotkit/x509.h"
#include "rotkit/der.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/pem.h>

enum { CRL_MAX = 64 << 20, VERSION_2 = 1 };

RK_CLEANUP(crl_object_done, X509_CRL, X509_CRL_free)
RK_CLEANUP(enumerated_done, ASN1_ENUMERATED, ASN1_ENUMERATED_free)
RK_CLEANUP(time_done, ASN1_TIME, ASN1_TIME_free)

static const struct {
    enum rk_crl_reason reason;
    const char *name;
} reasons[] = {
    { RK_CRL_UNSPECIFIED, "unspecified" },
    { RK_CRL_KEY_COMPROMISE, "key-compromise" },
    { RK_CRL_SUPERSEDED, "superseded" },
    { RK_CRL_CESSATION, "cessation-of-operation" },
};
enum { REASONS = sizeof reasons / sizeof reasons[0] };

enum rk_rc rk_crl_reason_find(const char *name, enum rk_crl_reason *ret, struct rk_err *err)
{
    for (size_t i = 0; i < REASONS; i++) {
        if (strcmp(reasons[i].name, name) == 0) {
            *ret = reasons[i].reason;
            return RK_OK;
        }
    }
    return rk_fail(err, RK_E_USAGE,
                   "unknown reason \"%s\" (known: unspecified, key-compromise, superseded, "
                   "cessation-of-operation)",
                   name);
}

void rk_crl_done(struct rk_crl *crl)
{
    rk_free(crl->entry);
    rk_free(crl->slot);
    *crl = (struct rk_crl)RK_CRL_NONE;
}

static int by_serial(const void *a, const void *b)
{
    const struct rk_crl_entry *x = a, *y = b;

    if (x->serial_len != y->serial_len)
        return x->serial_len < y->serial_len ? -1 : 1;
    return memcmp(x->serial, y->serial, x->serial_len);
}

/* ---- which serial numbers are there ---- */

/* FNV-1a. The CA chose and signed these numbers: nobody else can make them meet. */
static uint64_t hash(const struct rk_crl_entry *entry)
{
    uint64_t h = 0xcbf29ce484222325;

    for (size_t i = 0; i < entry->serial_len; i++)
        h = (h ^ entry->serial[i]) * 0x100000001b3;
    return h ^ h >> 32;
}

/* The slot of this serial number: its entry's, or the free one where it belongs. */
static uint32_t *find(struct rk_crl *crl, const struct rk_crl_entry *entry)
{
    size_t at = hash(entry) & (crl->slots - 1);

    for (;; at = (at + 1) & (crl->slots - 1)) {
        crl->looked_at++;
        if (crl->slot[at] == 0 || by_serial(&crl->entry[crl->slot[at] - 1], entry) == 0)
            return &crl->slot[at];
    }
}

/* Twice the room, so that growing costs each entry the same in the end. */
static enum rk_rc grow(struct rk_crl *crl, struct rk_err *err)
{
    enum { FIRST = 64 };
    size_t room = crl->room == 0 ? FIRST : 2 * crl->room;
    struct rk_crl_entry *entry = rk_alloc(room, sizeof *entry);
    uint32_t *slot = rk_alloc(2 * room, sizeof *slot);

    if (entry == NULL || slot == NULL) {
        rk_free(entry);
        rk_free(slot);
        return rk_fail_nomem(err);
    }
    if (crl->count != 0)
        memcpy(entry, crl->entry, crl->count * sizeof *entry);
    rk_free(crl->entry);
    rk_free(crl->slot);
    crl->entry = entry;
    crl->slot = slot;
    crl->room = room;
    crl->slots = 2 * room;
    for (size_t i = 0; i < crl->count; i++)
        *find(crl, &crl->entry[i]) = (uint32_t)i + 1;
    return RK_OK;
}

enum rk_rc rk_crl_add(struct rk_crl *crl, const struct rk_crl_entry *entry, bool *ret_added,
                      struct rk_err *err)
{
    uint32_t *slot;

    *ret_added = false;
    if (crl->count == crl->room && grow(crl, err))
        return err->rc;
    slot = find(crl, entry);
    if (*slot != 0)
        return RK_OK;
    if (crl->count == RK_CRL_ENTRIES_MAX) {
        (void)rk_fail(err, RK_E_USAGE, "the CRL is full: %s, as many as one may hold",
                      RK_COUNTED(RK_CRL_ENTRIES_MAX, "certificate"));
        return rk_note(err, "begin another issuing CA, and with it another CRL");
    }
    crl->entry[crl->count] = *entry;
    *slot = (uint32_t)++crl->count;
    *ret_added = true;
    return RK_OK;
}

/* ---- reading ---- */

static enum rk_rc read_serial(const ASN1_INTEGER *serial, struct rk_crl_entry *ret,
                              struct rk_err *err)
{
    RK_AUTO(rk_bn_done) BIGNUM *number = ASN1_INTEGER_to_BN(serial, NULL);
    int len = number == NULL ? 0 : BN_num_bytes(number);

    if (len == 0 || len > RK_SERIAL_MAX || BN_is_negative(number))
        return rk_fail(err, RK_E_FORMAT, "a serial number is not of 1 to %s",
                       RK_COUNTED(RK_SERIAL_MAX, "octet"));
    ret->serial_len = (size_t)BN_bn2bin(number, ret->serial);
    return RK_OK;
}

static enum rk_rc read_time(const ASN1_TIME *time, int64_t *ret, struct rk_err *err)
{
    struct tm tm;

    if (ASN1_TIME_to_tm(time, &tm) != 1)
        return rk_fail_ossl(err, RK_E_FORMAT, "a revocation date cannot be read");
    *ret = timegm(&tm);
    return RK_OK;
}

static enum rk_rc read_entry(X509_REVOKED *revoked, struct rk_crl *crl, struct rk_err *err)
{
    RK_AUTO(enumerated_done)
    ASN1_ENUMERATED *reason = X509_REVOKED_get_ext_d2i(revoked, NID_crl_reason, NULL, NULL);
    struct rk_crl_entry entry = { .reason = RK_CRL_UNSPECIFIED };
    bool added;

    if (reason != NULL)
        entry.reason = (enum rk_crl_reason)ASN1_ENUMERATED_get(reason);
    return read_serial(X509_REVOKED_get0_serialNumber(revoked), &entry, err) ||
                   read_time(X509_REVOKED_get0_revocationDate(revoked), &entry.revoked, err) ||
                   rk_crl_add(crl, &entry, &added, err)
               ? err->rc
               : RK_OK;
}

static enum rk_rc read_entries(X509_CRL *object, struct rk_crl *crl, struct rk_err *err)
{
    STACK_OF(X509_REVOKED) *list = X509_CRL_get_REVOKED(object);

    if (sk_X509_REVOKED_num(list) > RK_CRL_ENTRIES_MAX)
        return rk_fail(err, RK_E_FORMAT, "%s, at most %d",
                       RK_COUNTED(sk_X509_REVOKED_num(list), "entry"), RK_CRL_ENTRIES_MAX);
    for (int i = 0; i < sk_X509_REVOKED_num(list); i++) {
        if (read_entry(sk_X509_REVOKED_value(list, i), crl, err))
            return err->rc;
    }
    return RK_OK;
}

static enum rk_rc read_number(X509_CRL *object, uint64_t *ret, struct rk_err *err)
{
    RK_AUTO(rk_asn1_integer_done)
    ASN1_INTEGER *number = X509_CRL_get_ext_d2i(object, NID_crl_number, NULL, NULL);

    if (number == NULL || ASN1_INTEGER_get_uint64(ret, number) != 1 || *ret == UINT64_MAX)
        return rk_fail_ossl(err, RK_E_FORMAT, "the CRL has no cRLNumber that can be counted on");
    return RK_OK;
}

static X509_CRL *parse(const uint8_t *bytes, size_t len)
{
    const unsigned char *at = bytes;
    X509_CRL *object;

    if (len != 0 && bytes[0] != 0x30) {
        RK_AUTO(rk_bio_done) BIO *in = BIO_new_mem_buf(bytes, (int)len);

        return in == NULL ? NULL : PEM_read_bio_X509_CRL(in, NULL, NULL, NULL);
    }
    object = d2i_X509_CRL(NULL, &at, (long)len);
    if (object != NULL && at != bytes + len) {
        X509_CRL_free(object);
        return NULL;
    }
    return object;
}

enum rk_rc rk_crl_read(const rk_ca *ca, const uint8_t *bytes, size_t len, struct rk_crl *ret,
                       struct rk_err *err)
{
    RK_AUTO(crl_object_done) X509_CRL *object = len > CRL_MAX ? NULL : parse(bytes, len);
    RK_AUTO(rk_crl_done) struct rk_crl crl = RK_CRL_NONE;
    X509 *issuer = rk_ca_cert(ca);

    if (object == NULL) {
        ERR_clear_error();
        return rk_fail(err, RK_E_FORMAT, "no certificate revocation list in PEM or DER");
    }
    if (X509_NAME_cmp(X509_CRL_get_issuer(object), X509_get_subject_name(issuer)) != 0 ||
        X509_CRL_verify(object, X509_get0_pubkey(issuer)) != 1) {
        ERR_clear_error();
        return rk_fail(err, RK_E_VERIFY, "the CRL is not one that this CA has issued");
    }
    if (read_number(object, &crl.number, err) || read_entries(object, &crl, err))
        return err->rc;
    *ret = crl;
    crl = (struct rk_crl)RK_CRL_NONE;
    return RK_OK;
}

enum rk_rc rk_crl_entry_of(const rk_ca *ca, const struct rk_bytes *certificate,
                           struct rk_crl_entry *ret, struct rk_err *err)
{
    RK_AUTO(rk_x509_done) X509 *cert = NULL;
    struct rk_crl_entry entry = { .serial_len = 0 };

    if (rk_x509_parse(certificate->p, certificate->len, &cert, err))
        return err->rc;
    if (X509_verify(cert, X509_get0_pubkey(rk_ca_cert(ca))) != 1) {
        ERR_clear_error();
        return rk_fail(err, RK_E_VERIFY, "the certificate is not one that this CA has issued");
    }
    if (read_serial(X509_get0_serialNumber(cert), &entry, err))
        return err->rc;
    *ret = entry;
    return RK_OK;
}

/* ---- issuing ---- */

static void put_time(struct rk_wr *wr, int64_t when, bool *good)
{
    RK_AUTO(time_done) ASN1_TIME *time = ASN1_TIME_set(NULL, (time_t)when);
    unsigned char *der = NULL;

    rk_der_put(wr, time == NULL ? 0 : i2d_ASN1_TIME(time, &der), &der, good);
}

static void put_entry(struct rk_wr *wr, const struct rk_crl_entry *entry, bool *good)
{
    /* SEQUENCE OF one Extension: id-ce-cRLReasons, OCTET STRING, ENUMERATED */
    static const uint8_t reason_head[] = { 0x30, 0x0c, 0x30, 0x0a, 0x06, 0x03, 0x55,
                                           0x1d, 0x15, 0x04, 0x03, 0x0a, 0x01 };
    size_t from = wr->len, serial = wr->len;

    rk_wr_zero(wr, (entry->serial[0] & 0x80) != 0 ? 1 : 0);
    rk_wr_bytes(wr, entry->serial, entry->serial_len);
    rk_wr_der(wr, serial, RK_DER_INTEGER);
    put_time(wr, entry->revoked, good);
    if (entry->reason != RK_CRL_UNSPECIFIED) { /* 5.3.1: absent, not zero */
        rk_wr_bytes(wr, reason_head, sizeof reason_head);
        rk_wr_be(wr, (uint64_t)entry->reason, 1);
    }
    rk_wr_der(wr, from, RK_DER_SEQUENCE);
}

/* authorityKeyIdentifier and cRLNumber, put together on a certificate that is thrown away. */
static enum rk_rc put_extensions(struct rk_wr *wr, X509 *issuer, uint64_t number, bool *good,
                                 struct rk_err *err)
{
    RK_AUTO(rk_x509_done) X509 *carrier = X509_new();
    RK_AUTO(rk_asn1_integer_done) ASN1_INTEGER *value = ASN1_INTEGER_new();
    unsigned char *der = NULL;
    size_t from = wr->len;

    if (carrier == NULL || value == NULL || ASN1_INTEGER_set_uint64(value, number) != 1)
        return rk_fail_nomem(err);
    if (rk_x509_add_authority(carrier, issuer, err) ||
        rk_x509_add(carrier, NID_crl_number, false, value, err))
        return err->rc;
    rk_der_put(wr, i2d_X509_EXTENSIONS(X509_get0_extensions(carrier), &der), &der, good);
    rk_wr_der(wr, from, RK_DER_CONTEXT_CONSTRUCTED);
    return RK_OK;
}

struct dates {
    int64_t this_update, next_update;
};

static int by_serial_of(const void *a, const void *b)
{
    const struct rk_crl_entry *const *x = a, *const *y = b;

    return by_serial(*x, *y);
}

/* In order of their serial numbers; the list itself stays in its own order. */
static enum rk_rc put_entries(struct rk_wr *wr, const struct rk_crl *crl, bool *good,
                              struct rk_err *err)
{
    const struct rk_crl_entry **order;
    size_t from = wr->len;

    if (crl->count == 0) /* 5.1.2.6: an empty list is absent */
        return RK_OK;
    order = rk_alloc(crl->count, sizeof *order);
    if (order == NULL)
        return rk_fail_nomem(err);
    for (size_t i = 0; i < crl->count; i++)
        order[i] = &crl->entry[i];
    qsort(order, crl->count, sizeof *order, by_serial_of);
    for (size_t i = 0; i < crl->count; i++)
        put_entry(wr, order[i], good);
    rk_free(order);
    rk_wr_der(wr, from, RK_DER_SEQUENCE);
    return RK_OK;
}

/* TBSCertList, RFC 5280 5.1.2. */
static enum rk_rc to_sign(const rk_ca *ca, const struct rk_crl *crl, const struct dates *dates,
                          enum rk_scheme scheme, struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(CRL_MAX);
    unsigned char *der = NULL;
    X509 *issuer = rk_ca_cert(ca);
    bool good = true;

    rk_wr_be(&wr, RK_DER_INTEGER << 16 | 1 << 8 | VERSION_2, 3);
    if (rk_x509_put_algorithm(&wr, scheme, err))
        return err->rc;
    rk_der_put(&wr, i2d_X509_NAME(X509_get_subject_name(issuer), &der), &der, &good);
    put_time(&wr, dates->this_update, &good);
    put_time(&wr, dates->next_update, &good);
    if (put_entries(&wr, crl, &good, err) ||
        put_extensions(&wr, issuer, crl->number + 1, &good, err))
        return err->rc;
    rk_wr_der(&wr, 0, RK_DER_SEQUENCE);
    if (!good)
        return rk_fail_ossl(err, RK_E_INTERNAL, "cannot encode a CRL");
    return rk_wr_end(&wr, ret, err);
}

enum rk_rc rk_crl_issue(const rk_ctx *ctx, rk_ca *ca, const struct rk_crl *crl, int64_t this_update,
                        int64_t next_update, struct rk_bytes *ret, struct rk_err *err)
{
    const struct dates dates = { this_update, next_update };
    enum rk_scheme scheme = rk_signer_default_scheme(ca->key);
    RK_AUTO(rk_bytes_done) struct rk_bytes tbs = RK_BYTES_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes signature = RK_BYTES_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes der = RK_BYTES_NONE;
    RK_AUTO(rk_crl_done) struct rk_crl again = RK_CRL_NONE;

    (void)ctx;
    if ((X509_get_key_usage(rk_ca_cert(ca)) & KU_CRL_SIGN) == 0)
        return rk_fail(err, RK_E_USAGE, "this CA may not sign CRLs (keyUsage lacks cRLSign)");
    if (next_update <= this_update)
        return rk_fail(err, RK_E_USAGE, "the CRL's nextUpdate is not later than its thisUpdate");
    if (to_sign(ca, crl, &dates, scheme, &tbs, err))
        return err->rc;
    if (rk_signer_sign(ca->key, scheme, tbs.p, tbs.len, &signature, err))
        return rk_wrap(err, "cannot sign a CRL");
    if (rk_x509_attach(&tbs, scheme, &signature, &der, err))
        return err->rc;
    if (rk_crl_read(ca, der.p, der.len, &again, err))
        return rk_wrap(err, "CRL just issued");
    *ret = rk_bytes_take(&der);
    return RK_OK;
}
