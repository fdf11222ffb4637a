/* SPDX-License-Identifier: Apache-2.0 */
#include "base/ossl.h"

enum rk_rc rk_der_keep(int len, unsigned char **der, const char *what, struct rk_bytes *ret,
                       struct rk_err *err)
{
    enum rk_rc rc = len <= 0 ? rk_fail_ossl(err, RK_E_INTERNAL, "cannot encode %s", what)
                             : rk_bytes_copy(*der, (size_t)len, ret, err);

    OPENSSL_free(*der);
    *der = NULL;
    return rc;
}

void rk_der_put(struct rk_wr *wr, int len, unsigned char **der, bool *good)
{
    if (len <= 0)
        *good = false;
    else
        rk_wr_bytes(wr, *der, (size_t)len);
    OPENSSL_free(*der);
    *der = NULL;
}

enum rk_rc rk_pkey_spki(const EVP_PKEY *key, struct rk_bytes *ret, struct rk_err *err)
{
    unsigned char *der = NULL;
    int len = i2d_PUBKEY(key, &der);

    return len <= 0 ? rk_fail_ossl(err, RK_E_KEY, "the key has no public half")
                    : rk_der_keep(len, &der, "a public key", ret, err);
}
