/* SPDX-License-Identifier: Apache-2.0 */
/* rotkit tpm: a live TPM against what was provisioned. */
#include "cli/commands.h"
#include "cli/cmd/tpm.h"

#include <stddef.h>

static const struct cmd *const subs[] = {
    &cmd_tpm_check, &cmd_tpm_provision,   &cmd_tpm_activate, &cmd_tpm_challenge,
    &cmd_tpm_key,   &cmd_tpm_quote_check, &cmd_tpm_script,   NULL,
};

const struct cmd cmd_tpm = {
    .name = "tpm",
    .args = "",
    .summary = "check, provision and attest a live TPM",
    .subs = subs,
};
