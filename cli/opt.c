/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/opt.h"

#include "cli/help.h"
#include "cli/opt_common.h"
#include "cli/out.h"

#include "rotkit/edit_distance.h"
#include "rotkit/hex.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

enum { JOBS_MAX = 64 };

enum rk_rc opt_fail(const struct app *app, struct rk_err *err, const char *fmt, ...)
{
    char text[512];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    (void)rk_fail(err, RK_E_USAGE, "%s", text);
    return rk_note(err, "see 'rotkit help%s%s'", app->verb[0] == '\0' ? "" : " ", app->verb);
}

enum rk_rc opt_jobs(const struct app *app, const struct opt_u64 *jobs, size_t *ret,
                    struct rk_err *err)
{
    if (jobs->set && (jobs->v == 0 || jobs->v > JOBS_MAX))
        return opt_fail(app, err, "--jobs: %" PRIu64 ", expected 1 to %d", jobs->v, JOBS_MAX);
    *ret = (size_t)jobs->v;
    return RK_OK;
}

static enum rk_rc unknown_option(const struct app *app, const struct opt *rows, const char *name,
                                 struct rk_err *err)
{
    struct rk_nearest nearest = rk_nearest_to(name);

    for (const struct opt *row = rows; row->name != NULL; row++)
        rk_nearest_offer(&nearest, row->name);
    for (const struct opt *row = opt_common; row->name != NULL; row++)
        rk_nearest_offer(&nearest, row->name);
    if (nearest.word != NULL)
        return opt_fail(app, err, "unknown option \"--%s\" (did you mean \"--%s\"?)", name,
                        nearest.word);
    return opt_fail(app, err, "unknown option \"--%s\"", name);
}

static enum rk_rc set_list(const struct app *app, const struct opt *row, const char *value,
                           struct rk_err *err)
{
    struct opt_list *list = row->into;

    if (list->count == OPT_LIST_MAX)
        return opt_fail(app, err, "--%s given more than %d times", row->name, OPT_LIST_MAX);
    list->v[list->count++] = value;
    return RK_OK;
}

static enum rk_rc set(const struct app *app, const struct opt *row, const char *value,
                      struct rk_err *err)
{
    struct opt_u64 *number;

    switch (row->kind) {
    case OPT_FLAG:
        *(bool *)row->into = true;
        return RK_OK;
    case OPT_LIST:
        return set_list(app, row, value, err);
    case OPT_STR:
        if (*(const char **)row->into != NULL)
            return opt_fail(app, err, "--%s given twice", row->name);
        *(const char **)row->into = value;
        return RK_OK;
    case OPT_U64:
        number = row->into;
        if (number->set)
            return opt_fail(app, err, "--%s given twice", row->name);
        if (rk_parse_u64(value, UINT64_MAX, &number->v, err))
            return rk_wrap(err, "--%s", row->name);
        number->set = true;
        return RK_OK;
    }
    return rk_fail(err, RK_E_INTERNAL, "option \"--%s\" has no kind", row->name);
}

struct scan {
    int argc, at;
    char **argv;
};

static enum rk_rc set_value(const struct app *app, struct scan *scan, const struct opt *row,
                            const char *inline_value, const char **ret, struct rk_err *err)
{
    bool wants = row->arg != NULL;

    if (!wants && inline_value != NULL)
        return opt_fail(app, err, "--%s takes no value", row->name);
    if (wants && inline_value == NULL && scan->at == scan->argc)
        return opt_fail(app, err, "--%s wants %s", row->name, row->arg);
    *ret = !wants ? NULL : inline_value != NULL ? inline_value : scan->argv[scan->at++];
    return RK_OK;
}

static enum rk_rc parse_long(struct app *app, const struct opt *rows, struct scan *scan,
                             const char *text, struct rk_err *err)
{
    const char *equals = strchr(text, '=');
    size_t len = equals == NULL ? strlen(text) : (size_t)(equals - text);
    const char *value;
    char name[64];

    (void)snprintf(name, sizeof name, "%.*s", (int)(len < 63 ? len : 63), text);
    for (const struct opt *row = rows; row->name != NULL; row++) {
        if (strcmp(row->name, name) != 0)
            continue;
        if (set_value(app, scan, row, equals == NULL ? NULL : equals + 1, &value, err))
            return err->rc;
        return set(app, row, value, err);
    }
    if (equals == NULL && opt_common_set(app, name, '\0'))
        return RK_OK;
    return unknown_option(app, rows, name, err);
}

