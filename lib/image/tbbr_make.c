/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making the TBBR certificates of a FIP: each self-named, with its signer's key inside and what it
 * certifies in extensions of its own. Source: boot-images.md 5.1, the goldens of cert_create in
 * vectors/boot/tbbr for names and encoding.
 */
#include "image/tbbr.h"

#include "base/digest.h"
#include "base/wr.h"
#include "rotkit/counted.h"

#include <stdio.h>
#include <string.h>

enum {
    INTEGER = 0x02,
    BIT_STRING = 0x03,
    OCTET_STRING = 0x04,
    NONE = 0x05,
    OID = 0x06,
    UTF8 = 0x0c,
    TIME = 0x18,
    SEQUENCE = 0x30,
    SET = 0x31,
    CONTEXT = 0xa0,
    CERT_MAX = 16384,
};

static void put(struct rk_wr *wr, uint8_t tag, const void *bytes, size_t len)
{
    size_t from = wr->len;

    rk_wr_bytes(wr, bytes, len);
    rk_wr_der(wr, from, tag);
}

/* 1.3.6.1.4.1.4128.2100.ext */
static void put_oid(struct rk_wr *wr, int ext)
{
    static const uint8_t arc[] = { 0x2b, 0x06, 0x01, 0x04, 0x01, 0xa0, 0x20, 0x90, 0x34 };
    size_t from = wr->len;

    rk_wr_bytes(wr, arc, sizeof arc);
    if (ext >= 128)
        rk_wr_le(wr, (uint64_t)(0x80 | ext >> 7), 1);
    rk_wr_le(wr, (uint64_t)(ext & 0x7f), 1);
    rk_wr_der(wr, from, OID);
}

static void put_name(struct rk_wr *wr, const char *cn)
{
    static const uint8_t oid[] = { 0x55, 0x04, 0x03 };
    size_t from = wr->len;

    put(wr, OID, oid, sizeof oid);
    put(wr, UTF8, cn, strlen(cn));
    rk_wr_der(wr, from, SEQUENCE);
    rk_wr_der(wr, from, SET);
    rk_wr_der(wr, from, SEQUENCE);
}

/* A boot ROM has no clock: fixed dates, so that the same images have the same certificates. */
static void put_validity(struct rk_wr *wr)
{
    size_t from = wr->len;

    put(wr, 0x17, "200101000000Z", 13);
    put(wr, TIME, "99991231235959Z", 15);
    rk_wr_der(wr, from, SEQUENCE);
}

static void put_number(struct rk_wr *wr, uint64_t value)
{
    size_t from = wr->len, width = 1;

    while (width < 8 && value >> (8 * width - 1) != 0)
        width++;
    rk_wr_be(wr, value, width);
    rk_wr_der(wr, from, INTEGER);
}

/* AlgorithmIdentifier { 2.16.840.1.101.3.4.2.n, NULL } */
static void put_digest(struct rk_wr *wr, const struct rk_tbbr_digest *digest)
{
    const uint8_t oid[] = { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, digest->oid };
    size_t from = wr->len;

    put(wr, OID, oid, sizeof oid);
    put(wr, NONE, NULL, 0);
    rk_wr_der(wr, from, SEQUENCE);
}

/* RSASSA-PSS (RFC 4055): hash, MGF1 of the same, a salt as long as the hash. */
static void put_pss(struct rk_wr *wr, const struct rk_tbbr_digest *digest)
{
    static const uint8_t pss[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a },
                         mgf1[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08 };
    size_t from = wr->len, parameters, at;

    put(wr, OID, pss, sizeof pss);
    parameters = wr->len;
    put_digest(wr, digest);
    rk_wr_der(wr, parameters, CONTEXT);
    at = wr->len;
    put(wr, OID, mgf1, sizeof mgf1);
    put_digest(wr, digest);
    rk_wr_der(wr, at, SEQUENCE);
    rk_wr_der(wr, at, CONTEXT | 1);
    at = wr->len;
    put_number(wr, digest->len);
    rk_wr_der(wr, at, CONTEXT | 2);
    rk_wr_der(wr, parameters, SEQUENCE);
    rk_wr_der(wr, from, SEQUENCE);
}

