/* SPDX-License-Identifier: Apache-2.0 */
#include "rotkit/cert_read.h"
#include "rotkit/counted.h"

#include <string.h>

static enum rk_rc read_ext(struct rk_rd *rd, struct rk_cert_ext *ret, struct rk_err *err)
{
    struct rk_rd inside;

    if (rk_der_want(rd, RK_DER_SEQUENCE, "extension", &ret->whole, err))
        return err->rc;
    inside = rk_der_inside(&ret->whole);
    if (rk_der_want(&inside, RK_DER_OID, "extension id", &ret->oid, err))
        return err->rc;
    if (rk_der_peek(&inside) == RK_DER_BOOLEAN) {
        if (rk_der_want(&inside, RK_DER_BOOLEAN, "critical", &ret->critical, err))
            return err->rc;
        if (ret->critical.len != 1)
            return rk_fail(err, RK_E_FORMAT, "critical: %s at offset 0x%zx, expected 1",
                           RK_COUNTED(ret->critical.len, "byte"), ret->critical.at);
    }
    if (rk_der_want(&inside, RK_DER_OCTET_STRING, "extension value", &ret->value, err))
        return err->rc;
    return rk_rd_end(&inside, err);
}

static enum rk_rc read_exts(struct rk_rd *tbs, struct rk_cert *cert, struct rk_err *err)
{
    struct rk_tlv tagged;
    struct rk_rd inside, list;

    if (rk_der_want(tbs, RK_DER_CONTEXT_CONSTRUCTED + 3, "extensions", &tagged, err))
        return err->rc;
    inside = rk_der_inside(&tagged);
    if (rk_der_want(&inside, RK_DER_SEQUENCE, "extensions", &cert->exts, err) ||
        rk_rd_end(&inside, err))
        return err->rc;
    list = rk_der_inside(&cert->exts);
    while (rk_rd_left(&list) != 0) {
        if (cert->ext_count == RK_CERT_EXTS)
            return rk_fail(err, RK_E_FORMAT, "more than %d extensions", RK_CERT_EXTS);
        if (read_ext(&list, &cert->ext[cert->ext_count], err))
            return err->rc;
        cert->ext_count++;
    }
    return RK_OK;
}

static enum rk_rc read_time(struct rk_rd *rd, const char *what, struct rk_tlv *ret,
                            struct rk_err *err)
{
    uint8_t tag = rk_der_peek(rd);

    return rk_der_want(rd, tag == RK_DER_GENERAL_TIME ? RK_DER_GENERAL_TIME : RK_DER_UTC_TIME, what,
                       ret, err);
}

static enum rk_rc read_validity(struct rk_rd *tbs, struct rk_cert *cert, struct rk_err *err)
{
    struct rk_rd inside;

    if (rk_der_want(tbs, RK_DER_SEQUENCE, "validity", &cert->validity, err))
        return err->rc;
    inside = rk_der_inside(&cert->validity);
    if (read_time(&inside, "notBefore", &cert->not_before, err) ||
        read_time(&inside, "notAfter", &cert->not_after, err))
        return err->rc;
    return rk_rd_end(&inside, err);
}

static enum rk_rc read_version(struct rk_rd *tbs, struct rk_cert *cert, struct rk_err *err)
{
    struct rk_tlv tagged;
    struct rk_rd inside;

    if (rk_der_peek(tbs) != RK_DER_CONTEXT_CONSTRUCTED)
        return RK_OK;
    if (rk_der_want(tbs, RK_DER_CONTEXT_CONSTRUCTED, "version", &tagged, err))
        return err->rc;
    inside = rk_der_inside(&tagged);
    if (rk_der_want(&inside, RK_DER_INTEGER, "version", &cert->version, err))
        return err->rc;
    return rk_rd_end(&inside, err);
}

static enum rk_rc read_tbs(struct rk_cert *cert, struct rk_err *err)
{
    struct rk_rd tbs = rk_der_inside(&cert->tbs);
    struct rk_tlv unique_id;

    if (read_version(&tbs, cert, err) ||
        rk_der_want(&tbs, RK_DER_INTEGER, "serialNumber", &cert->serial, err) ||
        rk_der_want(&tbs, RK_DER_SEQUENCE, "signature algorithm", &cert->tbs_alg, err) ||
        rk_der_want(&tbs, RK_DER_SEQUENCE, "issuer", &cert->issuer, err) ||
        read_validity(&tbs, cert, err) ||
        rk_der_want(&tbs, RK_DER_SEQUENCE, "subject", &cert->subject, err) ||
        rk_der_want(&tbs, RK_DER_SEQUENCE, "subjectPublicKeyInfo", &cert->spki, err))
        return err->rc;
    for (uint8_t n = 1; n <= 2; n++) {
        if (rk_der_peek(&tbs) == RK_DER_CONTEXT + n &&
            rk_der_want(&tbs, (uint8_t)(RK_DER_CONTEXT + n), "unique identifier", &unique_id, err))
            return err->rc;
    }
    if (rk_rd_left(&tbs) != 0 && read_exts(&tbs, cert, err))
        return err->rc;
    return rk_rd_end(&tbs, err);
}

enum rk_rc rk_cert_read(const uint8_t *der, size_t len, struct rk_cert *ret, struct rk_err *err)
{
    struct rk_rd file = { .buf = der, .len = len }, inside;
    struct rk_cert cert = { .ext_count = 0 };

