/* SPDX-License-Identifier: Apache-2.0 */
/* Points in time as options give them. */
#pragma once

#include "cli/app.h"

/* YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ (RFC 3339: or +hh:mm in place of Z). NULL: now. */
enum rk_rc time_option(const struct app *app, const char *name, const char *text, int64_t *ret,
                       struct rk_err *err) RK_MUST_CHECK;
/* As above, or "never". NULL: never. */
enum rk_rc time_option_until(const char *name, const char *text, int64_t *ret,
                             struct rk_err *err) RK_MUST_CHECK;
