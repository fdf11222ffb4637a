/* SPDX-License-Identifier: Apache-2.0 */
/* The chain from its first entry, and the checkpoints that it passes. */
#include "ledger/verify.h"

#include "base/mem.h"
#include "rotkit/counted.h"
#include "rotkit/grow.h"
#include "rotkit/hex.h"

#include <inttypes.h>
#include <string.h>

enum { CHECKPOINTS_MAX = 1 << 20 };

struct verifying {
    const rk_ctx *ctx;
    const rk_signer *key;
    char name[33];
    struct rk_tally tally;
    struct rk_verify_licences *licences;
    struct rk_checkpoint *mark; /* on its way to be met by the chain */
    size_t mark_count, mark_at;
};

static void verifying_done(struct verifying *v)
{
    for (size_t i = 0; i < v->mark_count; i++)
        rk_checkpoint_done(&v->mark[i]);
    rk_grown_free(v->mark);
    rk_tally_done(&v->tally);
}

static enum rk_rc add_mark(void *arg, const char *const *column, struct rk_err *err)
{
    static const struct rk_growth growth = { sizeof(struct rk_checkpoint), CHECKPOINTS_MAX,
                                             RK_E_USAGE, "checkpoints" };
    RK_AUTO(rk_checkpoint_done) struct rk_checkpoint c = { .size = 0 };
    struct verifying *v = arg;
    void *items = v->mark;

    if (rk_checkpoint_of_row(column, &c, err))
        return err->rc;
    memcpy(c.ledger, v->name, sizeof c.ledger);
    if (v->key != NULL && rk_checkpoint_check(v->ctx, &c, v->key, err))
        return rk_wrap(err, "checkpoint at entry %" PRIu64, c.size);
    if (c.size == 0)
        return rk_fail(err, RK_E_VERIFY, "a checkpoint in the ledger is of no entry");
    if (rk_grow(&growth, &items, v->mark_count, 1, err))
        return err->rc;
    v->mark = items;
    rk_bytes_done(&c.signature); /* it was checked */
    v->mark[v->mark_count++] = c;
    c = (struct rk_checkpoint) { .size = 0 };
    return RK_OK;
}

static bool same_sum(const struct rk_ledger_sum *a, const struct rk_ledger_sum *b)
{
    return strcmp(a->id, b->id) == 0 && strcmp(a->terms, b->terms) == 0 && a->units == b->units &&
           a->reissues == b->reissues && a->spent == b->spent && a->reissued == b->reissued &&
           memcmp(a->splits, b->splits, sizeof a->splits) == 0;
}

static enum rk_rc compare_sums(const struct rk_checkpoint *mark, const struct rk_tally *tally,
                               struct rk_err *err)
{
    if (mark->format == 1) /* signs none */
        return RK_OK;
    for (size_t i = 0; i < mark->sum_count && i < tally->count; i++) {
        const struct rk_ledger_sum *said = &mark->sum[i], *counted = &tally->sum[i];

        if (!same_sum(said, counted))
            return rk_fail(err, RK_E_VERIFY,
                           "the checkpoint at entry %" PRIu64 " says licence \"%s\", %" PRIu64
                           " of %s spent; the entries say \"%s\", %" PRIu64 " of %" PRIu64,
                           mark->size, said->id, said->spent, RK_COUNTED(said->units, "unit"),
                           counted->id, counted->spent, counted->units);
    }
    if (mark->sum_count != tally->count)
        return rk_fail(err, RK_E_VERIFY,
                       "the checkpoint at entry %" PRIu64 " is of %s, the entries of %zu",
                       mark->size, RK_COUNTED(mark->sum_count, "licence"), tally->count);
    return RK_OK;
}

static enum rk_rc meet_mark(struct verifying *v, const struct rk_checkpoint *mark,
                            struct rk_err *err)
{
    char found[65], said[65];

    rk_hex_write(v->tally.head, 32, found);
    rk_hex_write(mark->head, 32, said);
    if (memcmp(mark->head, v->tally.head, 32) != 0)
        return rk_fail(err, RK_E_VERIFY,
                       "entry %" PRIu64 " has hash %.16s, its checkpoint says %.16s", mark->size,
                       found, said);
    if (mark->time > v->tally.time)
        v->tally.time = mark->time;
    return compare_sums(mark, &v->tally, err);
}

static enum rk_rc check_entry(void *arg, const char *const *column, struct rk_err *err)
{
    struct verifying *v = arg;
    size_t from = v->mark_at;

    if (rk_tally_add(&v->tally, column, err) ||
        (v->licences != NULL && rk_verify_licences_entry(v->licences, column, err)))
        return err->rc;
    for (; v->mark_at < v->mark_count && v->mark[v->mark_at].size == v->tally.size; v->mark_at++) {
        if (meet_mark(v, &v->mark[v->mark_at], err))
            return err->rc;
    }
    if (v->tally.corrected == v->tally.size && v->mark_at == from)
        return rk_fail(err, RK_E_VERIFY,
                       "entry %" PRIu64 " corrects the time, and no checkpoint signs that",
                       v->tally.size);
    return RK_OK;
}

enum rk_rc rk_verify_entries(rk_ledger *ledger, const rk_signer *key,
                             struct rk_verify_licences *licences, struct rk_tally *ret,
                             struct rk_err *err)
{
    RK_AUTO(verifying_done)
    struct verifying v = { .ctx = ledger->ctx, .key = key, .licences = licences };
    const struct rk_sql_value all = RK_SQL_NUMBER(0);
    rk_db *db = ledger->db;

    if (rk_ledger_name(ledger, v.name, err) ||
        db->ops->run(db, RK_SQL_CHECKPOINT_LIST, NULL, 0, add_mark, &v, err) ||
        db->ops->run(db, RK_SQL_ENTRY_COUNT, &all, 1, check_entry, &v, err))
        return err->rc;
    if (v.mark_at != v.mark_count)
        return rk_fail(err, RK_E_VERIFY, "a checkpoint is at entry %" PRIu64 ", the ledger has %s",
                       v.mark[v.mark_at].size, RK_COUNTED(v.tally.size, "entry"));
    *ret = v.tally;
    v.tally.sum = NULL;
    return RK_OK;
}
