/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures made in a token, by plain C_Sign. Source: PKCS #11 2.40 current mechanisms. */
#include "keys/token/key.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/ossl.h"
#include "keys/signer.h"
#include "keys/token/errors.h"

#include <string.h>

#include <openssl/ec.h>
#include <openssl/rsa.h>

enum { SIGNATURE_MAX = 2048, INPUT_MAX = 128 };

/* The digest made here, or in the token where it does no bare signing. */
/* clang-format off */
static const struct row {
    enum rk_scheme id;
    CK_MECHANISM_TYPE bare, whole; /* whole: digests too; the same as bare for Ed25519 */
    CK_MECHANISM_TYPE hash;        /* for PSS */
    CK_RSA_PKCS_MGF_TYPE mgf;
    const char *prefix; /* DigestInfo for PKCS #1 v1.5, RFC 8017 9.2 note 1 */
} rows[] = {
    { RK_SCHEME_RSA_PKCS1_SHA256, CKM_RSA_PKCS, CKM_SHA256_RSA_PKCS, 0, 0, "\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20" },
    { RK_SCHEME_RSA_PKCS1_SHA384, CKM_RSA_PKCS, CKM_SHA384_RSA_PKCS, 0, 0, "\x30\x41\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\x04\x30" },
    { RK_SCHEME_RSA_PKCS1_SHA512, CKM_RSA_PKCS, CKM_SHA512_RSA_PKCS, 0, 0, "\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40" },
    { RK_SCHEME_RSA_PSS_SHA256, CKM_RSA_PKCS_PSS, CKM_SHA256_RSA_PKCS_PSS, CKM_SHA256, CKG_MGF1_SHA256, NULL },
    { RK_SCHEME_RSA_PSS_SHA384, CKM_RSA_PKCS_PSS, CKM_SHA384_RSA_PKCS_PSS, CKM_SHA384, CKG_MGF1_SHA384, NULL },
    { RK_SCHEME_RSA_PSS_SHA512, CKM_RSA_PKCS_PSS, CKM_SHA512_RSA_PKCS_PSS, CKM_SHA512, CKG_MGF1_SHA512, NULL },
    { RK_SCHEME_RSA_PSS_MAX_SHA256, CKM_RSA_PKCS_PSS, CKM_SHA256_RSA_PKCS_PSS, CKM_SHA256, CKG_MGF1_SHA256, NULL },
    { RK_SCHEME_RSA_PSS_MAX_SHA384, CKM_RSA_PKCS_PSS, CKM_SHA384_RSA_PKCS_PSS, CKM_SHA384, CKG_MGF1_SHA384, NULL },
    { RK_SCHEME_RSA_PSS_MAX_SHA512, CKM_RSA_PKCS_PSS, CKM_SHA512_RSA_PKCS_PSS, CKM_SHA512, CKG_MGF1_SHA512, NULL },
    { RK_SCHEME_ECDSA_SHA256, CKM_ECDSA, CKM_ECDSA_SHA256, 0, 0, NULL },
    { RK_SCHEME_ECDSA_SHA384, CKM_ECDSA, CKM_ECDSA_SHA384, 0, 0, NULL },
    { RK_SCHEME_ECDSA_SHA512, CKM_ECDSA, CKM_ECDSA_SHA512, 0, 0, NULL },
    { RK_SCHEME_ED25519, CKM_EDDSA, CKM_EDDSA, 0, 0, NULL },
};
/* clang-format on */
enum { ROWS = sizeof rows / sizeof rows[0], PREFIX = 19 };

struct token_signer {
    struct rk_token_key *key;
    size_t curve_bytes; /* EC: of the order */
    size_t modulus_bytes;
};

struct act {
    const struct rk_token_key *key;
    CK_MECHANISM mechanism;
    CK_RSA_PKCS_PSS_PARAMS pss;
    const uint8_t *msg;
    size_t msg_len;
    uint8_t input[INPUT_MAX]; /* what a bare mechanism signs */
    uint8_t signature[SIGNATURE_MAX];
    CK_ULONG signature_len;
};

static CK_RV sign_in_token(const struct rk_token_work *work, void *arg)
{
    struct act *act = arg;
    CK_RV rv = work->fn->C_SignInit(work->session, &act->mechanism, work->key);

    if (rv == CKR_OK && act->key->always_authenticate)
        rv = rk_token_authenticate(work->token, work->session);
    act->signature_len = sizeof act->signature;
    if (rv == CKR_OK)
        /* Cryptoki takes its input without const and leaves it alone */
        rv = work->fn->C_Sign(work->session, (CK_BYTE_PTR)(uintptr_t)act->msg, act->msg_len,
                              act->signature, &act->signature_len);
    return rv == CKR_OK && act->signature_len > sizeof act->signature ? CKR_BUFFER_TOO_SMALL : rv;
}

static size_t salt_len(const struct token_signer *signer, const struct rk_scheme_row *scheme,
                       size_t digest_len)
{
    return scheme->salt == RSA_PSS_SALTLEN_MAX ? signer->modulus_bytes - digest_len - 2
                                               : digest_len;
}

