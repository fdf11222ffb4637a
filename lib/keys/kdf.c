/* SPDX-License-Identifier: Apache-2.0 */
/* Key derivations over an rk_mac. */
#include "base/err.h"
#include "base/wr.h"
#include "rotkit/counted.h"
#include "rotkit/mac.h"

#include <string.h>

enum { INPUT_MAX = 1024, OUT_MAX = 255 };

static enum rk_rc one_block(const rk_mac *mac, const struct rk_kdf108 *in, size_t counter,
                            struct rk_secret *ret, struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr msg = RK_WR_MAX(INPUT_MAX);

    rk_wr_be(&msg, counter, in->counter_bits / 8);
    rk_wr_str(&msg, in->label);
    rk_wr_zero(&msg, 1);
    rk_wr_bytes(&msg, in->context, in->context_len);
    rk_wr_be(&msg, (uint64_t)in->out_len * 8, 4);
    if (msg.failed == RK_E_NOMEM)
        return rk_fail_nomem(err);
    if (msg.failed != RK_OK)
        return rk_fail(err, msg.failed, "key derivation: label and context are too long");
    return rk_mac_compute(mac, in->alg, msg.buf, msg.len, ret, err);
}

enum rk_rc rk_kdf108(const rk_mac *mac, const struct rk_kdf108 *in, struct rk_secret *ret,
                     struct rk_err *err)
{
    RK_AUTO(rk_secret_done) struct rk_secret out = RK_SECRET_NONE;

    if (in->out_len > OUT_MAX || (in->counter_bits != 8 && in->counter_bits != 32))
        return rk_fail(err, RK_E_INTERNAL, "key derivation: %s with a counter of %s",
                       RK_COUNTED(in->out_len, "byte"), RK_COUNTED(in->counter_bits, "bit"));
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

/* HMAC-SHA-256 under a key that is used once. */
static enum rk_rc hmac(const rk_ctx *ctx, const struct rk_secret *key, const void *msg,
                       size_t msg_len, struct rk_secret *ret, struct rk_err *err)
{
    RK_AUTO(rk_mac_done) rk_mac *mac = NULL;

    if (rk_mac_from_secret(ctx, key, &mac, err))
        return err->rc;
    return rk_mac_compute(mac, RK_MAC_HMAC_SHA256, msg, msg_len, ret, err);
}

/* RFC 5869 2.3: T(n) = HMAC(PRK, T(n - 1) | info | n) */
static enum rk_rc expand(const rk_ctx *ctx, const struct rk_secret *prk, const void *info,
                         size_t info_len, struct rk_secret *out, struct rk_err *err)
{
    RK_AUTO(rk_mac_done) rk_mac *mac = NULL;
    RK_AUTO(rk_secret_done) struct rk_secret block = RK_SECRET_NONE;

    if (rk_mac_from_secret(ctx, prk, &mac, err))
        return err->rc;
    for (size_t at = 0, n = 1; at < out->len; n++) {
        RK_AUTO(rk_wr_done) struct rk_wr msg = RK_WR_MAX(INPUT_MAX);

        rk_wr_bytes(&msg, block.p, block.len);
        rk_wr_bytes(&msg, info, info_len);
        rk_wr_le(&msg, n, 1);
        if (msg.failed == RK_E_NOMEM)
            return rk_fail_nomem(err);
        if (msg.failed != RK_OK)
            return rk_fail(err, msg.failed, "key derivation: info is too long");
        rk_secret_done(&block);
        if (rk_mac_compute(mac, RK_MAC_HMAC_SHA256, msg.buf, msg.len, &block, err))
            return err->rc;
        size_t take = out->len - at < block.len ? out->len - at : block.len;
        memcpy(out->p + at, block.p, take);
        at += take;
    }
    return RK_OK;
}

/* Over HMAC, not OpenSSL's HKDF: that one frees its salt unwiped, and ours may be an EPS_Seed. */
enum rk_rc rk_hkdf_sha256(const rk_ctx *ctx, const uint8_t *salt, size_t salt_len,
                          const struct rk_secret *ikm, const void *info, size_t info_len,
                          size_t out_len, struct rk_secret *ret, struct rk_err *err)
{
    RK_AUTO(rk_secret_done) struct rk_secret salt_key = RK_SECRET_NONE;
    RK_AUTO(rk_secret_done) struct rk_secret prk = RK_SECRET_NONE;
    RK_AUTO(rk_secret_done) struct rk_secret out = RK_SECRET_NONE;

    if (out_len > OUT_MAX)
        return rk_fail(err, RK_E_INTERNAL, "key derivation: %s", RK_COUNTED(out_len, "byte"));
    if (rk_secret_copy(salt, salt_len, &salt_key, err) || rk_secret_new(out_len, &out, err) ||
        hmac(ctx, &salt_key, ikm->p, ikm->len, &prk, err) ||
        expand(ctx, &prk, info, info_len, &out, err))
        return err->rc;
    *ret = rk_secret_take(&out);
    return RK_OK;
}
