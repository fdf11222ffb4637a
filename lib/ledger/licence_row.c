/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of licences: a cache of what their entries say. */
#include "ledger/ledger.h"

#include "rotkit/hex.h"

#include <inttypes.h>
#include <string.h>

static enum rk_rc unlike(const struct rk_ledger_sum *sum, const char *what, const char *row,
                         uint64_t counted, struct rk_err *err)
{
    return rk_fail(err, RK_E_VERIFY, "licence \"%s\": its row says %s %s, the entries say %" PRIu64,
                   sum->id, row, what, counted);
}

enum rk_rc rk_sum_compare(const struct rk_ledger_sum *sum, const char *const *column,
                          struct rk_err *err)
{
    const struct {
        const char *what, *row;
        uint64_t counted;
    } numbers[] = {
        { "units", column[2], sum->units },
        { "reissues", column[3], sum->reissues },
        { "units spent", column[4], sum->spent },
        { "reissued", column[5], sum->reissued },
    };

    if (strcmp(column[1], sum->terms) != 0)
        return rk_fail(err, RK_E_VERIFY,
                       "licence \"%s\": its row names terms %.16s, its entry %.16s", sum->id,
                       column[1], sum->terms);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        uint64_t found;

        if (rk_parse_u64(numbers[i].row, INT64_MAX, &found, err) || found != numbers[i].counted)
            return unlike(sum, numbers[i].what, numbers[i].row, numbers[i].counted, err);
    }
    return RK_OK;
}

struct comparing {
    const struct rk_ledger_sum *sum;
    bool found;
};

static enum rk_rc compare(void *arg, const char *const *column, struct rk_err *err)
{
    struct comparing *comparing = arg;

    comparing->found = true;
    return rk_sum_compare(comparing->sum, column, err);
}

enum rk_rc rk_licence_row_compare(rk_ledger *ledger, const struct rk_ledger_sum *sum,
                                  struct rk_err *err)
{
    const struct rk_sql_value id = RK_SQL_TEXT(sum->id);
    struct comparing comparing = { sum, false };

    if (ledger->db->ops->run(ledger->db, RK_SQL_LICENCE_GET, &id, 1, compare, &comparing, err))
        return err->rc;
    return comparing.found
               ? RK_OK
               : rk_fail(err, RK_E_VERIFY, "licence \"%s\": its row is missing", sum->id);
}

static enum rk_rc put(rk_ledger *ledger, const struct rk_ledger_sum *sum, struct rk_err *err)
{
    const struct rk_sql_value value[] = {
        RK_SQL_TEXT(sum->id),         RK_SQL_TEXT(sum->terms),   RK_SQL_NUMBER(sum->units),
        RK_SQL_NUMBER(sum->reissues), RK_SQL_NUMBER(sum->spent), RK_SQL_NUMBER(sum->reissued),
    };

    return ledger->db->ops->run(ledger->db, RK_SQL_LICENCE_PUT, value, 6, NULL, NULL, err);
}

static enum rk_rc set(rk_ledger *ledger, const struct rk_ledger_sum *sum, struct rk_err *err)
{
    const struct rk_sql_value value[] = { RK_SQL_NUMBER(sum->spent), RK_SQL_NUMBER(sum->reissued),
                                          RK_SQL_TEXT(sum->id) };

    return ledger->db->ops->run(ledger->db, RK_SQL_LICENCE_SET, value, 3, NULL, NULL, err);
}

enum rk_rc rk_licence_rows_put(rk_ledger *ledger, const struct rk_tally *before, struct rk_err *err)
{
    for (size_t i = 0; i < ledger->tally.count; i++) {
        const struct rk_ledger_sum *sum = &ledger->tally.sum[i];
        const struct rk_ledger_sum *was = rk_tally_find(before, sum->id);

        if (was != NULL && was->spent == sum->spent && was->reissued == sum->reissued)
            continue;
        if (ledger->db->keeps_tables ? rk_licence_row_compare(ledger, sum, err)
            : was == NULL            ? put(ledger, sum, err)
                          : rk_licence_row_compare(ledger, was, err) || set(ledger, sum, err))
            return err->rc;
    }
    return RK_OK;
}
