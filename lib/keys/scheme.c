/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/scheme.h"

#include "base/work.h"
#include "base/err.h"
#include "rotkit/policy.h"

#include <string.h>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

/* clang-format off */
static const struct rk_scheme_row schemes[] = {
    { RK_SCHEME_RSA_PKCS1_SHA256, "rsa-pkcs1-sha256", "RSA",     "SHA256", 0 },
    { RK_SCHEME_RSA_PKCS1_SHA384, "rsa-pkcs1-sha384", "RSA",     "SHA384", 0 },
    { RK_SCHEME_RSA_PKCS1_SHA512, "rsa-pkcs1-sha512", "RSA",     "SHA512", 0 },
    { RK_SCHEME_RSA_PSS_SHA256,   "rsa-pss-sha256",   "RSA",     "SHA256", RSA_PSS_SALTLEN_DIGEST },
    { RK_SCHEME_RSA_PSS_SHA384,   "rsa-pss-sha384",   "RSA",     "SHA384", RSA_PSS_SALTLEN_DIGEST },
    { RK_SCHEME_RSA_PSS_SHA512,   "rsa-pss-sha512",   "RSA",     "SHA512", RSA_PSS_SALTLEN_DIGEST },
    { RK_SCHEME_RSA_PSS_MAX_SHA256, "rsa-pss-max-sha256", "RSA", "SHA256", RSA_PSS_SALTLEN_MAX },
    { RK_SCHEME_RSA_PSS_MAX_SHA384, "rsa-pss-max-sha384", "RSA", "SHA384", RSA_PSS_SALTLEN_MAX },
    { RK_SCHEME_RSA_PSS_MAX_SHA512, "rsa-pss-max-sha512", "RSA", "SHA512", RSA_PSS_SALTLEN_MAX },
    { RK_SCHEME_ECDSA_SHA256,     "ecdsa-sha256",     "EC",      "SHA256", 0 },
    { RK_SCHEME_ECDSA_SHA384,     "ecdsa-sha384",     "EC",      "SHA384", 0 },
    { RK_SCHEME_ECDSA_SHA512,     "ecdsa-sha512",     "EC",      "SHA512", 0 },
    { RK_SCHEME_ED25519,          "ed25519",          "ED25519", NULL,     0 },
};
/* clang-format on */
enum { SCHEMES = sizeof schemes / sizeof schemes[0] };

static const struct rk_scheme_row *find_scheme(enum rk_scheme id)
{
    for (size_t i = 0; i < SCHEMES; i++) {
        if (schemes[i].id == id)
            return &schemes[i];
    }
    return NULL;
}

const struct rk_scheme_row *rk_scheme_at(size_t i)
{
    return i < SCHEMES ? &schemes[i] : NULL;
}

const char *rk_scheme_name(enum rk_scheme id)
{
    const struct rk_scheme_row *scheme = find_scheme(id);

    return scheme == NULL ? "none" : scheme->name;
}

enum rk_scheme rk_scheme_find(const char *name)
{
    for (size_t i = 0; i < SCHEMES; i++) {
        if (strcmp(schemes[i].name, name) == 0)
            return schemes[i].id;
    }
    return RK_SCHEME_NONE;
}

enum rk_rc rk_scheme_want(struct rk_jv object, const char *name, enum rk_scheme *ret,
                          struct rk_err *err)
{
    const char *text = rk_json_str(rk_json_get(object, name));
    enum rk_scheme scheme = text == NULL ? RK_SCHEME_NONE : rk_scheme_find(text);

    if (scheme == RK_SCHEME_NONE)
        return rk_json_unlike(name, "the name of a signature scheme", err);
    *ret = scheme;
    return RK_OK;
}

bool rk_scheme_is_random(enum rk_scheme id)
{
    const struct rk_scheme_row *scheme = find_scheme(id);

    return scheme == NULL || scheme->salt != 0 || strcmp(scheme->key_type, "EC") == 0;
}

int rk_scheme_set_padding(const struct rk_scheme_row *scheme, EVP_PKEY_CTX *key)
{
    if (scheme->salt == 0)
        return 1;
    return EVP_PKEY_CTX_set_rsa_padding(key, RSA_PKCS1_PSS_PADDING) > 0 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(key, scheme->salt) > 0;
}

enum rk_rc rk_scheme_fit(enum rk_scheme id, EVP_PKEY *pub, const struct rk_scheme_row **ret,
                         struct rk_err *err)
{
    const struct rk_scheme_row *scheme = find_scheme(id);

    if (scheme == NULL)
        return rk_fail(err, RK_E_USAGE, "no signature scheme for this key");
    if (!EVP_PKEY_is_a(pub, scheme->key_type))
        return rk_fail(err, RK_E_KEY, "scheme %s needs a key of type %s, this one is %s",
                       scheme->name, scheme->key_type, EVP_PKEY_get0_type_name(pub));
    *ret = scheme;
    return RK_OK;
}

