/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates and requests signed: to-sign, key, attach. RFC 5280 4.1, RFC 2986 4.2. */
#include "base/wr.h"
#include "rotkit/x509.h"
#include "rotkit/der.h"

#include <openssl/objects.h>

enum { TBS_MAX = 65536, TBS_LARGEST = 64 << 20, VERSION_3 = 2 };

/* AlgorithmIdentifiers. RFC 4055 5 (parameters NULL), RFC 5758 3.2 and RFC 8410 3 (absent). */
static const struct algorithm {
    enum rk_scheme scheme;
    int nid;
    bool null_parameters;
} algorithms[] = {
    { RK_SCHEME_RSA_PKCS1_SHA256, NID_sha256WithRSAEncryption, true },
    { RK_SCHEME_RSA_PKCS1_SHA384, NID_sha384WithRSAEncryption, true },
    { RK_SCHEME_RSA_PKCS1_SHA512, NID_sha512WithRSAEncryption, true },
    { RK_SCHEME_ECDSA_SHA256, NID_ecdsa_with_SHA256, false },
    { RK_SCHEME_ECDSA_SHA384, NID_ecdsa_with_SHA384, false },
    { RK_SCHEME_ECDSA_SHA512, NID_ecdsa_with_SHA512, false },
    { RK_SCHEME_ED25519, NID_ED25519, false },
};
enum { ALGORITHMS = sizeof algorithms / sizeof algorithms[0] };

enum rk_rc rk_x509_put_algorithm(struct rk_wr *wr, enum rk_scheme scheme, struct rk_err *err)
{
    const struct algorithm *row = algorithms;
    size_t from = wr->len;
    unsigned char *der = NULL;
    bool good = true;

    while (row < algorithms + ALGORITHMS && row->scheme != scheme)
        row++;
    if (row == algorithms + ALGORITHMS)
        return rk_fail(err, RK_E_USAGE, "certificates are not signed by %s here",
                       rk_scheme_name(scheme));
    rk_der_put(wr, i2d_ASN1_OBJECT(OBJ_nid2obj(row->nid), &der), &der, &good);
    if (!good)
        return rk_fail_ossl(err, RK_E_INTERNAL, "signature algorithm");
    if (row->null_parameters)
        rk_wr_be(wr, RK_DER_NULL << 8, 2);
    rk_wr_der(wr, from, RK_DER_SEQUENCE);
    return RK_OK;
}

static void put_validity(struct rk_wr *wr, const X509 *cert, bool *good)
{
    size_t from = wr->len;
    unsigned char *der = NULL;

    rk_der_put(wr, i2d_ASN1_TIME(X509_get0_notBefore(cert), &der), &der, good);
    rk_der_put(wr, i2d_ASN1_TIME(X509_get0_notAfter(cert), &der), &der, good);
    rk_wr_der(wr, from, RK_DER_SEQUENCE);
}

/* Not i2d_re_X509_tbs: OpenSSL encodes no certificate whose algorithm it has not set itself. */
enum rk_rc rk_x509_to_sign(X509 *cert, const struct rk_bytes *spki, enum rk_scheme scheme,
                           struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(TBS_MAX);
    unsigned char *der = NULL;
    bool good = true;
    size_t from;

    rk_wr_be(&wr, RK_DER_INTEGER << 16 | 1 << 8 | VERSION_3, 3);
    rk_wr_der(&wr, 0, RK_DER_CONTEXT_CONSTRUCTED);
    rk_der_put(&wr, i2d_ASN1_INTEGER(X509_get0_serialNumber(cert), &der), &der, &good);
    if (rk_x509_put_algorithm(&wr, scheme, err))
        return err->rc;
    rk_der_put(&wr, i2d_X509_NAME(X509_get_issuer_name(cert), &der), &der, &good);
    put_validity(&wr, cert, &good);
    rk_der_put(&wr, i2d_X509_NAME(X509_get_subject_name(cert), &der), &der, &good);
    if (spki != NULL)
        rk_wr_bytes(&wr, spki->p, spki->len);
    else
        rk_der_put(&wr, i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der), &der, &good);
    from = wr.len;
    rk_der_put(&wr, i2d_X509_EXTENSIONS(X509_get0_extensions(cert), &der), &der, &good);
    rk_wr_der(&wr, from, RK_DER_CONTEXT_CONSTRUCTED + 3);
    rk_wr_der(&wr, 0, RK_DER_SEQUENCE);
    if (!good)
        return rk_fail_ossl(err, RK_E_INTERNAL, "cannot encode a certificate");
    return rk_wr_end(&wr, ret, err);
}

enum rk_rc rk_x509_attach(const struct rk_bytes *body, enum rk_scheme scheme,
                          const struct rk_bytes *signature, struct rk_bytes *ret,
                          struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(TBS_LARGEST);
    size_t from;

    rk_wr_bytes(&wr, body->p, body->len);
    if (rk_x509_put_algorithm(&wr, scheme, err))
        return err->rc;
    from = wr.len;
    rk_wr_be(&wr, 0, 1); /* no unused bits */
    rk_wr_bytes(&wr, signature->p, signature->len);
    rk_wr_der(&wr, from, RK_DER_BIT_STRING);
    rk_wr_der(&wr, 0, RK_DER_SEQUENCE);
    return rk_wr_end(&wr, ret, err);
}

enum rk_rc rk_x509_attach_certificate(const struct rk_bytes *tbs, const rk_signer *issuer,
                                      const struct rk_bytes *signature, struct rk_bytes *ret,
                                      struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes der = RK_BYTES_NONE;
    RK_AUTO(rk_x509_done) X509 *cert = NULL;

    if (rk_x509_attach(tbs, rk_signer_default_scheme(issuer), signature, &der, err) ||
        rk_x509_parse(der.p, der.len, &cert, err))
        return err->rc;
    if (X509_verify(cert, rk_signer_pkey(issuer)) != 1) {
        ERR_clear_error();
        return rk_fail(err, RK_E_VERIFY, "the signature of the certificate does not hold");
    }
    *ret = rk_bytes_take(&der);
    return RK_OK;
}

enum rk_rc rk_x509_sign(X509 *cert, rk_signer *issuer, struct rk_bytes *ret, struct rk_err *err)
{
    enum rk_scheme scheme = rk_signer_default_scheme(issuer);
    RK_AUTO(rk_bytes_done) struct rk_bytes tbs = RK_BYTES_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes signature = RK_BYTES_NONE;

    if (rk_x509_to_sign(cert, NULL, scheme, &tbs, err))
        return err->rc;
    if (rk_signer_sign(issuer, scheme, tbs.p, tbs.len, &signature, err))
        return rk_wrap(err, "cannot sign a certificate");
    return rk_x509_attach_certificate(&tbs, issuer, &signature, ret, err);
}