/* One or more letters after a single dash; a value may follow its letter at once. */
static enum rk_rc parse_letters(struct app *app, const struct opt *rows, struct scan *scan,
                                const char *text, struct rk_err *err)
{
    for (; *text != '\0'; text++) {
        const struct opt *row = rows;
        const char *value;

        while (row->name != NULL && row->letter != *text)
            row++;
        if (row->name == NULL && opt_common_set(app, NULL, *text))
            continue;
        if (row->name == NULL)
            return opt_fail(app, err, "unknown option \"-%c\"", *text);
        bool rest = row->arg != NULL && text[1] != '\0';
        if (set_value(app, scan, row, rest ? text + 1 : NULL, &value, err) ||
            set(app, row, value, err))
            return err->rc;
        if (rest)
            break;
    }
    return RK_OK;
}

static bool is_set(const struct opt *row)
{
    switch (row->kind) {
    case OPT_STR:
        return *(const char *const *)row->into != NULL;
    case OPT_U64:
        return ((const struct opt_u64 *)row->into)->set;
    case OPT_LIST:
        return ((const struct opt_list *)row->into)->count != 0;
    case OPT_FLAG:
        return *(const bool *)row->into;
    }
    return false;
}

static enum rk_rc check_all_given(const struct app *app, const struct opt *rows,
                                  const struct operands *operands, size_t min, size_t max,
                                  struct rk_err *err)
{
    for (const struct opt *row = rows; row->name != NULL; row++)
        if (row->required && !is_set(row))
            return opt_fail(app, err, "--%s %s is missing", row->name, row->arg);
    if (operands->count < min)
        return opt_fail(app, err, "an operand is missing: rotkit %s %s", app->verb, app->cmd->args);
    if (operands->count > max)
        return opt_fail(app, err, "unexpected operand \"%s\"", operands->v[max]);
    return RK_OK;
}

/* Secrets come next: says where they will live, or refuses to read any. */
static enum rk_rc check_arena(const struct app *app, struct rk_err *err)
{
    const char *fault = arena_fault(app->arena);

    if (fault == NULL)
        return RK_OK;
    if (app->require_locked)
        return rk_fail(err, RK_E_IO, "memory cannot be locked: %s", fault);
    /* A process that runs commands of its own knows what memory it made. */
    if (app->arena != ARENA_FOREIGN)
        out_note(app, "warning: secrets are wiped but may be swapped: %s", fault);
    return RK_OK;
}

/* The run is over, with nothing to complain about. */
static enum rk_rc stop(struct app *app, struct rk_err *err)
{
    app->stopped = true;
    return rk_fail(err, RK_E_INTERNAL, "stopped");
}

/* A fault is told in JSON even when it stands before --json. */
static void find_json_option(const struct opt *rows, int argc, char **argv)
{
    const struct opt *row = rows;

    while (row->name != NULL && strcmp(row->name, "json") != 0)
        row++;
    for (int i = 1; row->name != NULL && i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--json") == 0)
            *(bool *)row->into = true;
    }
}

enum rk_rc opt_parse(struct app *app, const struct opt *rows, int argc, char **argv, size_t min,
                     size_t max, struct operands *ret, struct rk_err *err)
{
    struct scan scan = { .argc = argc, .at = 1, .argv = argv };
    struct operands operands = { .v = argv, .count = 0 };
    bool options = true;

    if (app->describe != NULL) {
        app->describe(app->describe_arg, app->cmd, app->verb, rows);
        return stop(app, err);
    }
    find_json_option(rows, argc, argv);
    while (scan.at < argc) {
        char *text = argv[scan.at++];
        enum rk_rc rc = RK_OK;

        if (!options || text[0] != '-' || text[1] == '\0')
            operands.v[operands.count++] = text; /* never ahead of the scan */
        else if (strcmp(text, "--") == 0)
            options = false;
        else if (text[1] == '-')
            rc = parse_long(app, rows, &scan, text + 2, err);
        else
            rc = parse_letters(app, rows, &scan, text + 1, err);
        if (rc != RK_OK)
            return rc;
        if (app->stopped) {
            help_command(app->out, app->cmd, app->verb, rows);
            return stop(app, err);
        }
    }
    if (check_all_given(app, rows, &operands, min, max, err) || check_arena(app, err))
        return err->rc;
    *ret = operands;
    return RK_OK;
}