    if (len > RK_CERT_MAX)
        return rk_fail(err, RK_E_FORMAT, "certificate: %s, at most %d", RK_COUNTED(len, "byte"),
                       RK_CERT_MAX);
    if (rk_der_want(&file, RK_DER_SEQUENCE, "certificate", &cert.cert, err))
        return err->rc;
    inside = rk_der_inside(&cert.cert);
    if (rk_rd_end(&file, err) ||
        rk_der_want(&inside, RK_DER_SEQUENCE, "tbsCertificate", &cert.tbs, err) ||
        rk_der_want(&inside, RK_DER_SEQUENCE, "signatureAlgorithm", &cert.alg, err) ||
        rk_der_want(&inside, RK_DER_BIT_STRING, "signature", &cert.signature, err) ||
        rk_rd_end(&inside, err) || read_tbs(&cert, err))
        return rk_wrap(err, "certificate");
    *ret = cert;
    return RK_OK;
}

const struct rk_cert_ext *rk_cert_find(const struct rk_cert *cert, const struct rk_oid *oid)
{
    for (size_t i = 0; i < cert->ext_count; i++) {
        if (rk_der_is_oid(&cert->ext[i].oid, oid))
            return &cert->ext[i];
    }
    return NULL;
}

/* RFC 5480 2.1.1.1: the named curves, and the size of an uncompressed point with its 04. */
static const struct curve {
    struct rk_oid oid;
    size_t bits, point;
} curves[] = {
    { RK_OID("\x2a\x86\x48\xce\x3d\x03\x01\x07"), 256, 65 },
    { RK_OID("\x2b\x81\x04\x00\x22"), 384, 97 },
    { RK_OID("\x2b\x81\x04\x00\x23"), 521, 133 },
};

static enum rk_rc read_curve(struct rk_rd *alg, struct rk_spki_info *info, struct rk_err *err)
{
    struct rk_tlv name;

    if (rk_der_want(alg, RK_DER_OID, "curve", &name, err))
        return err->rc;
    for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++) {
        if (!rk_der_is_oid(&name, &curves[i].oid))
            continue;
        if (info->key.len != 1 + curves[i].point || info->key.p[0] != 0 || info->key.p[1] != 4)
            return rk_fail(err, RK_E_FORMAT, "the point is no uncompressed one of %s on P-%zu",
                           RK_COUNTED(curves[i].point, "byte"), curves[i].bits);
        info->kind = RK_KEY_EC;
        info->bits = curves[i].bits;
        return RK_OK;
    }
    return rk_fail(err, RK_E_USAGE, "the curve is none of P-256, P-384, P-521");
}

static size_t bits_of(const struct rk_tlv *integer)
{
    size_t i = 0, bits;

    while (i < integer->len && integer->p[i] == 0)
        i++;
    bits = 8 * (integer->len - i);
    for (uint8_t top = 0x80; bits != 0 && (integer->p[i] & top) == 0; top >>= 1)
        bits--;
    return bits;
}

static enum rk_rc read_rsa(struct rk_spki_info *info, struct rk_err *err)
{
    struct rk_rd bits = rk_der_inside(&info->key), inside;
    struct rk_tlv sequence, modulus, exponent;

    if (rk_rd_be(&bits, 1) != 0)
        return rk_fail(err, RK_E_FORMAT, "unused bits in the public key");
    if (rk_der_want(&bits, RK_DER_SEQUENCE, "RSA public key", &sequence, err) ||
        rk_rd_end(&bits, err))
        return err->rc;
    inside = rk_der_inside(&sequence);
    if (rk_der_want(&inside, RK_DER_INTEGER, "modulus", &modulus, err) ||
        rk_der_want(&inside, RK_DER_INTEGER, "public exponent", &exponent, err) ||
        rk_rd_end(&inside, err))
        return err->rc;
    info->kind = RK_KEY_RSA;
    info->bits = bits_of(&modulus);
    return RK_OK;
}

static enum rk_rc read_parts(const uint8_t *der, size_t len, struct rk_tlv *algorithm,
                             struct rk_tlv *key, struct rk_err *err)
{
    struct rk_rd rd = { .buf = der, .len = len }, inside;
    struct rk_tlv whole;

    if (rk_der_want(&rd, RK_DER_SEQUENCE, "subjectPublicKeyInfo", &whole, err) ||
        rk_rd_end(&rd, err))
        return err->rc;
    inside = rk_der_inside(&whole);
    if (rk_der_want(&inside, RK_DER_SEQUENCE, "algorithm", algorithm, err) ||
        rk_der_want(&inside, RK_DER_BIT_STRING, "subjectPublicKey", key, err))
        return err->rc;
    return rk_rd_end(&inside, err);
}

static enum rk_rc read_key(const uint8_t *der, size_t len, struct rk_spki_info *info,
                           struct rk_err *err)
{
    struct rk_tlv algorithm, oid;
    struct rk_rd alg;

    if (read_parts(der, len, &algorithm, &info->key, err))
        return err->rc;
    alg = rk_der_inside(&algorithm);
    if (rk_der_want(&alg, RK_DER_OID, "algorithm", &oid, err))
        return err->rc;
    if (rk_der_is_oid(&oid, &rk_oid_rsa))
        return read_rsa(info, err);
    if (rk_der_is_oid(&oid, &rk_oid_ec))
        return read_curve(&alg, info, err);
    return rk_fail(err, RK_E_USAGE, "the key is neither RSA nor EC");
}

enum rk_rc rk_spki_read(const uint8_t *der, size_t len, struct rk_spki_info *ret,
                        struct rk_err *err)
{
    struct rk_spki_info info = { .bits = 0 };

    if (read_key(der, len, &info, err))
        return rk_wrap(err, "public key");
    *ret = info;
    return RK_OK;
}
