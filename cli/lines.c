/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { ROOM = 4 * LINE_MAX_BYTES };

void lines_done(struct lines *lines)
{
    rk_secret_done(&lines->room);
    if (lines->fd > STDERR_FILENO)
        (void)close(lines->fd);
    *lines = (struct lines)LINES_NONE;
}

enum rk_rc lines_open(const char *path, struct lines *ret, struct rk_err *err)
{
    RK_AUTO(lines_done) struct lines lines = { .path = path, .fd = STDIN_FILENO };

    if (strcmp(path, "-") == 0)
        lines.path = "standard input";
    else
        lines.fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (lines.fd < 0)
        return rk_fail(err, RK_E_IO, "cannot open \"%s\": %s", path, strerror(errno));
    if (rk_secret_new(ROOM, &lines.room, err))
        return err->rc;
    *ret = lines;
    lines = (struct lines)LINES_NONE;
    return RK_OK;
}

/* Moves the rest to the front and reads behind it; *ret_more false at the end of the file. */
static enum rk_rc fill(struct lines *lines, bool *ret_more, struct rk_err *err)
{
    ssize_t n;

    memmove(lines->room.p, lines->room.p + lines->at, lines->end - lines->at);
    lines->end -= lines->at;
    lines->at = 0;
    do
        n = read(lines->fd, lines->room.p + lines->end, lines->room.len - lines->end);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return rk_fail(err, RK_E_IO, "cannot read \"%s\": %s", lines->path, strerror(errno));
    lines->end += (size_t)n;
    *ret_more = n != 0;
    return RK_OK;
}

enum rk_rc lines_next(struct lines *lines, const char **ret_text, size_t *ret_len,
                      struct rk_err *err)
{
    const uint8_t *start, *newline = NULL;
    bool more = true;
    size_t len;

    for (;;) {
        start = lines->room.p + lines->at;
        newline = memchr(start, '\n', lines->end - lines->at);
        len = newline != NULL ? (size_t)(newline - start) : lines->end - lines->at;
        if (len > LINE_MAX_BYTES)
            return rk_fail_at(err, RK_E_USAGE, lines->path, (unsigned)lines->line + 1, 0,
                              "line of more than %d characters", LINE_MAX_BYTES);
        if (newline != NULL || !more)
            break;
        if (fill(lines, &more, err))
            return err->rc;
    }
    if (newline == NULL && len == 0) {
        *ret_text = NULL;
        return RK_OK;
    }
    lines->at += len + (newline != NULL);
    lines->line++;
    if (len != 0 && start[len - 1] == '\r')
        len--;
    *ret_text = (const char *)start;
    *ret_len = len;
    return RK_OK;
}
