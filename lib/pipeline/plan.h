/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan of a build: the manifest with every key opened, every name resolved, every device row
 * read once. What is inconsistent is refused here, before anything is made.
 */
#pragma once

#include "pipeline/devices.h"
#include "rotkit/lane.h"
#include "rotkit/build.h"
#include "rotkit/file.h"
#include "rotkit/manifest.h"

struct rk_plan {
    struct rk_manifest *manifest;
    struct rk_lane lane;
    struct rk_devices_from from;
    uint64_t device_count, fleet_count; /* of this shard, of all */
    uint8_t inputs_sha256[32];          /* over all that the devices are made of */
    uint8_t fleet_sha256[32];           /* of a shard: over the devices of all shards */
    char path[RK_PATH_MAX];             /* of the release */
    struct rk_bytes recipient;          /* PEM; empty when there is none */
    struct rk_given given;              /* the manifest, for the platform */
    void *of_platform;                  /* its plan; NULL: none */
    bool unconfirmed_hash, has_secrets;
    /* What the lane borrows. */
    rk_sigbook *book;
    rk_signer *release_key; /* NULL: the release is not signed */
    enum rk_scheme release_scheme;
    rk_signer *ca_key;
    rk_signer *devices_key; /* opens sealed databases; NULL: they are in the clear */
    rk_ca *ca;
    struct rk_bytes chain; /* PEM, issuing CA first */
    rk_trust *trust;
    rk_mac *master_key;
    struct rk_release_version *version; /* NULL: the manifest states none */
};

enum rk_rc rk_plan_make(const rk_ctx *ctx, const struct rk_build_options *options,
                        struct rk_plan *ret, struct rk_err *err) RK_MUST_CHECK;
void rk_plan_done(struct rk_plan *plan);

/* plan_inputs.c: fills inputs_sha256; the rest of the plan is made. */
enum rk_rc rk_plan_inputs(const struct rk_build_options *options, struct rk_plan *plan,
                          struct rk_err *err) RK_MUST_CHECK;
/* plan_version.c: fills version. */
enum rk_rc rk_plan_version(struct rk_plan *plan, struct rk_err *err) RK_MUST_CHECK;
