/* SPDX-License-Identifier: Apache-2.0 */
/* The Silicon ID key pair. Source: jetson-ftpm-ekb.md 1.2; SP 800-90A 10.2.1 without df. */
#include "platform/tegra/plan.h"

#include "base/ctr_drbg.h"
#include "base/ossl.h"

#include <string.h>

#include <openssl/obj_mac.h>

enum { CANDIDATE = 64, TRIES_MAX = 100, NUMBER = 32 /* bytes of d, and of the AES key */ };

struct draft { /* what passes between the generator and its users */
    uint8_t bytes[CANDIDATE];
};

static void draft_done(struct draft *draft)
{
    OPENSSL_cleanse(draft, sizeof *draft);
}

/* A private number from the generator, 0 < d < n; *ret_good false when this candidate is none. */
static enum rk_rc draw(struct rk_drbg *drbg, const BIGNUM *order, BIGNUM *d, bool *ret_good,
                       struct rk_err *err)
{
    RK_AUTO(draft_done) struct draft candidate = { { 0 } };

    if (rk_drbg_generate(drbg, candidate.bytes, CANDIDATE, err))
        return err->rc;
    if (BN_bin2bn(candidate.bytes, NUMBER, d) == NULL)
        return rk_fail_ossl(err, RK_E_NOMEM, "Silicon ID key");
    *ret_good = !BN_is_zero(d) && BN_cmp(d, order) < 0;
    return RK_OK;
}

static enum rk_rc find_private(struct rk_drbg *drbg, const BIGNUM *order, BIGNUM *d,
                               struct rk_err *err)
{
    for (int i = 0; i < TRIES_MAX; i++) {
        bool good = false;

        if (draw(drbg, order, d, &good, err))
            return err->rc;
        if (good)
            return RK_OK;
    }
    return rk_fail(err, RK_E_USAGE,
                   "no Silicon ID key in %d candidates: this device needs another KDK0", TRIES_MAX);
}

enum rk_rc rk_silicon_id_public(const rk_ctx *ctx, const struct rk_secret *asym_seed,
                                uint8_t ret[64], struct rk_err *err)
{
    RK_AUTO(rk_drbg_done) struct rk_drbg drbg = RK_DRBG_NONE;
    RK_AUTO(rk_group_done)
    EC_GROUP *group =
        EC_GROUP_new_by_curve_name_ex(rk_ctx_libctx(ctx), rk_ctx_propq(ctx), NID_X9_62_prime256v1);
    RK_AUTO(rk_point_done) EC_POINT *point = group == NULL ? NULL : EC_POINT_new(group);
    RK_AUTO(rk_bn_ctx_done) BN_CTX *bn = BN_CTX_secure_new();
    RK_AUTO(rk_bn_done) BIGNUM *d = BN_secure_new();
    RK_AUTO(draft_done) struct draft seed = { { 0 } };
    uint8_t xy[65];

    if (point == NULL || bn == NULL || d == NULL)
        return rk_fail_ossl(err, RK_E_NOMEM, "Silicon ID key");
    BN_set_flags(d, BN_FLG_CONSTTIME);
    memcpy(seed.bytes, asym_seed->p, NUMBER);
    if (rk_drbg_open(ctx, NUMBER, &drbg, err) || rk_drbg_update(&drbg, seed.bytes, err) ||
        find_private(&drbg, EC_GROUP_get0_order(group), d, err))
        return err->rc;
    if (!EC_POINT_mul(group, point, d, NULL, NULL, bn) ||
        EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, xy, sizeof xy, bn) !=
            sizeof xy)
        return rk_fail_ossl(err, RK_E_INTERNAL, "Silicon ID key");
    memcpy(ret, xy + 1, 64);
    return RK_OK;
}
