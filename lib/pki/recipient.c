/* SPDX-License-Identifier: Apache-2.0 */
/* A factory key and its certificate, for trying things out. RFC 5280. */
#include "rotkit/cms.h"

#include "base/err.h"
#include "base/ossl.h"
#include "base/pem.h"

#include <time.h>

void rk_cms_recipient_done(struct rk_cms_recipient *recipient)
{
    rk_bytes_done(&recipient->certificate);
    rk_secret_done(&recipient->key);
}

static enum rk_rc add_extension(X509 *cert, int nid, const char *value, struct rk_err *err)
{
    RK_AUTO(rk_x509_ext_done) X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

    if (ext == NULL || X509_add_ext(cert, ext, -1) != 1)
        return rk_fail_ossl(err, RK_E_INTERNAL, "factory certificate");
    return RK_OK;
}

static enum rk_rc set_serial(const rk_ctx *ctx, X509 *cert, struct rk_err *err)
{
    uint8_t bytes[16];
    RK_AUTO(rk_bn_done) BIGNUM *number = NULL;

    if (rk_random(ctx, bytes, sizeof bytes, err))
        return err->rc;
    bytes[0] = (uint8_t)((bytes[0] & 0x7f) | 0x40); /* positive, of a fixed length */
    number = BN_bin2bn(bytes, sizeof bytes, NULL);
    if (number == NULL || BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert)) == NULL)
        return rk_fail_ossl(err, RK_E_NOMEM, "factory certificate");
    return RK_OK;
}

static enum rk_rc make_certificate(const rk_ctx *ctx, const char *name, int64_t not_before,
                                   int64_t not_after, EVP_PKEY *key, X509 **ret, struct rk_err *err)
{
    RK_AUTO(rk_x509_done) X509 *cert = X509_new_ex(rk_ctx_libctx(ctx), rk_ctx_propq(ctx));
    X509_NAME *subject = cert == NULL ? NULL : X509_get_subject_name(cert);
    time_t from = (time_t)not_before, until = (time_t)not_after;

    if (cert == NULL || X509_set_version(cert, X509_VERSION_3) != 1 ||
        X509_set_pubkey(cert, key) != 1 ||
        X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1,
                                   -1, 0) != 1 ||
        X509_set_issuer_name(cert, subject) != 1 ||
        ASN1_TIME_set(X509_getm_notBefore(cert), from) == NULL ||
        ASN1_TIME_set(X509_getm_notAfter(cert), until) == NULL)
        return rk_fail_ossl(err, RK_E_USAGE, "factory certificate \"%s\"", name);
    if (set_serial(ctx, cert, err) ||
        add_extension(cert, NID_basic_constraints, "critical,CA:FALSE", err) ||
        add_extension(cert, NID_key_usage, "critical,keyAgreement", err))
        return err->rc;
    if (X509_sign(cert, key, EVP_sha256()) <= 0)
        return rk_fail_ossl(err, RK_E_INTERNAL, "factory certificate");
    *ret = cert;
    cert = NULL;
    return RK_OK;
}

enum rk_rc rk_cms_make_recipient(const rk_ctx *ctx, const char *name, int64_t not_before,
                                 int64_t not_after, struct rk_cms_recipient *ret,
                                 struct rk_err *err)
{
    RK_AUTO(rk_pkey_done)
    EVP_PKEY *key = EVP_PKEY_Q_keygen(rk_ctx_libctx(ctx), rk_ctx_propq(ctx), "EC", "P-256");
    RK_AUTO(rk_x509_done) X509 *cert = NULL;
    RK_AUTO(rk_cms_recipient_done) struct rk_cms_recipient made = RK_CMS_RECIPIENT_NONE;

    if (key == NULL)
        return rk_fail_ossl(err, RK_E_INTERNAL, "cannot make a factory key");
    if (make_certificate(ctx, name, not_before, not_after, key, &cert, err) ||
        rk_pem_certificate(cert, &made.certificate, err) || rk_pem_private_key(key, &made.key, err))
        return err->rc;
    *ret = made;
    made = (struct rk_cms_recipient)RK_CMS_RECIPIENT_NONE;
    return RK_OK;
}
