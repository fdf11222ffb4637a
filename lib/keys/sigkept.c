/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/sigkept.h"

#include "base/mem.h"
#include "base/rd.h"
#include "base/wr.h"
#include "rotkit/grow.h"

#include <stdlib.h>
#include <string.h>

static const char magic[] = "rotkit kept signatures 1\n";
enum {
    MAGIC = sizeof magic - 1,
    SCHEME_MAX = 32, /* bytes of its name */
    ITEM_MIN = 32 + 32 + 1 + 2,
    SLOTS_FIRST = 64
};

static void items_done(struct rk_sigkept_item *item, size_t count)
{
    for (size_t i = 0; i < count; i++)
        rk_bytes_done(&item[i].signature);
    rk_free(item);
}

void rk_sigkept_done(struct rk_sigkept *kept)
{
    items_done(kept->before, kept->before_count);
    items_done(kept->fresh, kept->fresh_count);
    rk_free(kept->slot);
    *kept = (struct rk_sigkept) { .before = NULL };
}

static int by_id(const void *a, const void *b)
{
    const struct rk_sigkept_item *x = a, *y = b;

    return memcmp(x->id, y->id, RK_WANT_ID);
}

/* ---- reading ---- */

static enum rk_rc read_item(struct rk_rd *rd, struct rk_sigkept_item *item, struct rk_err *err)
{
    char name[SCHEME_MAX + 1] = "";
    enum rk_scheme scheme;
    const uint8_t *p;
    size_t len;

    rk_rd_bytes(rd, item->id, 64);
    len = (size_t)rk_rd_be(rd, 1);
    p = rk_rd_take(rd, len);
    if (p != NULL && len <= SCHEME_MAX)
        memcpy(name, p, len);
    len = (size_t)rk_rd_be(rd, 2);
    p = rk_rd_take(rd, len);
    if (rk_rd_ok(rd, err))
        return err->rc;
    scheme = rk_scheme_find(name);
    if (scheme == RK_SCHEME_NONE || len == 0 || len > RK_SIGKEPT_SIGNATURE_MAX)
        return rk_fail(err, RK_E_FORMAT, "an unknown scheme, or no signature, before offset %zu",
                       rk_rd_offset(rd));
    item->id[64] = (uint8_t)scheme;
    return rk_bytes_copy(p, len, &item->signature, err);
}

static enum rk_rc read_items(struct rk_rd *rd, size_t count, struct rk_sigkept *kept,
                             struct rk_err *err)
{
    kept->before = rk_alloc(count + 1, sizeof *kept->before);
    if (kept->before == NULL)
        return rk_fail_nomem(err);
    for (size_t i = 0; i < count; i++) {
        if (read_item(rd, &kept->before[i], err))
            return err->rc;
        kept->before_count++;
    }
    if (rk_rd_end(rd, err))
        return err->rc;
    qsort(kept->before, count, sizeof *kept->before, by_id);
    for (size_t i = 1; i < count; i++) {
        if (by_id(&kept->before[i - 1], &kept->before[i]) == 0)
            return rk_fail(err, RK_E_FORMAT, "two signatures of one message");
    }
    return RK_OK;
}

enum rk_rc rk_sigkept_parse(const struct rk_bytes *file, struct rk_sigkept *ret, struct rk_err *err)
{
    RK_AUTO(rk_sigkept_done) struct rk_sigkept kept = { .before = NULL };
    struct rk_rd rd = { .buf = file->p, .len = file->len };
    const uint8_t *head = rk_rd_take(&rd, MAGIC);
    size_t count = (size_t)rk_rd_be(&rd, 4);

    if (rk_rd_ok(&rd, err))
        return err->rc;
    if (memcmp(head, magic, MAGIC) != 0)
        return rk_fail(err, RK_E_FORMAT, "no kept signatures of version 1");
    if (count > RK_SIGKEPT_MAX || count > rk_rd_left(&rd) / ITEM_MIN)
        return rk_fail(err, RK_E_FORMAT, "says that it has more signatures than fit in");
    if (read_items(&rd, count, &kept, err))
        return err->rc;
    *ret = kept;
    kept = (struct rk_sigkept) { .before = NULL };
    return RK_OK;
}

/* ---- in this run ---- */

