/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A text of many lines as numbered files of at most RK_ENROLL_LINES each, so that memory does not
 * grow with the number of devices.
 */
#pragma once

#include "base/wr.h"
#include "rotkit/enroll_target.h"

enum { RK_ENROLL_LINES = 10000, RK_ENROLL_LINE_MAX = 2048 };

struct rk_enroll_lines {
    struct rk_enroll_out *out;
    const char *before, *after; /* a file's name: before, its number in six digits, after */
    const char *head;           /* what every file starts with */
    struct rk_wr wr;            /* of the file at hand */
    size_t count;               /* lines in it */
    uint64_t files;
};
void rk_enroll_lines_done(struct rk_enroll_lines *lines); /* for RK_AUTO */
/* Where the next line goes, with its end; then rk_enroll_lines_next. */
struct rk_wr *rk_enroll_lines_wr(struct rk_enroll_lines *lines);
enum rk_rc rk_enroll_lines_next(struct rk_enroll_lines *lines, struct rk_err *err) RK_MUST_CHECK;
/* The last file, unless there is no line for it. */
enum rk_rc rk_enroll_lines_end(struct rk_enroll_lines *lines, struct rk_err *err) RK_MUST_CHECK;
