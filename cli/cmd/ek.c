/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit ek: Endorsement Keys and their certificates. */
#include "cli/commands.h"
#include "cli/cmd/ek.h"

#include <stddef.h>

static const struct cmd *const subs[] = { &cmd_ek_derive, &cmd_ek_csr, &cmd_ek_lint, NULL };

const struct cmd cmd_ek = {
    .name = "ek",
    .args = "",
    .summary = "compute Endorsement Keys, check their certificates",
    .subs = subs,
};
