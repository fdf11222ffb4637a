/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit ledger: which units were made, how many, none twice. */
#include "cli/commands.h"
#include "cli/cmd/ledger.h"

#include <stddef.h>

static const struct cmd *const subs[] = {
    &cmd_ledger_status,    &cmd_ledger_list,    &cmd_ledger_verify,       &cmd_ledger_export,
    &cmd_ledger_reconcile, &cmd_ledger_void,    &cmd_ledger_reissue,      &cmd_ledger_retire,
    &cmd_ledger_init,      &cmd_ledger_rebuild, &cmd_ledger_correct_time, NULL
};

const struct cmd cmd_ledger = {
    .name = "ledger",
    .args = "",
    .summary = "count units: status, list, verify, export, reconcile, void",
    .subs = subs,
};
