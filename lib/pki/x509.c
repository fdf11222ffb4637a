/* SPDX-License-Identifier: Apache-2.0 */
/* Pieces of certificates. RFC 5280. */
#include "rotkit/x509.h"

#include "rotkit/words.h"

#include <string.h>
#include <time.h>

RK_CLEANUP(bit_string_done, ASN1_BIT_STRING, ASN1_BIT_STRING_free)
RK_CLEANUP(basic_done, BASIC_CONSTRAINTS, BASIC_CONSTRAINTS_free)
RK_CLEANUP(authority_done, AUTHORITY_KEYID, AUTHORITY_KEYID_free)
RK_CLEANUP(crl_done, CRL_DIST_POINTS, CRL_DIST_POINTS_free)

enum { CERT_MAX = 65536 };

enum rk_rc rk_x509_parse(const uint8_t *der, size_t len, X509 **ret, struct rk_err *err)
{
    const unsigned char *at = der;
    RK_AUTO(rk_x509_done) X509 *cert = len > CERT_MAX ? NULL : d2i_X509(NULL, &at, (long)len);

    if (cert == NULL)
        return rk_fail_ossl(err, RK_E_FORMAT, "no X.509 certificate");
    if (at != der + len)
        return rk_fail(err, RK_E_FORMAT, "trailing data at offset 0x%zx: %zu left",
                       (size_t)(at - der), (size_t)(der + len - at));
    *ret = cert;
    cert = NULL;
    return RK_OK;
}

/* Strings of every type are converted to UTF-8; OpenSSL reads no certificate with a malformed one.
 */
void rk_x509_name(const X509_NAME *name, char *ret, size_t size)
{
    RK_AUTO(rk_bio_done) BIO *out = BIO_new(BIO_s_mem());
    unsigned long flags = XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB;
    char *text = NULL;
    long len = 0;

    if (out != NULL && X509_NAME_print_ex(out, name, 0, flags) >= 0)
        len = BIO_get_mem_data(out, &text);
    ERR_clear_error(); /* a name is shown, nothing hangs on it */
    rk_words_show((const uint8_t *)text, len < 0 ? 0 : (size_t)len, ret, size);
}

enum rk_rc rk_x509_set_validity(X509 *cert, int64_t not_before, int64_t not_after,
                                struct rk_err *err)
{
    bool good = ASN1_TIME_set(X509_getm_notBefore(cert), (time_t)not_before) != NULL;

    if (not_after == RK_EKCERT_NO_EXPIRY)
        good = good && ASN1_TIME_set_string(X509_getm_notAfter(cert), "99991231235959Z") == 1;
    else
        good = good && ASN1_TIME_set(X509_getm_notAfter(cert), (time_t)not_after) != NULL;
    return good ? RK_OK : rk_fail_ossl(err, RK_E_USAGE, "validity cannot be written");
}

enum rk_rc rk_x509_add(X509 *cert, int nid, bool critical, void *value, struct rk_err *err)
{
    RK_AUTO(rk_x509_ext_done)
    X509_EXTENSION *ext = value == NULL ? NULL : X509V3_EXT_i2d(nid, critical, value);

    if (ext == NULL || X509_add_ext(cert, ext, -1) != 1)
        return rk_fail_ossl(err, RK_E_NOMEM, "extension %s", OBJ_nid2sn(nid));
    return RK_OK;
}

enum rk_rc rk_x509_add_key_usage(X509 *cert, int usage_bits, struct rk_err *err)
{
    RK_AUTO(bit_string_done) ASN1_BIT_STRING *bits = ASN1_BIT_STRING_new();

    /* keyUsage numbers its bits from the top of the first octet: KU_DIGITAL_SIGNATURE is bit 0. */
    for (int i = 0; bits != NULL && i < 8; i++) {
        if ((usage_bits & (0x80 >> i)) != 0 && ASN1_BIT_STRING_set_bit(bits, i, 1) != 1)
            return rk_fail_ossl(err, RK_E_NOMEM, "keyUsage");
    }
    return rk_x509_add(cert, NID_key_usage, true, bits, err);
}

enum rk_rc rk_x509_add_basic_constraints(X509 *cert, bool ca, int path_len, struct rk_err *err)
{
    RK_AUTO(basic_done) BASIC_CONSTRAINTS *basic = BASIC_CONSTRAINTS_new();

