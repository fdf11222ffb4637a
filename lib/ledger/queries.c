/* SPDX-License-Identifier: Apache-2.0 */
/* Looking at a ledger: its units and ids one after the other, its counts. */
#include "ledger/checkpoint.h"

#include "base/mem.h"
#include "rotkit/hex.h"
#include "rotkit/grow.h"

#include <stdio.h>
#include <string.h>

enum { LICENCES_MAX = 65536 };

struct visit {
    rk_ledger_visit unit;
    rk_ledger_visit_key key;
    void *arg;
};

static enum rk_rc hand_unit(void *arg, const char *const *column, struct rk_err *err)
{
    const struct visit *visit = arg;
    struct rk_ledger_row row = {
        .unit = column[0],
        .state = column[1],
        .licence = column[2],
        .build = column[3],
        .inputs = column[4],
        .digest = column[5],
    };
    uint64_t time;

    if (rk_parse_u64(column[6], INT64_MAX, &row.seq, err) ||
        rk_parse_u64(column[7], INT64_MAX, &time, err))
        return rk_wrap(err, "unit %s of the ledger", column[0]);
    row.time = (int64_t)time;
    return visit->unit(visit->arg, &row, err);
}

static enum rk_rc hand_key(void *arg, const char *const *column, struct rk_err *err)
{
    const struct visit *visit = arg;

    return visit->key(visit->arg, column[2], column[0], column[1], err);
}

static enum rk_rc each(rk_ledger *ledger, void *arg, struct rk_err *err)
{
    const struct visit *visit = arg;
    bool units = visit->unit != NULL;

    return ledger->db->ops->run(ledger->db, units ? RK_SQL_UNIT_LIST : RK_SQL_KEY_ENTRIES, NULL, 0,
                                units ? hand_unit : hand_key, arg, err);
}

enum rk_rc rk_ledger_each(rk_ledger *ledger, rk_ledger_visit visit, void *arg, struct rk_err *err)
{
    struct visit v = { .unit = visit, .arg = arg };

    return rk_ledger_transact(ledger, each, &v, err);
}

enum rk_rc rk_ledger_each_key(rk_ledger *ledger, rk_ledger_visit_key visit, void *arg,
                              struct rk_err *err)
{
    struct visit v = { .key = visit, .arg = arg };

    return rk_ledger_transact(ledger, each, &v, err);
}

/* ---- counts ---- */

void rk_ledger_status_done(struct rk_ledger_status *status)
{
    rk_free(status->licence);
    *status = (struct rk_ledger_status) { .entries = 0 };
}

static enum rk_rc add_count(void *arg, const char *const *column, struct rk_err *err)
{
    struct rk_ledger_status *s = arg;
    uint64_t *const counts[RK_UNIT_STATES] = {
        [RK_UNIT_FREE] = &s->voided,        [RK_UNIT_RESERVED] = &s->reserved,
        [RK_UNIT_ISSUED] = &s->issued,      [RK_UNIT_REISSUE] = &s->reissue,
        [RK_UNIT_REISSUING] = &s->reserved, [RK_UNIT_RETIRED] = &s->retired,
    };
    enum rk_unit_state state = rk_unit_state_find(column[0]);
    uint64_t count;

    if (state == RK_UNIT_STATES || rk_parse_u64(column[2], INT64_MAX, &count, err))
        return rk_fail(err, RK_E_VERIFY, "the ledger has units of unknown state \"%s\"", column[0]);
    *counts[state] += count;
    return RK_OK;
}

static enum rk_rc add_licence(void *arg, const char *const *column, struct rk_err *err)
{
    static const struct rk_growth growth = { sizeof(struct rk_ledger_licence_status), LICENCES_MAX,
                                             RK_E_USAGE, "licences" };
    struct rk_ledger_status *s = arg;
    void *items = s->licence;
    struct rk_ledger_licence_status *l;

    if (rk_grow(&growth, &items, s->licence_count, 1, err))
        return err->rc;
    s->licence = items;
    l = &s->licence[s->licence_count++];
    (void)snprintf(l->id, sizeof l->id, "%s", column[0]);
    if (rk_parse_u64(column[2], INT64_MAX, &l->units, err) ||
        rk_parse_u64(column[3], INT64_MAX, &l->reissues, err) ||
        rk_parse_u64(column[4], INT64_MAX, &l->spent, err) ||
        rk_parse_u64(column[5], INT64_MAX, &l->reissued, err))
        return rk_wrap(err, "licence \"%s\" of the ledger", column[0]);
    return RK_OK;
}

enum rk_rc rk_ledger_count_licences(rk_ledger *ledger, struct rk_ledger_status *status,
                                    struct rk_err *err)
{
    return ledger->db->ops->run(ledger->db, RK_SQL_LICENCE_LIST, NULL, 0, add_licence, status, err);
}

static enum rk_rc add_checkpoint(void *arg, const char *const *column, struct rk_err *err)
{
    struct rk_ledger_status *s = arg;

    s->checkpoints++;
    return rk_parse_u64(column[0], INT64_MAX, &s->checkpoint_size, err);
}

static enum rk_rc read_time(void *arg, const char *const *column, struct rk_err *err)
{
    struct rk_ledger_status *s = arg;
    uint64_t time;

    if (rk_parse_u64(column[2], INT64_MAX, &time, err))
        return err->rc;
    s->time = (int64_t)time;
    return RK_OK;
}

static enum rk_rc status(rk_ledger *ledger, void *arg, struct rk_err *err)
{
    struct rk_ledger_status *s = arg;
    rk_db *db = ledger->db;

    rk_ledger_status_done(s);
    s->entries = ledger->size;
    if (rk_ledger_name(ledger, s->ledger, err) ||
        db->ops->run(db, RK_SQL_HEAD, NULL, 0, read_time, s, err) ||
        db->ops->run(db, RK_SQL_UNIT_COUNTS, NULL, 0, add_count, s, err) ||
        rk_ledger_count_licences(ledger, s, err))
        return err->rc;
    return db->ops->run(db, RK_SQL_CHECKPOINT_LIST, NULL, 0, add_checkpoint, s, err);
}

enum rk_rc rk_ledger_status(rk_ledger *ledger, struct rk_ledger_status *ret, struct rk_err *err)
{
    RK_AUTO(rk_ledger_status_done) struct rk_ledger_status s = { .entries = 0 };

    if (rk_ledger_transact(ledger, status, &s, err))
        return err->rc;
    *ret = s;
    s.licence = NULL;
    return RK_OK;
}
