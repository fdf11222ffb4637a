/* SPDX-License-Identifier: Apache-2.0 */
/* Secret text line by line, in secure memory; any number of lines in a fixed room. */
#pragma once

#include "ftpmprov/secret.h"

enum { LINE_MAX_BYTES = 512 };

struct lines {
    const char *path;
    int fd;
    struct rk_secret room; /* what was read and not yet handed out is at..end */
    size_t at, end;
    uint64_t line; /* of the last one handed out, from 1 */
};
#define LINES_NONE                                                                                 \
    {                                                                                              \
        .fd = -1                                                                                   \
    }
void lines_done(struct lines *lines);
/* "-" is standard input. */
enum rk_rc lines_open(const char *path, struct lines *ret, struct rk_err *err) RK_MUST_CHECK;
/* The next line without its end, borrowed until the next call; *ret_text NULL at the end. */
enum rk_rc lines_next(struct lines *lines, const char **ret_text, size_t *ret_len,
                      struct rk_err *err) RK_MUST_CHECK;
