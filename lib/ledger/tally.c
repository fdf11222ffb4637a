/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/tally.h"

#include "base/digest.h"
#include "base/mem.h"
#include "ledger/ledger.h"
#include "rotkit/counted.h"
#include "rotkit/grow.h"
#include "rotkit/hex.h"

#include <inttypes.h>
#include <string.h>

enum { LICENCES_MAX = 65536 };

static const struct rk_growth growth = { sizeof(struct rk_ledger_sum), LICENCES_MAX, RK_E_USAGE,
                                         "licences" };

void rk_tally_done(struct rk_tally *tally)
{
    rk_grown_free(tally->sum);
    *tally = (struct rk_tally) { .valid = false };
}

static enum rk_rc copy_sums(const struct rk_ledger_sum *sum, size_t count, struct rk_tally *to,
                            struct rk_err *err)
{
    void *items = NULL;

    to->sum = NULL;
    to->count = 0;
    if (count == 0)
        return RK_OK;
    if (rk_grow(&growth, &items, 0, count, err))
        return err->rc;
    memcpy(items, sum, count * sizeof *sum);
    to->sum = items;
    to->count = count;
    return RK_OK;
}

enum rk_rc rk_tally_copy(const struct rk_tally *tally, struct rk_tally *ret, struct rk_err *err)
{
    struct rk_tally copy = *tally;

    if (copy_sums(tally->sum, tally->count, &copy, err))
        return err->rc;
    *ret = copy;
    return RK_OK;
}

enum rk_rc rk_tally_start(struct rk_tally *tally, const struct rk_checkpoint *c, struct rk_err *err)
{
    struct rk_tally start = { .valid = true, .size = c->size, .time = 0 };

    if (copy_sums(c->sum, c->sum_count, &start, err))
        return err->rc;
    memcpy(start.head, c->head, sizeof start.head);
    rk_tally_done(tally);
    *tally = start;
    return RK_OK;
}

