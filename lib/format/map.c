/* SPDX-License-Identifier: Apache-2.0 */
/* The map of a file: its regions, what guards them, told as text and JSON. */
#include "rotkit/format_row.h"

#include "base/work.h"
#include "base/mem.h"
#include "base/wr.h"
#include "rotkit/grow.h"
#include "rotkit/words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { UNSIGNED_SHOWN = 12, PATH_MAX_LEN = 512, DEPTH_MAX = 12 };

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
    rk_free(map->guard);
    rk_free(map->mark);
    rk_free(map->failed);
    rk_free(map->fact);
    *map = (struct rk_map) { .root = NULL };
}

enum rk_rc rk_region_add(struct rk_map *map, struct rk_region *parent, uint64_t offset,
                         uint64_t len, const char *name, struct rk_region **ret, struct rk_err *err)
{
    struct rk_region **first = parent != NULL ? &parent->child : &map->root;
    struct rk_region *region;

    if (rk_work_node(err))
        return err->rc;
    region = rk_alloc(1, sizeof *region);
    if (region == NULL)
        return rk_fail_nomem(err);
    region->offset = offset;
    region->len = len;
    (void)snprintf(region->name, sizeof region->name, "%s", name);
    if (*first == NULL)
        *first = region;
    else
        (*first)->last->next = region;
    (*first)->last = region;
    *ret = region;
    return RK_OK;
}

enum rk_rc rk_map_guard(struct rk_map *map, uint64_t offset, uint64_t len, enum rk_guard_kind kind,
                        const char *by, struct rk_err *err)
{
    static const struct rk_growth growth = { sizeof(struct rk_guard), 1 << 20, RK_E_FORMAT,
                                             "digests and signatures in one image" };
    void *items = map->guard;
    struct rk_guard *guard;

    if (rk_work_guard(err) || rk_grow(&growth, &items, map->guard_count, 1, err))
        return err->rc;
    map->guard = items;
    guard = &map->guard[map->guard_count++];
    *guard = (struct rk_guard) { .offset = offset, .len = len, .kind = kind };
    (void)snprintf(guard->by, sizeof guard->by, "%s", by);
    return RK_OK;
}

enum rk_rc rk_map_fact(struct rk_map *map, uint64_t offset, uint64_t len, const char *name,
                       const char *value, struct rk_err *err)
{
    static const struct rk_growth growth = { sizeof(struct rk_fact), 1 << 16, RK_E_FORMAT,
                                             "keys and signatures in one image" };
    void *items = map->fact;
    struct rk_fact *fact;

    if (rk_grow(&growth, &items, map->fact_count, 1, err))
        return err->rc;
    map->fact = items;
    fact = &map->fact[map->fact_count++];
    *fact = (struct rk_fact) { .format = map->format, .offset = offset, .len = len };
    (void)snprintf(fact->name, sizeof fact->name, "%s", name);
    (void)snprintf(fact->value, sizeof fact->value, "%s", value);
    return RK_OK;
}

void rk_region_set_ratchet(struct rk_region *region, uint64_t value)
{
    region->has_ratchet = true;
    region->ratchet = value;
}

void rk_region_set_child_ratchet(const struct rk_region *parent, const char *name, uint64_t value)
{
    struct rk_region *child = parent->child;

    while (strcmp(child->name, name) != 0)
        child = child->next;
    rk_region_set_ratchet(child, value);
}

static bool covers(const struct rk_guard *guard, const struct rk_region *region)
{
    return region->offset >= guard->offset && region->len != 0 &&
           region->offset - guard->offset <= guard->len &&
           region->len <= guard->len - (region->offset - guard->offset);
}

const struct rk_guard *rk_map_guard_of(const struct rk_map *map, const struct rk_region *region,
                                       enum rk_guard_kind kind)
{
    const struct rk_guard *best = NULL;

    for (size_t i = 0; i < map->guard_count; i++) {
        const struct rk_guard *guard = &map->guard[i];

        if (guard->kind == kind && covers(guard, region) &&
            (best == NULL || guard->len < best->len))
            best = guard;
    }
    return best;
}

/* ---- text and JSON ---- */

/* A file's own words, on a terminal: no byte of them moves the cursor or begins a line. */
struct visible {
    char text[256];
};

static const char *visible(const char *text, struct visible *room)
{
    rk_words_show((const uint8_t *)text, strlen(text), room->text, sizeof room->text);
    return room->text;
}

/* Only what the parent does not say already. */
static void text_guards(const struct rk_map *map, const struct rk_region *region,
                        const struct rk_region *parent, struct rk_wr *wr)
{
    static const char *const words[] = { "digest", "signed" };
    struct visible room;

    for (int kind = RK_GUARD_DIGEST; kind <= RK_GUARD_SIGNATURE; kind++) {
        const struct rk_guard *guard = rk_map_guard_of(map, region, (enum rk_guard_kind)kind);

        if (guard != NULL &&
            (parent == NULL || rk_map_guard_of(map, parent, (enum rk_guard_kind)kind) != guard))
            rk_wr_printf(wr, "  [%s: %s]", words[kind], visible(guard->by, &room));
    }
}

static void text_walk(const struct rk_map *map, const struct rk_region *region,
                      const struct rk_region *parent, int depth, struct rk_wr *wr)
{
    struct visible room;

    for (; region != NULL; region = region->next) {
        rk_wr_printf(wr, "0x%06" PRIx64 " %8" PRIu64 "  %*s%s", region->offset, region->len,
                     2 * depth, "", visible(region->name, &room));
        if (region->note[0] != '\0')
            rk_wr_printf(wr, "  %s", visible(region->note, &room));
        if (region->nested_format[0] != '\0')
            rk_wr_printf(wr, "  (%s)", region->nested_format);
        text_guards(map, region, parent, wr);
        rk_wr_str(wr, "\n");
        text_walk(map, region->child, region, depth + 1, wr);
    }
}

