/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a ledger holds: its guards, its chain, its checkpoints, and its tables. */
#include "ledger/verify.h"

#include "rotkit/counted.h"

#include <inttypes.h>

struct verify_by {
    const rk_signer *key;
    const struct rk_licence *licences;
    size_t count;
};

static enum rk_rc verify(rk_ledger *ledger, void *arg, struct rk_err *err)
{
    const struct verify_by *by = arg;
    RK_AUTO(rk_tally_done) struct rk_tally tally = { .valid = false };
    RK_AUTO(rk_verify_licences_done) struct rk_verify_licences *licences = NULL;

    if ((by->licences != NULL && rk_verify_licences_new(by->licences, by->count, &licences, err)) ||
        rk_verify_entries(ledger, by->key, licences, &tally, err) ||
        (licences != NULL && rk_verify_licences_sums(licences, &tally, err)))
        return err->rc;
    if (tally.unstated != 0)
        return rk_fail(err, RK_E_VERIFY, "%s and splits of format 1 have no amounts",
                       RK_COUNTED(tally.unstated, "licence"));
    return rk_verify_tables(ledger, &tally, err) || ledger->db->ops->check_schema(ledger->db, err)
               ? err->rc
               : RK_OK;
}

enum rk_rc rk_ledger_verify(rk_ledger *ledger, const rk_signer *key, struct rk_err *err)
{
    struct verify_by by = { .key = key };

    return rk_ledger_transact(ledger, verify, &by, err);
}

enum rk_rc rk_ledger_verify_licences(rk_ledger *ledger, const rk_signer *key,
                                     const struct rk_licence *licences, size_t count,
                                     struct rk_err *err)
{
    struct verify_by by = { key, licences, count };

    return rk_ledger_transact(ledger, verify, &by, err);
}
