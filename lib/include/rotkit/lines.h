/* SPDX-License-Identifier: Apache-2.0 */
/* Text line by line: of a buffer, in place; of a file with secrets, streamed in secure memory. */
#pragma once

#include "ftpmprov/secret.h"

#include <stdbool.h>

struct rk_line {
    const char *p; /* borrowed, without its end and without a NUL */
    size_t len;
    uint64_t number; /* from 1 */
    bool ended;      /* by a newline; false only for the last line of a text */
};
/* Without the carriage return in front of its newline, if there is one. */
void rk_line_drop_cr(struct rk_line *line);

/* What is left of a text, and the number of its last line read. */
struct rk_line_cursor {
    const void *p;
    size_t left;
    uint64_t number;
};
/* False at the end; then *ret is untouched. */
bool rk_line_next(struct rk_line_cursor *cursor, struct rk_line *ret);

enum { RK_LINE_MAX = 4096 };

/* Any number of lines in a fixed room. */
struct rk_line_reader {
    const char *path; /* borrowed; "standard input" for that */
    int fd;
    size_t (*read)(void *arg, uint8_t *ret, size_t len); /* instead of fd; 0: the end */
    void *arg;
    size_t line_max;
    struct rk_secret room; /* what was read and not yet handed out is at..end */
    size_t at, end;
    uint64_t number; /* of the last line handed out */
};
#define RK_LINE_READER_NONE                                                                        \
    {                                                                                              \
        .fd = -1                                                                                   \
    }
/* path NULL: standard input. line_max: characters of the longest line, at most RK_LINE_MAX. */
enum rk_rc rk_line_reader_open(const char *path, size_t line_max, struct rk_line_reader *ret,
                               struct rk_err *err) RK_MUST_CHECK;
/* From now on what `read` gives, instead of the file's content. Before the first line. */
void rk_line_reader_divert(struct rk_line_reader *reader,
                           size_t (*read)(void *arg, uint8_t *ret, size_t len), void *arg);
/*
 * The next line, borrowed until the next call; *ret_more false at the end (then *ret is untouched).
 * RK_E_USAGE with path and line number for one that is longer than line_max.
 */
enum rk_rc rk_line_reader_next(struct rk_line_reader *reader, struct rk_line *ret, bool *ret_more,
                               struct rk_err *err) RK_MUST_CHECK;
void rk_line_reader_done(struct rk_line_reader *reader);
