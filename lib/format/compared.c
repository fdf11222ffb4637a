/* SPDX-License-Identifier: Apache-2.0 */
/* What a parse compares: it goes on behind what does not hold, and the first of it is the file's.
 */
#include "rotkit/format_table.h"

#include "base/err.h"
#include "base/mem.h"

enum rk_rc rk_map_keep_failure(struct rk_map *map, struct rk_err *err)
{
    if (map->failed != NULL)
        return RK_OK;
    map->failed = rk_alloc(1, sizeof *map->failed);
    if (map->failed == NULL)
        return rk_fail_nomem(err);
    *map->failed = *err;
    return RK_OK;
}

enum rk_rc rk_map_verdict(const struct rk_map *map, struct rk_err *err)
{
    if (map->failed == NULL)
        return RK_OK;
    *err = *map->failed;
    return err->rc;
}

enum rk_rc rk_map_compared(struct rk_map *map, enum rk_rc rc, uint64_t offset, uint64_t len,
                           const char *by, struct rk_err *err)
{
    if (rc == RK_OK)
        return by == NULL ? RK_OK : rk_map_guard(map, offset, len, RK_GUARD_DIGEST, by, err);
    if (rc != RK_E_VERIFY)
        return rc;
    return rk_map_keep_failure(map, err) ||
                   rk_map_fails(map, offset, len, by == NULL ? "comparison" : by, err)
               ? err->rc
               : RK_OK;
}
