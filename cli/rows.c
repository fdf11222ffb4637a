/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/rows.h"

/* A command's first call is opt_parse, which hands the rows out and ends the run. */
static void ask(const struct app *app, const struct cmd *cmd, const char *group, rows_fn *fn,
                void *arg)
{
    struct app asking = {
        .out = app->out, .err = app->err, .ctx = app->ctx, .verbs = app->verbs, .cmd = cmd
    };
    char name[] = "rotkit";
    char *argv[] = { name, NULL };
    struct rk_err err;

    asking.describe = fn;
    asking.describe_arg = arg;
    (void)snprintf(asking.verb, sizeof asking.verb, "%s%s%s", group, group[0] == '\0' ? "" : " ",
                   cmd->name);
    (void)cmd->run(&asking, 1, argv, &err);
}

void rows_of(const struct app *app, const struct cmd *cmd, rows_fn *fn, void *arg)
{
    if (cmd->subs == NULL) {
        ask(app, cmd, "", fn, arg);
        return;
    }
    for (const struct cmd *const *sub = cmd->subs; *sub != NULL; sub++)
        ask(app, *sub, cmd->name, fn, arg);
}

void rows_of_all(const struct app *app, rows_fn *fn, void *arg)
{
    for (const struct cmd *const *cmd = app->verbs; *cmd != NULL; cmd++)
        rows_of(app, *cmd, fn, arg);
}
