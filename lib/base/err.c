/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include "base/ossl.h"
#include "rotkit/words.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Text that does not fit ends in "...". */
static void mark_cut(char *text, size_t size, int wanted)
{
    if (wanted < 0)
        text[0] = '\0';
    else if ((size_t)wanted >= size)
        memcpy(text + size - 4, "...", 4);
}

/* What a message quotes may come from anybody: it moves no cursor, and begins no line but a note's.
 */
static void tame(char *text)
{
    for (char *note; text != NULL; text = note == NULL ? NULL : note + 3) {
        size_t len;

        note = strstr(text, "\n  ");
        len = note == NULL ? strlen(text) : (size_t)(note - text);
        rk_words_show((const uint8_t *)text, len, text, len + 1);
        if (note != NULL)
            *note = '\n';
    }
}

static void reset(struct rk_err *err, enum rk_rc rc)
{
    err->rc = rc;
    err->msg[0] = '\0';
    err->file[0] = '\0';
    err->line = 0;
    err->column = 0;
    err->offset = 0;
}

RK_PRINTF(2, 0) static void vset(struct rk_err *err, const char *fmt, va_list ap)
{
    mark_cut(err->msg, sizeof err->msg, vsnprintf(err->msg, sizeof err->msg, fmt, ap));
    tame(err->msg);
}

static void append(struct rk_err *err, const char *separator, const char *text)
{
    size_t used = strlen(err->msg);
    size_t room = sizeof err->msg - used;

    mark_cut(err->msg + used, room, snprintf(err->msg + used, room, "%s%s", separator, text));
    tame(err->msg);
}

enum rk_rc rk_fail(struct rk_err *err, enum rk_rc rc, const char *fmt, ...)
{
    va_list ap;

    reset(err, rc);
    va_start(ap, fmt);
    vset(err, fmt, ap);
    va_end(ap);
    return rc;
}

enum rk_rc rk_wrap(struct rk_err *err, const char *fmt, ...)
{
    char subject[sizeof err->msg];
    size_t len;
    va_list ap;

    va_start(ap, fmt);
    mark_cut(subject, sizeof subject, vsnprintf(subject, sizeof subject, fmt, ap));
    va_end(ap);
    tame(subject);
    len = strlen(subject);
    if (len + 2 < sizeof err->msg) {
        size_t keep = strlen(err->msg);
        bool cut = keep + len + 2 >= sizeof err->msg;

        if (cut)
            keep = sizeof err->msg - len - 3;
        memmove(err->msg + len + 2, err->msg, keep);
        memcpy(err->msg, subject, len);
        memcpy(err->msg + len, ": ", 2);
        err->msg[len + 2 + keep] = '\0';
        if (cut)
            memcpy(err->msg + sizeof err->msg - 4, "...", 4);
        tame(err->msg);
    }
    return err->rc;
}

enum rk_rc rk_note(struct rk_err *err, const char *fmt, ...)
{
    char text[sizeof err->msg];
    va_list ap;

    va_start(ap, fmt);
    mark_cut(text, sizeof text, vsnprintf(text, sizeof text, fmt, ap));
    va_end(ap);
    tame(text);
    append(err, "\n  ", text);
    return err->rc;
}

enum rk_rc rk_fail_at(struct rk_err *err, enum rk_rc rc, const char *file, unsigned line,
                      unsigned column, const char *fmt, ...)
{
    va_list ap;

    reset(err, rc);
    va_start(ap, fmt);
    vset(err, fmt, ap);
    va_end(ap);
    if (line != 0 && column != 0)
        (void)rk_wrap(err, "%s:%u:%u", file, line, column);
    else if (line != 0)
        (void)rk_wrap(err, "%s:%u", file, line);
    else
        (void)rk_wrap(err, "%s", file);
    mark_cut(err->file, sizeof err->file, snprintf(err->file, sizeof err->file, "%s", file));
    err->line = line;
    err->column = column;
    return rc;
}

enum rk_rc rk_fail_ossl(struct rk_err *err, enum rk_rc rc, const char *fmt, ...)
{
    bool no_memory;
    const char *reason = rk_ossl_reason(&no_memory);
    va_list ap;

    if (no_memory)
        return rk_fail_nomem(err);
    reset(err, rc);
    va_start(ap, fmt);
    vset(err, fmt, ap);
    va_end(ap);
    if (reason != NULL)
        append(err, ": ", reason);
    return rc;
}

enum rk_rc rk_fail_errno(struct rk_err *err, enum rk_rc rc, const char *fmt, ...)
{
    int code = errno;
    va_list ap;

    reset(err, rc);
    va_start(ap, fmt);
    vset(err, fmt, ap);
    va_end(ap);
    append(err, ": ", strerror(code));
    return rc;
}

enum rk_rc rk_fail_nomem(struct rk_err *err)
{
    return rk_fail(err, RK_E_NOMEM, "out of memory");
}