/* ecdsa-with-SHA2 (RFC 5758), no parameters */
static void put_ecdsa(struct rk_wr *wr, const struct rk_tbbr_digest *digest)
{
    const uint8_t oid[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, (uint8_t)(digest->oid + 1) };
    size_t from = wr->len;

    put(wr, OID, oid, sizeof oid);
    rk_wr_der(wr, from, SEQUENCE);
}

static enum rk_rc put_algorithm(struct rk_wr *wr, EVP_PKEY *key,
                                const struct rk_tbbr_digest *digest, enum rk_scheme *ret,
                                struct rk_err *err)
{
    bool rsa = EVP_PKEY_is_a(key, "RSA");

    if (!rsa && !EVP_PKEY_is_a(key, "EC"))
        return rk_fail(err, RK_E_KEY, "TBBR certificates are signed by RSA or EC keys, this is %s",
                       EVP_PKEY_get0_type_name(key));
    if (rsa && EVP_PKEY_get_bits(key) < 2048)
        return rk_fail(err, RK_E_KEY, "an RSA key of %s, expected 2048 or more",
                       RK_COUNTED(EVP_PKEY_get_bits(key), "bit"));
    *ret = rsa ? digest->rsa : digest->ecdsa;
    (rsa ? put_pss : put_ecdsa)(wr, digest);
    return RK_OK;
}

static enum rk_rc put_spki(struct rk_wr *wr, EVP_PKEY *key, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes spki = RK_BYTES_NONE;

    if (rk_pkey_spki(key, &spki, err))
        return err->rc;
    rk_wr_bytes(wr, spki.p, spki.len);
    return RK_OK;
}

/* What one run makes its certificates from. */
struct making {
    const struct rk_request *request;
    const struct rk_format *format;
    const struct rk_fip *fip;
    const struct rk_tbbr_digest *digest;
};

/* SEQUENCE { OID, critical TRUE, OCTET STRING { what stands since `from` } } */
static void wrap_extension(struct rk_wr *wr, size_t from, int ext)
{
    RK_AUTO(rk_wr_done) struct rk_wr head = RK_WR_MAX(32);
    static const uint8_t critical[] = { 0x01, 0x01, 0xff };
    size_t len;

    rk_wr_der(wr, from, OCTET_STRING);
    put_oid(&head, ext);
    rk_wr_bytes(&head, critical, sizeof critical);
    len = wr->len - from;
    rk_wr_zero(wr, head.len);
    if (wr->failed == RK_OK && head.failed == RK_OK) {
        memmove(wr->buf + from + head.len, wr->buf + from, len);
        memcpy(wr->buf + from, head.buf, head.len);
    }
    rk_wr_der(wr, from, SEQUENCE);
}

/* DigestInfo; all zero for an image that is not there, as cert_create has it. */
static enum rk_rc put_hash(const struct making *making, const char *name, struct rk_wr *wr,
                           struct rk_err *err)
{
    uint8_t digest[RK_TBBR_DIGEST_MAX] = { 0 };
    struct rk_fip_entry image;
    size_t from = wr->len;
    bool known = true;

    if (rk_tbbr_image(making->request, making->fip, name, &image) &&
        rk_tbbr_hash(making->request, making->digest, &image, digest, &known, err))
        return rk_wrap(err, "%s", name);
    if (!known)
        return rk_fail(err, RK_E_USAGE,
                       "image \"%s\" is encrypted, and its plaintext is what is signed: needs "
                       "--content-key, or sign before you encrypt",
                       name);
    put_digest(wr, making->digest);
    put(wr, OCTET_STRING, digest, making->digest->len);
    rk_wr_der(wr, from, SEQUENCE);
    return RK_OK;
}

static enum rk_rc put_subs(const struct making *making, const struct rk_tbbr_cert *cert,
                           struct rk_wr *wr, struct rk_err *err)
{
    for (size_t i = 0; i < RK_TBBR_SUBS && cert->sub[i].what != NULL; i++) {
        const char *what = cert->sub[i].what;
        size_t from = wr->len;

        if (cert->keys ? put_spki(wr, rk_request_key(making->request, what)->pub, err)
                       : put_hash(making, what, wr, err))
            return err->rc;
        wrap_extension(wr, from, cert->sub[i].ext);
    }
    return RK_OK;
}

