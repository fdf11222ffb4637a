/* SPDX-License-Identifier: Apache-2.0 */
/* KDK0 to EPS on T234. Source: jetson-ftpm-ekb.md 1.2. */
#include "base/err.h"
#include "rotkit/counted.h"
#include "rotkit/mac.h"
#include "platform/tegra/plan.h"

#include <string.h>

enum { SECRET = 32, ROOT_SEED = 64, EPS = 64 };

static const uint8_t zero_context[1];

void rk_identity_done(struct rk_identity *identity)
{
    rk_secret_done(&identity->kdk_nrk);
    rk_secret_done(&identity->silicon_id);
    rk_secret_done(&identity->ftpm_seed);
    rk_secret_done(&identity->root_seed);
    rk_secret_done(&identity->eps);
}

/* KBKDF(key, label, context): one block of SP 800-108 over HMAC-SHA-256. */
static enum rk_rc kbkdf_under(const rk_mac *key, const char *label, const uint8_t *context,
                              size_t context_len, struct rk_secret *ret, struct rk_err *err)
{
    const struct rk_kdf108 kdf = { .alg = RK_MAC_HMAC_SHA256,
                                   .counter_bits = 32,
                                   .label = label,
                                   .context = context,
                                   .context_len = context_len,
                                   .out_len = SECRET };

    return rk_kdf108(key, &kdf, ret, err);
}

static enum rk_rc kbkdf(const rk_ctx *ctx, const struct rk_secret *key, const char *label,
                        const uint8_t *context, size_t context_len, struct rk_secret *ret,
                        struct rk_err *err)
{
    RK_AUTO(rk_mac_done) rk_mac *mac = NULL;

    if (rk_mac_from_secret(ctx, key, &mac, err))
        return err->rc;
    return kbkdf_under(mac, label, context, context_len, ret, err);
}

/* HMAC-SHA-256(KBKDF(silicon_id, name, 00), name): the fTPM seed and the seed of the key pair. */
static enum rk_rc named_seed(const rk_ctx *ctx, const struct rk_secret *silicon_id,
                             const char *name, struct rk_secret *ret, struct rk_err *err)
{
    RK_AUTO(rk_secret_done) struct rk_secret origin = RK_SECRET_NONE;
    RK_AUTO(rk_mac_done) rk_mac *mac = NULL;

    if (kbkdf(ctx, silicon_id, name, zero_context, sizeof zero_context, &origin, err) ||
        rk_mac_from_secret(ctx, &origin, &mac, err))
        return err->rc;
    return rk_mac_compute(mac, RK_MAC_HMAC_SHA256, name, strlen(name), ret, err);
}

static enum rk_rc silicon_id_of(const rk_ctx *ctx, const struct rk_unit_id *sn,
                                const struct rk_secret *kdk0, struct rk_identity *ret,
                                struct rk_err *err)
{
    RK_AUTO(rk_identity_done) struct rk_identity made = { .eps = RK_SECRET_NONE };
    RK_AUTO(rk_secret_done) struct rk_secret asym_seed = RK_SECRET_NONE;
    struct rk_unit_id psc = *sn;

    if (kdk0->len != SECRET)
        return rk_fail(err, RK_E_USAGE, "KDK0 of %s, expected %d", RK_COUNTED(kdk0->len, "byte"),
                       SECRET);
    /* The boot ROM feeds the OdmInfo fuse raw, little-endian; everybody else takes it big-endian.
     */
    psc.b[0] = sn->b[1];
    psc.b[1] = sn->b[0];
    if (kbkdf(ctx, kdk0, "NRK", zero_context, sizeof zero_context, &made.kdk_nrk, err) ||
        kbkdf(ctx, &made.kdk_nrk, "ECA_SEED", psc.b, sizeof psc.b, &made.silicon_id, err) ||
        named_seed(ctx, &made.silicon_id, "Asym", &asym_seed, err) ||
        rk_silicon_id_public(ctx, &asym_seed, made.silicon_id_public, err))
        return err->rc;
    *ret = made;
    made = (struct rk_identity) { .eps = RK_SECRET_NONE };
    return RK_OK;
}

