/* SPDX-License-Identifier: Apache-2.0 */
/* The CA: opened from files, or made new. */
#include "rotkit/x509.h"

#include "base/digest.h"
#include "base/mem.h"
#include "base/pem.h"
#include "base/wr.h"
#include "rotkit/cert_policy.h"
#include "rotkit/certs.h"
#include "rotkit/file.h"
#include "rotkit/key.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>

enum { CHAIN_FILE_MAX = 1 << 20 };

void rk_ca_free(rk_ca *ca)
{
    if (ca == NULL)
        return;
    sk_X509_pop_free(ca->chain, X509_free);
    rk_bytes_done(&ca->spki_sha256);
    rk_free(ca);
}

/* As whoever checks its certificates will ask, who look for EK certificates' issuers by name. */
static enum rk_rc check_may_sign(const rk_ctx *ctx, X509 *cert, struct rk_err *err)
{
    if (rk_cert_check_issuer(ctx, cert, RK_CERT_EK, err)) {
        err->rc = err->rc == RK_E_VERIFY ? RK_E_USAGE : err->rc;
        return err->rc;
    }
    if (X509_get0_subject_key_id(cert) == NULL)
        return rk_fail(err, RK_E_USAGE,
                       "this CA certificate has no subjectKeyIdentifier, which EK "
                       "certificates must name");
    return RK_OK;
}

static enum rk_rc fail_date(const ASN1_TIME *time, const char *what, struct rk_err *err)
{
    char text[32] = "an unreadable date";
    struct tm tm;

    if (ASN1_TIME_to_tm(time, &tm) == 1)
        (void)strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    return rk_fail(err, RK_E_USAGE, "this CA certificate %s %s", what, text);
}

static enum rk_rc check_dates(X509 *cert, int64_t when, struct rk_err *err)
{
    time_t t = (time_t)when;

    if (X509_cmp_time(X509_get0_notBefore(cert), &t) > 0)
        return fail_date(X509_get0_notBefore(cert), "is not valid before", err);
    if (X509_cmp_time(X509_get0_notAfter(cert), &t) < 0)
        return fail_date(X509_get0_notAfter(cert), "expired on", err);
    return RK_OK;
}

/* A root's own signature proves nothing, so its digest does not matter. */
static enum rk_rc check_digest(const rk_ctx *ctx, X509 *cert, struct rk_err *err)
{
    if ((X509_get_extension_flags(cert) & EXFLAG_SS) != 0 ||
        rk_cert_check_digest(ctx, cert, err) == RK_OK)
        return RK_OK;
    err->rc = RK_E_USAGE;
    return err->rc;
}

/* `below`: how many CAs stand between this one and the certificates that will be issued. */
static enum rk_rc check_path_length(X509 *cert, int below, struct rk_err *err)
{
    long most = X509_get_pathlen(cert);

    if (most == -1 || below <= most)
        return RK_OK;
    return rk_fail(err, RK_E_USAGE,
                   "this CA allows %ld CAs below it (pathLenConstraint), here are %d", most, below);
}

static enum rk_rc check_one(const rk_ctx *ctx, X509 *cert, int below, int64_t when,
                            struct rk_err *err)
{
    return check_may_sign(ctx, cert, err) || check_dates(cert, when, err) ||
                   check_digest(ctx, cert, err) || check_path_length(cert, below, err)
               ? err->rc
               : RK_OK;
}

/* The certificates above the issuing CA: a verifier will ask the same of them. */
static enum rk_rc check_above(const rk_ctx *ctx, STACK_OF(X509) * chain, int64_t when,
                              struct rk_err *err)
{
    for (int i = 1; i < sk_X509_num(chain); i++) {
        if (check_one(ctx, sk_X509_value(chain, i), i, when, err))
            return rk_wrap(err, "certificate %d of the chain", i + 1);
    }
    return RK_OK;
}

/* Each certificate is issued by the one behind it. */
static enum rk_rc check_order(STACK_OF(X509) * chain, struct rk_err *err)
{
    for (int i = 0; i + 1 < sk_X509_num(chain); i++) {
        X509 *cert = sk_X509_value(chain, i), *issuer = sk_X509_value(chain, i + 1);

        if (X509_check_issued(issuer, cert) != X509_V_OK ||
            X509_verify(cert, X509_get0_pubkey(issuer)) != 1)
            return rk_fail_ossl(err, RK_E_VERIFY,
                                "certificate %d of the chain is not issued by the "
                                "one behind it",
                                i + 1);
    }
    return RK_OK;
}

