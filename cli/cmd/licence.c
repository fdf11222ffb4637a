/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit licence: how many units may be made, by whom, and of what. */
#include "cli/commands.h"
#include "cli/cmd/licence.h"

#include <stddef.h>

static const struct cmd *const subs[] = { &cmd_licence_issue, &cmd_licence_show, &cmd_licence_split,
                                          &cmd_licence_verify, NULL };

const struct cmd cmd_licence = {
    .name = "licence",
    .args = "",
    .summary = "signed unit licences: issue, show, split, verify",
    .subs = subs,
};
