/* SPDX-License-Identifier: Apache-2.0 */
/* What a check comes to: marks for what nothing covers, the proof that all that is loaded is
 * signed, and the outcome of each region. */
#include "rotkit/format_table.h"

#include "base/mem.h"
#include "rotkit/grow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *rk_outcome_name(enum rk_outcome outcome)
{
    static const char *const names[] = { "holds", "fails", "unknown", "unreadable" };

    return names[outcome];
}

enum rk_outcome rk_outcome_of(enum rk_rc rc)
{
    switch (rc) {
    case RK_OK:
        return RK_HOLDS;
    case RK_E_VERIFY:
        return RK_FAILS;
    case RK_E_UNKNOWN:
        return RK_NOT_KNOWN;
    default:
        return RK_UNREADABLE;
    }
}

static const struct need {
    const char *option, *words;
} needs[RK_NEEDS] = {
    [RK_NEED_KEY] = { "--key", "the encryption key: --key" },
    [RK_NEED_PUB] = { "--pub", "the signer's public key: --pub" },
    [RK_NEED_CA] = { "--ca", "the certificate: --ca" },
    [RK_NEED_CONTENT] = { "--with content=FILE", "the file that it is over: --with content=FILE" },
    [RK_NEED_SCHEME] = { "--scheme", "the signature's scheme: --scheme" },
    [RK_NEED_CRL] = { "--crl", "a revocation list: --crl" },
    [RK_NEED_PARTITION] = { "--with PARTITION=FILE",
                            "the partition's image: --with PARTITION=FILE" },
    [RK_NEED_IMAGE] = { "--with NAME=FILE", "the image: --with NAME=FILE" },
    [RK_NEED_NOTHING] = { "", NULL },
};

bool rk_request_asks_signer(const struct rk_request *request)
{
    for (size_t i = 0; i < request->part_count; i++) {
        if (strncmp(request->part[i].name, RK_PART_SIGNERS, strlen(RK_PART_SIGNERS)) == 0)
            return true;
    }
    return request->key_count != 0 || request->trust != NULL;
}

/* ---- marks ---- */

static enum rk_rc add_mark(struct rk_map *map, const struct rk_mark *mark, struct rk_err *err)
{
    static const struct rk_growth growth = { sizeof(struct rk_mark), 1 << 16, RK_E_FORMAT,
                                             "parts of one file that nothing covers" };
    void *items = map->mark;

    if (rk_grow(&growth, &items, map->mark_count, 1, err))
        return err->rc;
    map->mark = items;
    map->mark[map->mark_count++] = *mark;
    return RK_OK;
}

enum rk_rc rk_map_unknown(struct rk_map *map, uint64_t offset, uint64_t len, enum rk_need need,
                          const char *what, struct rk_err *err)
{
    struct rk_mark mark = { .offset = offset, .len = len, .kind = RK_MARK_UNKNOWN, .need = need };

    (void)snprintf(mark.what, sizeof mark.what, "%s", what);
    return add_mark(map, &mark, err);
}

enum rk_rc rk_map_fails(struct rk_map *map, uint64_t offset, uint64_t len, const char *what,
                        struct rk_err *err)
{
    struct rk_mark mark = { .offset = offset, .len = len, .kind = RK_MARK_FAILS };

    (void)snprintf(mark.what, sizeof mark.what, "%s", what);
    return add_mark(map, &mark, err);
}

enum rk_rc rk_map_open(struct rk_map *map, uint64_t offset, uint64_t len, const char *what,
                       struct rk_err *err)
{
    struct rk_mark mark = { .offset = offset, .len = len, .kind = RK_MARK_OPEN };

    (void)snprintf(mark.what, sizeof mark.what, "%s", what);
    return add_mark(map, &mark, err);
}

enum rk_rc rk_map_checked(struct rk_map *map, uint64_t offset, uint64_t len, struct rk_err *err)
{
    const struct rk_mark mark = {
        .offset = offset, .len = len, .kind = RK_MARK_CHECKED, .what = "signature"
    };