/* The digest made here; cut to the curve's order, as FIPS 186-4 6.4 does and some tokens do not. */
static enum rk_rc prepare_bare(const struct token_signer *signer, const rk_ctx *ctx,
                               const struct rk_scheme_row *scheme, const struct row *row,
                               struct act *act, struct rk_err *err)
{
    size_t prefix = row->prefix == NULL ? 0 : PREFIX, len = 0;
    uint8_t digest[EVP_MAX_MD_SIZE];

    if (rk_scheme_digest(ctx, scheme, act->msg, act->msg_len, digest, &len, err))
        return err->rc;
    if (signer->curve_bytes != 0 && len > signer->curve_bytes)
        len = signer->curve_bytes;
    if (prefix != 0)
        memcpy(act->input, row->prefix, prefix);
    memcpy(act->input + prefix, digest, len);
    act->msg = act->input;
    act->msg_len = prefix + len;
    return RK_OK;
}

static const struct row *row_of(enum rk_scheme scheme)
{
    const struct row *row = rows;

    while (row->id != scheme)
        row++;
    return row;
}

/* The mechanism that the token has, the bare one first; false when it has neither. */
static bool find_mechanism(rk_token *token, const struct row *row, CK_MECHANISM_TYPE *ret)
{
    *ret = row->bare;
    if (rk_token_has(token, row->bare, CKF_SIGN))
        return true;
    if (!rk_token_has(token, row->whole, CKF_SIGN))
        return false;
    *ret = row->whole;
    return true;
}

bool rk_token_signs(rk_token *token, enum rk_scheme scheme, const char **ret_mechanism)
{
    CK_MECHANISM_TYPE mechanism;
    bool has = find_mechanism(token, row_of(scheme), &mechanism);

    *ret_mechanism = rk_token_mechanism_name(mechanism);
    return has;
}

static enum rk_rc prepare(const struct token_signer *signer, const rk_ctx *ctx,
                          const struct rk_scheme_row *scheme, const struct row *row,
                          struct act *act, struct rk_err *err)
{
    if (!find_mechanism(signer->key->token, row, &act->mechanism.mechanism))
        return rk_fail(err, RK_E_KEY, "token \"%s\" lacks the mechanism %s, which scheme %s needs",
                       signer->key->token->label, rk_token_mechanism_name(row->bare), scheme->name);
    if (scheme->salt != 0) {
        int digest_len = EVP_MD_get_size(EVP_get_digestbyname(scheme->digest));

        act->pss = (CK_RSA_PKCS_PSS_PARAMS) {
            .hashAlg = row->hash,
            .mgf = row->mgf,
            .sLen = salt_len(signer, scheme, (size_t)digest_len),
        };
        act->mechanism.pParameter = &act->pss;
        act->mechanism.ulParameterLen = sizeof act->pss;
    }
    if (act->mechanism.mechanism != row->bare || scheme->digest == NULL)
        return RK_OK;
    return prepare_bare(signer, ctx, scheme, row, act, err);
}

static enum rk_rc sign(void *self, const rk_ctx *ctx, const struct rk_scheme_row *scheme,
                       const uint8_t *msg, size_t msg_len, struct rk_bytes *ret, struct rk_err *err)
{
    const struct token_signer *signer = self;
    struct act act = { .key = signer->key, .msg = msg, .msg_len = msg_len };
    const struct row *row = row_of(scheme->id);

    if (prepare(signer, ctx, scheme, row, &act, err) ||
        rk_token_key_run(signer->key, "cannot sign", sign_in_token, &act, err))
        return err->rc;
    if (signer->curve_bytes != 0)
        return rk_ecdsa_from_raw(act.signature, act.signature_len, ret, err);
    return rk_bytes_copy(act.signature, act.signature_len, ret, err);
}

static void release(void *self)
{
    struct token_signer *signer = self;

    rk_token_key_free(signer->key);
    rk_free(signer);
}

static const struct rk_signer_ops ops = { .sign = sign, .free = release, .outside = true };

static void signer_done(struct token_signer **signer)
{
    if (*signer != NULL)
        release(*signer);
}

enum rk_rc rk_token_signer_open(const rk_ctx *ctx, const struct rk_key_name *name,
                                const struct rk_pin *pin, rk_signer **ret, struct rk_err *err)
{
    RK_AUTO(signer_done) struct token_signer *signer = rk_alloc(1, sizeof *signer);
    RK_AUTO(rk_pkey_done) EVP_PKEY *pub = NULL;

    if (signer == NULL)
        return rk_fail_nomem(err);
    if (rk_token_key_open(ctx, name->uri, pin, CKO_PRIVATE_KEY, &signer->key, err) ||
        rk_token_key_public(signer->key, &pub, err))
        return err->rc;
    if (signer->key->key_type == CKK_EC)
        signer->curve_bytes = ((size_t)EVP_PKEY_get_bits(pub) + 7) / 8;
    signer->modulus_bytes = (size_t)EVP_PKEY_get_size(pub);
    if (rk_signer_new(ctx, pub, &ops, signer, ret, err))
        return err->rc;
    signer = NULL;
    return RK_OK;
}
