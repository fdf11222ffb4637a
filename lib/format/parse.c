/* SPDX-License-Identifier: Apache-2.0 */
/* A file's map, and in it those of the files inside. */
#include "rotkit/format_table.h"
#include "rotkit/counted.h"
#include "base/work.h"

#include <stdio.h>
#include <string.h>

enum { NESTED_MAX = 4 };

static enum rk_rc parse(const rk_ctx *ctx, const struct rk_format *format, const uint8_t *file,
                        size_t len, int depth, struct rk_map *ret, struct rk_err *err);

static void shift(struct rk_region *region, uint64_t by)
{
    for (; region != NULL; region = region->next) {
        region->offset += by;
        shift(region->child, by);
    }
}

/* Which files inside count for the verdict: those of a container without a check of its own. */
struct nesting {
    const rk_ctx *ctx;
    const uint8_t *file;
    int depth;
    bool counts;
};

/* Hangs the map of a file inside the region below it. */
static enum rk_rc adopt(const struct nesting *in, struct rk_map *map, struct rk_region *region,
                        struct rk_map *inner, struct rk_err *err)
{
    (void)snprintf(region->nested_format, sizeof region->nested_format, "%s", inner->format);
    for (size_t i = 0; i < inner->guard_count; i++) {
        const struct rk_guard *guard = &inner->guard[i];

        if (rk_map_guard(map, guard->offset + region->offset, guard->len, guard->kind, guard->by,
                         err))
            return err->rc;
    }
    for (size_t i = 0; i < inner->mark_count; i++) {
        if ((in->counts || inner->mark[i].kind == RK_MARK_FAILS) &&
            rk_map_add_mark(map, &inner->mark[i], region->offset, region->name, err))
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

/*
 * A file inside that is malformed, or of a kind that is not read here: a note, for who made the
 * container meant its bytes. Where they count, nothing vouches for them, and that is said.
 */
static enum rk_rc unread(const struct nesting *in, struct rk_map *map, struct rk_region *region,
                         const struct rk_format *format, struct rk_err *err)
{
    size_t used = strlen(region->note);
    char why[160];

    (void)snprintf(why, sizeof why, "looks like %s: %.*s", format->name,
                   (int)strcspn(err->msg, "\n"), err->msg);
    (void)snprintf(region->note + used, sizeof region->note - used, "%s%s", used == 0 ? "" : "; ",
                   why);
    if (!in->counts || rk_map_guard_of(map, region, RK_GUARD_DIGEST) != NULL)
        return RK_OK;
    (void)snprintf(why, sizeof why, "%.60s at 0x%llx: %.*s", region->name,
                   (unsigned long long)region->offset, (int)strcspn(err->msg, "\n"), err->msg);
    return rk_map_unknown(map, region->offset, region->len, RK_NEED_NOTHING, why, err);
}

/* What is malformed; and what does not hold, where the container's own digest says that it is as it
 * was made. */
static bool is_note(const struct rk_map *map, const struct rk_region *region, enum rk_rc rc)
{
    return rc == RK_E_FORMAT || rc == RK_E_USAGE ||
           (rc == RK_E_VERIFY && rk_map_guard_of(map, region, RK_GUARD_DIGEST) != NULL);
}

static enum rk_rc parse_one(const struct nesting *in, struct rk_map *map, struct rk_region *region,
                            struct rk_err *err)
{
    RK_AUTO(rk_map_done) struct rk_map inner = { .root = NULL };
    RK_AUTO(rk_bytes_done) struct rk_bytes room = RK_BYTES_NONE;
    const struct rk_format *format;
    const uint8_t *bytes;
    enum rk_rc rc;

    /* Looked through, and perhaps copied: the same bytes may stand in many regions. */
    if (rk_work_hash((size_t)region->len, err) ||
        rk_format_align(in->file, region, &room, &bytes, err))
        return rk_wrap(err, "%s at 0x%llx", region->name, (unsigned long long)region->offset);
    format = rk_format_recognise(in->ctx, bytes, (size_t)region->len);
    if (format == NULL)
        return RK_OK;
    rc = parse(in->ctx, format, bytes, (size_t)region->len, in->depth + 1, &inner, err);
    if (rc == RK_OK)
        return adopt(in, map, region, &inner, err);
    if (is_note(map, region, rc) && !rk_work_refused())
        return unread(in, map, region, format, err);
    (void)rk_wrap(err, "%s at 0x%llx", region->name, (unsigned long long)region->offset);
    if (rc != RK_E_VERIFY)
        return rc;
    return rk_map_keep_failure(map, err) || adopt(in, map, region, &inner, err) ? err->rc : RK_OK;
}

static enum rk_rc parse_nested(const struct nesting *in, struct rk_map *map, struct rk_region *list,
                               struct rk_err *err)
{
    for (struct rk_region *region = list; region != NULL; region = region->next) {
        if (!region->nested || region->child != NULL) {
            if (parse_nested(in, map, region->child, err))
                return err->rc;
        } else if (parse_one(in, map, region, err)) {
            return err->rc;
        }
    }
    return RK_OK;
}

/* Of one that does not hold (RK_E_VERIFY), too, *ret is what could be seen. */
static enum rk_rc parse(const rk_ctx *ctx, const struct rk_format *format, const uint8_t *file,
                        size_t len, int depth, struct rk_map *ret, struct rk_err *err)
{
    RK_AUTO(rk_map_done) struct rk_map map = { .format = format->name };
    const struct nesting nesting = { ctx, file, depth, depth == 0 && format->check == NULL };
    struct rk_region *root;
    enum rk_rc rc = RK_OK;

    if (len > format->max)
        return rk_fail(err, RK_E_FORMAT, "%s, a %s has at most %zu", RK_COUNTED(len, "byte"),
                       format->title, format->max);
    if (rk_region_add(&map, NULL, 0, len, format->title, &root, err))
        return err->rc;
    rc = format->parse(file, len, &map, err);
    if (rc == RK_OK && depth < NESTED_MAX)
        rc = parse_nested(&nesting, &map, map.root->child, err);
    if (map.failed != NULL &&
        (rc == RK_OK || rc == RK_E_FORMAT || rc == RK_E_USAGE || rc == RK_E_VERIFY)) {
        *err = *map.failed; /* that came first */
        rc = err->rc;
        (void)snprintf(map.integrity, sizeof map.integrity, "does not hold");
    }
    if (rc != RK_OK && rk_wrap(err, "%s", format->name) != RK_E_VERIFY)
        return rc;
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
    struct rk_err ignored;
    enum rk_rc rc;

    if (format == NULL)
        return rk_fail_unknown_format(file, len, err);
    rc = parse(ctx, format, file, len, 0, &map, err);
    if (rc != RK_OK && rc != RK_E_VERIFY)
        return rc;
    if (rk_map_settle(&map, rc == RK_OK ? err : &ignored))
        return rc == RK_OK ? err->rc : rc;
    *ret = map;
    map = (struct rk_map) { .root = NULL };
    return rc;
}
