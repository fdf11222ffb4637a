/* SPDX-License-Identifier: Apache-2.0 */
/* What the ledger stands at, counted from its entries: from a checkpoint that is believed, or from
 * the first. */
#include "ledger/checkpoint.h"

#include "rotkit/counted.h"
#include "rotkit/hex.h"

#include <inttypes.h>
#include <string.h>

static enum rk_rc start(rk_ledger *ledger, struct rk_err *err)
{
    RK_AUTO(rk_checkpoint_done) struct rk_checkpoint c = { .size = 0 };

    rk_tally_done(&ledger->tally);
    if (ledger->key != NULL && rk_checkpoint_of_key(ledger, &c, err))
        return err->rc;
    if (c.size != 0)
        return rk_tally_start(&ledger->tally, &c, err);
    ledger->tally.valid = true;
    return RK_OK;
}

static enum rk_rc add(void *arg, const char *const *column, struct rk_err *err)
{
    return rk_tally_add(arg, column, err);
}

/* The last entry is the one that was counted last. */
static enum rk_rc check_end(const rk_ledger *ledger, struct rk_err *err)
{
    const struct rk_tally *tally = &ledger->tally;
    char found[RK_HEX32], counted[RK_HEX32];

    if (tally->size != ledger->size)
        return rk_fail(err, RK_E_VERIFY, "the ledger has %s, %" PRIu64 " were there",
                       RK_COUNTED(ledger->size, "entry"), tally->size);
    rk_hex_write(ledger->head, 32, found);
    rk_hex_write(tally->head, 32, counted);
    if (memcmp(ledger->head, tally->head, 32) != 0)
        return rk_fail(err, RK_E_VERIFY, "entry %" PRIu64 " has hash %.16s, it was %.16s",
                       ledger->size, found, counted);
    if (tally->unstated != 0)
        return rk_fail(err, RK_E_VERIFY, "%s and splits of format 1 have no amounts",
                       RK_COUNTED(tally->unstated, "licence"));
    return RK_OK;
}

static enum rk_rc count(rk_ledger *ledger, struct rk_err *err)
{
    struct rk_tally *tally = &ledger->tally;
    const struct rk_sql_value from = RK_SQL_NUMBER(tally->size);
    uint64_t corrected = tally->corrected;

    if (tally->size < ledger->size &&
        ledger->db->ops->run(ledger->db, RK_SQL_ENTRY_COUNT, &from, 1, add, tally, err))
        return err->rc;
    if (check_end(ledger, err))
        return err->rc;
    return tally->corrected == corrected ? RK_OK : rk_correction_check(ledger, err);
}

enum rk_rc rk_ledger_count_entries(rk_ledger *ledger, struct rk_err *err)
{
    if ((!ledger->tally.valid && start(ledger, err)) || count(ledger, err)) {
        rk_tally_done(&ledger->tally);
        return err->rc;
    }
    return RK_OK;
}
