/* SPDX-License-Identifier: Apache-2.0 */
/* The fuses that are common to all devices, and whether the key blob fits them. */
#include "platform/tegra/plan.h"

#include "rotkit/fuse.h"
#include "rotkit/key.h"

struct common { /* what the common fuses are made of */
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

static enum rk_rc put_key(struct rk_fuse_set *set, const char *name, const struct rk_secret *key,
                          struct rk_err *err)
{
    return key->p == NULL ? RK_OK : rk_fuse_set_put(set, name, key->p, key->len, err);
}

static enum rk_rc put_number(struct rk_fuse_set *set, const char *name, bool given, uint32_t value,
                             struct rk_err *err)
{
    return given ? rk_fuse_set_put_number(set, name, value, err) : RK_OK;
}

static enum rk_rc fill_set(const struct rk_tegra_settings *s, const struct common *c,
                           struct rk_fuse_set *set, struct rk_err *err)
{
    bool oem_key = c->oem_k1.p != NULL || c->oem_k2.p != NULL;
    EVP_PKEY *pkc = c->pkc == NULL ? NULL : rk_signer_pkey(c->pkc);
    uint32_t bits;

    if (rk_fuse_boot_security_info(pkc, c->sbk.p != NULL, oem_key, true,
                                   (uint32_t)s->fuses.boot_security_info_preset.v, &bits, err) ||
        (pkc != NULL && rk_fuse_set_put(set, "PublicKeyHash", c->hash, sizeof c->hash, err)) ||
        put_key(set, "SecureBootKey", &c->sbk, err) || put_key(set, "OemK1", &c->oem_k1, err) ||
        put_key(set, "OemK2", &c->oem_k2, err) ||
        put_number(set, "PscOdmStatic", s->fuses.psc_odm_static.set,
                   (uint32_t)s->fuses.psc_odm_static.v, err) ||
        put_number(set, "BootSecurityInfo", true, bits, err))
        return err->rc;
    return put_number(set, "SecurityMode", s->fuses.security_mode.v, 1, err);
}

/* The rules that `fuse xml` and `fuse check` have. */
static enum rk_rc check_rules(const struct rk_tegra_settings *s, const struct common *c,
                              const struct rk_fuse_set *set, struct rk_err *err)
{
    const struct rk_fuse_known known = {
        .key = { c->pkc == NULL ? NULL : rk_signer_pkey(c->pkc) },
        .has_preset = s->fuses.boot_security_info_preset.set,
        .preset = (uint32_t)s->fuses.boot_security_info_preset.v,
        .already_burnt = s->fuses.already_burnt.v,
        .close_module = s->fuses.close_module.v != NULL && s->fuses.close_module.v[0] == 'y',
    };
    RK_AUTO(rk_fuse_findings_done) struct rk_fuse_findings findings = RK_FUSE_FINDINGS_NONE;

    rk_fuse_rules(set, &known, &findings);
    return rk_fuse_verdict(&findings, RK_E_USAGE, err);
}

enum rk_rc rk_tegra_plan_fuses(const rk_ctx *ctx, const struct rk_given *given,
                               struct rk_tegra_plan *plan, bool *ret_unconfirmed,
                               struct rk_err *err)
{
    const struct rk_tegra_settings *s = given->settings;
    RK_AUTO(common_done) struct common c = { .pkc = NULL };

    plan->fuse_common = s->fuses.common.v;
    plan->fuse_merged = s->fuses.merged.v;
    if (!plan->fuse_common && !plan->fuse_merged)
        return RK_OK;
    if (rk_given_read_key(given, &s->fuses.secure_boot_key, "fuses.secure-boot-key", 32, &c.sbk,
                          err) ||
        rk_given_read_key(given, &s->fuses.oem_k1, "fuses.oem-k1", 32, &c.oem_k1, err) ||
        rk_given_read_key(given, &s->fuses.oem_k2, "fuses.oem-k2", 32, &c.oem_k2, err) ||
        read_public_key(ctx, given, &c, ret_unconfirmed, err) ||
        check_root_key(ctx, given, plan, &c, err))
        return err->rc;
    if (rk_fuse_soc_find(given->platform->name, &plan->fuses.soc, err) ||
        fill_set(s, &c, &plan->fuses, err) || check_rules(s, &c, &plan->fuses, err))
        return rk_given_at(given, s->fuses.at, "fuses", err);
    return RK_OK;
}
