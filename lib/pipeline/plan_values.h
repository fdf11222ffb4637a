/* SPDX-License-Identifier: Apache-2.0 */
/* Single values of the manifest, for a plan: where they stand, what they name. */
#pragma once

#include "pipeline/plan.h"

/* Puts the place and name of a manifest value in front of an error from somewhere else. */
enum rk_rc rk_plan_at(const struct rk_plan *plan, struct rk_where at, const char *name,
                      struct rk_err *err);
