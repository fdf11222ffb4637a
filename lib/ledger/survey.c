/* SPDX-License-Identifier: Apache-2.0 */
/* Asked before anything is made: how many units are new, and whether the licence covers them. */
#include "ledger/ledger.h"

struct survey {
    const struct rk_unit_id *sn;
    size_t count;
    uint64_t fresh;
};

static enum rk_rc survey(rk_ledger *ledger, void *arg, struct rk_err *err)
{
    struct survey *s = arg;

    s->fresh = 0;
    for (size_t i = 0; i < s->count; i++) {
        struct rk_unit_row row;

        if (rk_unit_get(ledger, &s->sn[i], &row, err))
            return err->rc;
        if (row.state == RK_UNIT_RETIRED)
            return rk_fail_retired(row.unit, err);
        if (row.state != RK_UNIT_FREE)
            continue;
        s->fresh++;
        if (rk_licence_covers(ledger, &s->sn[i], err))
            return err->rc;
    }
    return RK_OK;
}

enum rk_rc rk_ledger_survey(rk_ledger *ledger, const struct rk_unit_id *sn, size_t count,
                            uint64_t *ret_new, struct rk_err *err)
{
    struct survey arg = { sn, count, 0 };

    *ret_new = 0;
    if (ledger->db == NULL)
        return RK_OK;
    if (rk_ledger_decide(ledger, survey, &arg, err))
        return err->rc;
    *ret_new = arg.fresh;
    return RK_OK;
}
