/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of an update's check share. */
#pragma once

#include "base/err.h"
#include "rotkit/release.h"
#include "rotkit/update.h"

#include <stdbool.h>

/* Of a bundle. */
#define RK_UPDATE_JSON "update.json"
#define RK_UPDATE_SIG  "update.json.sig"
/* In place of a payload's signer. */
#define RK_UPDATE_NOT_SIGNED "none"
enum { RK_UPDATE_JSON_MAX = 1 << 20, RK_UPDATE_PAYLOAD_MAX = 1 << 30 };

struct rk_updating {
    const rk_ctx *ctx;
    const struct rk_update_options *options;
    rk_release_view *older, *newer; /* what is read of the two is what was verified */
    struct rk_release_version *was, *now;
    struct rk_update_verdict verdict;
    bool for_all; /* a fault is of no one device, so every device meets it */
};
void rk_updating_done(struct rk_updating *u);
/* check.c: verifies the two releases, which stay open; then what rk_update_check finds. */
enum rk_rc rk_updating_open(struct rk_updating *u, struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_updating_check(struct rk_updating *u, struct rk_err *err) RK_MUST_CHECK;
/* size.c: do the parts of the newer release's capsules fit both slots? */
enum rk_rc rk_update_size(struct rk_updating *u, struct rk_err *err) RK_MUST_CHECK;
/* demands.c: do the newer release's capsules have all that the devices' firmware asks for? */
enum rk_rc rk_update_demands(struct rk_updating *u, struct rk_err *err) RK_MUST_CHECK;
/* devices.c: does every device of the older release keep its EKs? */
enum rk_rc rk_update_devices(struct rk_updating *u, struct rk_err *err) RK_MUST_CHECK;
/* recompute.c: what the seeds give, of so many devices that state EKs. */
enum rk_rc rk_update_recompute(struct rk_updating *u, uint64_t devices,
                               struct rk_err *err) RK_MUST_CHECK;
