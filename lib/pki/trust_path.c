/* SPDX-License-Identifier: Apache-2.0 */
/* One certificate against a trust: the path by OpenSSL, then our policy on all that is on it. */
#include "pki/trust.h"

#include "base/err.h"
#include "base/ossl.h"
#include "rotkit/certs.h"
#include "rotkit/policy.h"

#include <stdio.h>
#include <time.h>

#include <openssl/x509_vfy.h>

RK_CLEANUP(store_ctx_done, X509_STORE_CTX, X509_STORE_CTX_free)

struct path { /* what OpenSSL's callback works with */
    const struct rk_trust_question *asked;
    char *remark;         /* RK_TRUST_REMARK bytes */
    bool uncovered;       /* no list of the issuer of the certificate itself */
    char since[32];       /* when a certificate was revoked */
    X509_CRL *stale_list; /* the last that was out of date */
    char stale[96];       /* the issuer of a list that is out of date, "" for none */
};

static void stack_done(STACK_OF(X509) * *stack) /* it borrows what it holds */
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

/* ---- dates ---- */

static void date_text(const ASN1_TIME *time, char ret[32])
{
    struct tm tm;

    (void)snprintf(ret, 32, "an unreadable date");
    if (ASN1_TIME_to_tm(time, &tm) == 1)
        (void)strftime(ret, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
    ERR_clear_error();
}

/* "certificate "CN=x" expired on 2020-01-01T00:00:00Z" */
static void validity_text(const X509 *cert, int code, char *ret, size_t size)
{
    bool early = code == X509_V_ERR_CERT_NOT_YET_VALID;
    char name[RK_CERT_NAME], date[32];

    rk_cert_name(cert, name);
    date_text(early ? X509_get0_notBefore(cert) : X509_get0_notAfter(cert), date);
    (void)snprintf(ret, size, "%s %s %s", name, early ? "is not valid before" : "expired on", date);
}

/* What a list leaves open is no reason to stop: another may revoke. */
static bool judge_list(X509_STORE_CTX *run, int code, struct path *path)
{
    X509_CRL *crl = X509_STORE_CTX_get0_current_crl(run);
    X509_REVOKED *entry = NULL;

    switch (code) {
    case X509_V_ERR_CERT_REVOKED:
        /* OpenSSL forgets the list when it returns, and one that is out of date here already. */
        crl = crl == NULL ? path->stale_list : crl;
        if (crl != NULL &&
            X509_CRL_get0_by_cert(crl, &entry, X509_STORE_CTX_get_current_cert(run)) != 0)
            date_text(X509_REVOKED_get0_revocationDate(entry), path->since);
        return false;
    case X509_V_ERR_UNABLE_TO_GET_CRL:
        path->uncovered = path->uncovered || X509_STORE_CTX_get_error_depth(run) == 0;
        return true;
    case X509_V_ERR_CRL_HAS_EXPIRED:
    case X509_V_ERR_CRL_NOT_YET_VALID:
        path->stale_list = crl;
        if (crl != NULL && path->stale[0] == '\0')
            rk_x509_name(X509_CRL_get_issuer(crl), path->stale, sizeof path->stale);
        return true;
    default:
        return false;
    }
}

static int judge(int ok, X509_STORE_CTX *run)
{
    struct path *path = X509_STORE_CTX_get_app_data(run);
    int code = X509_STORE_CTX_get_error(run);
    char text[RK_TRUST_REMARK - 32];

    if (ok != 1 && judge_list(run, code, path))
        return 1;
    if (ok == 1 || !path->asked->timeless ||
        (code != X509_V_ERR_CERT_HAS_EXPIRED && code != X509_V_ERR_CERT_NOT_YET_VALID &&
         code != X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD &&
         code != X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD))
        return ok;
    if (path->remark[0] == '\0') {
        validity_text(X509_STORE_CTX_get_current_cert(run), code, text, sizeof text);
        (void)snprintf(path->remark, RK_TRUST_REMARK, "%s (firmware does not look)", text);
    }
    return 1;
}

/* ---- why not ---- */

/* OpenSSL passes over an issuer that is named by another key: say so, instead of "not found". */
static enum rk_rc no_issuer(X509 *last, const rk_trust *trust, STACK_OF(X509) * between,
                            bool *ret_lone, struct rk_err *err)
{
    STACK_OF(X509) *const where[] = { trust->anchors, between };
    char name[RK_CERT_NAME], issuer[RK_CERT_NAME] = "";

    rk_cert_name(last, name);
    rk_x509_name(X509_get_issuer_name(last), issuer, sizeof issuer);
    for (size_t i = 0; i < 2; i++) {
        for (int k = 0; k < sk_X509_num(where[i]); k++) {
            if (X509_NAME_cmp(X509_get_subject_name(sk_X509_value(where[i], k)),
                              X509_get_issuer_name(last)) == 0)
                return rk_fail(err, RK_E_VERIFY,
                               "%s: its issuer \"%s\" is there with another key only", name,
                               issuer);
        }
    }
    if (ret_lone != NULL)
        *ret_lone = true;
    return rk_fail(err, RK_E_VERIFY, "%s: its issuer \"%s\" is not among those trusted", name,
                   issuer);
}

static enum rk_rc no_ca(X509 *cert, const rk_trust *trust, struct rk_err *err)
{
    char name[RK_CERT_NAME];

    if (rk_cert_check_issuer(trust->ctx, cert, RK_CERT_CA, err) == RK_OK)
        (void)rk_fail(err, RK_E_VERIFY, "this is no CA certificate");
    rk_cert_name(cert, name);
    return rk_wrap(err, "%s", name);
}

static enum rk_rc revoked(const struct path *path, X509 *cert, struct rk_err *err)
{
    char name[RK_CERT_NAME], issuer[RK_CERT_NAME] = "";

    rk_cert_name(cert, name);
    rk_x509_name(X509_get_issuer_name(cert), issuer, sizeof issuer);
    return rk_fail(err, RK_E_VERIFY, "%s is revoked since %s, by the list of \"%s\"", name,
                   path->since, issuer);
}

static enum rk_rc explain(X509_STORE_CTX *run, const rk_trust *trust, STACK_OF(X509) * between,
                          struct rk_err *err)
{
    const struct path *path = X509_STORE_CTX_get_app_data(run);
    int code = X509_STORE_CTX_get_error(run);
    X509 *cert = X509_STORE_CTX_get_current_cert(run);
    char text[RK_CERT_NAME + 64];

    ERR_clear_error();
    if (code == X509_V_ERR_OUT_OF_MEM)
        return rk_fail_nomem(err);
    if (cert == NULL)
        return rk_fail(err, RK_E_VERIFY, "certificate: %s", X509_verify_cert_error_string(code));
    switch (code) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        return no_issuer(cert, trust, between,
                         X509_STORE_CTX_get_error_depth(run) == 0 ? path->asked->lone : NULL, err);
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
        validity_text(cert, code, text, sizeof text);
        return rk_fail(err, RK_E_VERIFY, "%s", text);
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        rk_cert_name(cert, text);
        return rk_fail(err, RK_E_VERIFY, "%s: is self-signed and not among those trusted", text);
    case X509_V_ERR_CERT_REVOKED:
        return revoked(path, cert, err);
    case X509_V_ERR_INVALID_CA:
        return no_ca(cert, trust, err);
    default:
        rk_cert_name(cert, text);
        return rk_fail(err, RK_E_VERIFY, "%s: %s", text, X509_verify_cert_error_string(code));
    }
}

