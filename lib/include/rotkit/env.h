/* SPDX-License-Identifier: Apache-2.0 */
/* Variables of the environment that the user names. Those that rotkit names are read in one place
 * each: SOURCE_DATE_EPOCH is rotkit/ctx.h's. */
#pragma once

#include "ftpmprov/err.h"

/* The text, which the environment owns, "" among others. `rc` when the variable is not set. */
enum rk_rc rk_env_named(const char *name, enum rk_rc rc, const char **ret,
                        struct rk_err *err) RK_MUST_CHECK;