/* Where the licence is, or belongs. */
static size_t place_of(const struct rk_tally *tally, const char *id, bool *ret_there)
{
    size_t low = 0, high = tally->count;

    *ret_there = false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(tally->sum[middle].id, id);

        *ret_there = order == 0;
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct rk_ledger_sum *rk_tally_find(const struct rk_tally *tally, const char *id)
{
    bool there;
    size_t at = place_of(tally, id, &there);

    return there ? &tally->sum[at] : NULL;
}

static enum rk_rc unlike(const struct rk_tally *tally, const char *why, struct rk_err *err)
{
    return rk_fail(err, RK_E_VERIFY, "entry %" PRIu64 ": %s", tally->size + 1, why);
}

static enum rk_rc insert(struct rk_tally *tally, const char *id, const char *terms,
                         struct rk_ledger_sum **ret, struct rk_err *err)
{
    struct rk_ledger_sum sum = { .id = "" };
    void *items = tally->sum;
    size_t at;
    bool there;

    if (id[0] == '\0' || strlen(id) >= sizeof sum.id || strlen(terms) != sizeof sum.terms - 1)
        return unlike(tally, "it enters no licence", err);
    memcpy(sum.id, id, strlen(id) + 1);
    memcpy(sum.terms, terms, sizeof sum.terms);
    at = place_of(tally, id, &there);
    if (there)
        return unlike(tally, "it enters a licence that is there already", err);
    if (rk_grow(&growth, &items, tally->count, 1, err))
        return err->rc;
    tally->sum = items;
    memmove(&tally->sum[at + 1], &tally->sum[at], (tally->count - at) * sizeof *tally->sum);
    tally->sum[at] = sum;
    tally->count++;
    *ret = &tally->sum[at];
    return RK_OK;
}

/* What is stated later, for an entry of format 1: there must be one that waits for it. */
static enum rk_rc settle(struct rk_tally *tally, const struct rk_terms_note *note,
                         struct rk_err *err)
{
    if (!note->stated)
        tally->unstated++;
    else if (note->entry != 0 && (tally->unstated == 0 || note->entry > tally->size))
        return unlike(tally, "it states the amounts of no entry before it", err);
    else if (note->entry != 0)
        tally->unstated--;
    return RK_OK;
}

static enum rk_rc add_licence(struct rk_tally *tally, const char *const *column, struct rk_err *err)
{
    struct rk_ledger_sum *sum = rk_tally_find(tally, column[RK_ENTRY_LICENCE]);
    struct rk_terms_note note;

    if (!rk_terms_note_read(column[RK_ENTRY_NOTE], false, &note))
        return unlike(tally, "it does not say a licence's units", err);
    if (note.entry == 0 &&
        insert(tally, column[RK_ENTRY_LICENCE], column[RK_ENTRY_DIGEST], &sum, err))
        return err->rc;
    if (sum == NULL || strcmp(sum->terms, column[RK_ENTRY_DIGEST]) != 0)
        return unlike(tally, "it states the amounts of no licence before it", err);
    if (settle(tally, &note, err))
        return err->rc;
    if (note.entry != 0 && (sum->units != 0 || sum->reissues != 0))
        return unlike(tally, "it states the amounts of a licence that has them already", err);
    sum->units = note.units;
    sum->reissues = note.reissues;
    return RK_OK;
}

static enum rk_rc add_split(struct rk_tally *tally, const char *const *column,
                            const uint8_t hash[32], struct rk_err *err)
{
    struct rk_ledger_sum *sum = rk_tally_find(tally, column[RK_ENTRY_LICENCE]);
    struct rk_terms_note note;
    uint8_t both[64];

    if (!rk_terms_note_read(column[RK_ENTRY_NOTE], true, &note))
        return unlike(tally, "it does not say a child licence's units", err);
    if (sum == NULL)
        return unlike(tally, "it splits a licence that no entry before it enters", err);
    if (note.units > INT64_MAX - sum->spent || note.reissues > INT64_MAX - sum->reissued)
        return unlike(tally, "it takes more units than there can be", err);
    sum->spent += note.units;
    sum->reissued += note.reissues;
    tally->splits += note.stated;
    memcpy(both, sum->splits, 32);
    memcpy(both + 32, hash, 32);
    if (rk_sha256(both, sizeof both, sum->splits, err))
        return err->rc;
    return settle(tally, &note, err);
}

/* The unit's licence is that of its entry before, unless it was free. */
static bool keeps_licence(enum rk_unit_state before, const char *const *column)
{
    const char *was = column[RK_ENTRY_BEFORE] + strcspn(column[RK_ENTRY_BEFORE], " ");

    return before == RK_UNIT_FREE ||
           (was[0] == ' ' && strcmp(was + 1, column[RK_ENTRY_LICENCE]) == 0);
}

static uint64_t count_ids(const char *keys)
{
    uint64_t count = keys[0] != '\0';

    for (; *keys != '\0'; keys++)
        count += *keys == ',';
    return count;
}

bool rk_tally_wants_licence(const struct rk_tally *tally, const char *kind, const char *licence)
{
    return licence[0] == '\0' && tally->count != 0 &&
           (strcmp(kind, "reserve") == 0 || strcmp(kind, "reissue") == 0);
}

static enum rk_rc add_unit(struct rk_tally *tally, const char *const *column, struct rk_err *err)
{
    const char *kind = column[RK_ENTRY_KIND];
    bool committed = column[RK_ENTRY_COMMITTED][0] == '1';
    enum rk_unit_state before = rk_unit_state_behind(column[RK_ENTRY_BEFORE], committed);
    enum rk_unit_state after = rk_unit_state_behind(kind, committed);
    struct rk_ledger_sum *sum = NULL;

    if (before >= RK_UNIT_STATES || after >= RK_UNIT_STATES || !rk_unit_may(before, kind) ||
        column[RK_ENTRY_UNIT][0] == '\0' || !keeps_licence(before, column))
        return rk_fail(err, RK_E_VERIFY, "entry %" PRIu64 " (%s) cannot follow: unit \"%s\" is %s",
                       tally->size + 1, kind, column[RK_ENTRY_UNIT],
                       before < RK_UNIT_STATES ? rk_unit_states[before].name : "of no known state");
    tally->ids += count_ids(column[RK_ENTRY_KEYS]);
    if (rk_tally_wants_licence(tally, kind, column[RK_ENTRY_LICENCE]))
        return rk_fail(err, RK_E_VERIFY,
                       "entry %" PRIu64 " (%s) cannot follow: unit \"%s\" stands under no licence, "
                       "the ledger counts by licences",
                       tally->size + 1, kind, column[RK_ENTRY_UNIT]);
    if (column[RK_ENTRY_LICENCE][0] == '\0')
        return RK_OK;
    sum = rk_tally_find(tally, column[RK_ENTRY_LICENCE]);
    if (sum == NULL)
        return rk_fail(err, RK_E_VERIFY,
                       "entry %" PRIu64 ": licence \"%s\" is entered by none before it",
                       tally->size + 1, column[RK_ENTRY_LICENCE]);
    if (!rk_unit_states[before].charged && rk_unit_states[after].charged)
        sum->spent++;
    if (rk_unit_states[before].charged && !rk_unit_states[after].charged) {
        if (sum->spent == 0)
            return unlike(tally, "it gives back a unit that nobody took", err);
        sum->spent--;
    }
    sum->reissued += strcmp(kind, "reissue") == 0;
    return RK_OK;
}

static enum rk_rc apply(struct rk_tally *tally, const char *const *column, const uint8_t hash[32],
                        struct rk_err *err)
{
    const char *kind = column[RK_ENTRY_KIND];

    if (column[RK_ENTRY_UNIT][0] != '\0')
        return add_unit(tally, column, err);
    if (strcmp(kind, "licence") == 0)
        return add_licence(tally, column, err);
    if (strcmp(kind, "split") == 0)
        return add_split(tally, column, hash, err);
    if (strcmp(kind, "time") == 0) {
        tally->corrected = tally->size + 1;
        memcpy(tally->corrected_head, hash, 32);
        return RK_OK;
    }
    if (strcmp(kind, "ledger") == 0 && tally->size == 0)
        return RK_OK;
    return rk_fail(err, RK_E_VERIFY, "entry %" PRIu64 " is of the unknown kind \"%s\"",
                   tally->size + 1, kind);
}

enum rk_rc rk_tally_append(struct rk_tally *tally, const char *const *column,
                           const uint8_t hash[32], struct rk_err *err)
{
    uint64_t time;

    if (rk_parse_u64(column[RK_ENTRY_TIME], INT64_MAX, &time, err))
        return rk_wrap(err, "entry %" PRIu64, tally->size + 1);
    if (apply(tally, column, hash, err))
        return err->rc;
    tally->time = (int64_t)time;
    tally->size++;
    memcpy(tally->head, hash, 32);
    return RK_OK;
}

/* Amounts of format 1 may be stated behind the entries that they are charged by. */
static enum rk_rc within_limits(const struct rk_tally *tally, const char *id, struct rk_err *err)
{
    const struct rk_ledger_sum *sum = rk_tally_find(tally, id);

    if (sum == NULL || tally->unstated != 0 ||
        (sum->spent <= sum->units && sum->reissued <= sum->reissues))
        return RK_OK;
    return rk_fail(err, RK_E_VERIFY,
                   "entry %" PRIu64 " overdraws licence \"%s\": %" PRIu64 " of %s, %" PRIu64
                   " of %s",
                   tally->size, id, sum->spent, RK_COUNTED(sum->units, "unit"), sum->reissued,
                   RK_COUNTED(sum->reissues, "reissue"));
}

enum rk_rc rk_tally_add(struct rk_tally *tally, const char *const *column, struct rk_err *err)
{
    uint8_t hash[32];
    uint64_t time;

    if (rk_entry_next(tally->size, tally->head, column, hash, err))
        return err->rc;
    if (rk_parse_u64(column[RK_ENTRY_TIME], INT64_MAX, &time, err))
        return rk_fail(err, RK_E_VERIFY, "entry %" PRIu64 ": its time \"%s\" is no number",
                       tally->size + 1, column[RK_ENTRY_TIME]);
    if ((int64_t)time < tally->time && strcmp(column[RK_ENTRY_KIND], "time") != 0)
        return rk_fail(err, RK_E_VERIFY, "entry %" PRIu64 " is earlier than the one before",
                       tally->size + 1);
    return rk_tally_append(tally, column, hash, err) ||
                   within_limits(tally, column[RK_ENTRY_LICENCE], err)
               ? err->rc
               : RK_OK;
}
