/* SPDX-License-Identifier: Apache-2.0 */
/* Anchors, and certificates held against them. RFC 5280, 6. */
#include "pki/trust.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/ossl.h"
#include "rotkit/certs.h"

void rk_trust_free(rk_trust *trust)
{
    if (trust == NULL)
        return;
    sk_X509_pop_free(trust->between, X509_free);
    sk_X509_pop_free(trust->anchors, X509_free);
    sk_X509_CRL_pop_free(trust->crls, X509_CRL_free);
    X509_STORE_free(trust->store);
    rk_free(trust);
}

enum rk_rc rk_trust_new(const rk_ctx *ctx, rk_trust **ret, struct rk_err *err)
{
    RK_AUTO(rk_trust_done) rk_trust *trust = rk_alloc(1, sizeof *trust);

    if (trust == NULL)
        return rk_fail_nomem(err);
    trust->ctx = ctx;
    trust->between = sk_X509_new_null();
    trust->anchors = sk_X509_new_null();
    trust->crls = sk_X509_CRL_new_null();
    trust->store = X509_STORE_new();
    if (trust->between == NULL || trust->anchors == NULL || trust->crls == NULL ||
        trust->store == NULL)
        return rk_fail_nomem(err);
    *ret = trust;
    trust = NULL;
    return RK_OK;
}

static enum rk_rc push(STACK_OF(X509) * to, X509 *cert, struct rk_err *err)
{
    if (X509_up_ref(cert) != 1)
        return rk_fail_nomem(err);
    if (sk_X509_push(to, cert) > 0)
        return RK_OK;
    X509_free(cert);
    return rk_fail_nomem(err);
}

static enum rk_rc add_anchor(rk_trust *trust, X509 *cert, struct rk_err *err)
{
    if (X509_STORE_add_cert(trust->store, cert) != 1)
        return rk_fail_nomem(err);
    return push(trust->anchors, cert, err);
}

/* Its own issuer by name and by signature: a name alone makes no anchor. */
static bool is_self_signed(X509 *cert)
{
    bool is = X509_self_signed(cert, 1) == 1;

    ERR_clear_error();
    return is;
}

static enum rk_rc add(rk_trust *trust, const struct rk_bytes *file, bool all_anchors,
                      struct rk_err *err)
{
    size_t room =
        RK_TRUST_MAX - (size_t)sk_X509_num(trust->anchors) - (size_t)sk_X509_num(trust->between);
    RK_AUTO(rk_x509s_done) STACK_OF(X509) *certs = NULL;

    if (rk_certs_read(file->p, file->len, room, &certs, err))
        return err->rc;
    for (int i = 0; i < sk_X509_num(certs); i++) {
        X509 *cert = sk_X509_value(certs, i);

        if (all_anchors || is_self_signed(cert) ? add_anchor(trust, cert, err)
                                                : push(trust->between, cert, err))
            return err->rc;
    }
    return RK_OK;
}

enum rk_rc rk_trust_add(rk_trust *trust, const struct rk_bytes *file, struct rk_err *err)
{
    return add(trust, file, false, err);
}

enum rk_rc rk_trust_add_anchors(rk_trust *trust, const struct rk_bytes *file, struct rk_err *err)
{
    return add(trust, file, true, err);
}

enum rk_rc rk_trust_ready(const rk_trust *trust, struct rk_err *err)
{
    if (sk_X509_num(trust->anchors) != 0)
        return RK_OK;
    (void)rk_fail(err, RK_E_USAGE, "no certificate is self-signed, so none is an anchor");
    return rk_note(err, "mark the anchor with --anchor FILE");
}

enum rk_rc rk_trust_open(const rk_ctx *ctx, const struct rk_bytes *certs, rk_trust **ret,
                         struct rk_err *err)
{
    RK_AUTO(rk_trust_done) rk_trust *trust = NULL;

    if (rk_trust_new(ctx, &trust, err) || rk_trust_add(trust, certs, err) ||
        rk_trust_ready(trust, err))
        return err->rc;
    *ret = trust;
    trust = NULL;
    return RK_OK;
}

enum rk_rc rk_trust_open_chain(const rk_ctx *ctx, const struct rk_bytes *chain, rk_trust **ret,
                               struct rk_err *err)
{
    RK_AUTO(rk_trust_done) rk_trust *trust = NULL;
    RK_AUTO(rk_x509_done) X509 *last = NULL;

    if (rk_trust_new(ctx, &trust, err))
        return err->rc;
    rk_x509s_done(&trust->between);
    if (rk_certs_read(chain->p, chain->len, RK_CHAIN_MAX, &trust->between, err))
        return rk_wrap(err, "CA chain");
    last = sk_X509_pop(trust->between);
    if (add_anchor(trust, last, err))
        return err->rc;
    *ret = trust;
    trust = NULL;
    return RK_OK;
}

bool rk_trust_issued(X509 *cert, X509 *issuer)
{
    bool issued = X509_check_issued(issuer, cert) == X509_V_OK &&
                  X509_verify(cert, X509_get0_pubkey(issuer)) == 1;

    ERR_clear_error();
    return issued;
}

/* Each is issued by the next: none stands between that is on no way to the last. */
static bool is_linked(STACK_OF(X509) * chain)
{
    bool linked = true;

    for (int i = 0; i + 1 < sk_X509_num(chain) && linked; i++) {
        X509 *cert = sk_X509_value(chain, i);

        linked = X509_NAME_cmp(X509_get_subject_name(cert), X509_get_issuer_name(cert)) != 0 &&
                 rk_trust_issued(cert, sk_X509_value(chain, i + 1));
    }
    return linked;
}

enum rk_rc rk_trust_check_chain(const rk_trust *trust, const struct rk_bytes *chain_pem,
                                const struct rk_trust_question *asked, struct rk_err *err)
{
    RK_AUTO(rk_x509s_done) STACK_OF(X509) *chain = NULL;

    if (rk_certs_read(chain_pem->p, chain_pem->len, RK_CHAIN_MAX, &chain, err))
        return rk_wrap(err, "CA chain");
    if (!is_linked(chain))
        return rk_fail(err, RK_E_VERIFY, "a certificate is not issued by the one behind it");
    return rk_trust_check(trust, sk_X509_value(chain, 0), chain, asked, NULL, err);
}

enum rk_rc rk_trust_check_der(const rk_trust *trust, const uint8_t *der, size_t len,
                              const struct rk_trust_question *asked,
                              char ret_remark[RK_TRUST_REMARK], struct rk_err *err)
{
    RK_AUTO(rk_x509_done) X509 *cert = NULL;

    if (rk_x509_parse(der, len, &cert, err))
        return err->rc;
    return rk_trust_check(trust, cert, NULL, asked, ret_remark, err);
}

enum rk_rc rk_ekcert_verify(const rk_trust *trust, const uint8_t *der, size_t len, int64_t when,
                            struct rk_err *err)
{
    const struct rk_trust_question asked = { .use = RK_CERT_EK, .when = when };

    return rk_trust_check_der(trust, der, len, &asked, NULL, err);
}
