/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit ca: the authority that vouches for Endorsement Keys. */
#include "cli/commands.h"
#include "cli/cmd/ca.h"

#include <stddef.h>

static const struct cmd *const subs[] = { &cmd_ca_init, &cmd_ca_issue, &cmd_ca_crl, &cmd_ca_self,
                                          NULL };

const struct cmd cmd_ca = {
    .name = "ca",
    .args = "",
    .summary = "make a CA, issue EK certificates, self-signed certificates for firmware",
    .subs = subs,
};
