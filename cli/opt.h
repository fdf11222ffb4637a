/* SPDX-License-Identifier: Apache-2.0 */
/* Options as rows: they bind local variables of a command, and are its help, completion and page.
 */
#pragma once

#include "cli/app.h"

enum opt_kind {
    OPT_FLAG, /* bool */
    OPT_STR,  /* const char *, borrowed from argv */
    OPT_U64,  /* struct opt_u64 */
    OPT_LIST, /* struct opt_list, one more each time */
};

struct opt_u64 {
    uint64_t v;
    bool set;
};

enum { OPT_LIST_MAX = 64 };
struct opt_list {
    const char *v[OPT_LIST_MAX];
    size_t count;
};

struct opt {
    const char *name;
    char letter; /* 0: none */
    enum opt_kind kind;
    void *into;
    const char *arg; /* NULL for flags */
    const char *help;
    bool required;
};
#define OPT_END                                                                                    \
    {                                                                                              \
        .name = NULL                                                                               \
    }
#define OPT_JSON(app)                                                                              \
    {                                                                                              \
        "json", 0, OPT_FLAG, &(app)->json, NULL, "print JSON", false                               \
    }
#define OPT_DRY_RUN(app)                                                                           \
    {                                                                                              \
        "dry-run", 'n', OPT_FLAG, &(app)->dry_run, NULL, "do everything but write", false          \
    }

struct operands {
    char **v;
    size_t count;
};

/*
 * Reads argv[1..] by the rows and by those of opt_common.h; what is no option goes
 * to *ret, at least min and at most max of them. "--" ends the options. RK_E_USAGE with "see
 * 'rotkit help VERB'" below. Also returns other than RK_OK when the run is over: see app->stopped.
 */
enum rk_rc opt_parse(struct app *app, const struct opt *rows, int argc, char **argv, size_t min,
                     size_t max, struct operands *ret, struct rk_err *err) RK_MUST_CHECK;
/* As a fault that opt_parse finds: RK_E_USAGE and the pointer to the help. */
enum rk_rc opt_fail(const struct app *app, struct rk_err *err, const char *fmt, ...)
    RK_PRINTF(3, 4);

/* --jobs: 1 to 64 threads; *ret is 0 when it is not given. */
enum rk_rc opt_jobs(const struct app *app, const struct opt_u64 *jobs, size_t *ret,
                    struct rk_err *err) RK_MUST_CHECK;
