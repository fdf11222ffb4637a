/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/out.h"

#include <poll.h>
#include <stdarg.h>
#include <string.h>

static const char lost[] = "cannot write standard output";

bool out_is_cut(const struct app *app)
{
    struct pollfd at = { .fd = fileno(app->out), .events = POLLOUT };

    return at.fd >= 0 && poll(&at, 1, 0) == 1 && (at.revents & POLLERR) != 0;
}

enum rk_rc out_lost(struct rk_err *err)
{
    return rk_fail(err, RK_E_IO, "%s", lost);
}

bool out_was_lost(const struct rk_err *err)
{
    return err->rc == RK_E_IO && strstr(err->msg, lost) != NULL;
}

enum rk_rc out_bytes(const struct app *app, const void *bytes, size_t len, struct rk_err *err)
{
    return len != 0 && fwrite(bytes, 1, len, app->out) != len ? out_lost(err) : RK_OK;
}

static enum rk_rc put_document(const struct app *app, const rk_json *doc, bool pretty,
                               struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes text = RK_BYTES_NONE;

    if (rk_json_text(doc, pretty, &text, err))
        return err->rc;
    return out_bytes(app, text.p, text.len, err);
}

enum rk_rc out_json_line(const struct app *app, const rk_json *doc, struct rk_err *err)
{
    if (put_document(app, doc, false, err))
        return err->rc;
    return out_bytes(app, "\n", 1, err);
}

enum rk_rc out_json(const struct app *app, const rk_json *doc, struct rk_err *err)
{
    return put_document(app, doc, true, err);
}

void out_note(const struct app *app, const char *fmt, ...)
{
    va_list ap;

    if (app->quiet)
        return;
    (void)fputs("rotkit: ", app->err);
    va_start(ap, fmt);
    (void)vfprintf(app->err, fmt, ap);
    va_end(ap);
    (void)fputc('\n', app->err);
}

static void put_fault(struct rk_jv at, const struct rk_err *fault, int exit_code)
{
    struct rk_jv context;
    char msg[sizeof fault->msg];
    char *line = msg, *rest;

    (void)snprintf(msg, sizeof msg, "%s", fault->msg);
    rk_json_put_u64(at, "code", (uint64_t)exit_code);
    rest = strstr(line, "\n  ");
    if (rest != NULL)
        *rest = '\0';
    rk_json_put_words(at, "message", line);
    context = rk_json_put_array(at, "context");
    while (rest != NULL) {
        line = rest + 3;
        rest = strstr(line, "\n  ");
        if (rest != NULL)
            *rest = '\0';
        rk_json_put_words(context, NULL, line);
    }
    if (fault->file[0] != '\0')
        rk_json_put_words(at, "file", fault->file);
    if (fault->line != 0)
        rk_json_put_u64(at, "line", fault->line);
    if (fault->column != 0)
        rk_json_put_u64(at, "column", fault->column);
    if (fault->offset != 0)
        rk_json_put_u64(at, "offset", fault->offset);
}

/* {"error":{"code":2,"message":"…","context":["…"],"file":"…","line":42,"column":7}}; where more is
 * wrong, "further": [the same of each]. */
static enum rk_rc error_text(const struct app *app, const struct rk_err *fault, int exit_code,
                             struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_json_done) rk_json *doc = rk_json_new();
    struct rk_jv further;

    put_fault(rk_json_put_object(rk_json_root(doc), "error"), fault, exit_code);
    if (app->further_count != 0) {
        further = rk_json_put_array(rk_json_root(doc), "further");
        for (size_t i = 0; i < app->further_count; i++)
            put_fault(rk_json_put_object(further, NULL), &app->further[i], exit_code);
    }
    return rk_json_text(doc, false, ret, err);
}

void out_error(const struct app *app, const struct rk_err *err, int exit_code)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes text = RK_BYTES_NONE;
    struct rk_err again;

    if (out_was_lost(err) && out_is_cut(app))
        return;
    if (app->json && error_text(app, err, exit_code, &text, &again) == RK_OK) {
        (void)fprintf(app->err, "%s\n", (const char *)text.p);
        return;
    }
    (void)fprintf(app->err, "rotkit: %s\n", err->msg);
    for (size_t i = 0; i < app->further_count; i++)
        (void)fprintf(app->err, "rotkit: %s\n", app->further[i].msg);
}
