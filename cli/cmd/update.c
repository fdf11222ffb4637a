/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit update: from one release to the next. */
#include "cli/commands.h"
#include "cli/cmd/update.h"

#include <stddef.h>

static const struct cmd *const subs[] = { &cmd_update_make, &cmd_update_check, NULL };

const struct cmd cmd_update = {
    .name = "update",
    .args = "",
    .summary = "firmware updates that keep every EK: make, check",
    .subs = subs,
};
