/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger's front, and the engine that counts nothing. */
#include "ledger/ledger.h"

#include "base/mem.h"

static enum rk_rc none_take(rk_ledger *ledger, const struct rk_device_sn *sn, struct rk_err *err)
{
    (void)ledger;
    (void)sn;
    (void)err;
    return RK_OK;
}

static enum rk_rc none_commit(rk_ledger *ledger, const struct rk_device_sn *sn,
                              const uint8_t digest[32], struct rk_err *err)
{
    (void)digest;
    return none_take(ledger, sn, err);
}

static void none_close(rk_ledger *ledger)
{
    rk_free(ledger);
}

static const struct rk_ledger_ops none_ops = { none_take, none_commit, none_take, none_close };

enum rk_rc rk_ledger_open_none(rk_ledger **ret, struct rk_err *err)
{
    rk_ledger *ledger = rk_alloc(1, sizeof *ledger);

    if (ledger == NULL)
        return rk_fail_nomem(err);
    ledger->ops = &none_ops;
    *ret = ledger;
    return RK_OK;
}

void rk_ledger_close(rk_ledger *ledger)
{
    if (ledger != NULL)
        ledger->ops->close(ledger);
}

enum rk_rc rk_ledger_reserve(rk_ledger *ledger, const struct rk_device_sn *sn, struct rk_err *err)
{
    return ledger->ops->reserve(ledger, sn, err);
}

enum rk_rc rk_ledger_commit(rk_ledger *ledger, const struct rk_device_sn *sn,
                            const uint8_t digest[32], struct rk_err *err)
{
    return ledger->ops->commit(ledger, sn, digest, err);
}

enum rk_rc rk_ledger_void(rk_ledger *ledger, const struct rk_device_sn *sn, struct rk_err *err)
{
    return ledger->ops->cancel(ledger, sn, err);
}