    return add_mark(map, &mark, err);
}

enum rk_rc rk_map_add_mark(struct rk_map *map, const struct rk_mark *mark, uint64_t at,
                           const char *inside, struct rk_err *err)
{
    struct rk_mark moved = *mark;

    moved.offset += at;
    (void)snprintf(moved.what, sizeof moved.what, "%.48s: %.109s", inside, mark->what);
    return add_mark(map, &moved, err);
}

/* ---- what is covered ---- */

struct span {
    uint64_t from, to;
};

/* Sorted, none touching the next. */
struct spans {
    struct span *v;
    size_t count;
};

static void spans_done(struct spans *spans)
{
    rk_free(spans->v);
}

static int by_start(const void *a, const void *b)
{
    const struct span *x = a, *y = b;

    return x->from < y->from ? -1 : x->from > y->from;
}

static void merge(struct spans *spans)
{
    size_t kept = 0;

    if (spans->count == 0)
        return;
    qsort(spans->v, spans->count, sizeof *spans->v, by_start);
    for (size_t i = 1; i < spans->count; i++) {
        if (spans->v[i].from > spans->v[kept].to)
            spans->v[++kept] = spans->v[i];
        else if (spans->v[i].to > spans->v[kept].to)
            spans->v[kept].to = spans->v[i].to;
    }
    spans->count = kept + 1;
}

/* Guards: signatures alone, or digests too; marks of the kinds whose bits are set. */
static enum rk_rc gather(const struct rk_map *map, bool digests, unsigned marks, struct spans *ret,
                         struct rk_err *err)
{
    size_t room = map->guard_count + map->mark_count;

    ret->v = rk_alloc(room + 1, sizeof *ret->v);
    if (ret->v == NULL)
        return rk_fail_nomem(err);
    for (size_t i = 0; i < map->guard_count; i++) {
        const struct rk_guard *guard = &map->guard[i];

        if (digests || guard->kind == RK_GUARD_SIGNATURE)
            ret->v[ret->count++] = (struct span) { guard->offset, guard->offset + guard->len };
    }
    for (size_t i = 0; i < map->mark_count; i++) {
        const struct rk_mark *mark = &map->mark[i];

        if ((marks & 1U << mark->kind) != 0)
            ret->v[ret->count++] = (struct span) { mark->offset, mark->offset + mark->len };
    }
    merge(ret);
    return RK_OK;
}

