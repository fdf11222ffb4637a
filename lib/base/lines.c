/* SPDX-License-Identifier: Apache-2.0 */
#include "rotkit/lines.h"
#include "rotkit/counted.h"

#include "base/err.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { ROOM = 4 * RK_LINE_MAX };

void rk_line_drop_cr(struct rk_line *line)
{
    if (line->len != 0 && line->p[line->len - 1] == '\r')
        line->len--;
}

bool rk_line_next(struct rk_line_cursor *cursor, struct rk_line *ret)
{
    const char *start = cursor->p, *newline;

    if (cursor->left == 0)
        return false;
    newline = memchr(start, '\n', cursor->left);
    *ret = (struct rk_line) { .p = start,
                              .len = newline == NULL ? cursor->left : (size_t)(newline - start),
                              .number = ++cursor->number,
                              .ended = newline != NULL };
    cursor->left -= ret->len + ret->ended;
    cursor->p = start + ret->len + ret->ended;
    return true;
}

void rk_line_reader_done(struct rk_line_reader *reader)
{
    rk_secret_done(&reader->room);
    if (reader->fd > STDERR_FILENO)
        (void)close(reader->fd);
    *reader = (struct rk_line_reader)RK_LINE_READER_NONE;
}

enum rk_rc rk_line_reader_open(const char *path, size_t line_max, struct rk_line_reader *ret,
                               struct rk_err *err)
{
    RK_AUTO(rk_line_reader_done)
    struct rk_line_reader reader = { .path = path, .fd = STDIN_FILENO, .line_max = line_max };

    assert(line_max <= RK_LINE_MAX);
    if (path == NULL)
        reader.path = "standard input";
    else
        reader.fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (reader.fd < 0)
        return rk_fail_errno(err, RK_E_IO, "cannot open \"%s\"", path);
    if (rk_secret_new(ROOM, &reader.room, err))
        return err->rc;
    *ret = reader;
    reader = (struct rk_line_reader)RK_LINE_READER_NONE;
    return RK_OK;
}

void rk_line_reader_divert(struct rk_line_reader *reader,
                           size_t (*read)(void *arg, uint8_t *ret, size_t len), void *arg)
{
    reader->read = read;
    reader->arg = arg;
}

/* Moves the rest to the front and reads behind it; *ret_more false at the end of the file. */
static enum rk_rc fill(struct rk_line_reader *reader, bool *ret_more, struct rk_err *err)
{
    ssize_t n;

    memmove(reader->room.p, reader->room.p + reader->at, reader->end - reader->at);
    reader->end -= reader->at;
    reader->at = 0;
    if (reader->read != NULL) {
        size_t got =
            reader->read(reader->arg, reader->room.p + reader->end, reader->room.len - reader->end);

        reader->end += got;
        *ret_more = got != 0;
        return RK_OK;
    }
    do
        n = read(reader->fd, reader->room.p + reader->end, reader->room.len - reader->end);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return rk_fail_errno(err, RK_E_IO, "cannot read \"%s\"", reader->path);
    reader->end += (size_t)n;
    *ret_more = n != 0;
    return RK_OK;
}

enum rk_rc rk_line_reader_next(struct rk_line_reader *reader, struct rk_line *ret, bool *ret_more,
                               struct rk_err *err)
{
    bool more_to_read = true;

    for (;;) {
        struct rk_line_cursor rest = { .p = reader->room.p + reader->at,
                                       .left = reader->end - reader->at,
                                       .number = reader->number };
        struct rk_line line = { .ended = false };
        bool any = rk_line_next(&rest, &line);

        if (line.len > reader->line_max)
            return rk_fail_at(err, RK_E_USAGE, reader->path, (unsigned)line.number, 0,
                              "line of more than %s", RK_COUNTED(reader->line_max, "character"));
        if (line.ended || !more_to_read) {
            reader->at = reader->end - rest.left;
            reader->number = rest.number;
            *ret_more = any;
            if (any)
                *ret = line;
            return RK_OK;
        }
        if (fill(reader, &more_to_read, err))
            return err->rc;
    }
}
