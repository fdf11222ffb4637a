/* SPDX-License-Identifier: Apache-2.0 */
#include "rotkit/chain.h"

#include "base/digest.h"
#include "base/ossl.h"
#include "rotkit/certs.h"
#include "rotkit/hex.h"
#include "rotkit/trust.h"

#include <stdio.h>

enum { DIGEST = 32, NAME_BYTES = 8 };

void rk_enroll_chain_done(struct rk_enroll_chain *chain)
{
    for (size_t i = 0; i < chain->count; i++)
        rk_bytes_done(&chain->ca[i].der);
    chain->count = 0;
}

static enum rk_rc name_ca(const char *role, struct rk_enroll_ca *ca, struct rk_err *err)
{
    uint8_t digest[DIGEST];
    char text[2 * NAME_BYTES + 1];

    if (rk_sha256(ca->der.p, ca->der.len, digest, err))
        return err->rc;
    rk_hex_write(digest, NAME_BYTES, text);
    (void)snprintf(ca->name, sizeof ca->name, "%s-%s", role, text);
    return RK_OK;
}

static enum rk_rc add(struct rk_enroll_chain *chain, X509 *cert, struct rk_err *err)
{
    struct rk_enroll_ca *ca = &chain->ca[chain->count];

    if (rk_cert_der(cert, &ca->der, err))
        return err->rc;
    chain->count++;
    ca->root = X509_NAME_cmp(X509_get_subject_name(cert), X509_get_issuer_name(cert)) == 0;
    return name_ca(ca->root ? "root" : chain->count == 1 ? "issuing" : "intermediate", ca, err);
}

/* What stands there and is on no way to the root would be trusted beside it. */
static enum rk_rc check_link(const struct rk_enroll_chain *chain, X509 *before, X509 *cert,
                             struct rk_err *err)
{
    bool issued =
        before == NULL || (!chain->ca[chain->count - 1].root && rk_trust_issued(before, cert));

    return issued ? RK_OK
                  : rk_fail(err, RK_E_VERIFY, "certificate %zu is not issued by the one behind it",
                            chain->count);
}

static enum rk_rc split(const struct rk_bytes *pem, struct rk_enroll_chain *chain,
                        struct rk_err *err)
{
    RK_AUTO(rk_x509s_done) STACK_OF(X509) *certs = NULL;

    if (rk_certs_read(pem->p, pem->len, RK_CHAIN_MAX, &certs, err))
        return err->rc;
    for (int i = 0; i < sk_X509_num(certs); i++) {
        X509 *cert = sk_X509_value(certs, i);

        if (check_link(chain, i == 0 ? NULL : sk_X509_value(certs, i - 1), cert, err) ||
            add(chain, cert, err))
            return err->rc;
    }
    return RK_OK;
}

enum rk_rc rk_enroll_chain_read(const struct rk_bytes *pem, struct rk_enroll_chain *ret,
                                struct rk_err *err)
{
    RK_AUTO(rk_enroll_chain_done) struct rk_enroll_chain chain = { .count = 0 };

    if (split(pem, &chain, err))
        return err->rc;
    *ret = chain;
    chain.count = 0;
    return RK_OK;
}