/* Where an id of the fresh ones stands, or would. */
static size_t slot_of(const struct rk_sigkept *kept, const uint8_t id[RK_WANT_ID])
{
    size_t at = 0;

    for (size_t i = 0; i < sizeof at; i++) /* of key and message, each a digest */
        at = at << 8 | (uint8_t)(id[i] ^ id[32 + i]);
    for (at &= kept->slots - 1; kept->slot[at] != 0; at = (at + 1) & (kept->slots - 1)) {
        if (memcmp(kept->fresh[kept->slot[at] - 1].id, id, RK_WANT_ID) == 0)
            break;
    }
    return at;
}

struct rk_sigkept_item *rk_sigkept_find(struct rk_sigkept *kept, const uint8_t id[RK_WANT_ID])
{
    struct rk_sigkept_item like = { .asked = false };
    uint32_t at = kept->slots == 0 ? 0 : kept->slot[slot_of(kept, id)];

    if (at != 0)
        return &kept->fresh[at - 1];
    memcpy(like.id, id, RK_WANT_ID);
    return kept->before_count == 0
               ? NULL
               : bsearch(&like, kept->before, kept->before_count, sizeof like, by_id);
}

/* At most half of the slots are taken. */
static enum rk_rc make_slots(struct rk_sigkept *kept, struct rk_err *err)
{
    uint32_t *old = kept->slot;
    size_t slots = kept->slots;

    if (2 * (kept->fresh_count + 1) <= slots)
        return RK_OK;
    slots = slots == 0 ? SLOTS_FIRST : 2 * slots;
    kept->slot = rk_alloc(slots, sizeof *kept->slot);
    if (kept->slot == NULL) {
        kept->slot = old;
        return rk_fail_nomem(err);
    }
    rk_free(old);
    kept->slots = slots;
    for (size_t i = 0; i < kept->fresh_count; i++)
        kept->slot[slot_of(kept, kept->fresh[i].id)] = (uint32_t)i + 1;
    return RK_OK;
}

enum rk_rc rk_sigkept_add(struct rk_sigkept *kept, const uint8_t id[RK_WANT_ID],
                          const struct rk_bytes *signature, struct rk_err *err)
{
    static const struct rk_growth growth = { sizeof(struct rk_sigkept_item), RK_SIGKEPT_MAX,
                                             RK_E_USAGE, "signatures are kept in one round" };
    struct rk_sigkept_item item = { .asked = true };
    void *items = kept->fresh;

    if (rk_grow(&growth, &items, kept->fresh_count, 1, err))
        return err->rc;
    kept->fresh = items;
    if (make_slots(kept, err) || rk_bytes_copy(signature->p, signature->len, &item.signature, err))
        return err->rc;
    memcpy(item.id, id, RK_WANT_ID);
    kept->fresh[kept->fresh_count++] = item;
    kept->slot[slot_of(kept, id)] = (uint32_t)kept->fresh_count;
    return RK_OK;
}

/* ---- writing ---- */

static int by_id_behind(const void *a, const void *b)
{
    const struct rk_sigkept_item *const *x = a, *const *y = b;

    return by_id(*x, *y);
}

static void put_item(struct rk_wr *wr, const struct rk_sigkept_item *item)
{
    const char *name = rk_scheme_name((enum rk_scheme)item->id[64]);

    rk_wr_bytes(wr, item->id, 64);
    rk_wr_be(wr, strlen(name), 1);
    rk_wr_str(wr, name);
    rk_wr_be(wr, item->signature.len, 2);
    rk_wr_bytes(wr, item->signature.p, item->signature.len);
}

RK_CLEANUP(list_free, const struct rk_sigkept_item *, rk_free)

enum rk_rc rk_sigkept_write(const struct rk_sigkept *kept, struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX((size_t)1 << 30);
    size_t room = kept->before_count + kept->fresh_count, count = 0;
    RK_AUTO(list_free) const struct rk_sigkept_item **list = rk_alloc(room + 1, sizeof *list);

    if (list == NULL)
        return rk_fail_nomem(err);
    if (room == 0)
        return RK_OK;
    for (size_t i = 0; i < kept->before_count; i++) {
        if (kept->before[i].asked)
            list[count++] = &kept->before[i];
    }
    for (size_t i = 0; i < kept->fresh_count; i++)
        list[count++] = &kept->fresh[i];
    qsort(list, count, sizeof *list, by_id_behind);
    rk_wr_bytes(&wr, magic, MAGIC);
    rk_wr_be(&wr, count, 4);
    for (size_t i = 0; i < count; i++)
        put_item(&wr, list[i]);
    return rk_wr_end(&wr, ret, err);
}
