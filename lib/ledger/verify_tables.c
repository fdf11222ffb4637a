/* SPDX-License-Identifier: Apache-2.0 */
/* Every table against the entries: no row says another thing, none is missing, none too many. */
#include "ledger/verify.h"

#include "rotkit/hex.h"

#include <inttypes.h>
#include <string.h>

enum unit_column {
    UNIT,
    SEQ,
    KIND,
    LICENCE, /* to DIGEST: as in the row */
    BUILD,
    INPUTS,
    DIGEST,
    COMMITTED,
    ROW_SEQ,
    ROW_STATE,
    ROW_LICENCE,
};

static enum rk_rc check_unit(void *arg, const char *const *column, struct rk_err *err)
{
    enum rk_unit_state state = rk_unit_state_behind(column[KIND], column[COMMITTED][0] == '1');
    bool same = state < RK_UNIT_STATES && strcmp(column[SEQ], column[ROW_SEQ]) == 0 &&
                strcmp(rk_unit_states[state].name, column[ROW_STATE]) == 0;
    uint64_t *units = arg;

    for (size_t i = 0; LICENCE + i <= DIGEST; i++)
        same = same && strcmp(column[LICENCE + i], column[ROW_LICENCE + i]) == 0;
    if (!same)
        return rk_fail(
            err, RK_E_VERIFY, "unit %s: its row (entry %s, %s) is not what entry %s (%s) says",
            column[UNIT], column[ROW_SEQ][0] == '\0' ? "none" : column[ROW_SEQ],
            column[ROW_STATE][0] == '\0' ? "none" : column[ROW_STATE], column[SEQ], column[KIND]);
    ++*units;
    return RK_OK;
}

static enum rk_rc check_id(void *arg, const char *const *column, struct rk_err *err)
{
    (void)arg;
    return rk_id_compare(column, err);
}

static enum rk_rc read_number(void *arg, const char *const *column, struct rk_err *err)
{
    return rk_parse_u64(column[0], INT64_MAX, arg, err);
}

/* As many rows as the entries bring. */
static enum rk_rc check_count(rk_ledger *ledger, enum rk_stmt stmt, const char *what,
                              uint64_t wanted, struct rk_err *err)
{
    uint64_t found = 0;

    if (ledger->db->ops->run(ledger->db, stmt, NULL, 0, read_number, &found, err))
        return err->rc;
    return found == wanted
               ? RK_OK
               : rk_fail(err, RK_E_VERIFY, "%" PRIu64 " %s are kept, entries bring %" PRIu64, found,
                         what, wanted);
}

/* Licences' rows, by id as the sums are. */
struct licences {
    const struct rk_tally *tally;
    size_t at;
};

static enum rk_rc check_licence(void *arg, const char *const *column, struct rk_err *err)
{
    struct licences *l = arg;

    if (l->at == l->tally->count || strcmp(l->tally->sum[l->at].id, column[0]) > 0)
        return rk_fail(err, RK_E_VERIFY, "licence \"%s\": no entry enters it", column[0]);
    if (strcmp(l->tally->sum[l->at].id, column[0]) < 0)
        return rk_fail(err, RK_E_VERIFY, "licence \"%s\": its row is missing",
                       l->tally->sum[l->at].id);
    return rk_sum_compare(&l->tally->sum[l->at++], column, err);
}

static enum rk_rc check_licences(rk_ledger *ledger, const struct rk_tally *tally,
                                 struct rk_err *err)
{
    struct licences licences = { tally, 0 };

    if (ledger->db->ops->run(ledger->db, RK_SQL_LICENCE_LIST, NULL, 0, check_licence, &licences,
                             err))
        return err->rc;
    if (licences.at != tally->count)
        return rk_fail(err, RK_E_VERIFY, "licence \"%s\": its row is missing",
                       tally->sum[licences.at].id);
    for (size_t i = 0; i < tally->count; i++) {
        if (rk_splits_read(ledger, &tally->sum[i], err))
            return err->rc;
    }
    return RK_OK;
}

enum rk_rc rk_verify_tables(rk_ledger *ledger, const struct rk_tally *tally, struct rk_err *err)
{
    rk_db *db = ledger->db;
    uint64_t units = 0;

    rk_splits_done(&ledger->splits); /* whatever was read before */
    if (db->ops->run(db, RK_SQL_UNIT_LAST, NULL, 0, check_unit, &units, err) ||
        check_count(ledger, RK_SQL_UNIT_COUNT, "units", units, err) ||
        db->ops->run(db, RK_SQL_KEY_ENTRIES, NULL, 0, check_id, NULL, err) ||
        check_count(ledger, RK_SQL_KEY_COUNT, "ids", tally->ids, err) ||
        check_licences(ledger, tally, err) ||
        check_count(ledger, RK_SQL_SPLIT_COUNT, "splits", tally->splits, err))
        return err->rc;
    return RK_OK;
}
