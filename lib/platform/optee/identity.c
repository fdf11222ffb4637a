/* SPDX-License-Identifier: Apache-2.0 */
/* The EPS of a unit: its own, or by a master key. Source: optee-ftpm.md. */
#include "platform/optee/plan.h"

#include "rotkit/counted.h"
#include "rotkit/mac.h"

enum rk_rc rk_optee_from_master(const rk_mac *master, const struct rk_unit_id *sn,
                                struct rk_unit *ret, struct rk_err *err)
{
    const struct rk_kdf108 kdf = { .alg = RK_MAC_HMAC_SHA256,
                                   .counter_bits = 32,
                                   .label = "rotkit EPS",
                                   .context = sn->b,
                                   .context_len = sizeof sn->b,
                                   .out_len = RK_TA_SEED };

    if (rk_master_fits(master, err) || rk_kdf108(master, &kdf, &ret->secret[RK_OPTEE_EPS], err))
        return err->rc;
    ret->sn = *sn;
    return RK_OK;
}

enum rk_rc rk_optee_derive(const rk_ctx *ctx, const struct rk_unit *unit, struct rk_identity *ret,
                           struct rk_err *err)
{
    const struct rk_secret *eps = &unit->secret[RK_OPTEE_EPS];

    (void)ctx;
    if (eps->len != RK_TA_SEED)
        return rk_fail(err, RK_E_USAGE, "an EPS of %s, expected %d", RK_COUNTED(eps->len, "byte"),
                       RK_TA_SEED);
    return rk_secret_copy(eps->p, eps->len, &ret->eps, err);
}
