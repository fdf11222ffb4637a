/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates held against a chain. RFC 5280, 6. */
#include "rotkit/trust.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/ossl.h"
#include "rotkit/certs.h"
#include "rotkit/x509.h"

#include <time.h>

#include <openssl/x509_vfy.h>

RK_CLEANUP(store_ctx_done, X509_STORE_CTX, X509_STORE_CTX_free)

struct rk_trust {
    const rk_ctx *ctx;
    STACK_OF(X509) * between; /* on the way to the anchor */
    X509_STORE *anchor;
};

void rk_trust_free(rk_trust *trust)
{
    if (trust == NULL)
        return;
    sk_X509_pop_free(trust->between, X509_free);
    X509_STORE_free(trust->anchor);
    rk_free(trust);
}

/* All but the last are helpers on the way; the last is what is trusted. */
static enum rk_rc split_chain(rk_trust *trust, const struct rk_bytes *chain, struct rk_err *err)
{
    RK_AUTO(rk_x509_done) X509 *last = NULL;

    if (rk_certs_read(chain->p, chain->len, RK_CHAIN_MAX, &trust->between, err))
        return rk_wrap(err, "CA chain");
    last = sk_X509_pop(trust->between);
    return X509_STORE_add_cert(trust->anchor, last) == 1 ? RK_OK : rk_fail_nomem(err);
}

enum rk_rc rk_trust_open(const rk_ctx *ctx, const struct rk_bytes *chain_pem, rk_trust **ret,
                         struct rk_err *err)
{
    RK_AUTO(rk_trust_done) rk_trust *trust = rk_alloc(1, sizeof *trust);

    if (trust == NULL)
        return rk_fail_nomem(err);
    trust->ctx = ctx;
    trust->anchor = X509_STORE_new();
    if (trust->anchor == NULL)
        return rk_fail_nomem(err);
    if (split_chain(trust, chain_pem, err))
        return err->rc;
    *ret = trust;
    trust = NULL;
    return RK_OK;
}

static void between_done(STACK_OF(X509) * *stack)
{
    sk_X509_free(*stack);
}

/* The helpers and `more` in one stack that borrows both. */
static enum rk_rc join(const rk_trust *trust, STACK_OF(X509) * more, STACK_OF(X509) * *ret,
                       struct rk_err *err)
{
    *ret = sk_X509_dup(trust->between);
    if (*ret == NULL)
        return rk_fail_nomem(err);
    for (int i = 0; i < sk_X509_num(more); i++) {
        if (sk_X509_push(*ret, sk_X509_value(more, i)) <= 0)
            return rk_fail_nomem(err);
    }
    return RK_OK;
}

enum rk_rc rk_trust_check(const rk_trust *trust, X509 *cert, STACK_OF(X509) * more, int64_t when,
                          struct rk_err *err)
{
    RK_AUTO(between_done) STACK_OF(X509) *between = NULL;
    RK_AUTO(store_ctx_done)
    X509_STORE_CTX *run =
        X509_STORE_CTX_new_ex(rk_ctx_libctx(trust->ctx), rk_ctx_propq(trust->ctx));

    if (run == NULL)
        return rk_fail_nomem(err);
    if (join(trust, more, &between, err))
        return err->rc;
    if (X509_STORE_CTX_init(run, trust->anchor, cert, between) != 1)
        return rk_fail_ossl(err, RK_E_NOMEM, "certificate check");
    if (when == RK_TRUST_ANY_TIME)
        X509_STORE_CTX_set_flags(run, X509_V_FLAG_NO_CHECK_TIME);
    else
        X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(run), (time_t)when);
    /* An ODM may hold the issuing CA alone: the last certificate is the anchor, self-signed or not.
     */
    X509_STORE_CTX_set_flags(run, X509_V_FLAG_PARTIAL_CHAIN);
    if (X509_verify_cert(run) != 1) {
        ERR_clear_error();
        return rk_fail(err, RK_E_VERIFY, "certificate does not hold: %s",
                       X509_verify_cert_error_string(X509_STORE_CTX_get_error(run)));
    }
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
static bool is_linked(STACK_OF(X509) * between, X509 *last)
{
    bool linked = true;

    for (int i = 0; i < sk_X509_num(between) && linked; i++) {
        X509 *cert = sk_X509_value(between, i);
        X509 *next = i + 1 < sk_X509_num(between) ? sk_X509_value(between, i + 1) : last;

        linked = X509_NAME_cmp(X509_get_subject_name(cert), X509_get_issuer_name(cert)) != 0 &&
                 rk_trust_issued(cert, next);
    }
    return linked;
}

enum rk_rc rk_trust_check_chain(const rk_trust *trust, const struct rk_bytes *chain_pem,
                                int64_t when, struct rk_err *err)
{
    RK_AUTO(rk_trust_done) rk_trust *chain = NULL;
    RK_AUTO(rk_x509s_done) STACK_OF(X509) *last = NULL;
    X509 *first;

    if (rk_trust_open(trust->ctx, chain_pem, &chain, err))
        return err->rc;
    last = X509_STORE_get1_all_certs(chain->anchor);
    if (last == NULL)
        return rk_fail_nomem(err);
    if (!is_linked(chain->between, sk_X509_value(last, 0)))
        return rk_fail(err, RK_E_VERIFY, "a certificate is not issued by the one behind it");
    first = sk_X509_value(sk_X509_num(chain->between) > 0 ? chain->between : last, 0);
    return rk_trust_check(trust, first, chain->between, when, err);
}

enum rk_rc rk_ekcert_verify(const rk_trust *trust, const uint8_t *der, size_t len, int64_t when,
                            struct rk_err *err)
{
    RK_AUTO(rk_x509_done) X509 *cert = NULL;

    if (rk_x509_parse(der, len, &cert, err))
        return err->rc;
    return rk_trust_check(trust, cert, NULL, when, err);
}
