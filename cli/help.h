/* SPDX-License-Identifier: Apache-2.0 */
/* Help, from the command rows and their option rows. */
#pragma once

#include "cli/opt.h"

void help_overview(FILE *to, const struct cmd *const *verbs);
/* rotkit help keys: how keys are named, and what is strong enough. */
void help_keys(FILE *to);
/* rotkit help firmware: what firmware takes, a rule a row. */
void help_firmware(const rk_ctx *ctx, FILE *to);
void help_group(FILE *to, const struct cmd *group);
void help_command(FILE *to, const struct cmd *cmd, const char *verb, const struct opt *rows);
