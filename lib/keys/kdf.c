/* SPDX-License-Identifier: Apache-2.0 */
/* Key derivations over an rk_mac. */
#include "base/err.h"
#include "base/ossl.h"
#include "base/wr.h"
#include "ftpmprov/mac.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

enum { INPUT_MAX = 1024, OUT_MAX = 255 };

RK_OSSL_CLEANUP(kdf_done, EVP_KDF, EVP_KDF_free)
RK_OSSL_CLEANUP(kdf_ctx_done, EVP_KDF_CTX, EVP_KDF_CTX_free)

static enum rk_rc one_block(const rk_mac *mac, const struct rk_kdf108 *in, size_t counter,
                            struct rk_secret *ret, struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr msg = RK_WR_MAX(INPUT_MAX);

    rk_wr_be(&msg, counter, in->counter_bits / 8);
    rk_wr_str(&msg, in->label);
    rk_wr_zero(&msg, 1);
    rk_wr_bytes(&msg, in->context, in->context_len);
    rk_wr_be(&msg, (uint64_t)in->out_len * 8, 4);
    if (msg.failed != RK_OK)
        return rk_fail(err, msg.failed, "key derivation: label and context are too long");
    return rk_mac_compute(mac, in->alg, msg.buf, msg.len, ret, err);
}

enum rk_rc rk_kdf108(const rk_mac *mac, const struct rk_kdf108 *in, struct rk_secret *ret,
                     struct rk_err *err)
{
    RK_AUTO(rk_secret_done) struct rk_secret out = RK_SECRET_NONE;

    if (in->out_len > OUT_MAX || (in->counter_bits != 8 && in->counter_bits != 32))
        return rk_fail(err, RK_E_INTERNAL, "key derivation: %zu bytes with a counter of %u bits",
                       in->out_len, in->counter_bits);
    if (rk_secret_new(in->out_len, &out, err))
        return err->rc;
    for (size_t at = 0, counter = 1; at < out.len; counter++) {
        RK_AUTO(rk_secret_done) struct rk_secret block = RK_SECRET_NONE;

        if (one_block(mac, in, counter, &block, err))
            return err->rc;
        size_t n = out.len - at < block.len ? out.len - at : block.len;
        memcpy(out.p + at, block.p, n);
        at += n;
    }
    *ret = rk_secret_take(&out);
    return RK_OK;
}

/* OpenSSL's parameters take no const; it does not write to them. */
static void *unconst(const void *p)
{
    union {
        const void *in;
        void *out;
    } u = { .in = p };

    return u.out;
}

enum rk_rc rk_hkdf_sha256(const rk_ctx *ctx, const uint8_t *salt, size_t salt_len,
                          const struct rk_secret *ikm, const void *info, size_t info_len,
                          size_t out_len, struct rk_secret *ret, struct rk_err *err)
{
    char digest[] = "SHA256";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, ikm->p, ikm->len),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, unconst(salt), salt_len),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, unconst(info), info_len),
        OSSL_PARAM_construct_end(),
    };
    RK_AUTO(kdf_done)
    EVP_KDF *hkdf = EVP_KDF_fetch(rk_ctx_libctx(ctx), "HKDF", rk_ctx_propq(ctx));
    RK_AUTO(kdf_ctx_done) EVP_KDF_CTX *run = hkdf == NULL ? NULL : EVP_KDF_CTX_new(hkdf);
    RK_AUTO(rk_secret_done) struct rk_secret out = RK_SECRET_NONE;

    if (rk_secret_new(out_len, &out, err))
        return err->rc;
    if (run == NULL || EVP_KDF_derive(run, out.p, out.len, params) != 1)
        return rk_fail_ossl(err, RK_E_INTERNAL, "HKDF");
    *ret = rk_secret_take(&out);
    return RK_OK;
}
