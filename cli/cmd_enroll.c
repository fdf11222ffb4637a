/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit enroll: make a release's devices known to those who attest them. */
#include "commands.h"
#include "enroll.h"

#include <stddef.h>

static const struct cmd *const subs[] = { &cmd_enroll_azure_dps, NULL };

const struct cmd cmd_enroll = {
    .name = "enroll",
    .args = "",
    .summary = "enrolment files for the services that attest devices",
    .subs = subs,
};
