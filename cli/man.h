/* SPDX-License-Identifier: Apache-2.0 */
/* Man pages in mdoc, from the command and option rows. */
#pragma once

#include "cli/opt.h"

/* rotkit(1): verbs, common options, keys, environment, exit codes. */
void man_overview(const struct app *app, FILE *to);
/* rotkit-VERB(1), with a part for each second-level verb. */
void man_verb(const struct app *app, FILE *to, const struct cmd *cmd);
