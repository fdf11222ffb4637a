/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit inspect RELEASE: what stands in a release folder, as its release.json says. */
#pragma once

#include "cli/app.h"

/* Verifies nothing, and says so. */
enum rk_rc inspect_release(const struct app *app, const char *path,
                           struct rk_err *err) RK_MUST_CHECK;
