/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/progress.h"

#include "cli/out.h"

#include "rotkit/counted.h"
#include "rotkit/ctx.h"

#include <inttypes.h>
#include <time.h>
#include <unistd.h>

enum { SHOW_EVERY_MS = 200 };

/* The one thing a signal handler can reach. */
static volatile sig_atomic_t stop_signal;

/* Before this, and before anything was made, how long it takes is anybody's guess. */
enum { GUESS_FROM_MS = 2000 };

static void time_left(double seconds, char *ret, size_t size)
{
    if (seconds < 120)
        (void)snprintf(ret, size, "%.0f s", seconds);
    else if (seconds < 7200)
        (void)snprintf(ret, size, "%.0f min", seconds / 60);
    else
        (void)snprintf(ret, size, "%.0f h", seconds / 3600);
}

void progress_text(const struct progress *progress, const struct rk_progress *at,
                   int64_t elapsed_ms, char ret[PROGRESS_TEXT_MAX])
{
    uint64_t made = at->done - progress->began_at;
    char left[32];
    double rate;
    int n = snprintf(ret, PROGRESS_TEXT_MAX, "%" PRIu64 " of %s", at->done,
                     RK_COUNTED(at->total, progress->one));

    if (elapsed_ms < GUESS_FROM_MS || made == 0 || n < 0 || n >= PROGRESS_TEXT_MAX)
        return;
    rate = 1000.0 * (double)made / (double)elapsed_ms;
    time_left((double)(at->total - at->done) / rate, left, sizeof left);
    (void)snprintf(ret + n, PROGRESS_TEXT_MAX - (size_t)n, ", %.*f a second, %s left",
                   rate < 10 ? 1 : 0, rate, left);
}

void progress_step(void *arg, const struct rk_progress *at)
{
    struct progress *progress = arg;
    char text[PROGRESS_TEXT_MAX];
    int64_t now = rk_clock_ms();

    if (progress->started_ms == 0) {
        progress->started_ms = now;
        progress->began_at = at->done;
    }
    if (progress->app->quiet || isatty(fileno(progress->app->err)) != 1 ||
        now - progress->shown_ms < SHOW_EVERY_MS)
        return;
    progress->shown_ms = now;
    progress->on_line = true;
    progress_text(progress, at, now - progress->started_ms, text);
    (void)fprintf(progress->app->err, "\r%s \033[K", text);
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