enum rk_rc rk_scheme_digest(const rk_ctx *ctx, const struct rk_scheme_row *scheme,
                            const uint8_t *msg, size_t msg_len, uint8_t ret[EVP_MAX_MD_SIZE],
                            size_t *ret_len, struct rk_err *err)
{
    if (EVP_Q_digest(rk_ctx_libctx(ctx), scheme->digest, rk_ctx_propq(ctx), msg, msg_len, ret,
                     ret_len) != 1)
        return rk_fail_ossl(err, RK_E_INTERNAL, "%s", scheme->digest);
    return RK_OK;
}

enum rk_rc rk_signature_check(const rk_ctx *ctx, EVP_PKEY *pub, enum rk_scheme id,
                              const uint8_t *msg, size_t msg_len, const uint8_t *sig,
                              size_t sig_len, struct rk_err *err)
{
    RK_AUTO(rk_md_ctx_done) EVP_MD_CTX *md = EVP_MD_CTX_new();
    const struct rk_scheme_row *scheme;
    EVP_PKEY_CTX *key = NULL;

    if (rk_scheme_fit(id, pub, &scheme, err) || rk_policy_check_key(ctx, pub, RK_E_VERIFY, err) ||
        rk_work_signature(err) || rk_work_hash(msg_len, err))
        return err->rc;
    if (md == NULL ||
        EVP_DigestVerifyInit_ex(md, &key, scheme->digest, rk_ctx_libctx(ctx), rk_ctx_propq(ctx),
                                pub, NULL) != 1 ||
        !rk_scheme_set_padding(scheme, key))
        return rk_fail_ossl(err, RK_E_INTERNAL, "cannot verify by %s", scheme->name);
    if (EVP_DigestVerify(md, sig, sig_len, msg, msg_len) != 1) {
        ERR_clear_error(); /* "RSA lib" tells nobody anything */
        return rk_fail(err, RK_E_VERIFY, "the signature does not hold");
    }
    return RK_OK;
}

enum rk_rc rk_signature_check_digest(const rk_ctx *ctx, EVP_PKEY *pub, enum rk_scheme id,
                                     const uint8_t *digest, size_t digest_len, const uint8_t *sig,
                                     size_t sig_len, struct rk_err *err)
{
    RK_AUTO(rk_pkey_ctx_done)
    EVP_PKEY_CTX *run = EVP_PKEY_CTX_new_from_pkey(rk_ctx_libctx(ctx), pub, rk_ctx_propq(ctx));
    RK_AUTO(rk_md_done) EVP_MD *md = NULL;
    const struct rk_scheme_row *scheme = NULL;

    if (rk_scheme_fit(id, pub, &scheme, err) || rk_policy_check_key(ctx, pub, RK_E_VERIFY, err) ||
        rk_work_signature(err))
        return err->rc;
    if (scheme->digest == NULL)
        return rk_fail(err, RK_E_USAGE, "scheme %s signs no digest", scheme->name);
    md = EVP_MD_fetch(rk_ctx_libctx(ctx), scheme->digest, rk_ctx_propq(ctx));
    if (run == NULL || md == NULL || EVP_PKEY_verify_init(run) != 1 ||
        !rk_scheme_set_padding(scheme, run) || EVP_PKEY_CTX_set_signature_md(run, md) <= 0)
        return rk_fail_ossl(err, RK_E_INTERNAL, "cannot verify by %s", scheme->name);
    if (EVP_PKEY_verify(run, sig, sig_len, digest, digest_len) != 1) {
        ERR_clear_error(); /* "RSA lib" tells nobody anything */
        return rk_fail(err, RK_E_VERIFY, "the signature does not hold");
    }
    return RK_OK;
}

enum rk_rc rk_ecdsa_der(BIGNUM *r, BIGNUM *s, struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_ecdsa_done) ECDSA_SIG *sig = ECDSA_SIG_new();
    unsigned char *der = NULL;

    if (sig == NULL || r == NULL || s == NULL || ECDSA_SIG_set0(sig, r, s) != 1) {
        BN_free(r);
        BN_free(s);
        return rk_fail_nomem(err);
    }
    return rk_der_keep(i2d_ECDSA_SIG(sig, &der), &der, "a signature", ret, err);
}

enum rk_rc rk_ecdsa_from_raw(const uint8_t *raw, size_t len, struct rk_bytes *ret,
                             struct rk_err *err)
{
    int half = (int)(len / 2);

    return rk_ecdsa_der(BN_bin2bn(raw, half, NULL), BN_bin2bn(raw + half, half, NULL), ret, err);
}
