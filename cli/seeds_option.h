/* SPDX-License-Identifier: Apache-2.0 */
/* Options that name the files of units, to recompute their EKs from: a platform's own, or a key. */
#pragma once

#include "cli/opt.h"

#include "rotkit/seed_files.h"

/* clang-format off */
#define OPT_SEEDS(files)                                                                              \
    { "kdk-db",    0, OPT_STR, &(files).kdk_db,    "FILE", "Jetson: KDK database, to recompute EKs from", false }, \
    { "eps-seeds", 0, OPT_STR, &(files).eps_seeds, "FILE", "Jetson: EPS seeds of the same devices", false }, \
    { "eps-db",    0, OPT_STR, &(files).eps_db,    "FILE", "boards with OP-TEE: EPS of the devices", false }
/* clang-format on */

/* Whether any is given. RK_E_USAGE for one of two that go together, and for files beside a master
 * key. */
enum rk_rc seeds_option_check(const struct app *app, const struct rk_seed_files *files,
                              const char *master, bool *ret_given,
                              struct rk_err *err) RK_MUST_CHECK;