static enum rk_rc put_extensions(const struct making *making, const struct rk_tbbr_cert *cert,
                                 struct rk_wr *wr, struct rk_err *err)
{
    const char *setting = cert->counter == RK_TBBR_TRUSTED_COUNTER ? "tfw-nvctr" : "ntfw-nvctr";
    size_t from = wr->len, at;
    uint64_t counter;

    if (rk_request_u64(making->request, making->format, setting, 0, INT32_MAX, &counter, err))
        return err->rc;
    at = wr->len;
    if (cert->counter != 0) {
        put_number(wr, counter);
        wrap_extension(wr, at, cert->counter);
    }
    if (put_subs(making, cert, wr, err))
        return err->rc;
    rk_wr_der(wr, from, SEQUENCE);
    rk_wr_der(wr, from, CONTEXT | 3);
    return RK_OK;
}

/* The serial follows from all that is behind it, so that no two contents share one. */
static enum rk_rc put_serial(struct rk_wr *wr, const struct rk_wr *rest, struct rk_err *err)
{
    uint8_t digest[32];

    if (rest->failed != RK_OK)
        return rk_fail_nomem(err);
    if (rk_sha256(rest->buf, rest->len, digest, err))
        return err->rc;
    digest[0] = (uint8_t)((digest[0] & 0x7f) | 0x40);
    put(wr, INTEGER, digest, 8);
    return RK_OK;
}

/* TBSCertificate: version 3, serial, and the rest. */
static enum rk_rc make_tbs(const struct making *making, const struct rk_tbbr_cert *cert,
                           enum rk_scheme *ret_scheme, struct rk_bytes *ret, struct rk_err *err)
{
    static const uint8_t version[] = { 0xa0, 0x03, 0x02, 0x01, 0x02 };
    RK_AUTO(rk_wr_done) struct rk_wr rest = RK_WR_MAX(CERT_MAX);
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(CERT_MAX);
    EVP_PKEY *key = rk_request_key(making->request, cert->signer)->pub;

    if (put_algorithm(&rest, key, making->digest, ret_scheme, err))
        return err->rc;
    put_name(&rest, cert->cn);
    put_validity(&rest);
    put_name(&rest, cert->cn);
    if (put_spki(&rest, key, err) || put_extensions(making, cert, &rest, err))
        return err->rc;
    rk_wr_bytes(&wr, version, sizeof version);
    if (put_serial(&wr, &rest, err))
        return err->rc;
    rk_wr_bytes(&wr, rest.buf, rest.len);
    rk_wr_der(&wr, 0, SEQUENCE);
    return rk_wr_end(&wr, ret, err);
}

static bool is_ours(const char *cert)
{
    for (size_t i = 0; i < RK_TBBR_CERTS; i++) {
        if (strcmp(rk_tbbr_certs[i].name, cert) == 0)
            return true;
    }
    return false;
}

/* What no certificate of the chain covers, no board would take. */
static enum rk_rc check_inputs(const struct rk_request *request, const struct rk_fip *fip,
                               struct rk_err *err)
{
    bool sealed = false;
    size_t images = request->part_count;

    for (size_t i = 0; i < fip->count; i++) {
        const struct rk_fip_row *row = rk_fip_row(fip->entry[i].uuid);

        if (row == NULL || (!rk_tbbr_covers(row->name) && !is_ours(row->name)))
            return rk_fail(err, RK_E_USAGE,
                           "image %s: no certificate of TBBR's chain of trust covers it",
                           row == NULL ? "without a name" : row->name);
        images += rk_tbbr_covers(row->name);
        sealed = sealed || rk_encfw_is(fip->entry[i].p, fip->entry[i].len);
    }
    if (images == 0)
        return rk_fail(err, RK_E_USAGE, "there is no image to sign");
    if (request->secret != NULL && !sealed)
        return rk_fail(err, RK_E_USAGE, "no image is encrypted: --content-key opens nothing");
    return rk_tbbr_check_parts(request, fip, err);
}

enum rk_rc rk_tbbr_to_sign(const struct rk_request *request, const struct rk_format *format,
                           const struct rk_fip *fip, struct rk_sign_requests *ret,
                           struct rk_err *err)
{
    struct making making = { .request = request, .format = format, .fip = fip };

