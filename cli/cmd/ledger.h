/* SPDX-License-Identifier: Apache-2.0 */
/* The second-level verbs of `rotkit ledger`. */
#pragma once

#include "cli/app.h"

extern const struct cmd cmd_ledger_status, cmd_ledger_list, cmd_ledger_verify, cmd_ledger_export,
    cmd_ledger_reconcile, cmd_ledger_void, cmd_ledger_reissue, cmd_ledger_retire, cmd_ledger_init,
    cmd_ledger_rebuild, cmd_ledger_correct_time;

/* The counts of a ledger, as text or JSON. */
enum rk_rc ledger_tell(const struct app *app, const char *where, struct rk_err *err) RK_MUST_CHECK;
