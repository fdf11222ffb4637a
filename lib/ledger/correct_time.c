/* SPDX-License-Identifier: Apache-2.0 */
/* A ledger whose time the clock takes back, or moves on: an entry, and a checkpoint that signs it.
 */
#include "ledger/checkpoint.h"

#include <inttypes.h>
#include <stdio.h>

struct correcting {
    rk_signer *key;
    int64_t before, now;
};

static enum rk_rc correct(rk_ledger *ledger, void *arg, struct rk_err *err)
{
    RK_AUTO(rk_checkpoint_done) struct rk_checkpoint made = { .size = 0 };
    struct correcting *c = arg;
    char note[32];
    const struct rk_entry entry = { .kind = "time", .note = note };

    if (rk_ledger_count_entries(ledger, err))
        return err->rc;
    c->before = ledger->tally.time > ledger->signed_at ? ledger->tally.time : ledger->signed_at;
    c->now = ledger->now = ledger->clock;
    (void)snprintf(note, sizeof note, "was=%" PRId64, c->before);
    if (rk_ledger_append(ledger, &entry, err) == RK_OK &&
        rk_checkpoint_sign(ledger, c->key, &made, err) == RK_OK &&
        ledger->db->ops->check_schema(ledger->db, err) == RK_OK)
        return RK_OK;
    rk_tally_done(&ledger->tally);
    return err->rc;
}

enum rk_rc rk_ledger_correct_time(rk_ledger *ledger, rk_signer *key, int64_t *ret_before,
                                  int64_t *ret_now, struct rk_err *err)
{
    struct correcting c = { .key = key };

    if (rk_ledger_transact(ledger, correct, &c, err)) {
        if (err->rc == RK_E_VERIFY)
            err->rc = RK_E_LEDGER;
        return err->rc;
    }
    *ret_before = c.before;
    *ret_now = c.now;
    return RK_OK;
}