enum rk_rc rk_map_text(const struct rk_map *map, struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX((size_t)64 << 20);

    rk_wr_printf(&wr, "%s\n", map->format);
    text_walk(map, map->root, NULL, 0, &wr);
    rk_wr_printf(&wr, "%s\n", map->integrity);
    return rk_wr_end(&wr, ret, err);
}

static void json_guard(const struct rk_map *map, const struct rk_region *region,
                       enum rk_guard_kind kind, const char *key, struct rk_jv o)
{
    const struct rk_guard *guard = rk_map_guard_of(map, region, kind);

    if (guard != NULL)
        rk_json_put_words(o, key, guard->by);
}

static void json_walk(const struct rk_map *map, const struct rk_region *region, struct rk_jv at)
{
    for (; region != NULL; region = region->next) {
        struct rk_jv o = rk_json_put_object(at, NULL);

        rk_json_put_words(o, "name", region->name);
        rk_json_put_u64(o, "offset", region->offset);
        rk_json_put_u64(o, "length", region->len);
        if (region->note[0] != '\0')
            rk_json_put_words(o, "note", region->note);
        if (region->nested_format[0] != '\0')
            rk_json_put_str(o, "format", region->nested_format);
        if (region->has_ratchet)
            rk_json_put_u64(o, "ratchet", region->ratchet);
        rk_json_put_str(o, "outcome", rk_outcome_name(region->outcome));
        rk_needs_json(region->needs, o);
        json_guard(map, region, RK_GUARD_DIGEST, "digest", o);
        json_guard(map, region, RK_GUARD_SIGNATURE, "signed_by", o);
        if (region->child != NULL)
            json_walk(map, region->child, rk_json_put_array(o, "children"));
    }
}

void rk_map_json(const struct rk_map *map, struct rk_jv at)
{
    rk_json_put_str(at, "format", map->format);
    rk_json_put_words(at, "integrity", map->integrity);
    rk_map_json_nodes(map, at, "map");
}

void rk_map_json_nodes(const struct rk_map *map, struct rk_jv at, const char *key)
{
    json_walk(map, map->root, rk_json_put_array(at, key));
}

/* ---- what no signature covers ---- */

/* The end of the signature that covers `at`, or at itself; ret_next: where the next one starts. */
static uint64_t signed_until(const struct rk_map *map, uint64_t at, uint64_t *ret_next)
{
    uint64_t end = at;

    *ret_next = UINT64_MAX;
    for (size_t i = 0; i < map->guard_count; i++) {
        const struct rk_guard *guard = &map->guard[i];

        if (guard->kind != RK_GUARD_SIGNATURE)
            continue;
        if (guard->offset <= at && guard->offset + guard->len > end)
            end = guard->offset + guard->len;
        else if (guard->offset > at && guard->offset < *ret_next)
            *ret_next = guard->offset;
    }
    return end;
}

void rk_map_unsigned(const struct rk_map *map, char *ret, size_t ret_size)
{
    uint64_t end = map->root == NULL ? 0 : map->root->len, at = 0, next;
    size_t used = 0;
    int shown = 0;

    (void)snprintf(ret, ret_size, "none");
    while (at < end && used < ret_size) {
        uint64_t until = signed_until(map, at, &next);

        if (until > at) {
            at = until;
            continue;
        }
        next = next < end ? next : end;
        if (shown++ == UNSIGNED_SHOWN) {
            (void)snprintf(ret + used, ret_size - used, ", ...");
            return;
        }
        used += (size_t)snprintf(ret + used, ret_size - used, "%s0x%" PRIx64 "-0x%" PRIx64,
                                 used == 0 ? "" : ", ", at, next - 1);
        at = next;
    }
}

/* ---- rollback ---- */

/* The region of the same path; NULL when there is none. */
static const struct rk_region *sibling_named(const struct rk_region *list,
                                             const struct rk_region *like)
{
    for (; list != NULL; list = list->next) {
        if (strcmp(list->name, like->name) == 0)
            return list;
    }
    return NULL;
}

static enum rk_rc walk_ratchets(const struct rk_region *newer, const struct rk_region *older,
                                const char *above, int depth, struct rk_err *err)
{
    char path[PATH_MAX_LEN];

    for (; older != NULL && depth < DEPTH_MAX; older = older->next) {
        const struct rk_region *now = sibling_named(newer, older);

        (void)snprintf(path, sizeof path, "%.400s%s%s", above, above[0] == '\0' ? "" : "/",
                       older->name);
        if (older->has_ratchet && (now == NULL || !now->has_ratchet))
            return rk_fail(err, RK_E_VERIFY,
                           "\"%s\" is gone: it was %" PRIu64 " and guards against rollback", path,
                           older->ratchet);
        if (older->has_ratchet && now->ratchet < older->ratchet)
            return rk_fail(err, RK_E_VERIFY, "\"%s\" falls from %" PRIu64 " to %" PRIu64, path,
                           older->ratchet, now->ratchet);
        if (walk_ratchets(now == NULL ? NULL : now->child, older->child, path, depth + 1, err))
            return err->rc;
    }
    return RK_OK;
}

enum rk_rc rk_map_not_older(const struct rk_map *newer, const struct rk_map *older,
                            struct rk_err *err)
{
    return walk_ratchets(newer->root == NULL ? NULL : newer->root->child,
                         older->root == NULL ? NULL : older->root->child, "", 0, err);
}
