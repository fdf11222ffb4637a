/* SPDX-License-Identifier: Apache-2.0 */
/* Self-signed certificates of those who sign what firmware loads. Source: RFC 5280, 4.2.1. */
#include "rotkit/x509.h"

#include "rotkit/cert_policy.h"
#include "rotkit/counted.h"
#include "rotkit/trust.h"

#include <string.h>

#include <openssl/err.h>

RK_CLEANUP(usage_done, EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free)

/*
 * None is a CA: the firmware that is given one takes what its key signs, and no certificate below
 * it. Programs are signed by what says that it signs code; variables and capsules by any signer.
 */
/* clang-format off */
static const struct use {
    const char *name;
    bool signs_code;
} uses[] = {
    { "pk",      false }, /* variables PK and KEK */
    { "kek",     false }, /* variables db and dbx */
    { "db",      true },  /* programs */
    { "capsule", false },
    { "code",    true },  /* anything else that is loaded */
};
/* clang-format on */
enum { USES = sizeof uses / sizeof uses[0], SUBJECT_MAX = 64 };

static enum rk_rc find_use(const char *name, const struct use **ret, struct rk_err *err)
{
    for (size_t i = 0; i < USES; i++) {
        if (strcmp(uses[i].name, name) == 0) {
            *ret = &uses[i];
            return RK_OK;
        }
    }
    return rk_fail(err, RK_E_USAGE,
                   "unknown use \"%s\" of a certificate (known: pk, kek, db, capsule, code)", name);
}

static enum rk_rc add_name(X509 *cert, const char *field, const char *text, struct rk_err *err)
{
    X509_NAME *name = X509_get_subject_name(cert);

    if (text[0] != '\0' && X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
                                                      (const unsigned char *)text, -1, -1, 0) == 1)
        return RK_OK;
    return rk_fail_ossl(err, RK_E_USAGE, "%s \"%s\" cannot be written: 1 to %s", field, text,
                        RK_COUNTED(SUBJECT_MAX, "character"));
}

static enum rk_rc add_code_signing(X509 *cert, struct rk_err *err)
{
    RK_AUTO(usage_done) EXTENDED_KEY_USAGE *usage = sk_ASN1_OBJECT_new_null();

    if (usage == NULL || sk_ASN1_OBJECT_push(usage, OBJ_nid2obj(NID_code_sign)) <= 0)
        return rk_fail_nomem(err);
    return rk_x509_add(cert, NID_ext_key_usage, false, usage, err);
}

/* Nothing leaves that a verifier of what the key signs would not accept. */
static enum rk_rc check(const rk_ctx *ctx, const struct rk_self_cert *in,
                        const struct rk_bytes *cert, struct rk_err *err)
{
    RK_AUTO(rk_trust_done) rk_trust *trust = NULL;
    const struct rk_trust_question asked = { .use = RK_CERT_CODE, .when = in->not_before };

    if (rk_trust_new(ctx, &trust, err) || rk_trust_add_anchors(trust, cert, err) ||
        rk_trust_check_der(trust, cert->p, cert->len, &asked, NULL, err))
        return rk_wrap(err, "certificate just made");
    return RK_OK;
}

enum rk_rc rk_self_cert_make(const rk_ctx *ctx, const struct rk_self_cert *in, struct rk_bytes *ret,
                             struct rk_err *err)
{
    RK_AUTO(rk_x509_done) X509 *cert = X509_new_ex(rk_ctx_libctx(ctx), rk_ctx_propq(ctx));
    RK_AUTO(rk_bytes_done) struct rk_bytes der = RK_BYTES_NONE;
    const struct use *use;

    if (find_use(in->use, &use, err))
        return err->rc;
    if (in->not_after <= in->not_before)
        return rk_fail(err, RK_E_USAGE, "notAfter is not later than notBefore");
    if (cert == NULL || X509_set_version(cert, X509_VERSION_3) != 1 ||
        X509_set_pubkey(cert, rk_signer_pkey(in->key)) != 1)
        return rk_fail_ossl(err, RK_E_NOMEM, "certificate");
    if (rk_x509_random_serial(ctx, cert, err) ||
        (in->organization != NULL && add_name(cert, "O", in->organization, err)) ||
        add_name(cert, "CN", in->subject, err))
        return err->rc;
    if (X509_set_issuer_name(cert, X509_get_subject_name(cert)) != 1)
        return rk_fail_ossl(err, RK_E_NOMEM, "certificate");
    if (rk_x509_set_validity(cert, in->not_before, in->not_after, err) ||
        rk_x509_add_basic_constraints(cert, false, 0, err) ||
        rk_x509_add_key_usage(cert, KU_DIGITAL_SIGNATURE, err) ||
        (use->signs_code && add_code_signing(cert, err)) || rk_x509_add_key_id(cert, err) ||
        rk_x509_sign(cert, in->key, &der, err) || check(ctx, in, &der, err))
        return err->rc;
    *ret = rk_bytes_take(&der);
    return RK_OK;
}
