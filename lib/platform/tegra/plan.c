/* SPDX-License-Identifier: Apache-2.0 */
/* The keys that Jetson releases are made with, opened once for all units. */
#include "platform/tegra/plan.h"

#include "base/mem.h"
#include "rotkit/file.h"
#include "rotkit/key.h"

#include <string.h>

void rk_tegra_plan_free(void *arg)
{
    struct rk_tegra_plan *plan = arg;

    if (plan == NULL)
        return;
    rk_mac_free(plan->root_key);
    rk_secret_done(&plan->payload_key);
    rk_secret_done(&plan->disk_key);
    rk_secret_done(&plan->auth_key);
    rk_fuse_set_done(&plan->fuses);
    rk_free(plan);
}

RK_CLEANUP(free_at_exit, struct rk_tegra_plan, rk_tegra_plan_free)

static enum rk_rc read_fv(const struct rk_given *given, struct rk_tegra_plan *plan,
                          struct rk_err *err)
{
    const struct rk_tegra_settings *s = given->settings;
    RK_AUTO(rk_secret_done) struct rk_secret fv = RK_SECRET_NONE;

    if (s->blob.fv.v == NULL)
        return RK_OK;
    if (rk_file_read_key(s->blob.fv.v, sizeof plan->fv, &fv, err))
        return rk_given_at(given, s->blob.fv.at, "blob.fv", err);
    memcpy(plan->fv, fv.p, sizeof plan->fv);
    plan->has_fv = true;
    return RK_OK;
}

static enum rk_rc open_blob(const rk_ctx *ctx, const struct rk_given *given, size_t key_len,
                            struct rk_tegra_plan *plan, struct rk_err *err)
{
    const struct rk_tegra_settings *s = given->settings;

    plan->blob_version = strcmp(s->blob.version.v, "1.0") == 0 ? RK_EKB_1_0 : RK_EKB_2_0;
    if (rk_mac_open(ctx, s->blob.root_key.v, key_len, &plan->root_key, err))
        return rk_given_at(given, s->blob.root_key.at, "blob.root-key", err);
    if (read_fv(given, plan, err) ||
        rk_given_read_key(given, &s->blob.payload_key, "blob.payload-key", key_len,
                          &plan->payload_key, err) ||
        rk_given_read_key(given, &s->blob.disk_key, "blob.disk-key", 16, &plan->disk_key, err))
        return err->rc;
    return rk_given_read_key(given, &s->blob.auth_key, "blob.auth-key", 16, &plan->auth_key, err);
}

enum rk_rc rk_tegra_prepare(const rk_ctx *ctx, const struct rk_given *given, void **ret,
                            bool *ret_unconfirmed, struct rk_err *err)
{
    RK_AUTO(free_at_exit) struct rk_tegra_plan *plan = rk_alloc(1, sizeof *plan);
    const struct rk_tegra_settings *s = given->settings;

    if (plan == NULL)
        return rk_fail_nomem(err);
    plan->handover_minor = 1;
    plan->has_fuses = s->fuses.per_device.v;
    if ((given->oem &&
         open_blob(ctx, given, rk_platform_root_key_len(given->platform), plan, err)) ||
        rk_tegra_plan_fuses(ctx, given, plan, ret_unconfirmed, err))
        return err->rc;
    *ret = plan;
    plan = NULL;
    return RK_OK;
}

/* Fuses that stand in the file of each unit. */
static void put_fuses(const struct rk_fuse_set *set, struct rk_wr *wr)
{
    for (size_t i = 0; i < set->count; i++) {
        rk_wr_part(wr, set->fuse[i].row->name, strlen(set->fuse[i].row->name));
        rk_wr_part(wr, set->fuse[i].value.p, set->fuse[i].value.len);
    }
}

void rk_tegra_put_inputs(const void *arg, struct rk_wr *wr)
{
    const struct rk_tegra_plan *plan = arg;

    rk_wr_be(wr, (uint64_t)plan->blob_version, 4);
    rk_wr_part(wr, plan->fv, plan->has_fv ? sizeof plan->fv : 0);
    rk_wr_part(wr, plan->payload_key.p, plan->payload_key.len);
    rk_wr_part(wr, plan->disk_key.p, plan->disk_key.len);
    rk_wr_part(wr, plan->auth_key.p, plan->auth_key.len);
    if (plan->fuse_merged)
        put_fuses(&plan->fuses, wr);
}

enum rk_rc rk_tegra_put_run_inputs(const void *arg, struct rk_wr *wr, struct rk_err *err)
{
    static const char text[] = "rotkit build inputs";
    const struct rk_tegra_plan *plan = arg;
    RK_AUTO(rk_secret_done) struct rk_secret made = RK_SECRET_NONE;

    if (plan->root_key == NULL)
        return RK_OK;
    if (rk_mac_compute(plan->root_key, RK_MAC_AES_CMAC, text, sizeof text, &made, err))
        return err->rc;
    rk_wr_part(wr, made.p, made.len);
    return RK_OK;
}

/* A boot ROM takes the one key that its fuses name (design.md, trust rule 3). */
enum rk_rc rk_tegra_check_image_signer(const rk_ctx *ctx, const struct rk_given *given,
                                       const struct rk_format_info *format, const rk_signer *signer,
                                       const char **ret_why, struct rk_err *err)
{
    const struct rk_mstr *public_key =
        &((const struct rk_tegra_settings *)given->settings)->fuses.public_key;
    RK_AUTO(rk_signer_done) rk_signer *fused = NULL;
    const struct rk_bytes *a, *b;

    *ret_why = NULL;
    if (!format->fused_key || public_key->v == NULL)
        return RK_OK;
    if (rk_signer_open_public(ctx, public_key->v, &fused, err))
        return rk_given_at(given, public_key->at, "fuses.public-key", err);
    a = rk_signer_spki(signer);
    b = rk_signer_spki(fused);
    *ret_why = a->len == b->len && memcmp(a->p, b->p, a->len) == 0
                   ? NULL
                   : "is not the key of fuses.public-key, whose hash the fuses will hold: the "
                     "board would not boot";
    return RK_OK;
}

/* What the device decrypts with is in its key blob: another key here would brick the update. */
const char *rk_tegra_image_secret_fault(const void *arg, const struct rk_format_info *format,
                                        const struct rk_secret *key)
{
    const struct rk_tegra_plan *plan = arg;

    if (!format->payload_key || plan->payload_key.p == NULL ||
        rk_secret_equal(key, &plan->payload_key))
        return NULL;
    return "is not blob.payload-key, with which the devices decrypt";
}