static enum rk_rc check_key(X509 *cert, const rk_signer *key, struct rk_err *err)
{
    if (EVP_PKEY_eq(X509_get0_pubkey(cert), rk_signer_pkey(key)) != 1)
        return rk_fail_ossl(err, RK_E_VERIFY,
                            "the CA certificate and the CA key do not belong together");
    return RK_OK;
}

static enum rk_rc open_chain(rk_ca *ca, const struct rk_bytes *file, int64_t when,
                             struct rk_err *err)
{
    X509 *cert;
    uint8_t digest[32];
    const struct rk_bytes *spki = rk_signer_spki(ca->key);

    if (rk_certs_read(file->p, file->len, RK_CHAIN_MAX, &ca->chain, err))
        return err->rc;
    cert = rk_ca_cert(ca);
    if (check_one(ca->ctx, cert, 0, when, err) || check_key(cert, ca->key, err) ||
        check_order(ca->chain, err) || check_above(ca->ctx, ca->chain, when, err))
        return err->rc;
    if (rk_sha256(spki->p, spki->len, digest, err))
        return err->rc;
    return rk_bytes_copy(digest, sizeof digest, &ca->spki_sha256, err);
}

enum rk_rc rk_ca_open(const rk_ctx *ctx, const char *cert_path, rk_signer *key, int64_t when,
                      rk_ca **ret, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes file = RK_BYTES_NONE;
    RK_AUTO(rk_ca_done) rk_ca *ca = rk_alloc(1, sizeof *ca);

    if (ca == NULL)
        return rk_fail_nomem(err);
    ca->ctx = ctx;
    ca->key = key;
    if (rk_file_read(cert_path, CHAIN_FILE_MAX, &file, err))
        return err->rc;
    if (open_chain(ca, &file, when, err))
        return rk_wrap(err, "CA certificate \"%s\"", cert_path);
    *ret = ca;
    ca = NULL;
    return RK_OK;
}

enum rk_rc rk_ca_probe(rk_ca *ca, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes signature = RK_BYTES_NONE;

    if (rk_signer_sign(ca->key, rk_signer_default_scheme(ca->key), (const uint8_t *)"probe", 5,
                       &signature, err))
        return rk_wrap(err, "CA key");
    return RK_OK;
}

rk_signer *rk_ca_key(const rk_ca *ca)
{
    return ca->key;
}

enum rk_rc rk_ca_chain_pem(const rk_ca *ca, struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr chain = RK_WR_MAX(CHAIN_FILE_MAX);

    for (int i = 0; i < sk_X509_num(ca->chain); i++) {
        RK_AUTO(rk_bytes_done) struct rk_bytes pem = RK_BYTES_NONE;

        if (rk_pem_certificate(sk_X509_value(ca->chain, i), &pem, err))
            return err->rc;
        rk_wr_bytes(&chain, pem.p, pem.len);
    }
    return rk_wr_end(&chain, ret, err);
}

/* ---- a new CA ---- */

void rk_ca_files_done(struct rk_ca_files *files)
{
    rk_bytes_done(&files->root_cert);
    rk_bytes_done(&files->issuing_cert);
    rk_secret_done(&files->root_key);
    rk_secret_done(&files->issuing_key);
}

/* The caller's key, or a new one. ret_fresh stays NULL for the caller's. */
static enum rk_rc get_key(const rk_ctx *ctx, const struct rk_ca_init *in, rk_signer *given,
                          rk_signer **ret_fresh, rk_signer **ret, struct rk_err *err)
{
    if (given == NULL && rk_key_new(ctx, in->key_type, ret_fresh, err))
        return err->rc;
    *ret = given != NULL ? given : *ret_fresh;
    return RK_OK;
}

/* What was made here is handed out once; what is elsewhere stays there. */
static enum rk_rc hand_out(const rk_signer *fresh, struct rk_secret *ret, struct rk_err *err)
{
    return fresh == NULL ? RK_OK : rk_key_private_pem(fresh, ret, err);
}

struct ca_cert {        /* what the two CA certificates differ in */
    const char *suffix; /* of the common name */
    int path_len;
    int64_t not_after;
    X509 *issuer; /* NULL: self-signed */
    rk_signer *issuer_key;
    const char *crl_url;
};

static enum rk_rc set_subject(X509 *cert, const struct rk_ca_init *in, const char *suffix,
                              struct rk_err *err)
{
    char cn[65];
    int n = snprintf(cn, sizeof cn, "%s %s", in->name, suffix);
    X509_NAME *name = X509_get_subject_name(cert);

