/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/plan_values.h"

enum rk_rc rk_plan_at(const struct rk_plan *plan, struct rk_where at, const char *name,
                      struct rk_err *err)
{
    (void)rk_wrap(err, "%s", name);
    return rk_wrap(err, "%s:%u:%u", plan->manifest->path, at.line, at.column);
}

enum rk_rc rk_plan_read_key(const struct rk_plan *plan, const struct rk_mstr *from,
                            const char *name, size_t len, struct rk_secret *ret, struct rk_err *err)
{
    if (from->v == NULL)
        return RK_OK;
    if (rk_secret_read(from->v, len, ret, err))
        return rk_plan_at(plan, from->at, name, err);
    return RK_OK;
}
