/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of a licence that go to other sites for good. */
#include "ledger/ledger.h"

#include "rotkit/counted.h"
#include "rotkit/hex.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct split {
    const struct rk_licence *parent, *child;
    size_t count;
};

static enum rk_rc read_count(void *arg, const char *const *column, struct rk_err *err)
{
    return rk_parse_u64(column[0], INT64_MAX, arg, err);
}

/* None of the parent's own units, and no other child, may stand in the range. */
static enum rk_rc range_is_free(rk_ledger *ledger, const struct rk_licence *parent,
                                const struct rk_licence *child, struct rk_err *err)
{
    char first[17], last[17];
    const struct rk_sql_value between[] = { RK_SQL_TEXT(parent->id), RK_SQL_TEXT(first),
                                            RK_SQL_TEXT(last) };
    uint64_t used = 0;

    (void)snprintf(first, sizeof first, "%016" PRIx64, child->first_sn);
    (void)snprintf(last, sizeof last, "%016" PRIx64, child->last_sn);
    if (ledger->db->ops->run(ledger->db, RK_SQL_UNITS_BETWEEN, between, 3, read_count, &used, err))
        return err->rc;
    if (used != 0)
        return rk_fail(err, RK_E_LEDGER, "licence \"%s\": %s of \"%s\" stand in its range already",
                       child->id, RK_COUNTED(used, "unit"), parent->id);
    for (size_t i = 0; i < ledger->splits.count; i++) {
        const struct rk_split *other = &ledger->splits.v[i];

        if (other->first_sn <= child->last_sn && other->last_sn >= child->first_sn)
            return rk_fail(err, RK_E_LEDGER,
                           "licence \"%s\": its serial numbers overlap with those of \"%s\"",
                           child->id, other->child);
    }
    return RK_OK;
}

enum rk_rc rk_split_row_put(rk_ledger *ledger, const char *licence,
                            const struct rk_terms_note *note, uint64_t seq, struct rk_err *err)
{
    char first[17], last[17];
    const struct rk_sql_value put[] = {
        RK_SQL_TEXT(note->child), RK_SQL_TEXT(licence),       RK_SQL_TEXT(first),
        RK_SQL_TEXT(last),        RK_SQL_NUMBER(note->units), RK_SQL_NUMBER(note->reissues),
        RK_SQL_NUMBER(seq),
    };

    (void)snprintf(first, sizeof first, "%016" PRIx64, note->first_sn);
    (void)snprintf(last, sizeof last, "%016" PRIx64, note->last_sn);
    return ledger->db->ops->run(ledger->db, RK_SQL_SPLIT_PUT, put, 7, NULL, NULL, err);
}

static enum rk_rc record(rk_ledger *ledger, const struct rk_licence *parent,
                         const struct rk_licence *child, struct rk_err *err)
{
    struct rk_terms_note amounts = { .stated = true,
                                     .units = child->units,
                                     .reissues = child->reissues,
                                     .first_sn = child->first_sn,
                                     .last_sn = child->last_sn };
    char terms[RK_HEX32], note[RK_TERMS_NOTE_MAX];
    const struct rk_entry entry = {
        .kind = "split", .licence = parent->id, .digest = terms, .note = note
    };

    memcpy(amounts.child, child->id, sizeof amounts.child);
    rk_terms_note_write(&amounts, note);
    if (rk_terms_digest(child, terms, err) || rk_ledger_append(ledger, &entry, err))
        return err->rc;
    return ledger->db->keeps_tables
               ? RK_OK
               : rk_split_row_put(ledger, parent->id, &amounts, ledger->size, err);
}

/* Whether the entry says these terms. */
struct sought {
    const char *terms;
    bool same;
};

static enum rk_rc compare_terms(void *arg, const char *const *column, struct rk_err *err)
{
    struct sought *sought = arg;

    (void)err;
    sought->same = strcmp(column[RK_ENTRY_DIGEST], sought->terms) == 0;
    return RK_OK;
}

/*
 * Whether this child was split off before, under the same terms: a run that was cut behind its
 * entry is made again, and takes nothing a second time. RK_E_LEDGER when its name has other terms.
 */
static enum rk_rc is_entered(rk_ledger *ledger, const struct rk_licence *child, bool *ret,
                             struct rk_err *err)
{
    char terms[RK_HEX32];
    struct sought sought = { .terms = terms };

    *ret = false;
    for (size_t i = 0; i < ledger->splits.count; i++) {
        const struct rk_sql_value seq = RK_SQL_NUMBER(ledger->splits.v[i].seq);

        if (strcmp(ledger->splits.v[i].child, child->id) != 0)
            continue;
        if (rk_terms_digest(child, terms, err) ||
            ledger->db->ops->run(ledger->db, RK_SQL_ENTRY_GET, &seq, 1, compare_terms, &sought,
                                 err))
            return err->rc;
        if (!sought.same)
            return rk_fail(err, RK_E_LEDGER,
                           "licence \"%s\" was split off before, with other terms (entry %" PRIu64
                           ")",
                           child->id, ledger->splits.v[i].seq);
        *ret = true;
    }
    return RK_OK;
}

static enum rk_rc put_child(rk_ledger *ledger, const struct rk_licence *parent,
                            const struct rk_licence *child, struct rk_err *err)
{
    const struct rk_ledger_sum *sum = rk_tally_find(&ledger->tally, parent->id);
    bool entered = false;

    if (sum == NULL)
        return rk_fail(err, RK_E_LEDGER, "licence \"%s\" is not in the ledger", parent->id);
    if (rk_splits_read(ledger, sum, err) || is_entered(ledger, child, &entered, err))
        return err->rc;
    if (entered)
        return RK_OK;
    if (sum->spent > parent->units || child->units > parent->units - sum->spent)
        return rk_licence_used_up(parent, sum->spent, child->units, err);
    if (sum->reissued > parent->reissues || child->reissues > parent->reissues - sum->reissued)
        return rk_fail(
            err, RK_E_LEDGER, "licence \"%s\" has %s left, not %" PRIu64, parent->id,
            RK_COUNTED(parent->reissues > sum->reissued ? parent->reissues - sum->reissued : 0,
                       "reissue"),
            child->reissues);
    return range_is_free(ledger, parent, child, err) || record(ledger, parent, child, err) ? err->rc
                                                                                           : RK_OK;
}

static enum rk_rc split_all(rk_ledger *ledger, void *arg, struct rk_err *err)
{
    const struct split *split = arg;

    if (rk_licence_enter(ledger, split->parent, err))
        return err->rc;
    for (size_t i = 0; i < split->count; i++) {
        if (put_child(ledger, split->parent, &split->child[i], err))
            return err->rc;
    }
    return RK_OK;
}

enum rk_rc rk_ledger_split(rk_ledger *ledger, const struct rk_licence *parent,
                           const struct rk_licence *children, size_t count, struct rk_err *err)
{
    struct split split = { parent, children, count };

    for (size_t i = 0; i < count; i++) {
        if (rk_licence_within(&children[i], parent, err))
            return err->rc;
    }
    return rk_ledger_decide(ledger, split_all, &split, err);
}