/* The first span that ends at `at` or behind it. */
static size_t first_behind(const struct spans *spans, uint64_t at)
{
    size_t from = 0, to = spans->count;

    while (from < to) {
        size_t middle = from + (to - from) / 2;

        if (spans->v[middle].to < at)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

/* Every byte of the region. */
static bool cover(const struct spans *spans, const struct rk_region *region)
{
    size_t i = first_behind(spans, region->offset + region->len);

    return region->len == 0 || (i < spans->count && spans->v[i].from <= region->offset);
}

/* At least one byte of it. */
static bool touch(const struct spans *spans, const struct rk_region *region)
{
    size_t i = first_behind(spans, region->offset + 1);

    return region->len != 0 && i < spans->count && spans->v[i].from < region->offset + region->len;
}

/* ---- the proof ---- */

static enum rk_rc prove(struct rk_map *map, const struct spans *spans,
                        const struct rk_region *region, struct rk_err *err)
{
    for (; region != NULL; region = region->next) {
        if (region->loaded && !cover(spans, region)) {
            struct rk_mark mark = { .offset = region->offset,
                                    .len = region->len,
                                    .kind = RK_MARK_FAILS };

            (void)snprintf(mark.what, sizeof mark.what, "%s", region->name);
            if (add_mark(map, &mark, err))
                return err->rc;
        }
        if (prove(map, spans, region->child, err))
            return err->rc;
    }
    return RK_OK;
}

enum rk_rc rk_map_prove(struct rk_map *map, struct rk_err *err)
{
    RK_AUTO(spans_done) struct spans spans = { .v = NULL };
    size_t before = map->mark_count;

    if (gather(map, false, 1U << RK_MARK_UNKNOWN | 1U << RK_MARK_OPEN, &spans, err) ||
        prove(map, &spans, map->root, err))
        return err->rc;
    if (map->mark_count == before)
        return RK_OK;
    return rk_fail(err, RK_E_VERIFY,
                   "\"%s\" at 0x%llx is loaded, and no signature that was checked covers it",
                   map->mark[before].what, (unsigned long long)map->mark[before].offset);
}

static const char *what_needs(const struct rk_mark *mark)
{
    return needs[mark->need].words == NULL ? "" : ": needs ";
}

static const char *what_words(const struct rk_mark *mark)
{
    return needs[mark->need].words == NULL ? "" : needs[mark->need].words;
}

enum rk_rc rk_map_conclude(const struct rk_map *map, struct rk_err *err)
{
    const struct rk_mark *first = NULL;
    size_t more = 0;

    for (size_t i = 0; i < map->mark_count; i++) {
        if (map->mark[i].kind != RK_MARK_UNKNOWN)
            continue;
        if (first == NULL)
            first = &map->mark[i];
        else
            more++;
    }
    if (first == NULL)
        return RK_OK;
    (void)rk_fail(err, RK_E_UNKNOWN, "could not be checked: %s%s%s", first->what, what_needs(first),
                  what_words(first));
    for (size_t i = 0; more != 0 && i < map->mark_count; i++) {
        const struct rk_mark *mark = &map->mark[i];

        if (mark->kind == RK_MARK_UNKNOWN && mark != first)
            (void)rk_note(err, "%s%s%s", mark->what, what_needs(mark), what_words(mark));
    }
    return err->rc;
}

/* ---- the outcome of each region ---- */

struct settling {
    struct spans covered, with_open, fails, unknown[RK_NEEDS];
};

static void settling_done(struct settling *s)
{
    spans_done(&s->covered);
    spans_done(&s->with_open);
    spans_done(&s->fails);
    for (size_t i = 0; i < RK_NEEDS; i++)
        spans_done(&s->unknown[i]);
}

/* The marks of one kind that need one thing. */
static enum rk_rc gather_marks(const struct rk_map *map, enum rk_mark_kind kind, enum rk_need need,
                               struct spans *ret, struct rk_err *err)
{
    ret->v = rk_alloc(map->mark_count + 1, sizeof *ret->v);
    if (ret->v == NULL)
        return rk_fail_nomem(err);
    for (size_t i = 0; i < map->mark_count; i++) {
        const struct rk_mark *mark = &map->mark[i];

        if (mark->kind == kind && mark->need == need)
            ret->v[ret->count++] = (struct span) { mark->offset, mark->offset + mark->len };
    }
    merge(ret);
    return RK_OK;
}

static void settle(const struct settling *s, struct rk_region *region)
{
    for (; region != NULL; region = region->next) {
        /* Of parts, what the format leaves open does not count; on its own it is not known. */
        bool holds = cover(region->child == NULL ? &s->covered : &s->with_open, region);

        region->needs = 0;
        for (size_t i = 0; i < RK_NEEDS && !holds; i++)
            region->needs |= touch(&s->unknown[i], region) ? 1U << i : 0;
        region->outcome = holds ? RK_HOLDS : RK_NOT_KNOWN;
        if (touch(&s->fails, region))
            region->outcome = RK_FAILS;
        settle(s, region->child);
    }
}

enum rk_rc rk_map_settle(struct rk_map *map, struct rk_err *err)
{
    RK_AUTO(settling_done) struct settling s = { .covered = { .v = NULL } };

    if (gather(map, !map->asks_signer, 1U << RK_MARK_CHECKED, &s.covered, err) ||
        gather(map, !map->asks_signer, 1U << RK_MARK_CHECKED | 1U << RK_MARK_OPEN, &s.with_open,
               err) ||
        gather_marks(map, RK_MARK_FAILS, 0, &s.fails, err))
        return err->rc;
    for (size_t i = 0; i < RK_NEEDS; i++) {
        if (gather_marks(map, RK_MARK_UNKNOWN, (enum rk_need)i, &s.unknown[i], err))
            return err->rc;
    }
    settle(&s, map->root);
    return RK_OK;
}

void rk_needs_json(unsigned needed, struct rk_jv at)
{
    struct rk_jv list;

    needed &= ~(1U << RK_NEED_NOTHING);
    if (needed == 0)
        return;
    list = rk_json_put_array(at, "needs");
    for (size_t i = 0; i < RK_NEEDS; i++) {
        if ((needed & 1U << i) != 0)
            rk_json_put_str(list, NULL, needs[i].option);
    }
}

unsigned rk_map_needs(const struct rk_map *map)
{
    unsigned needed = 0;

    for (size_t i = 0; i < map->mark_count; i++) {
        if (map->mark[i].kind == RK_MARK_UNKNOWN)
            needed |= 1U << map->mark[i].need;
    }
    return needed;
}

static void put_range(struct rk_jv list, uint64_t from, uint64_t to)
{
    struct rk_jv range;

    if (from >= to)
        return;
    range = rk_json_put_object(list, NULL);
    rk_json_put_u64(range, "offset", from);
    rk_json_put_u64(range, "length", to - from);
}

enum rk_rc rk_map_json_open(const struct rk_map *map, struct rk_jv at, const char *key,
                            struct rk_err *err)
{
    RK_AUTO(spans_done) struct spans spans = { .v = NULL };
    struct rk_jv list = rk_json_put_array(at, key);
    uint64_t from = 0;

    if (gather(map, false, 0, &spans, err))
        return err->rc;
    for (size_t i = 0; i < spans.count; i++) {
        put_range(list, from, spans.v[i].from);
        from = spans.v[i].to;
    }
    put_range(list, from, map->root == NULL ? 0 : map->root->len);
    return RK_OK;
}

/* ---- rollback ---- */

static enum rk_rc believe(struct rk_map *map, const struct spans *spans, enum rk_need need,
                          const struct rk_region *region, struct rk_err *err)
{
    for (; region != NULL; region = region->next) {
        char what[96];

        (void)snprintf(what, sizeof what, "that the anti-rollback value of \"%.40s\" is signed",
                       region->name);
        if (region->has_ratchet && !cover(spans, region) &&
            rk_map_unknown(map, region->offset, region->len, need, what, err))
            return err->rc;
        if (believe(map, spans, need, region->child, err))
            return err->rc;
    }
    return RK_OK;
}

enum rk_rc rk_map_believe_ratchets(struct rk_map *map, enum rk_need need, struct rk_err *err)
{
    RK_AUTO(spans_done) struct spans spans = { .v = NULL };

    if (gather(map, false, 0, &spans, err) || believe(map, &spans, need, map->root, err) ||
        rk_map_settle(map, err))
        return err->rc;
    return rk_map_conclude(map, err);
}

/* ---- the start of every check ---- */

enum rk_rc rk_check_begin(const struct rk_request *request, bool is_signed, enum rk_need need,
                          struct rk_map *map, bool *ret, struct rk_err *err)
{
    bool given = request->key_count != 0 || (need == RK_NEED_CA && request->trust != NULL);

    *ret = is_signed && (given || request->own_signer);
    if (request->own_signer)
        return RK_OK;
    if (!is_signed && rk_request_asks_signer(request))
        return rk_fail(err, RK_E_VERIFY, "is not signed");
    if (!is_signed || given)
        return RK_OK;
    return rk_map_unknown(map, 0, map->root == NULL ? 0 : map->root->len, need, "who signed", err);
}

enum rk_rc rk_check_other_kind(struct rk_err *err)
{
    if (err->rc != RK_E_KEY)
        return err->rc;
    err->rc = RK_E_VERIFY;
    return rk_wrap(err, "the key given cannot have signed this");
}
