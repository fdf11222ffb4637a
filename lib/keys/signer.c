/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/signer.h"

#include "rotkit/counted.h"
#include "rotkit/key.h"
#include "rotkit/policy.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/ossl.h"

struct rk_signer {
    const rk_ctx *ctx;
    EVP_PKEY *pkey; /* what callers see; a file's key pair, else the public half */
    struct rk_bytes spki;
    const struct rk_signer_ops *ops; /* NULL: public only */
    void *self;
};

void rk_signer_free(rk_signer *signer)
{
    if (signer == NULL)
        return;
    if (signer->ops != NULL)
        signer->ops->free(signer->self);
    EVP_PKEY_free(signer->pkey);
    rk_bytes_done(&signer->spki);
    rk_free(signer);
}

enum rk_rc rk_signer_new(const rk_ctx *ctx, EVP_PKEY *pub, const struct rk_signer_ops *ops,
                         void *self, rk_signer **ret, struct rk_err *err)
{
    RK_AUTO(rk_signer_done) rk_signer *signer = rk_alloc(1, sizeof *signer);

    if (signer == NULL)
        return rk_fail_nomem(err);
    signer->ctx = ctx;
    if (EVP_PKEY_up_ref(pub) != 1)
        return rk_fail_ossl(err, RK_E_INTERNAL, "key");
    signer->pkey = pub;
    if (rk_pkey_spki(pub, &signer->spki, err))
        return err->rc;
    signer->ops = ops;
    signer->self = self;
    *ret = signer;
    signer = NULL;
    return RK_OK;
}

EVP_PKEY *rk_signer_pkey(const rk_signer *signer)
{
    return signer->pkey;
}

const struct rk_bytes *rk_signer_spki(const rk_signer *signer)
{
    return &signer->spki;
}

enum rk_scheme rk_signer_default_scheme(const rk_signer *signer)
{
    int bits = EVP_PKEY_get_bits(signer->pkey);

    if (EVP_PKEY_is_a(signer->pkey, "RSA"))
        return RK_SCHEME_RSA_PKCS1_SHA256;
    if (EVP_PKEY_is_a(signer->pkey, "ED25519"))
        return RK_SCHEME_ED25519;
    if (!EVP_PKEY_is_a(signer->pkey, "EC"))
        return RK_SCHEME_NONE;
    return bits <= 256   ? RK_SCHEME_ECDSA_SHA256
           : bits <= 384 ? RK_SCHEME_ECDSA_SHA384
                         : RK_SCHEME_ECDSA_SHA512;
}

EVP_PKEY *rk_signer_pair(const rk_signer *signer)
{
    return signer->ops != NULL && !signer->ops->outside ? signer->pkey : NULL;
}

const rk_ctx *rk_signer_ctx(const rk_signer *signer)
{
    return signer->ctx;
}

bool rk_signer_can_sign(const rk_signer *signer)
{
    return signer->ops != NULL;
}

enum rk_rc rk_signer_sign(rk_signer *signer, enum rk_scheme id, const uint8_t *msg, size_t msg_len,
                          struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes sig = RK_BYTES_NONE;
    const struct rk_scheme_row *scheme;

    if (signer->ops == NULL)
        return rk_fail(err, RK_E_KEY, "the key is public only and cannot sign");
    if (rk_scheme_fit(id, signer->pkey, &scheme, err) ||
        rk_policy_check_key(signer->ctx, signer->pkey, RK_E_KEY, err) ||
        signer->ops->sign(signer->self, signer->ctx, scheme, msg, msg_len, &sig, err))
        return err->rc;
    if (signer->ops->outside && rk_signature_check(signer->ctx, signer->pkey, id, msg, msg_len,
                                                   sig.p, sig.len, err) != RK_OK) {
        (void)rk_fail(err, RK_E_KEY, "what came back is no signature by this key (%s, scheme %s)",
                      RK_COUNTED(sig.len, "byte"), scheme->name);
        return rk_note(err, "the signer is broken, or it signed with another key");
    }
    *ret = rk_bytes_take(&sig);
    return RK_OK;
}