    if (basic == NULL)
        return rk_fail_nomem(err);
    basic->ca = ca ? 0xff : 0;
    if (ca) {
        basic->pathlen = ASN1_INTEGER_new();
        if (basic->pathlen == NULL || ASN1_INTEGER_set(basic->pathlen, path_len) != 1)
            return rk_fail_nomem(err);
    }
    return rk_x509_add(cert, NID_basic_constraints, true, basic, err);
}

enum rk_rc rk_x509_add_authority(X509 *cert, X509 *issuer, struct rk_err *err)
{
    RK_AUTO(authority_done) AUTHORITY_KEYID *authority = AUTHORITY_KEYID_new();
    /* Not X509_get0_subject_key_id: it refuses a certificate that is not signed yet (a root). */
    RK_AUTO(rk_asn1_octets_done)
    ASN1_OCTET_STRING *id = X509_get_ext_d2i(issuer, NID_subject_key_identifier, NULL, NULL);

    if (id == NULL)
        return rk_fail(err, RK_E_USAGE, "the CA certificate has no subjectKeyIdentifier");
    if (authority == NULL)
        return rk_fail_nomem(err);
    authority->keyid = id;
    id = NULL;
    return rk_x509_add(cert, NID_authority_key_identifier, false, authority, err);
}

static DIST_POINT *point_at(const char *url)
{
    DIST_POINT *point = DIST_POINT_new();
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_IA5STRING *uri = ASN1_IA5STRING_new();
    bool good = point != NULL && name != NULL && uri != NULL &&
                (point->distpoint = DIST_POINT_NAME_new()) != NULL &&
                (point->distpoint->name.fullname = sk_GENERAL_NAME_new_null()) != NULL &&
                ASN1_STRING_set(uri, url, -1) == 1;

    if (good) {
        point->distpoint->type = 0; /* fullName; a new one has no choice made yet */
        GENERAL_NAME_set0_value(name, GEN_URI, uri);
        uri = NULL;
        good = sk_GENERAL_NAME_push(point->distpoint->name.fullname, name) > 0;
        if (good)
            name = NULL;
    }
    ASN1_IA5STRING_free(uri);
    GENERAL_NAME_free(name);
    if (!good) {
        DIST_POINT_free(point);
        return NULL;
    }
    return point;
}

enum rk_rc rk_x509_add_crl(X509 *cert, const char *const *urls, size_t count, struct rk_err *err)
{
    RK_AUTO(crl_done) CRL_DIST_POINTS *points = sk_DIST_POINT_new_null();

    if (count == 0)
        return RK_OK;
    for (size_t i = 0; i < count; i++) {
        DIST_POINT *point = point_at(urls[i]);

        if (points == NULL || point == NULL || sk_DIST_POINT_push(points, point) <= 0) {
            DIST_POINT_free(point);
            return rk_fail_nomem(err);
        }
    }
    return rk_x509_add(cert, NID_crl_distribution_points, false, points, err);
}

enum rk_rc rk_x509_random_serial(const rk_ctx *ctx, X509 *cert, struct rk_err *err)
{
    uint8_t bytes[20];
    RK_AUTO(rk_bn_done) BIGNUM *bn = NULL;

    if (rk_random(ctx, bytes, sizeof bytes, err))
        return err->rc;
    bytes[0] = (uint8_t)((bytes[0] & 0x3f) | 0x40);
    bn = BN_bin2bn(bytes, sizeof bytes, NULL);
    if (bn == NULL || BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(cert)) == NULL)
        return rk_fail_nomem(err);
    return RK_OK;
}

enum rk_rc rk_x509_add_key_id(X509 *cert, struct rk_err *err)
{
    uint8_t digest[20];
    unsigned len = 0;
    ASN1_OCTET_STRING *id = ASN1_OCTET_STRING_new();
    enum rk_rc rc;

    /* RFC 5280 4.2.1.2, method 1 */
    if (id == NULL || X509_pubkey_digest(cert, EVP_sha1(), digest, &len) != 1 ||
        ASN1_OCTET_STRING_set(id, digest, (int)len) != 1)
        rc = rk_fail_ossl(err, RK_E_NOMEM, "subjectKeyIdentifier");
    else
        rc = rk_x509_add(cert, NID_subject_key_identifier, false, id, err);
    ASN1_OCTET_STRING_free(id);
    return rc;
}
