/* SPDX-License-Identifier: Apache-2.0 */
/* EK CSRs (PKCS#10, RFC 2986). Source: formats/jetson-ftpm-ekb.md 4.1, vectors/ekb/csr. */
#include "rotkit/x509.h"

#include <string.h>

static enum rk_rc put_subject(X509_REQ *req, const struct rk_csr_form *form, struct rk_err *err)
{
    const struct {
        const char *attribute, *value;
        int type;
    } parts[] = {
        { "C", form->country, V_ASN1_PRINTABLESTRING },
        { "O", form->organization, V_ASN1_UTF8STRING },
        { "CN", form->cn, V_ASN1_UTF8STRING },
    };

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (parts[i].value != NULL &&
            X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(req), parts[i].attribute,
                                       parts[i].type, (const unsigned char *)parts[i].value, -1, -1,
                                       0) != 1)
            return rk_fail_ossl(err, RK_E_USAGE, "subject \"%s\" cannot be written",
                                parts[i].value);
    }
    return RK_OK;
}

static int key_usage(EVP_PKEY *key, const struct rk_csr_form *form)
{
    if (EVP_PKEY_is_a(key, "RSA"))
        return KU_KEY_ENCIPHERMENT;
    return KU_KEY_AGREEMENT | form->more_ec_usage;
}

/* A certificate collects the extensions, so that both carry them from the same code. */
static enum rk_rc put_extensions(const rk_ctx *ctx, X509_REQ *req, EVP_PKEY *key,
                                 const struct rk_csr_form *form, struct rk_err *err)
{
    RK_AUTO(rk_x509_done) X509 *carrier = X509_new_ex(rk_ctx_libctx(ctx), rk_ctx_propq(ctx));
    STACK_OF(X509_EXTENSION) *list = NULL;
    bool added = false;

    if (carrier == NULL)
        return rk_fail_nomem(err);
    if (rk_x509_add_key_usage(carrier, key_usage(key, form), err) ||
        rk_x509_add_basic_constraints(carrier, false, 0, err) ||
        rk_ekcert_add_alt_name(carrier, form->profile, form->cn == NULL, err))
        return err->rc;
    if (!form->names_tpm_alone && (rk_ekcert_add_eku(carrier, false, err) ||
                                   rk_ekcert_add_specification(carrier, form->profile, err)))
        return err->rc;
    list = sk_X509_EXTENSION_dup(X509_get0_extensions(carrier));
    added = list != NULL && X509_REQ_add_extensions(req, list) == 1;
    sk_X509_EXTENSION_free(list);
    return added ? RK_OK : rk_fail_ossl(err, RK_E_NOMEM, "extension request");
}

/* To-sign, key, attach; then read back. */
static enum rk_rc sign(const rk_ctx *ctx, X509_REQ *req, rk_signer *pair, struct rk_bytes *ret,
                       struct rk_err *err)
{
    enum rk_scheme scheme = rk_signer_default_scheme(pair);
    RK_AUTO(rk_bytes_done) struct rk_bytes signature = RK_BYTES_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes info = RK_BYTES_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes made = RK_BYTES_NONE;
    RK_AUTO(rk_x509_req_done) X509_REQ *again = NULL;
    const unsigned char *at;
    unsigned char *der = NULL;

    if (rk_der_keep(i2d_re_X509_REQ_tbs(req, &der), &der, "the request", &info, err))
        return err->rc;
    if (rk_signer_sign(pair, scheme, info.p, info.len, &signature, err))
        return rk_wrap(err, "cannot sign the request");
    if (rk_x509_attach(&info, scheme, &signature, &made, err))
        return err->rc;
    at = made.p;
    again = d2i_X509_REQ(NULL, &at, (long)made.len);
    if (again == NULL || at != made.p + made.len ||
        X509_REQ_verify_ex(again, rk_signer_pkey(pair), rk_ctx_libctx(ctx), rk_ctx_propq(ctx)) != 1)
        return rk_fail_ossl(err, RK_E_VERIFY, "the request does not read back");
    *ret = rk_bytes_take(&made);
    return RK_OK;
}

enum rk_rc rk_ekcsr_make_form(const rk_ctx *ctx, rk_signer *pair, const struct rk_csr_form *form,
                              struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_x509_req_done)
    X509_REQ *req = X509_REQ_new_ex(rk_ctx_libctx(ctx), rk_ctx_propq(ctx));
    EVP_PKEY *key = rk_signer_pkey(pair);

    if (!EVP_PKEY_is_a(key, "RSA") && !EVP_PKEY_is_a(key, "EC"))
        return rk_fail(err, RK_E_USAGE, "the key is neither RSA nor EC");
    if (req == NULL || X509_REQ_set_version(req, X509_REQ_VERSION_1) != 1 ||
        X509_REQ_set_pubkey(req, key) != 1)
        return rk_fail_ossl(err, RK_E_NOMEM, "certificate request");
    if (put_subject(req, form, err) || put_extensions(ctx, req, key, form, err))
        return err->rc;
    return sign(ctx, req, pair, ret, err);
}

enum rk_rc rk_ekcsr_make(const rk_ctx *ctx, rk_signer *pair,
                         const struct rk_ekcert_profile *profile, const char *subject_cn,
                         struct rk_bytes *ret, struct rk_err *err)
{
    const struct rk_csr_form form = { .cn = subject_cn, .profile = profile };

    if (rk_ekcert_profile_check(profile, err) || rk_ekcsr_make_form(ctx, pair, &form, ret, err))
        return rk_wrap(err, "EK CSR");
    return RK_OK;
}
