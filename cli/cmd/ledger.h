/* SPDX-License-Identifier: Apache-2.0 */
/* The second-level verbs of `rotkit ledger`. */
#pragma once

#include "cli/app.h"

extern const struct cmd cmd_ledger_status, cmd_ledger_list, cmd_ledger_verify, cmd_ledger_export,
    cmd_ledger_reconcile, cmd_ledger_void, cmd_ledger_reissue, cmd_ledger_retire;
