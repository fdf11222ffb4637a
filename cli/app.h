/* SPDX-License-Identifier: Apache-2.0 */
/* What one run of rotkit shares, and the row a command is. */
#pragma once

#include "cli/arena.h"

#include "rotkit/ctx.h"

#include <stdbool.h>
#include <stdio.h>

struct opt;
struct cmd;

struct app {
    FILE *out, *err; /* the product and --json; everything for people */
    rk_ctx *ctx;
    enum arena arena;
    bool json, quiet, dry_run, require_locked;
    const struct cmd *const *verbs; /* of the program, NULL-terminated: commands.c, handed down */
    const struct cmd *cmd;
    char verb[32]; /* "ek derive" */
    /*
     * Set when opt_parse has answered --help, or has handed the rows to `describe`: the command
     * returns at once and the run counts as done.
     */
    bool stopped;
    bool told;              /* the command has told its errors itself */
    struct rk_err *further; /* what else is wrong beside the error, in order; told after it */
    size_t further_count;
    int stop_signal; /* a signal ended the run: the exit code is 128 and this */
    /* Completion and man pages ask a command for its rows this way; NULL in a usual run. */
    void (*describe)(void *arg, const struct cmd *cmd, const char *verb, const struct opt *rows);
    void *describe_arg;
};

/* One verb. A verb of two levels has `subs` (NULL-terminated) and no `run`. */
struct cmd {
    const char *name, *args, *summary;
    const char *about; /* what `help` says below the synopsis; NULL: nothing */
    enum rk_rc (*run)(struct app *app, int argc, char **argv, struct rk_err *err);
    const struct cmd *const *subs;
};

/* The whole program but the process set-up, so that a test can run commands in one process. */
int rotkit_main(int argc, char **argv, FILE *out, FILE *err);
