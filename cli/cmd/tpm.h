/* SPDX-License-Identifier: Apache-2.0 */
/* The second-level verbs of `rotkit tpm`. */
#pragma once

#include "cli/app.h"

extern const struct cmd cmd_tpm_activate, cmd_tpm_challenge, cmd_tpm_check, cmd_tpm_key,
    cmd_tpm_provision, cmd_tpm_quote_check, cmd_tpm_script;