    if (check_inputs(request, fip, err) || rk_tbbr_digest(request, format, &making.digest, err))
        return err->rc;
    for (size_t i = 0; i < RK_TBBR_CERTS; i++) {
        const struct rk_tbbr_cert *cert = &rk_tbbr_certs[i];
        RK_AUTO(rk_bytes_done) struct rk_bytes tbs = RK_BYTES_NONE;
        enum rk_scheme scheme;

        if (rk_tbbr_wanted_by(request, fip, cert) == NULL)
            continue;
        if (make_tbs(&making, cert, &scheme, &tbs, err) ||
            rk_sign_requests_add(ret, cert->signer, cert->cn, scheme, &tbs, err))
            return rk_wrap(err, "%s", cert->name);
    }
    return RK_OK;
}

void rk_tbbr_certs_done(struct rk_tbbr_certs *c)
{
    for (size_t i = 0; i < RK_SIGN_REQUESTS_MAX; i++)
        rk_bytes_done(&c->der[i]);
}

static enum rk_rc finish_cert(const struct making *making, const struct rk_tbbr_cert *cert,
                              const struct rk_bytes *tbs, const struct rk_bytes *signature,
                              struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(CERT_MAX);
    enum rk_scheme scheme;
    size_t from;

    rk_wr_bytes(&wr, tbs->p, tbs->len);
    if (put_algorithm(&wr, rk_request_key(making->request, cert->signer)->pub, making->digest,
                      &scheme, err))
        return err->rc;
    from = wr.len;
    rk_wr_zero(&wr, 1); /* no unused bits */
    rk_wr_bytes(&wr, signature->p, signature->len);
    rk_wr_der(&wr, from, BIT_STRING);
    rk_wr_der(&wr, 0, SEQUENCE);
    return rk_wr_end(&wr, ret, err);
}

/* Not refused: a certificate of BL2 may stand outside of the package, or a ROM may know none. */
static void warn_of_bl2(const struct rk_request *request, const struct rk_fip *fip)
{
    bool chain = false, bl2 = false;

    for (size_t i = 0; i < RK_TBBR_CERTS; i++) {
        bool wanted = rk_tbbr_wanted_by(request, fip, &rk_tbbr_certs[i]) != NULL;

        chain = chain || (wanted && strcmp(rk_tbbr_certs[i].name, "trusted-key-cert") == 0);
        bl2 = bl2 || (wanted && strcmp(rk_tbbr_certs[i].name, "tb-fw-cert") == 0);
    }
    if (chain && !bl2)
        rk_warn(request->ctx, "fip: tb-fw is neither inside nor given (--with tb-fw=FILE): no "
                              "certificate of BL2 (tb-fw-cert) is made, and BL1 asks for one");
}

enum rk_rc rk_tbbr_attach(const struct rk_request *request, const struct rk_format *format,
                          const struct rk_bytes *signatures, struct rk_fip *fip,
                          struct rk_tbbr_certs *ret, struct rk_err *err)
{
    const struct rk_fip unsigned_fip = *fip;
    struct making making = { .request = request, .format = format, .fip = &unsigned_fip };
    size_t n = 0;

    if (rk_tbbr_digest(request, format, &making.digest, err))
        return err->rc;
    for (size_t i = 0; i < RK_TBBR_CERTS; i++) {
        const struct rk_tbbr_cert *cert = &rk_tbbr_certs[i];
        RK_AUTO(rk_bytes_done) struct rk_bytes tbs = RK_BYTES_NONE;
        enum rk_scheme scheme;

        rk_fip_drop(fip, cert->name);
        if (rk_tbbr_wanted_by(request, &unsigned_fip, cert) == NULL)
            continue;
        if (make_tbs(&making, cert, &scheme, &tbs, err) ||
            finish_cert(&making, cert, &tbs, &signatures[n], &ret->der[n], err) ||
            rk_fip_put(fip, cert->name, ret->der[n].p, ret->der[n].len, err))
            return rk_wrap(err, "%s", cert->name);
        n++;
    }
    warn_of_bl2(request, &unsigned_fip);
    return RK_OK;
}