/* Nothing was found revoked; whether that says anything. */
static enum rk_rc check_lists(const rk_trust *trust, const struct path *path, const X509 *cert,
                              struct rk_err *err)
{
    char name[RK_CERT_NAME], issuer[RK_CERT_NAME] = "";

    if (sk_X509_CRL_num(trust->crls) == 0)
        return RK_OK;
    rk_cert_name(cert, name);
    rk_x509_name(X509_get_issuer_name(cert), issuer, sizeof issuer);
    if (path->uncovered && path->asked->use != RK_CERT_CA)
        return rk_fail(err, RK_E_UNKNOWN,
                       "could not be checked: whether %s is revoked: needs the list of \"%s\": "
                       "--crl",
                       name, issuer);
    if (path->stale[0] != '\0')
        return rk_fail(err, RK_E_UNKNOWN,
                       "could not be checked: whether %s is revoked: the list of \"%s\" is out of "
                       "date: --crl with a newer one",
                       name, path->stale);
    return RK_OK;
}

/* ---- the path ---- */

static enum rk_rc check_one(const rk_trust *trust, X509 *cert, bool leaf, bool anchor,
                            enum rk_cert_use use, struct rk_err *err)
{
    char name[RK_CERT_NAME];

    if ((leaf ? rk_cert_check_use(trust->ctx, cert, use, err)
              : rk_cert_check_issuer(trust->ctx, cert, use, err)) == RK_OK &&
        (anchor || rk_cert_check_digest(trust->ctx, cert, err) == RK_OK))
        return RK_OK;
    rk_cert_name(cert, name);
    return rk_wrap(err, "%s", name);
}

