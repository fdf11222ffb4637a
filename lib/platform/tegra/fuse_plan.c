/* SPDX-License-Identifier: Apache-2.0 */
/* The common fuse file, and whether the key blob fits the fuses. */
#include "platform/tegra/plan.h"

#include "rotkit/fuse.h"
#include "rotkit/key.h"

struct common { /* what the common fuse file is made of */
    struct rk_secret sbk, oem_k1, oem_k2;
    rk_signer *pkc;
    uint8_t hash[64];
};

static void common_done(struct common *c)
{
    rk_secret_done(&c->sbk);
    rk_secret_done(&c->oem_k1);
    rk_secret_done(&c->oem_k2);
    rk_signer_free(c->pkc);
}

static enum rk_rc read_public_key(const rk_ctx *ctx, const struct rk_given *given, struct common *c,
                                  bool *ret_unconfirmed, struct rk_err *err)
{
    const struct rk_tegra_settings *s = given->settings;
    enum rk_fuse_status status;

    if (s->fuses.public_key.v == NULL)
        return RK_OK;
    if (rk_signer_open_public(ctx, s->fuses.public_key.v, &c->pkc, err) ||
        rk_fuse_public_key_hash(rk_signer_pkey(c->pkc), c->hash, err))
        return rk_given_at(given, s->fuses.public_key.at, "fuses.public-key", err);
    if (rk_fuse_confirm(c->hash, s->fuses.public_key_hash.v, s->fuses.accept_unconfirmed.v, &status,
                        err))
        return rk_given_at(given, s->fuses.public_key.at, "fuses.public-key", err);
    *ret_unconfirmed = status == RK_FUSE_UNCONFIRMED;
    return RK_OK;
}

static const char message[] = "rotkit: same key?";

/* Whether the two are the same key, by what they make of one message: the root key may be
 * elsewhere. */
static enum rk_rc same_key(const rk_ctx *ctx, const rk_mac *root, const struct rk_secret *fuse,
                           bool *ret, struct rk_err *err)
{
    RK_AUTO(rk_secret_done) struct rk_secret a = RK_SECRET_NONE;
    RK_AUTO(rk_secret_done) struct rk_secret b = RK_SECRET_NONE;
    rk_mac *other = NULL;
    enum rk_rc rc;

    if (rk_mac_from_secret(ctx, fuse, &other, err))
        return err->rc;
    rc = rk_mac_compute(root, RK_MAC_AES_CMAC, message, sizeof message, &a, err);
    if (rc == RK_OK)
        rc = rk_mac_compute(other, RK_MAC_AES_CMAC, message, sizeof message, &b, err);
    rk_mac_free(other);
    *ret = rc == RK_OK && rk_secret_equal(&a, &b);
    return rc;
}

/* A blob under a key that is not fused would never open: design.md, trust rule 3. */
static enum rk_rc check_root_key(const rk_ctx *ctx, const struct rk_given *given,
                                 const struct rk_tegra_plan *plan, const struct common *c,
                                 struct rk_err *err)
{
    const struct rk_tegra_settings *s = given->settings;
    bool k1 = false, k2 = false;

    if (plan->root_key == NULL || (c->oem_k1.p == NULL && c->oem_k2.p == NULL))
        return RK_OK;
    if ((c->oem_k1.p != NULL && same_key(ctx, plan->root_key, &c->oem_k1, &k1, err)) ||
        (c->oem_k2.p != NULL && same_key(ctx, plan->root_key, &c->oem_k2, &k2, err)))
        return err->rc;
    if (k1 || k2)
        return RK_OK;
    return rk_given_fail(
        given, s->blob.root_key.at, err,
        "blob.root-key: is neither fuses.oem-k1 nor fuses.oem-k2, so no fused device "
        "could open the key blob");
}

static enum rk_rc write_xml(const struct rk_given *given, const struct common *c,
                            struct rk_tegra_plan *plan, struct rk_err *err)
{
    const struct rk_tegra_settings *s = given->settings;
    struct rk_fuse_plan fuses = { .has_boot_security_info = true };
    bool oem_key = c->oem_k1.p != NULL || c->oem_k2.p != NULL;

    if (rk_fuse_boot_security_info(c->pkc == NULL ? NULL : rk_signer_pkey(c->pkc), c->sbk.p != NULL,
                                   oem_key, true, (uint32_t)s->fuses.boot_security_info_preset.v,
                                   &fuses.boot_security_info, err))
        return rk_given_at(given, s->fuses.at, "fuses", err);
    fuses.public_key_hash[0] = c->pkc == NULL ? NULL : c->hash;
    fuses.sbk = c->sbk.p == NULL ? NULL : &c->sbk;
    fuses.oem_k1 = c->oem_k1.p == NULL ? NULL : &c->oem_k1;
    fuses.oem_k2 = c->oem_k2.p == NULL ? NULL : &c->oem_k2;
    fuses.has_psc_odm_static = s->fuses.psc_odm_static.set;
    fuses.psc_odm_static = (uint32_t)s->fuses.psc_odm_static.v;
    fuses.has_security_mode = s->fuses.security_mode.v;
    fuses.security_mode = 1;
    return rk_fuse_xml(&fuses, &plan->common_fuses, err);
}

enum rk_rc rk_tegra_plan_fuses(const rk_ctx *ctx, const struct rk_given *given,
                               struct rk_tegra_plan *plan, bool *ret_unconfirmed,
                               struct rk_err *err)
{
    const struct rk_tegra_settings *s = given->settings;
    RK_AUTO(common_done) struct common c = { .pkc = NULL };

    if (!s->fuses.common.v)
        return RK_OK;
    if (rk_given_read_key(given, &s->fuses.secure_boot_key, "fuses.secure-boot-key", 32, &c.sbk,
                          err) ||
        rk_given_read_key(given, &s->fuses.oem_k1, "fuses.oem-k1", 32, &c.oem_k1, err) ||
        rk_given_read_key(given, &s->fuses.oem_k2, "fuses.oem-k2", 32, &c.oem_k2, err) ||
        read_public_key(ctx, given, &c, ret_unconfirmed, err) ||
        check_root_key(ctx, given, plan, &c, err))
        return err->rc;
    return write_xml(given, &c, plan, err);
}
