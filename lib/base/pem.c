/* SPDX-License-Identifier: Apache-2.0 */
#include "base/pem.h"

#include "base/ossl.h"

#include <limits.h>

#include <openssl/pem.h>

static enum rk_rc cannot_write(struct rk_err *err)
{
    return rk_fail_ossl(err, RK_E_NOMEM, "cannot write PEM");
}

static enum rk_rc copy_text(BIO *out, struct rk_bytes *ret, struct rk_err *err)
{
    char *text = NULL;
    long len = BIO_get_mem_data(out, &text);

    return rk_bytes_copy(text, len < 0 ? 0 : (size_t)len, ret, err);
}

enum rk_rc rk_pem_encode(const char *label, const struct rk_bytes *der, struct rk_bytes *ret,
                         struct rk_err *err)
{
    RK_AUTO(rk_bio_done) BIO *out = BIO_new(BIO_s_mem());

    if (out == NULL || der->len > INT_MAX ||
        PEM_write_bio(out, label, "", der->p, (long)der->len) <= 0)
        return cannot_write(err);
    return copy_text(out, ret, err);
}

enum rk_rc rk_pem_certificate(const X509 *cert, struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_bio_done) BIO *out = BIO_new(BIO_s_mem());

    if (out == NULL || PEM_write_bio_X509(out, cert) != 1)
        return cannot_write(err);
    return copy_text(out, ret, err);
}

enum rk_rc rk_pem_private_key(const EVP_PKEY *key, struct rk_secret *ret, struct rk_err *err)
{
    RK_AUTO(rk_bio_done) BIO *out = BIO_new(BIO_s_secmem());
    char *text = NULL;
    long len;

    if (out == NULL || PEM_write_bio_PKCS8PrivateKey(out, key, NULL, NULL, 0, NULL, NULL) != 1)
        return cannot_write(err);
    len = BIO_get_mem_data(out, &text);
    return rk_secret_copy(text, len < 0 ? 0 : (size_t)len, ret, err);
}
