/* SPDX-License-Identifier: Apache-2.0 */
/* KDK0 and EPS seed of every device, to recompute EKs from: out of databases or by a master key. */
#pragma once

#include "rotkit/identity.h"

#include <stdbool.h>

struct rk_seeds { /* of one device */
    struct rk_device_sn sn;
    struct rk_secret kdk0, eps_seed;
};
struct rk_seeds_from {              /* borrowed */
    const char *kdk_db, *eps_seeds; /* every row of them */
    const rk_mac *master;           /* instead: every device of the release */
    const char *release;
};
typedef enum rk_rc (*rk_seeds_visit)(void *arg, const struct rk_seeds *seeds, bool *more,
                                     struct rk_err *err);

bool rk_seeds_given(const struct rk_seeds_from *from);
/* Calls `visit` with each device's seeds until it clears *more or fails. */
enum rk_rc rk_seeds_each(const rk_ctx *ctx, const struct rk_seeds_from *from, rk_seeds_visit visit,
                         void *arg, struct rk_err *err) RK_MUST_CHECK;
