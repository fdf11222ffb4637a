/* SPDX-License-Identifier: Apache-2.0 */
/* The files that a target makes, and those of a folder that its check reads. */
#pragma once

#include "base/wr.h"
#include "rotkit/enroll_target.h"

enum rk_rc rk_enroll_put(struct rk_enroll_out *out, const char *name, const struct rk_bytes *bytes,
                         struct rk_err *err) RK_MUST_CHECK;

/* Each file of the folder, in the order of the names, of at most max bytes; *files counts them. */
typedef enum rk_rc (*rk_enroll_file)(void *arg, const struct rk_bytes *bytes, struct rk_err *err);
enum rk_rc rk_enroll_each_file(const char *folder, size_t max, rk_enroll_file each, void *arg,
                               uint64_t *files, struct rk_err *err) RK_MUST_CHECK;

/*
 * A text of many lines as numbered files of at most RK_ENROLL_LINES each, so that memory does not
 * grow with the number of devices.
 */
enum { RK_ENROLL_LINES = 10000, RK_ENROLL_LINE_MAX = 2048 };

struct rk_numbered_files {
    struct rk_enroll_out *out;
    const char *before, *after; /* a file's name: before, its number in six digits, after */
    const char *head;           /* what every file starts with */
    struct rk_wr wr;            /* of the file at hand */
    size_t count;               /* lines in it */
    uint64_t files;
};
void rk_numbered_files_done(struct rk_numbered_files *lines); /* for RK_AUTO */
/* Where the next line goes, with its end; then rk_numbered_files_next. */
struct rk_wr *rk_numbered_files_wr(struct rk_numbered_files *lines);
enum rk_rc rk_numbered_files_next(struct rk_numbered_files *lines,
                                  struct rk_err *err) RK_MUST_CHECK;
/* The last file, unless there is no line for it. */
enum rk_rc rk_numbered_files_end(struct rk_numbered_files *lines, struct rk_err *err) RK_MUST_CHECK;
