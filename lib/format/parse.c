/* SPDX-License-Identifier: Apache-2.0 */
/* A file's map, and in it those of the files inside. */
#include "rotkit/format_table.h"
#include "base/work.h"

#include <stdio.h>

enum { NESTED_MAX = 4 };

enum rk_rc rk_fail_unknown_format(struct rk_err *err)
{
    (void)rk_fail(err, RK_E_FORMAT, "unknown format");
    return rk_note(err, "'rotkit pack --formats' lists the known ones");
}

static enum rk_rc parse(const rk_ctx *ctx, const struct rk_format *format, const uint8_t *file,
                        size_t len, int depth, struct rk_map *ret, struct rk_err *err);

static void shift(struct rk_region *region, uint64_t by)
{
    for (; region != NULL; region = region->next) {
        region->offset += by;
        shift(region->child, by);
    }
}

/* Hangs the map of a file inside the region below it. */
static enum rk_rc adopt(struct rk_map *map, struct rk_region *region, struct rk_map *inner,
                        struct rk_err *err)
{
    (void)snprintf(region->nested_format, sizeof region->nested_format, "%s", inner->format);
    for (size_t i = 0; i < inner->guard_count; i++) {
        const struct rk_guard *guard = &inner->guard[i];

        if (rk_map_guard(map, guard->offset + region->offset, guard->len, guard->kind, guard->by,
                         err))
            return err->rc;
    }
    map->encrypted |= inner->encrypted;
    region->child = inner->root->child;
    inner->root->child = NULL;
    shift(region->child, region->offset);
    return RK_OK;
}

enum rk_rc rk_format_align(const uint8_t *file, const struct rk_region *region,
                           struct rk_bytes *room, const uint8_t **ret, struct rk_err *err)
{
    *ret = file + region->offset;
    if ((uintptr_t)*ret % sizeof(uint64_t) == 0)
        return RK_OK;
    if (rk_bytes_copy(*ret, (size_t)region->len, room, err))
        return err->rc;
    *ret = room->p;
    return RK_OK;
}

static enum rk_rc parse_nested(const rk_ctx *ctx, struct rk_map *map, struct rk_region *list,
                               const uint8_t *file, int depth, struct rk_err *err)
{
    for (struct rk_region *region = list; region != NULL; region = region->next) {
        RK_AUTO(rk_map_done) struct rk_map inner = { .root = NULL };
        RK_AUTO(rk_bytes_done) struct rk_bytes room = RK_BYTES_NONE;
        const struct rk_format *format;
        const uint8_t *bytes;

        if (!region->nested || region->child != NULL) {
            if (parse_nested(ctx, map, region->child, file, depth, err))
                return err->rc;
            continue;
        }
        if (rk_format_align(file, region, &room, &bytes, err))
            return err->rc;
        format = rk_format_recognise(ctx, bytes, (size_t)region->len);
        if (format == NULL)
            continue;
        if (parse(ctx, format, bytes, (size_t)region->len, depth + 1, &inner, err))
            return rk_wrap(err, "%s at 0x%llx", region->name, (unsigned long long)region->offset);
        if (adopt(map, region, &inner, err))
            return err->rc;
    }
    return RK_OK;
}

static enum rk_rc parse(const rk_ctx *ctx, const struct rk_format *format, const uint8_t *file,
                        size_t len, int depth, struct rk_map *ret, struct rk_err *err)
{
    RK_AUTO(rk_map_done) struct rk_map map = { .format = format->name };
    struct rk_region *root;
    enum rk_rc rc = RK_OK;

    if (len > format->max)
        return rk_fail(err, RK_E_FORMAT, "%zu bytes, a %s has at most %zu", len, format->title,
                       format->max);
    if (rk_region_add(&map, NULL, 0, len, format->title, &root, err))
        return err->rc;
    if (format->parse(file, len, &map, err) ||
        (depth < NESTED_MAX && parse_nested(ctx, &map, map.root->child, file, depth, err))) {
        rc = rk_wrap(err, "%s", format->name);
        if (rc != RK_E_VERIFY || depth != 0)
            return rc;
    }
    *ret = map;
    map = (struct rk_map) { .root = NULL };
    return rc;
}

enum rk_rc rk_format_map(const rk_ctx *ctx, const struct rk_format *format, const uint8_t *file,
                         size_t len, struct rk_map *ret, struct rk_err *err)
{
    RK_AUTO(rk_work_leave) struct rk_work_span span = rk_work_enter(file, len);

    return parse(ctx, format, file, len, 0, ret, err);
}

enum rk_rc rk_format_inspect(const rk_ctx *ctx, const uint8_t *file, size_t len, struct rk_map *ret,
                             struct rk_err *err)
{
    RK_AUTO(rk_work_leave) struct rk_work_span span = rk_work_enter(file, len);
    RK_AUTO(rk_map_done) struct rk_map map = { .root = NULL };
    const struct rk_format *format = rk_format_recognise(ctx, file, len);

    if (format == NULL)
        return rk_fail_unknown_format(err);
    if (parse(ctx, format, file, len, 0, &map, err) || rk_map_settle(&map, err))
        return err->rc;
    *ret = map;
    map = (struct rk_map) { .root = NULL };
    return RK_OK;
}
