/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/mac.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/ossl.h"
#include "rotkit/counted.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/params.h>

struct rk_mac {
    const rk_ctx *ctx;
    size_t key_len;
    const struct rk_mac_ops *ops;
    void *self;
};

enum rk_rc rk_mac_new(const rk_ctx *ctx, size_t key_len, const struct rk_mac_ops *ops, void *self,
                      rk_mac **ret, struct rk_err *err)
{
    rk_mac *mac = rk_alloc(1, sizeof *mac);

    if (mac == NULL)
        return rk_fail_nomem(err);
    *mac = (rk_mac) { .ctx = ctx, .key_len = key_len, .ops = ops, .self = self };
    *ret = mac;
    return RK_OK;
}

void rk_mac_free(rk_mac *mac)
{
    if (mac == NULL)
        return;
    mac->ops->free(mac->self);
    rk_free(mac);
}

const rk_ctx *rk_mac_ctx(const rk_mac *mac)
{
    return mac->ctx;
}

size_t rk_mac_key_len(const rk_mac *mac)
{
    return mac->key_len;
}

static enum rk_rc check_aes_len(const rk_mac *mac, struct rk_err *err)
{
    if (mac->key_len != 16 && mac->key_len != 32)
        return rk_fail(err, RK_E_USAGE, "AES key of %s, expected 16 or 32",
                       RK_COUNTED(mac->key_len, "byte"));
    return RK_OK;
}

enum rk_rc rk_mac_compute(const rk_mac *mac, enum rk_mac_alg alg, const void *msg, size_t msg_len,
                          struct rk_secret *ret, struct rk_err *err)
{
    if (alg != RK_MAC_HMAC_SHA256 && alg != RK_MAC_AES_CMAC)
        return rk_fail(err, RK_E_USAGE, "MAC algorithm %d, expected HMAC-SHA-256 or AES-CMAC",
                       (int)alg);
    if (alg == RK_MAC_AES_CMAC && check_aes_len(mac, err))
        return err->rc;
    return mac->ops->compute(mac->self, mac->ctx, alg, msg, msg_len, ret, err);
}

enum rk_rc rk_mac_aes_block(const rk_mac *mac, const uint8_t in[16], struct rk_secret *ret,
                            struct rk_err *err)
{
    if (check_aes_len(mac, err))
        return err->rc;
    return mac->ops->aes_block(mac->self, mac->ctx, in, ret, err);
}

/* ---- a key whose bytes are here ---- */

/* What OpenSSL calls the algorithm, by enum rk_mac_alg. */
struct alg {
    const char *mac, *param, *value;
    size_t len;
};

static struct alg alg_of(enum rk_mac_alg alg, size_t key_len)
{
    if (alg == RK_MAC_HMAC_SHA256)
        return (struct alg) { "HMAC", OSSL_MAC_PARAM_DIGEST, "SHA256", 32 };
    return (struct alg) { "CMAC", OSSL_MAC_PARAM_CIPHER,
                          key_len == 32 ? "AES-256-CBC" : "AES-128-CBC", 16 };
}

static enum rk_rc compute(void *self, const rk_ctx *ctx, enum rk_mac_alg which, const void *msg,
                          size_t msg_len, struct rk_secret *ret, struct rk_err *err)
{
    const struct rk_secret *key = self;
    struct alg alg = alg_of(which, key->len);
    char value[16];
    RK_AUTO(rk_secret_done) struct rk_secret out = RK_SECRET_NONE;
    RK_AUTO(rk_evp_mac_done)
    EVP_MAC *evp = EVP_MAC_fetch(rk_ctx_libctx(ctx), alg.mac, rk_ctx_propq(ctx));
    RK_AUTO(rk_evp_mac_ctx_done) EVP_MAC_CTX *run = evp == NULL ? NULL : EVP_MAC_CTX_new(evp);
    OSSL_PARAM params[2] = { OSSL_PARAM_construct_end(), OSSL_PARAM_construct_end() };
    size_t len = 0;

    memcpy(value, alg.value, strlen(alg.value) + 1);
    params[0] = OSSL_PARAM_construct_utf8_string(alg.param, value, 0);
    if (rk_secret_new(alg.len, &out, err))
        return err->rc;
    if (run == NULL || EVP_MAC_init(run, key->p, key->len, params) != 1 ||
        EVP_MAC_update(run, msg, msg_len) != 1 || EVP_MAC_final(run, out.p, &len, out.len) != 1 ||
        len != out.len)
        return rk_fail_ossl(err, RK_E_INTERNAL, "%s", alg.mac);
    *ret = rk_secret_take(&out);
    return RK_OK;
}

static enum rk_rc aes_block(void *self, const rk_ctx *ctx, const uint8_t in[16],
                            struct rk_secret *ret, struct rk_err *err)
{
    const struct rk_secret *key = self;
    RK_AUTO(rk_cipher_done)
    EVP_CIPHER *ecb = EVP_CIPHER_fetch(
        rk_ctx_libctx(ctx), key->len == 32 ? "AES-256-ECB" : "AES-128-ECB", rk_ctx_propq(ctx));
    RK_AUTO(rk_cipher_ctx_done) EVP_CIPHER_CTX *run = EVP_CIPHER_CTX_new();
    RK_AUTO(rk_secret_done) struct rk_secret out = RK_SECRET_NONE;
    int len = 0;

    if (rk_secret_new(16, &out, err))
        return err->rc;
    if (ecb == NULL || run == NULL || EVP_EncryptInit_ex2(run, ecb, key->p, NULL, NULL) != 1 ||
        EVP_CIPHER_CTX_set_padding(run, 0) != 1 ||
        EVP_EncryptUpdate(run, out.p, &len, in, 16) != 1 || len != 16)
        return rk_fail_ossl(err, RK_E_INTERNAL, "AES-ECB");
    *ret = rk_secret_take(&out);
    return RK_OK;
}

static void release(void *self)
{
    rk_secret_done(self);
    rk_free(self);
}

static const struct rk_mac_ops secret_ops = { compute, aes_block, release };

enum rk_rc rk_mac_from_secret(const rk_ctx *ctx, const struct rk_secret *key, rk_mac **ret,
                              struct rk_err *err)
{
    struct rk_secret *copy = rk_alloc(1, sizeof *copy);

    if (copy == NULL)
        return rk_fail_nomem(err);
    if (rk_secret_copy(key->p, key->len, copy, err) ||
        rk_mac_new(ctx, key->len, &secret_ops, copy, ret, err)) {
        release(copy);
        return err->rc;
    }
    return RK_OK;
}
