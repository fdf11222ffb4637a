/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm/chain.h"

#include "base/folder.h"
#include "base/ossl.h"
#include "rotkit/certs.h"
#include "rotkit/counted.h"
#include "rotkit/release.h"

#include <string.h>

void rk_tpm_chain_done(struct rk_tpm_chain *chain)
{
    for (size_t i = 0; i < chain->count; i++)
        rk_bytes_done(&chain->part[i]);
    chain->count = 0;
}

static enum rk_rc append(struct rk_bytes *part, const uint8_t *der, size_t len, struct rk_err *err)
{
    struct rk_bytes longer = RK_BYTES_NONE;

    if (rk_bytes_new(part->len + len, &longer, err))
        return err->rc;
    if (part->len != 0)
        memcpy(longer.p, part->p, part->len);
    memcpy(longer.p + part->len, der, len);
    rk_bytes_done(part);
    *part = longer;
    return RK_OK;
}

static enum rk_rc add(struct rk_tpm_chain *chain, const uint8_t *der, size_t len, uint32_t limit,
                      struct rk_err *err)
{
    struct rk_bytes *last = chain->count == 0 ? NULL : &chain->part[chain->count - 1];

    if (limit != 0 && len > limit)
        return rk_fail(err, RK_E_USAGE, "CA certificate of %s, this TPM's NV indices hold %u",
                       RK_COUNTED(len, "byte"), limit);
    if (last != NULL && limit != 0 && last->len + len <= limit)
        return append(last, der, len, err);
    if (chain->count == RK_CHAIN_PARTS_MAX)
        return rk_fail(err, RK_E_USAGE, "a CA chain for more than %d NV indices",
                       RK_CHAIN_PARTS_MAX);
    return append(&chain->part[chain->count++], der, len, err);
}

static enum rk_rc add_cert(struct rk_tpm_chain *chain, X509 *cert, uint32_t limit,
                           struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes der = RK_BYTES_NONE;

    /* The root proves nothing when the TPM brings it along. */
    if (X509_NAME_cmp(X509_get_subject_name(cert), X509_get_issuer_name(cert)) == 0)
        return RK_OK;
    return rk_cert_der(cert, &der, err) || add(chain, der.p, der.len, limit, err) ? err->rc : RK_OK;
}

static enum rk_rc split(const struct rk_bytes *pem, uint32_t limit, struct rk_tpm_chain *chain,
                        struct rk_err *err)
{
    RK_AUTO(rk_x509s_done) STACK_OF(X509) *certs = NULL;

    if (rk_certs_read(pem->p, pem->len, RK_CHAIN_MAX, &certs, err))
        return err->rc;
    for (int i = 0; i < sk_X509_num(certs); i++) {
        if (add_cert(chain, sk_X509_value(certs, i), limit, err))
            return err->rc;
    }
    return RK_OK;
}

enum rk_rc rk_tpm_chain_read(rk_release_view *release, uint32_t limit, struct rk_tpm_chain *ret,
                             struct rk_err *err)
{
    RK_AUTO(rk_tpm_chain_done) struct rk_tpm_chain chain = { .count = 0 };
    RK_AUTO(rk_bytes_done) struct rk_bytes pem = RK_BYTES_NONE;

    if (rk_release_view_find(release, "ca/chain.pem", &pem, err))
        return err->rc;
    if (pem.p != NULL && split(&pem, limit, &chain, err))
        return rk_wrap(err, "\"%s/ca/chain.pem\"", rk_release_view_path(release));
    *ret = chain;
    chain.count = 0;
    return RK_OK;
}
