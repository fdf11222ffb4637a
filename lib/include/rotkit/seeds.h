/* SPDX-License-Identifier: Apache-2.0 */
/* The secrets of every unit, to recompute EKs from: out of databases or by a master key. */
#pragma once

#include "rotkit/platform.h"
#include "rotkit/release.h"
#include "rotkit/seed_files.h"

struct rk_seeds_from { /* borrowed */
    const struct rk_platform *platform;
    struct rk_seed_files files; /* every row of those that the platform has */
    const rk_mac *master;       /* instead: every unit of the release */
    rk_release_view *release;
};
typedef enum rk_rc (*rk_seeds_visit)(void *arg, const struct rk_unit *unit, bool *more,
                                     struct rk_err *err);

bool rk_seeds_given(const struct rk_seeds_from *from);
/* Calls `visit` with each unit until it clears *more or fails. RK_E_USAGE for a file that the
 * platform does not have. */
enum rk_rc rk_seeds_each(const struct rk_seeds_from *from, rk_seeds_visit visit, void *arg,
                         struct rk_err *err) RK_MUST_CHECK;
