/* SPDX-License-Identifier: Apache-2.0 */
/* The option rows of commands, without running them: for completion and man pages. */
#pragma once

#include "cli/opt.h"

typedef void rows_fn(void *arg, const struct cmd *cmd, const char *verb, const struct opt *rows);

/* Hands the rows of one command, or of each of its second-level verbs, to fn. */
void rows_of(const struct app *app, const struct cmd *cmd, rows_fn *fn, void *arg);
/* The same for every command of app->verbs. */
void rows_of_all(const struct app *app, rows_fn *fn, void *arg);