    if (n < 0 || (size_t)n >= sizeof cn)
        return rk_fail(err, RK_E_USAGE, "CA name \"%s\" is too long: X.520 allows 64 characters",
                       in->name);
    if ((in->organization != NULL &&
         X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8,
                                    (const unsigned char *)in->organization, -1, -1, 0) != 1) ||
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)cn, -1, -1,
                                   0) != 1)
        return rk_fail_ossl(err, RK_E_USAGE, "CA name \"%s\" cannot be written", in->name);
    return RK_OK;
}

static enum rk_rc make_cert(const rk_ctx *ctx, const struct rk_ca_init *in,
                            const struct ca_cert *what, EVP_PKEY *key, X509 **ret,
                            struct rk_err *err)
{
    RK_AUTO(rk_x509_done) X509 *cert = X509_new_ex(rk_ctx_libctx(ctx), rk_ctx_propq(ctx));
    RK_AUTO(rk_bytes_done) struct rk_bytes der = RK_BYTES_NONE;
    X509 *issuer;

    if (cert == NULL || X509_set_version(cert, X509_VERSION_3) != 1 ||
        X509_set_pubkey(cert, key) != 1)
        return rk_fail_ossl(err, RK_E_NOMEM, "certificate");
    issuer = what->issuer == NULL ? cert : what->issuer;
    if (rk_x509_random_serial(ctx, cert, err) || set_subject(cert, in, what->suffix, err))
        return err->rc;
    if (X509_set_issuer_name(cert, X509_get_subject_name(issuer)) != 1)
        return rk_fail_ossl(err, RK_E_NOMEM, "certificate");
    if (rk_x509_set_validity(cert, in->not_before, what->not_after, err) ||
        rk_x509_add_basic_constraints(cert, true, what->path_len, err) ||
        rk_x509_add_key_usage(cert, KU_KEY_CERT_SIGN | KU_CRL_SIGN, err) ||
        rk_x509_add_key_id(cert, err) || rk_x509_add_authority(cert, issuer, err) ||
        rk_x509_add_crl(cert, &what->crl_url, what->crl_url == NULL ? 0 : 1, err) ||
        rk_x509_sign(cert, what->issuer_key, &der, err))
        return err->rc;
    return rk_x509_parse(der.p, der.len, ret, err);
}

enum rk_rc rk_ca_make(const rk_ctx *ctx, const struct rk_ca_init *in, struct rk_ca_files *ret,
                      struct rk_err *err)
{
    RK_AUTO(rk_ca_files_done) struct rk_ca_files files = { .root_cert = RK_BYTES_NONE };
    RK_AUTO(rk_signer_done) rk_signer *new_root = NULL;
    RK_AUTO(rk_signer_done) rk_signer *new_issuing = NULL;
    RK_AUTO(rk_x509_done) X509 *root = NULL;
    RK_AUTO(rk_x509_done) X509 *issuing = NULL;
    rk_signer *root_key = NULL, *issuing_key = NULL;

    if (in->not_after_root <= in->not_before || in->not_after_issuing <= in->not_before)
        return rk_fail(err, RK_E_USAGE, "the CA's notAfter is not later than its notBefore");
    if (in->not_after_issuing > in->not_after_root)
        return rk_fail(err, RK_E_USAGE, "the issuing CA would outlive its root");
    if (get_key(ctx, in, in->root_key, &new_root, &root_key, err) ||
        get_key(ctx, in, in->issuing_key, &new_issuing, &issuing_key, err))
        return err->rc;
    if (EVP_PKEY_eq(rk_signer_pkey(root_key), rk_signer_pkey(issuing_key)) == 1)
        return rk_fail(err, RK_E_USAGE, "the root and the issuing CA have one and the same key");
    ERR_clear_error(); /* of a comparison between types */
    const struct ca_cert root_is = { "Root CA", 1, in->not_after_root, NULL, root_key, NULL };
    if (make_cert(ctx, in, &root_is, rk_signer_pkey(root_key), &root, err))
        return err->rc;
    const struct ca_cert issuing_is = { "EK CA", 0,        in->not_after_issuing,
                                        root,    root_key, in->root_crl_url };
    if (make_cert(ctx, in, &issuing_is, rk_signer_pkey(issuing_key), &issuing, err) ||
        rk_pem_certificate(root, &files.root_cert, err) ||
        rk_pem_certificate(issuing, &files.issuing_cert, err) ||
        hand_out(new_root, &files.root_key, err) || hand_out(new_issuing, &files.issuing_key, err))
        return err->rc;
    *ret = files;
    memset(&files, 0, sizeof files);
    return RK_OK;
}
