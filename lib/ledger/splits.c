/* SPDX-License-Identifier: Apache-2.0 */
/* What a licence gave to others, by the entries that say so. */
#include "ledger/ledger.h"

#include "base/digest.h"
#include "base/mem.h"
#include "rotkit/grow.h"
#include "rotkit/hex.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { SPLITS_MAX = 1 << 20 };

struct reading {
    struct rk_splits *splits;
    size_t row; /* the next one to be compared */
};

void rk_splits_done(struct rk_splits *splits)
{
    rk_grown_free(splits->v);
    *splits = (struct rk_splits) { .valid = false };
}

static enum rk_rc read_entry(void *arg, const char *const *column, struct rk_err *err)
{
    static const struct rk_growth growth = { sizeof(struct rk_split), SPLITS_MAX, RK_E_USAGE,
                                             "splits of a licence" };
    struct rk_splits *splits = arg;
    struct rk_terms_note note;
    void *items = splits->v;
    uint8_t both[64];
    uint64_t seq;

    if (rk_parse_u64(column[0], INT64_MAX, &seq, err) ||
        !rk_terms_note_read(column[1], true, &note) ||
        rk_hex_read(column[2], strlen(column[2]), both + 32, 32, err))
        return rk_fail(err, RK_E_VERIFY, "entry %s is no split of a licence", column[0]);
    memcpy(both, splits->digest, 32);
    if (rk_sha256(both, sizeof both, splits->digest, err))
        return err->rc;
    if (!note.stated) /* of format 1: an entry behind says it again, with amounts */
        return RK_OK;
    if (rk_grow(&growth, &items, splits->count, 1, err))
        return err->rc;
    splits->v = items;
    struct rk_split *split = &splits->v[splits->count++];
    *split = (struct rk_split) { .seq = seq,
                                 .units = note.units,
                                 .reissues = note.reissues,
                                 .first_sn = note.first_sn,
                                 .last_sn = note.last_sn };
    memcpy(split->child, note.child, sizeof split->child);
    return RK_OK;
}

static enum rk_rc compare_row(void *arg, const char *const *column, struct rk_err *err)
{
    struct reading *reading = arg;
    const struct rk_split *s = &reading->splits->v[reading->row];
    char text[3][21], first[17], last[17];

    if (reading->row == reading->splits->count)
        return rk_fail(err, RK_E_VERIFY, "licence \"%s\": no entry says its split \"%s\"",
                       column[1], column[0]);
    (void)snprintf(first, sizeof first, "%016" PRIx64, s->first_sn);
    (void)snprintf(last, sizeof last, "%016" PRIx64, s->last_sn);
    (void)snprintf(text[0], sizeof text[0], "%" PRIu64, s->units);
    (void)snprintf(text[1], sizeof text[1], "%" PRIu64, s->reissues);
    (void)snprintf(text[2], sizeof text[2], "%" PRIu64, s->seq);
    if (strcmp(column[0], s->child) != 0 || strcmp(column[2], first) != 0 ||
        strcmp(column[3], last) != 0 || strcmp(column[4], text[0]) != 0 ||
        strcmp(column[5], text[1]) != 0 || strcmp(column[6], text[2]) != 0)
        return rk_fail(err, RK_E_VERIFY,
                       "licence \"%s\": the row of its split \"%s\" (units %s, %s to %s) is not "
                       "what entry %" PRIu64 " says (\"%s\", units %" PRIu64 ", %s to %s)",
                       column[1], column[0], column[4], column[2], column[3], s->seq, s->child,
                       s->units, first, last);
    reading->row++;
    return RK_OK;
}

static enum rk_rc read_all(rk_ledger *ledger, const struct rk_ledger_sum *sum,
                           struct rk_splits *ret, struct rk_err *err)
{
    const struct rk_sql_value id = RK_SQL_TEXT(sum->id);
    struct reading reading = { .splits = ret };
    rk_db *db = ledger->db;

    if (db->ops->run(db, RK_SQL_SPLIT_ENTRIES, &id, 1, read_entry, ret, err))
        return err->rc;
    if (memcmp(ret->digest, sum->splits, 32) != 0)
        return rk_fail(err, RK_E_VERIFY,
                       "licence \"%s\": its splits are not those that were signed", sum->id);
    if (db->ops->run(db, RK_SQL_SPLIT_LIST, &id, 1, compare_row, &reading, err))
        return err->rc;
    if (reading.row != ret->count)
        return rk_fail(err, RK_E_VERIFY,
                       "licence \"%s\": the row of its split \"%s\" (entry %" PRIu64 ") is missing",
                       sum->id, ret->v[reading.row].child, ret->v[reading.row].seq);
    return RK_OK;
}

enum rk_rc rk_splits_read(rk_ledger *ledger, const struct rk_ledger_sum *sum, struct rk_err *err)
{
    RK_AUTO(rk_splits_done) struct rk_splits splits = { .valid = true };

    if (ledger->splits.valid && strcmp(ledger->splits.licence, sum->id) == 0 &&
        memcmp(ledger->splits.digest, sum->splits, 32) == 0)
        return RK_OK;
    memcpy(splits.licence, sum->id, sizeof splits.licence);
    if (read_all(ledger, sum, &splits, err))
        return err->rc;
    rk_splits_done(&ledger->splits);
    ledger->splits = splits;
    splits.v = NULL;
    return RK_OK;
}
