/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger as the installed header promises it, for those who read, over what the rooms use. */
#include "rotkit/ledger.h"

#include "base/err.h"
#include "base/mem.h"
#include "rotkit/public.h"

enum rk_rc rk_ledger_open_read(const rk_ctx *ctx, const char *where, rk_ledger **ret,
                               struct rk_err *err)
{
    return rk_ledger_open(ctx, where, RK_LEDGER_READ, NULL, ret, err);
}

enum rk_rc rk_ledger_check(rk_ledger *ledger, const rk_public *key, struct rk_err *err)
{
    return rk_ledger_verify(ledger, rk_public_signer(key), err);
}

enum rk_rc rk_ledger_count(rk_ledger *ledger, enum rk_ledger_count what, uint64_t *ret,
                           struct rk_err *err)
{
    RK_AUTO(rk_ledger_status_done) struct rk_ledger_status s = { .entries = 0 };
    const uint64_t *const counts[] = {
        [RK_LEDGER_ENTRIES] = &s.entries,         [RK_LEDGER_CHECKPOINTS] = &s.checkpoints,
        [RK_LEDGER_UNITS_RESERVED] = &s.reserved, [RK_LEDGER_UNITS_ISSUED] = &s.issued,
        [RK_LEDGER_UNITS_RETIRED] = &s.retired,   [RK_LEDGER_UNITS_REISSUE] = &s.reissue,
    };

    if ((size_t)what >= sizeof counts / sizeof counts[0])
        return rk_fail(err, RK_E_USAGE, "a ledger has no count %d", (int)what);
    if (rk_ledger_status(ledger, &s, err))
        return err->rc;
    *ret = *counts[what];
    return RK_OK;
}

enum rk_rc rk_checkpoint_open(const rk_ctx *ctx, const uint8_t *file, size_t len,
                              const rk_public *key, rk_checkpoint **ret, struct rk_err *err)
{
    rk_checkpoint *checkpoint = rk_alloc(1, sizeof *checkpoint);

    if (checkpoint == NULL)
        return rk_fail_nomem(err);
    if (rk_checkpoint_read(ctx, file, len, rk_public_signer(key), checkpoint, err)) {
        rk_free(checkpoint);
        return err->rc;
    }
    *ret = checkpoint;
    return RK_OK;
}

void rk_checkpoint_free(rk_checkpoint *checkpoint)
{
    if (checkpoint == NULL)
        return;
    rk_checkpoint_done(checkpoint);
    rk_free(checkpoint);
}

uint64_t rk_checkpoint_size(const rk_checkpoint *checkpoint)
{
    return checkpoint->size;
}

const uint8_t *rk_checkpoint_head(const rk_checkpoint *checkpoint)
{
    return checkpoint->head;
}

int64_t rk_checkpoint_time(const rk_checkpoint *checkpoint)
{
    return checkpoint->time;
}

enum rk_rc rk_ledger_compare(rk_ledger *ledger, const rk_checkpoint *checkpoint, struct rk_err *err)
{
    return rk_ledger_compare_checkpoint(ledger, checkpoint, err);
}
