/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/plan_values.h"

enum rk_rc rk_plan_at(const struct rk_plan *plan, struct rk_where at, const char *name,
                      struct rk_err *err)
{
    return rk_manifest_at(plan->manifest, at, name, err);
}
