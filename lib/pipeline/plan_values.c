/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/plan_values.h"

enum rk_rc rk_plan_at(const struct rk_plan *plan, struct rk_where at, const char *name,
                      struct rk_err *err)
{
    (void)rk_wrap(err, "%s", name);
    return rk_wrap(err, "%s:%u:%u", plan->manifest->path, at.line, at.column);
}
