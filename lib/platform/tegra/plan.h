/* SPDX-License-Identifier: Apache-2.0 */
/* What a Jetson release is made by: sections blob and fuses of the manifest, and the plan that
 * follows from them. */
#pragma once

#include "rotkit/ekb.h"
#include "rotkit/fuse_set.h"
#include "rotkit/platform.h"

/* The secrets of a unit. */
enum {
    RK_TEGRA_KDK0,
    RK_TEGRA_EPS_SEED,    /* beside KDK0 */
    RK_TEGRA_HANDED_SEED, /* from an ODM's container, which has no KDK0 */
};
/* The manifest's device_files. */
enum { RK_TEGRA_KDK_DB, RK_TEGRA_EPS_SEEDS, RK_TEGRA_HANDOVER };

struct rk_tegra_settings {
    struct {
        struct rk_where at;
        struct rk_mstr version, root_key, fv, payload_key, disk_key, auth_key;
    } blob;
    struct {
        struct rk_where at;
        struct rk_mbool per_device, common, merged, accept_unconfirmed, security_mode;
        struct rk_mbool already_burnt;
        struct rk_mstr public_key, public_key_hash, secure_boot_key, oem_k1, oem_k2, close_module;
        struct rk_mnum boot_security_info_preset, psc_odm_static;
    } fuses;
};

struct rk_tegra_plan {
    uint16_t handover_minor; /* NVFTPM 1.x */
    rk_mac *root_key;        /* OEM: the EKB fuse key */
    enum rk_ekb_version blob_version;
    bool has_fv, has_fuses;                           /* fuses: a file for each device */
    uint8_t fv[16];                                   /* 1.0 */
    struct rk_secret payload_key, disk_key, auth_key; /* empty: not in the blob */
    struct rk_fuse_set fuses;                         /* common to all devices */
    bool fuse_common, fuse_merged; /* they are a file of their own; they are in each device's */
};

/* settings.c */
extern const struct rk_mrow rk_tegra_sections[];
extern const struct rk_device_file rk_tegra_device_files[];
extern const struct rk_init_file rk_tegra_init_files[];
extern const char *const rk_tegra_blob_versions[];
enum rk_rc rk_tegra_check_devices(const struct rk_given *given, struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_tegra_check_settings(const struct rk_given *given, struct rk_err *err) RK_MUST_CHECK;
const char *rk_tegra_blob_version(const struct rk_given *given);
const char *rk_tegra_secrets(const struct rk_given *given, struct rk_where *ret);

/* plan.c, fuse_plan.c */
enum rk_rc rk_tegra_prepare(const rk_ctx *ctx, const struct rk_given *given, void **ret,
                            bool *ret_unconfirmed, struct rk_err *err) RK_MUST_CHECK;
void rk_tegra_plan_free(void *plan);
void rk_tegra_put_inputs(const void *plan, struct rk_wr *wr);
enum rk_rc rk_tegra_put_run_inputs(const void *plan, struct rk_wr *wr,
                                   struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_tegra_check_image_signer(const rk_ctx *ctx, const struct rk_given *given,
                                       const struct rk_format_info *format, const rk_signer *signer,
                                       const char **ret_why, struct rk_err *err) RK_MUST_CHECK;
const char *rk_tegra_image_secret_fault(const void *plan, const struct rk_format_info *format,
                                        const struct rk_secret *key);
enum rk_rc rk_tegra_plan_fuses(const rk_ctx *ctx, const struct rk_given *given,
                               struct rk_tegra_plan *plan, bool *ret_unconfirmed,
                               struct rk_err *err) RK_MUST_CHECK;

/* source.c */
extern const struct rk_unit_source rk_tegra_source;

/* identity.c */
enum rk_rc rk_tegra_from_master(const rk_mac *master, const struct rk_unit_id *sn,
                                struct rk_unit *ret, struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_tegra_derive(const rk_ctx *ctx, const struct rk_unit *unit, struct rk_identity *ret,
                           struct rk_err *err) RK_MUST_CHECK;

/*
 * silicon_id.c: the Silicon ID key pair's public half, x | y, from the 32-byte seed: AES-256
 * CTR_DRBG without derivation function, candidates of 64 bytes of which the first 32 count.
 * RK_E_USAGE when 100 fail.
 */
enum rk_rc rk_silicon_id_public(const rk_ctx *ctx, const struct rk_secret *asym_seed,
                                uint8_t ret[64], struct rk_err *err) RK_MUST_CHECK;

/* unit.c */
void rk_tegra_unit_text(const struct rk_unit_id *id, char ret[RK_UNIT_TEXT]);
enum rk_rc rk_tegra_unit_parse(const char *text, struct rk_unit_id *ret,
                               struct rk_err *err) RK_MUST_CHECK;

/* makers.c */
extern const struct rk_maker rk_tegra_makers[], rk_tegra_blob_makers[];
void rk_tegra_describe(const struct rk_making *making, struct rk_jv root);
