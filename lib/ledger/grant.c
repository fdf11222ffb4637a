/* SPDX-License-Identifier: Apache-2.0 */
/* Who may do what at a ledger that several stations share. */
#include "ledger/ledger.h"

#include "base/mem.h"

static enum rk_rc grant(rk_ledger *ledger, void *arg, struct rk_err *err)
{
    return ledger->db->ops->grant(ledger->db, arg, err);
}

enum rk_rc rk_ledger_grant(rk_ledger *ledger, const char *role, struct rk_err *err)
{
    RK_AUTO(rk_free_str) char *name = rk_strdup(role);

    if (name == NULL)
        return rk_fail_nomem(err);
    if (ledger->db->ops->grant == NULL)
        return rk_fail(err, RK_E_USAGE,
                       "a ledger in a file has no roles: who may write the file "
                       "may write the ledger");
    return rk_ledger_transact(ledger, grant, name, err);
}
