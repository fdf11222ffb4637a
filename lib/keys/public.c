/* SPDX-License-Identifier: Apache-2.0 */
#include "rotkit/public.h"

#include "base/digest.h"
#include "base/err.h"
#include "base/ossl.h"
#include "keys/key_file.h"
#include "keys/signer.h"

const rk_public *rk_signer_public(const rk_signer *signer)
{
    return (const rk_public *)signer;
}

const rk_signer *rk_public_signer(const rk_public *key)
{
    return (const rk_signer *)key;
}

EVP_PKEY *rk_public_pkey(const rk_public *key)
{
    return key == NULL ? NULL : rk_signer_pkey(rk_public_signer(key));
}

static enum rk_rc make(const rk_ctx *ctx, EVP_PKEY *pkey, rk_public **ret, struct rk_err *err)
{
    rk_signer *signer;

    if (!EVP_PKEY_is_a(pkey, "RSA") && !EVP_PKEY_is_a(pkey, "EC") &&
        !EVP_PKEY_is_a(pkey, "ED25519"))
        return rk_fail(err, RK_E_KEY, "a key of type %s, expected RSA, EC or ED25519",
                       EVP_PKEY_get0_type_name(pkey));
    if (rk_signer_new(ctx, pkey, NULL, NULL, &signer, err))
        return err->rc;
    *ret = (rk_public *)signer;
    return RK_OK;
}

enum rk_rc rk_public_open(const rk_ctx *ctx, const char *path, rk_public **ret, struct rk_err *err)
{
    RK_AUTO(rk_pkey_done) EVP_PKEY *pkey = NULL;

    if (rk_key_file_read_public(ctx, path, &pkey, err))
        return err->rc;
    return make(ctx, pkey, ret, err) ? rk_wrap(err, "key file \"%s\"", path) : RK_OK;
}

enum rk_rc rk_public_from_bytes(const rk_ctx *ctx, const void *bytes, size_t len, rk_public **ret,
                                struct rk_err *err)
{
    RK_AUTO(rk_pkey_done) EVP_PKEY *pkey = NULL;

    if (rk_key_file_decode_public(ctx, bytes, len, &pkey, err))
        return err->rc;
    return make(ctx, pkey, ret, err);
}

void rk_public_free(rk_public *key)
{
    rk_signer_free((rk_signer *)key);
}

const char *rk_public_type(const rk_public *key)
{
    return EVP_PKEY_get0_type_name(rk_public_pkey(key));
}

const struct rk_bytes *rk_public_spki(const rk_public *key)
{
    return rk_signer_spki(rk_public_signer(key));
}

enum rk_rc rk_public_sha256(const rk_public *key, uint8_t ret[32], struct rk_err *err)
{
    const struct rk_bytes *spki = rk_public_spki(key);

    return rk_sha256(spki->p, spki->len, ret, err);
}

enum rk_rc rk_public_verify(const rk_public *key, enum rk_scheme scheme, const uint8_t *msg,
                            size_t msg_len, const uint8_t *sig, size_t sig_len, struct rk_err *err)
{
    return rk_signature_check(rk_signer_ctx(rk_public_signer(key)), rk_public_pkey(key), scheme,
                              msg, msg_len, sig, sig_len, err);
}

enum rk_rc rk_public_want(struct rk_jv object, const char *name, EVP_PKEY **ret, struct rk_err *err)
{
    enum { SPKI_MAX = 4096 };
    RK_AUTO(rk_bytes_done) struct rk_bytes spki = RK_BYTES_NONE;
    RK_AUTO(rk_pkey_done) EVP_PKEY *key = NULL;
    const unsigned char *at;

    if (rk_json_want_bytes(object, name, SPKI_MAX, &spki, err))
        return err->rc;
    at = spki.p;
    key = d2i_PUBKEY(NULL, &at, (long)spki.len);
    ERR_clear_error();
    if (key == NULL || at != spki.p + spki.len)
        return rk_json_unlike(name, "a public key in hex", err);
    *ret = key;
    key = NULL;
    return RK_OK;
}
