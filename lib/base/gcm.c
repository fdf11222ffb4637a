/* SPDX-License-Identifier: Apache-2.0 */
#include "base/gcm.h"

#include "base/ossl.h"

#include <limits.h>

static const char *cipher_name(size_t key_len)
{
    switch (key_len) {
    case 16:
        return "AES-128-GCM";
    case 24:
        return "AES-192-GCM";
    case 32:
        return "AES-256-GCM";
    default:
        return NULL;
    }
}

static enum rk_rc start(const struct rk_gcm *gcm, bool seal, EVP_CIPHER_CTX *run,
                        struct rk_err *err)
{
    const char *name = cipher_name(gcm->key->len);
    RK_AUTO(rk_cipher_done) EVP_CIPHER *aes = NULL;
    int n;

    if (name == NULL)
        return rk_fail(err, RK_E_KEY, "the encryption key needs 16, 24 or 32 bytes");
    aes = EVP_CIPHER_fetch(rk_ctx_libctx(gcm->ctx), name, rk_ctx_propq(gcm->ctx));
    if (aes == NULL || EVP_CipherInit_ex2(run, aes, gcm->key->p, gcm->iv, seal, NULL) != 1 ||
        (gcm->aad_len != 0 && EVP_CipherUpdate(run, NULL, &n, gcm->aad, (int)gcm->aad_len) != 1))
        return rk_fail_ossl(err, RK_E_INTERNAL, "%s", name);
    return RK_OK;
}

enum rk_rc rk_gcm_seal(const struct rk_gcm *gcm, uint8_t *text, size_t len,
                       uint8_t ret_tag[RK_GCM_TAG], struct rk_err *err)
{
    RK_AUTO(rk_cipher_ctx_done) EVP_CIPHER_CTX *run = EVP_CIPHER_CTX_new();
    int n;

    if (run == NULL || len > INT_MAX)
        return rk_fail_nomem(err);
    if (start(gcm, true, run, err))
        return err->rc;
    if (EVP_CipherUpdate(run, text, &n, text, (int)len) != 1 ||
        EVP_CipherFinal_ex(run, text + len, &n) != 1 ||
        EVP_CIPHER_CTX_ctrl(run, EVP_CTRL_AEAD_GET_TAG, RK_GCM_TAG, ret_tag) != 1)
        return rk_fail_ossl(err, RK_E_INTERNAL, "AES-GCM");
    return RK_OK;
}

enum rk_rc rk_gcm_open(const struct rk_gcm *gcm, uint8_t *text, size_t len,
                       const uint8_t tag[RK_GCM_TAG], struct rk_err *err)
{
    RK_AUTO(rk_cipher_ctx_done) EVP_CIPHER_CTX *run = EVP_CIPHER_CTX_new();
    uint8_t want[RK_GCM_TAG];
    int n;

    if (run == NULL || len > INT_MAX)
        return rk_fail_nomem(err);
    for (size_t i = 0; i < sizeof want; i++) /* OpenSSL's call takes no const */
        want[i] = tag[i];
    if (start(gcm, false, run, err))
        return err->rc;
    if (EVP_CipherUpdate(run, text, &n, text, (int)len) != 1 ||
        EVP_CIPHER_CTX_ctrl(run, EVP_CTRL_AEAD_SET_TAG, RK_GCM_TAG, want) != 1)
        return rk_fail_ossl(err, RK_E_INTERNAL, "AES-GCM");
    if (EVP_CipherFinal_ex(run, text + len, &n) != 1) {
        ERR_clear_error();
        return rk_fail(err, RK_E_VERIFY,
                       "the GCM tag does not hold: another key, or changed bytes");
    }
    return RK_OK;
}
