/* SPDX-License-Identifier: Apache-2.0 */
/* What the ledger stands at, counted from its entries: from a checkpoint that is believed, or from
 * the first. */
#include "ledger/checkpoint.h"

#include "rotkit/counted.h"
#include "rotkit/hex.h"

#include <inttypes.h>
#include <string.h>

/* ---- what a checkpoint stands for ---- */

static enum rk_rc follow(void *arg, const char *const *column, struct rk_err *err)
{
    struct rk_chain *chain = arg;
    uint8_t hash[32];

    if (rk_entry_next(chain->size, chain->head, column, hash, err))
        return err->rc;
    memcpy(chain->head, hash, sizeof hash);
    chain->size++;
    return RK_OK;
}

/*
 * The sums of a checkpoint are signed, and so is the head of the chain below it; what an entry
 * there says of a unit is believed because the chain leads to that head. An entry that names
 * another unit, hashes made anew behind it, end elsewhere.
 */
static enum rk_rc hold_below(rk_ledger *ledger, const struct rk_checkpoint *c, struct rk_err *err)
{
    struct rk_chain chain = { .size = 0 };
    char found[RK_HEX32], said[RK_HEX32];

    if (ledger->below.size <= c->size)
        chain = ledger->below;
    const struct rk_sql_value between[] = { RK_SQL_NUMBER(chain.size), RK_SQL_NUMBER(c->size) };
    if (ledger->db->ops->run(ledger->db, RK_SQL_ENTRY_CHAIN, between, 2, follow, &chain, err))
        return err->rc;
    if (chain.size != c->size)
        return rk_fail(err, RK_E_VERIFY, "entry %" PRIu64 " is missing", chain.size + 1);
    rk_hex_write(chain.head, 32, found);
    rk_hex_write(c->head, 32, said);
    if (memcmp(chain.head, c->head, 32) != 0)
        return rk_fail(err, RK_E_VERIFY,
                       "entry %" PRIu64 " has hash %.16s, its checkpoint says %.16s", c->size,
                       found, said);
    ledger->below = chain;
    return RK_OK;
}

enum rk_rc rk_ledger_hold_below(rk_ledger *ledger, struct rk_err *err)
{
    RK_AUTO(rk_checkpoint_done) struct rk_checkpoint c = { .size = 0 };

    if (ledger->key != NULL && rk_checkpoint_of_key(ledger, &c, err))
        return err->rc;
    return c.size == 0 ? RK_OK : hold_below(ledger, &c, err);
}

/* ---- counting ---- */

static enum rk_rc start(rk_ledger *ledger, struct rk_err *err)
{
    RK_AUTO(rk_checkpoint_done) struct rk_checkpoint c = { .size = 0 };

    rk_tally_done(&ledger->tally);
    if (ledger->key != NULL && rk_checkpoint_of_key(ledger, &c, err))
        return err->rc;
    if (c.size != 0)
        return hold_below(ledger, &c, err) || rk_tally_start(&ledger->tally, &c, err) ? err->rc
                                                                                      : RK_OK;
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
