/* SPDX-License-Identifier: Apache-2.0 */
#include "base/ossl.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

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

void rk_pkey_word(const EVP_PKEY *key, char ret[RK_PKEY_WORD])
{
    static const struct {
        const char *group, *word;
    } curves[] = { { "prime256v1", "p256" }, { "secp384r1", "p384" }, { "secp521r1", "p521" } };
    char group[RK_PKEY_WORD] = "";
    size_t len;

    (void)snprintf(ret, RK_PKEY_WORD, "%s%d", EVP_PKEY_get0_type_name(key), EVP_PKEY_get_bits(key));
    if (EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_group_name(key, group, sizeof group, &len) == 1)
        (void)snprintf(ret, RK_PKEY_WORD, "%s", group);
    if (EVP_PKEY_is_a(key, "ED25519"))
        (void)snprintf(ret, RK_PKEY_WORD, "ed25519");
    for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++) {
        if (strcmp(group, curves[i].group) == 0)
            (void)snprintf(ret, RK_PKEY_WORD, "%s", curves[i].word);
    }
    for (char *at = ret; *at != '\0'; at++)
        *at = (char)tolower((unsigned char)*at);
}

enum rk_rc rk_pkey_spki(const EVP_PKEY *key, struct rk_bytes *ret, struct rk_err *err)
{
    unsigned char *der = NULL;
    int len = i2d_PUBKEY(key, &der);

    return len <= 0 ? rk_fail_ossl(err, RK_E_KEY, "the key has no public half")
                    : rk_der_keep(len, &der, "a public key", ret, err);
}
