/* SPDX-License-Identifier: Apache-2.0 */
#include "base/format.h"

#include "base/mem.h"
#include "base/wr.h"

#include <stdio.h>

/* Children are few levels deep by construction: a format never nests without a bound. */
static void region_free(struct rk_region *region)
{
    while (region != NULL) {
        struct rk_region *next = region->next;

        region_free(region->child);
        rk_free(region);
        region = next;
    }
}

void rk_map_done(struct rk_map *map)
{
    region_free(map->root);
    *map = (struct rk_map) { .root = NULL };
}

enum rk_rc rk_region_add(struct rk_map *map, struct rk_region *parent, uint64_t offset,
                         uint64_t len, const char *name, struct rk_region **ret, struct rk_err *err)
{
    struct rk_region *region = rk_alloc(1, sizeof *region);
    struct rk_region **link = parent != NULL ? &parent->child : &map->root;

    if (region == NULL)
        return rk_fail_nomem(err);
    region->offset = offset;
    region->len = len;
    (void)snprintf(region->name, sizeof region->name, "%s", name);
    while (*link != NULL)
        link = &(*link)->next;
    *link = region;
    *ret = region;
    return RK_OK;
}

static void text_walk(const struct rk_region *region, int depth, struct rk_wr *wr)
{
    for (; region != NULL; region = region->next) {
        rk_wr_printf(wr, "0x%06llx %8llu  %*s%s", (unsigned long long)region->offset,
                     (unsigned long long)region->len, 2 * depth, "", region->name);
        if (region->note[0] != '\0')
            rk_wr_printf(wr, "  %s", region->note);
        rk_wr_str(wr, "\n");
        text_walk(region->child, depth + 1, wr);
    }
}

enum rk_rc rk_map_text(const struct rk_map *map, struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX((size_t)64 << 20);

    rk_wr_printf(&wr, "%s\n", map->format);
    text_walk(map->root, 0, &wr);
    rk_wr_printf(&wr, "%s\n", map->integrity);
    return rk_wr_end(&wr, ret, err);
}

static void json_walk(const struct rk_region *region, struct rk_jv at)
{
    for (; region != NULL; region = region->next) {
        struct rk_jv o = rk_json_put_object(at, NULL);

        rk_json_put_str(o, "name", region->name);
        rk_json_put_u64(o, "offset", region->offset);
        rk_json_put_u64(o, "length", region->len);
        if (region->note[0] != '\0')
            rk_json_put_str(o, "note", region->note);
        if (region->child != NULL)
            json_walk(region->child, rk_json_put_array(o, "children"));
    }
}

void rk_map_json(const struct rk_map *map, struct rk_jv at)
{
    rk_json_put_str(at, "format", map->format);
    rk_json_put_str(at, "integrity", map->integrity);
    json_walk(map->root, rk_json_put_array(at, "map"));
}
