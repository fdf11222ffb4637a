/* SPDX-License-Identifier: Apache-2.0 */
/* Symmetric keys by reference. Where the key lives is one row of `sources`. */
#include "ftpmprov/mac.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/ossl.h"
#include "ftpmprov/file.h"
#include "ftpmprov/hex.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/params.h>

struct rk_mac {
    const rk_ctx *ctx;
    struct rk_secret key;
};

static enum rk_rc read_file(const char *rest, size_t len, struct rk_secret *ret, struct rk_err *err)
{
    return rk_file_read_key(rest, len, ret, err);
}

static enum rk_rc read_env(const char *rest, size_t len, struct rk_secret *ret, struct rk_err *err)
{
    const char *text = secure_getenv(rest);
    RK_AUTO(rk_secret_done) struct rk_secret key = RK_SECRET_NONE;
    size_t found;

    if (text == NULL)
        return rk_fail(err, RK_E_KEY, "environment variable \"%s\" is not set", rest);
    if (rk_secret_new(len == 0 ? 32 : len, &key, err))
        return err->rc;
    if (rk_hex_read_key(text, strlen(text), key.p, key.len, &found, err))
        return rk_wrap(err, "environment variable \"%s\"", rest);
    if (len != 0 && found != len)
        return rk_fail(err, RK_E_USAGE, "environment variable \"%s\": %zu bytes, expected %zu",
                       rest, found, len);
    if (len == 0 && found != 16 && found != 32)
        return rk_fail(err, RK_E_USAGE, "environment variable \"%s\": %zu bytes, expected 16 or 32",
                       rest, found);
    return rk_secret_copy(key.p, found, ret, err);
}

static const struct source {
    const char *scheme;
    /* NULL: keys of this scheme never show their bytes. */
    enum rk_rc (*read)(const char *rest, size_t len, struct rk_secret *ret, struct rk_err *err);
} sources[] = {
    { "file:", read_file }, { "env:", read_env }, { "pkcs11:", NULL },
    { "helper:", NULL },    { "pub:", NULL },
};

static const struct source plain_path = { "", read_file };

static const struct source *find_source(const char *uri)
{
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        if (strncmp(uri, sources[i].scheme, strlen(sources[i].scheme)) == 0)
            return &sources[i];
    }
    return &plain_path;
}

enum rk_rc rk_secret_read(const char *uri, size_t key_len, struct rk_secret *ret,
                          struct rk_err *err)
{
    const struct source *source = find_source(uri);

    if (source->read == NULL)
        return rk_fail(err, RK_E_USAGE, "a \"%s\" key cannot serve here: its bytes are needed",
                       source->scheme);
    return source->read(uri + strlen(source->scheme), key_len, ret, err);
}

enum rk_rc rk_mac_open(const rk_ctx *ctx, const char *uri, size_t key_len, rk_mac **ret,
                       struct rk_err *err)
{
    RK_AUTO(rk_secret_done) struct rk_secret key = RK_SECRET_NONE;

    if (find_source(uri)->read == NULL)
        return rk_fail(err, RK_E_USAGE, "symmetric keys come from a file or env: in this version");
    if (rk_secret_read(uri, key_len, &key, err))
        return err->rc;
    return rk_mac_from_secret(ctx, &key, ret, err);
}

enum rk_rc rk_mac_from_secret(const rk_ctx *ctx, const struct rk_secret *key, rk_mac **ret,
                              struct rk_err *err)
{
    rk_mac *mac = rk_alloc(1, sizeof *mac);

    if (mac == NULL)
        return rk_fail_nomem(err);
    mac->ctx = ctx;
    if (rk_secret_copy(key->p, key->len, &mac->key, err)) {
        rk_free(mac);
        return err->rc;
    }
    *ret = mac;
    return RK_OK;
}

void rk_mac_free(rk_mac *mac)
{
    if (mac == NULL)
        return;
    rk_secret_done(&mac->key);
    rk_free(mac);
}

const rk_ctx *rk_mac_ctx(const rk_mac *mac)
{
    return mac->ctx;
}

size_t rk_mac_key_len(const rk_mac *mac)
{
    return mac->key.len;
}

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

enum rk_rc rk_mac_compute(const rk_mac *mac, enum rk_mac_alg which, const void *msg, size_t msg_len,
                          struct rk_secret *ret, struct rk_err *err)
{
    struct alg alg = alg_of(which, mac->key.len);
    char value[16];
    RK_AUTO(rk_secret_done) struct rk_secret out = RK_SECRET_NONE;
    RK_AUTO(rk_evp_mac_done)
    EVP_MAC *evp = EVP_MAC_fetch(rk_ctx_libctx(mac->ctx), alg.mac, rk_ctx_propq(mac->ctx));
    RK_AUTO(rk_evp_mac_ctx_done) EVP_MAC_CTX *run = evp == NULL ? NULL : EVP_MAC_CTX_new(evp);
    OSSL_PARAM params[2] = { OSSL_PARAM_construct_end(), OSSL_PARAM_construct_end() };
    size_t len = 0;

    memcpy(value, alg.value, strlen(alg.value) + 1);
    params[0] = OSSL_PARAM_construct_utf8_string(alg.param, value, 0);
    if (which == RK_MAC_AES_CMAC && mac->key.len != 16 && mac->key.len != 32)
        return rk_fail(err, RK_E_USAGE, "AES key of %zu bytes, expected 16 or 32", mac->key.len);
    if (rk_secret_new(alg.len, &out, err))
        return err->rc;
    if (run == NULL || EVP_MAC_init(run, mac->key.p, mac->key.len, params) != 1 ||
        EVP_MAC_update(run, msg, msg_len) != 1 || EVP_MAC_final(run, out.p, &len, out.len) != 1 ||
        len != out.len)
        return rk_fail_ossl(err, RK_E_INTERNAL, "%s", alg.mac);
    *ret = rk_secret_take(&out);
    return RK_OK;
}

enum rk_rc rk_mac_aes_block(const rk_mac *mac, const uint8_t in[16], struct rk_secret *ret,
                            struct rk_err *err)
{
    RK_AUTO(rk_cipher_done)
    EVP_CIPHER *ecb = EVP_CIPHER_fetch(rk_ctx_libctx(mac->ctx),
                                       mac->key.len == 32 ? "AES-256-ECB" : "AES-128-ECB",
                                       rk_ctx_propq(mac->ctx));
    RK_AUTO(rk_cipher_ctx_done) EVP_CIPHER_CTX *run = EVP_CIPHER_CTX_new();
    RK_AUTO(rk_secret_done) struct rk_secret out = RK_SECRET_NONE;
    int len = 0;

    if (mac->key.len != 16 && mac->key.len != 32)
        return rk_fail(err, RK_E_USAGE, "AES key of %zu bytes, expected 16 or 32", mac->key.len);
    if (rk_secret_new(16, &out, err))
        return err->rc;
    if (ecb == NULL || run == NULL || EVP_EncryptInit_ex2(run, ecb, mac->key.p, NULL, NULL) != 1 ||
        EVP_CIPHER_CTX_set_padding(run, 0) != 1 ||
        EVP_EncryptUpdate(run, out.p, &len, in, 16) != 1 || len != 16)
        return rk_fail_ossl(err, RK_E_INTERNAL, "AES-ECB");
    *ret = rk_secret_take(&out);
    return RK_OK;
}
