/* SPDX-License-Identifier: Apache-2.0 */
/* The progress line of a long command, and its clean end on SIGINT and SIGTERM. */
#pragma once

#include "cli/app.h"

#include "rotkit/build.h"

struct progress {
    const struct app *app;
    const char *one; /* "device" */
    int64_t started_ms, shown_ms;
    uint64_t began_at; /* what was done at the first step: by an earlier run, or by then */
    bool on_line;      /* a line is on the terminal */
};
enum { PROGRESS_TEXT_MAX = 128 };
/* "12 of 20 devices", and once it can be told the rate and the time left. */
void progress_text(const struct progress *progress, const struct rk_progress *at,
                   int64_t elapsed_ms, char ret[PROGRESS_TEXT_MAX]);
/* For rk_build_options: arg is the struct progress. Shows nothing unless stderr is a terminal. */
void progress_step(void *arg, const struct rk_progress *at);
void progress_end(struct progress *progress);

/* Catches SIGINT and SIGTERM from here on; becomes non-zero with the first one, the second kills.
 */
const volatile sig_atomic_t *stop_on_signal(void);
/* The error of a run that a signal ended; the exit code becomes 128 plus the signal. */
enum rk_rc stopped_by_signal(struct app *app, struct rk_err *err);