enum rk_rc rk_tegra_derive(const rk_ctx *ctx, const struct rk_unit *unit, struct rk_identity *ret,
                           struct rk_err *err)
{
    RK_AUTO(rk_identity_done) struct rk_identity made = { .eps = RK_SECRET_NONE };
    const struct rk_secret *eps_seed = &unit->secret[RK_TEGRA_EPS_SEED];

    if (eps_seed->len != SECRET)
        return rk_fail(err, RK_E_USAGE, "EPS seed of %s, expected %d",
                       RK_COUNTED(eps_seed->len, "byte"), SECRET);
    if (silicon_id_of(ctx, &unit->sn, &unit->secret[RK_TEGRA_KDK0], &made, err) ||
        named_seed(ctx, &made.silicon_id, "fTPM", &made.ftpm_seed, err) ||
        rk_hkdf_sha256(ctx, zero_context, sizeof zero_context, &made.ftpm_seed, "Root_Seed", 9,
                       ROOT_SEED, &made.root_seed, err) ||
        rk_hkdf_sha256(ctx, eps_seed->p, eps_seed->len, &made.root_seed, unit->sn.b,
                       sizeof unit->sn.b, EPS, &made.eps, err))
        return err->rc;
    *ret = made;
    made = (struct rk_identity) { .eps = RK_SECRET_NONE };
    return RK_OK;
}

static enum rk_rc check_platform(const struct rk_platform *platform, struct rk_err *err)
{
    if (platform->derive == NULL)
        return rk_fail_no_identity(platform, err);
    return platform->derive == rk_tegra_derive
               ? RK_OK
               : rk_fail(err, RK_E_USAGE, "platform %s has an identity of its own, of no KDK0",
                         rk_platform_name(platform));
}

enum rk_rc rk_identity_silicon_id(const rk_ctx *ctx, const struct rk_platform *platform,
                                  const struct rk_unit_id *sn, const struct rk_secret *kdk0,
                                  struct rk_identity *ret, struct rk_err *err)
{
    return check_platform(platform, err) ? err->rc : silicon_id_of(ctx, sn, kdk0, ret, err);
}

enum rk_rc rk_identity_derive(const rk_ctx *ctx, const struct rk_platform *platform,
                              const struct rk_unit_id *sn, const struct rk_secret *kdk0,
                              const struct rk_secret *eps_seed, struct rk_identity *ret,
                              struct rk_err *err)
{
    const struct rk_unit unit = { .sn = *sn,
                                  .secret = { [RK_TEGRA_KDK0] = *kdk0, /* borrowed */
                                              [RK_TEGRA_EPS_SEED] = *eps_seed } };

    return check_platform(platform, err) ? err->rc : rk_tegra_derive(ctx, &unit, ret, err);
}

enum rk_rc rk_identity_from_master(const rk_mac *master, const struct rk_unit_id *sn,
                                   struct rk_secret *ret_kdk0, struct rk_secret *ret_eps_seed,
                                   struct rk_err *err)
{
    RK_AUTO(rk_secret_done) struct rk_secret kdk0 = RK_SECRET_NONE;

    if (rk_master_fits(master, err) ||
        kbkdf_under(master, "rotkit KDK0", sn->b, sizeof sn->b, &kdk0, err) ||
        kbkdf_under(master, "rotkit EPS seed", sn->b, sizeof sn->b, ret_eps_seed, err))
        return err->rc;
    *ret_kdk0 = rk_secret_take(&kdk0);
    return RK_OK;
}

enum rk_rc rk_tegra_from_master(const rk_mac *master, const struct rk_unit_id *sn,
                                struct rk_unit *ret, struct rk_err *err)
{
    struct rk_secret *secret = ret->secret;

    if (rk_identity_from_master(master, sn, &secret[RK_TEGRA_KDK0], &secret[RK_TEGRA_EPS_SEED],
                                err))
        return err->rc;
    ret->sn = *sn;
    return RK_OK;
}
