/* SPDX-License-Identifier: Apache-2.0 */
/* What stands behind the content where a file fills a partition or a slot. */
#include "rotkit/format_row.h"
#include "rotkit/counted.h"

#include <stdio.h>
#include <string.h>

enum { RUNS_MAX = 2 }; /* zeros up to a block, then what the flash holds when erased */

static bool is_padding(uint8_t byte)
{
    return byte == 0x00 || byte == 0xff;
}

static enum rk_rc add_run(struct rk_map *map, const uint8_t *file, size_t from, size_t to,
                          struct rk_err *err)
{
    struct rk_region *region;

    if (from == to)
        return RK_OK;
    if (rk_region_add(map, map->root, from, to - from, "padding", &region, err))
        return err->rc;
    (void)snprintf(region->note, sizeof region->note, "0x%02x", file[from]);
    return RK_OK;
}

/* The padding that `at` is followed by; *at stands behind it then. */
static enum rk_rc add_padding(struct rk_map *map, const uint8_t *file, size_t *at, size_t len,
                              struct rk_err *err)
{
    for (int i = 0; i < RUNS_MAX && *at < len && is_padding(file[*at]); i++) {
        size_t from = *at;

        while (*at < len && file[*at] == file[from])
            ++*at;
        if (add_run(map, file, from, *at, err))
            return err->rc;
    }
    return RK_OK;
}

enum rk_rc rk_map_rest(struct rk_map *map, const uint8_t *file, size_t at, size_t len,
                       struct rk_err *err)
{
    size_t used = strlen(map->integrity), end = len;
    struct rk_region *region;

    if (add_padding(map, file, &at, len, err))
        return err->rc;
    if (at == len)
        return RK_OK;
    while (end > at && is_padding(file[len - 1]) && file[end - 1] == file[len - 1])
        end--;
    if (rk_region_add(map, map->root, at, end - at, "behind it", &region, err))
        return err->rc;
    (void)snprintf(region->note, sizeof region->note, "no padding of 0x00 or 0xff");
    (void)snprintf(map->integrity + used, sizeof map->integrity - used,
                   "; %s behind it at 0x%zx %s no padding", RK_COUNTED(end - at, "byte"), at,
                   end - at == 1 ? "is" : "are");
    return add_run(map, file, end, len, err);
}
