/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the verb, runs it, and turns its result into an exit code. */
#include "cli/commands.h"

#include "cli/exits.h"
#include "cli/help.h"
#include "cli/out.h"

#include "rotkit/edit_distance.h"
#include "rotkit/file.h"
#include "rotkit/identity.h"
#include "rotkit/open_keys.h"

#include <stdlib.h>
#include <string.h>

static int exit_code(const struct app *app, const struct rk_err *err, enum rk_rc rc)
{
    if (app->stop_signal != 0)
        return 128 + app->stop_signal;
    if (rc == RK_E_IO && out_was_lost(err) && out_is_cut(app))
        return OUT_CUT_EXIT;
    return exit_code_of(rc);
}

static const struct cmd *find(const struct cmd *const *among, const char *name)
{
    for (; *among != NULL; among++)
        if (strcmp((*among)->name, name) == 0)
            return *among;
    return NULL;
}

static void warn(void *arg, const char *text)
{
    out_note(arg, "warning: %s", text);
}

/* What does not fit in memory is not told: the error itself is. */
static void further(void *arg, const struct rk_err *err)
{
    struct app *app = arg;
    struct rk_err *more = realloc(app->further, (app->further_count + 1) * sizeof *more);

    if (more == NULL)
        return;
    app->further = more;
    more[app->further_count++] = *err;
}

/* `group` NULL: a verb of the first level. */
static enum rk_rc unknown_verb(const struct app *app, const struct cmd *group,
                               const struct cmd *const *among, const char *name, struct rk_err *err)
{
    struct rk_nearest nearest = rk_nearest_to(name);
    const char *front = group == NULL ? "" : group->name, *blank = group == NULL ? "" : " ";

    for (; *among != NULL; among++)
        rk_nearest_offer(&nearest, (*among)->name);
    if (nearest.word != NULL)
        return opt_fail(app, err, "unknown verb \"%s%s%s\" (did you mean \"%s%s%s\"?)", front,
                        blank, name, front, blank, nearest.word);
    return opt_fail(app, err, "unknown verb \"%s%s%s\"", front, blank, name);
}

/* Finds the command in argv and how many words named it; NULL after having answered or failed. */
static enum rk_rc choose(struct app *app, int argc, char **argv, int *ret_words, struct rk_err *err)
{
    const struct cmd *cmd = find(app->verbs, argv[0]);

    if (cmd == NULL)
        return unknown_verb(app, NULL, app->verbs, argv[0], err);
    (void)snprintf(app->verb, sizeof app->verb, "%s", cmd->name);
    *ret_words = 1;
    if (cmd->subs != NULL) {
        const struct cmd *sub = argc < 2 ? NULL : find(cmd->subs, argv[1]);

        if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
            app->cmd = cmd;
            return RK_OK;
        }
        if (sub == NULL)
            return unknown_verb(app, cmd, cmd->subs, argv[1], err);
        (void)snprintf(app->verb, sizeof app->verb, "%s %s", cmd->name, sub->name);
        *ret_words = 2;
        cmd = sub;
    }
    app->cmd = cmd;
    return RK_OK;
}

static enum rk_rc run_verb(struct app *app, int argc, char **argv, struct rk_err *err)
{
    int words;

    if (choose(app, argc, argv, &words, err))
        return err->rc;
    if (app->cmd->run == NULL) {
        if (argc < 2)
            return opt_fail(app, err, "\"%s\" wants a second verb", app->verb);
        help_group(app->out, app->cmd);
        return RK_OK;
    }
    /* argv[0] of a command is its last word. */
    enum rk_rc rc = app->cmd->run(app, argc - words + 1, argv + words - 1, err);
    return app->stopped ? RK_OK : rc;
}

/* rotkit help [VERB [VERB]] */
static enum rk_rc help(struct app *app, int argc, char **argv, struct rk_err *err)
{
    char ask[] = "--help";
    char *again[3] = { NULL };
    int n = 0;

    if (argc == 1) {
        help_overview(app->out, app->verbs);
        return RK_OK;
    }
    if (argc == 2 && strcmp(argv[1], "keys") == 0) {
        help_keys(app->out);
        return RK_OK;
    }
    if (argc == 2 && strcmp(argv[1], "firmware") == 0) {
        help_firmware(app->ctx, app->out);
        return RK_OK;
    }
    if (argc == 2 && rk_platform_page_of(app->ctx, argv[1]) != NULL) {
        (void)fputs(rk_platform_page_of(app->ctx, argv[1]), app->out);
        return RK_OK;
    }
    if (argc > 3)
        return opt_fail(app, err, "unexpected operand \"%s\"", argv[3]);
    for (int i = 1; i < argc; i++)
        again[n++] = argv[i];
    again[n++] = ask;
    return run_verb(app, n, again, err);
}

static enum rk_rc dispatch(struct app *app, int argc, char **argv, struct rk_err *err)
{
    if (argc < 2)
        return opt_fail(app, err, "a verb is missing");
    if (strcmp(argv[1], "help") == 0)
        return help(app, argc - 1, argv + 1, err);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        help_overview(app->out, app->verbs);
        return RK_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        (void)fprintf(app->out, "rotkit " ROTKIT_VERSION "\n");
        return RK_OK;
    }
    return run_verb(app, argc - 1, argv + 1, err);
}

RK_CLEANUP(ctx_done, rk_ctx, rk_ctx_free)

/* The run's key files, once. */
static void warn_of_open_keys(const struct app *app)
{
    char path[RK_PATH_MAX];

    if (rk_open_keys_seen(path, sizeof path))
        out_note(app, "warning: key file \"%s\": others may read it: \"chmod go-r\"", path);
}

int rotkit_main(int argc, char **argv, FILE *out, FILE *err_file)
{
    struct app app = { .out = out, .err = err_file, .arena = arena_open(), .verbs = commands };
    struct rk_err err = { .rc = RK_OK };
    RK_AUTO(ctx_done) rk_ctx *ctx = NULL;
    enum rk_rc rc = rk_ctx_new(&ctx, &err);

    rk_open_keys_refuse(true); /* what an earlier run in this process allowed is over */
    if (rc == RK_OK) {
        app.ctx = ctx;
        rk_ctx_set_warning(ctx, warn, &app);
        rk_ctx_set_further(ctx, further, &app);
        rc = dispatch(&app, argc, argv, &err);
        warn_of_open_keys(&app);
    }
    if (rc == RK_OK && (fflush(out) != 0 || ferror(out) != 0))
        rc = out_lost(&err);
    if (rc != RK_OK && !app.told)
        out_error(&app, &err, exit_code(&app, &err, rc));
    free(app.further);
    return exit_code(&app, &err, rc);
}