/* All that OpenSSL found good, by our policy: the last is the anchor. */
static enum rk_rc check_policy(const rk_trust *trust, STACK_OF(X509) * path, enum rk_cert_use use,
                               struct rk_err *err)
{
    int count = sk_X509_num(path);

    for (int i = 0; i < count; i++) {
        if (check_one(trust, sk_X509_value(path, i), i == 0, i + 1 == count, use, err))
            return err->rc;
    }
    return RK_OK;
}

static enum rk_rc set_up(const rk_trust *trust, X509 *cert, STACK_OF(X509) * between,
                         struct path *path, X509_STORE_CTX *run, struct rk_err *err)
{
    X509_VERIFY_PARAM *param;

    if (X509_STORE_CTX_init(run, trust->store, cert, between) != 1 ||
        X509_STORE_CTX_set_app_data(run, path) != 1)
        return rk_fail_ossl(err, RK_E_NOMEM, "certificate check");
    param = X509_STORE_CTX_get0_param(run);
    X509_VERIFY_PARAM_set_time(param, (time_t)path->asked->when);
    X509_VERIFY_PARAM_set_depth(param, RK_CHAIN_MAX);
    /* Anchors may be certificates that somebody else has signed. */
    X509_STORE_CTX_set_flags(run, X509_V_FLAG_PARTIAL_CHAIN);
    X509_STORE_CTX_set_verify_cb(run, judge);
    if (sk_X509_CRL_num(trust->crls) != 0) {
        X509_STORE_CTX_set0_crls(run, trust->crls);
        X509_STORE_CTX_set_flags(run, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
    }
    return RK_OK;
}

enum rk_rc rk_trust_check(const rk_trust *trust, X509 *cert, STACK_OF(X509) * more,
                          const struct rk_trust_question *asked, char ret_remark[RK_TRUST_REMARK],
                          struct rk_err *err)
{
    char remark[RK_TRUST_REMARK] = "";
    struct path path = { .asked = asked, .remark = remark, .since = "a date that is not told" };
    RK_AUTO(stack_done) STACK_OF(X509) *between = NULL;
    RK_AUTO(store_ctx_done)
    X509_STORE_CTX *run =
        X509_STORE_CTX_new_ex(rk_ctx_libctx(trust->ctx), rk_ctx_propq(trust->ctx));

    if (run == NULL)
        return rk_fail_nomem(err);
    if (join(trust, more, &between, err) || set_up(trust, cert, between, &path, run, err))
        return err->rc;
    if (X509_verify_cert(run) != 1)
        return explain(run, trust, between, err);
    ERR_clear_error();
    if (!asked->as_firmware &&
        (check_policy(trust, X509_STORE_CTX_get0_chain(run), asked->use, err) ||
         check_lists(trust, &path, cert, err)))
        return err->rc;
    if (ret_remark != NULL)
        (void)snprintf(ret_remark, RK_TRUST_REMARK, "%s", remark);
    return RK_OK;
}
