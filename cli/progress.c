/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/progress.h"

#include "cli/out.h"

#include <inttypes.h>
#include <time.h>
#include <unistd.h>

enum { SHOW_EVERY_MS = 200 };

/* The one thing a signal handler can reach. */
static volatile sig_atomic_t stop_signal;

static int64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void progress_step(void *arg, const struct rk_progress *at)
{
    struct progress *progress = arg;
    int64_t now = now_ms(), elapsed;
    double rate;

    if (progress->started_ms == 0)
        progress->started_ms = now;
    if (progress->app->quiet || isatty(fileno(progress->app->err)) != 1 ||
        now - progress->shown_ms < SHOW_EVERY_MS)
        return;
    progress->shown_ms = now;
    progress->on_line = true;
    elapsed = now - progress->started_ms;
    rate = elapsed == 0 ? 0 : 1000.0 * (double)(at->done - at->found) / (double)elapsed;
    (void)fprintf(progress->app->err,
                  "\r%" PRIu64 " of %" PRIu64 " %s, %.0f a second, %.0f s left \033[K", at->done,
                  at->total, progress->what, rate,
                  rate > 0 ? (double)(at->total - at->done) / rate : 0.0);
    (void)fflush(progress->app->err);
}

void progress_end(struct progress *progress)
{
    if (progress->on_line)
        (void)fputs("\r\033[K", progress->app->err);
}

static void on_signal(int number)
{
    stop_signal = number;
}

const volatile sig_atomic_t *stop_on_signal(void)
{
    struct sigaction action = { .sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND };

    stop_signal = 0;
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    return &stop_signal;
}

enum rk_rc stopped_by_signal(struct app *app, struct rk_err *err)
{
    app->stop_signal = stop_signal;
    return rk_fail(err, RK_E_INTERNAL, "stopped by signal %d; nothing was published",
                   (int)stop_signal);
}
