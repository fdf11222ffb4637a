/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/lines.h"

#include <stdio.h>

static const struct rk_wr fresh = RK_WR_MAX((size_t)(RK_ENROLL_LINES + 1) * RK_ENROLL_LINE_MAX);

void rk_enroll_lines_done(struct rk_enroll_lines *lines)
{
    rk_wr_done(&lines->wr);
}

struct rk_wr *rk_enroll_lines_wr(struct rk_enroll_lines *lines)
{
    if (lines->count == 0) {
        lines->wr = fresh;
        rk_wr_str(&lines->wr, lines->head);
    }
    return &lines->wr;
}

enum rk_rc rk_enroll_lines_next(struct rk_enroll_lines *lines, struct rk_err *err)
{
    lines->count++;
    return lines->count == RK_ENROLL_LINES ? rk_enroll_lines_end(lines, err) : RK_OK;
}

enum rk_rc rk_enroll_lines_end(struct rk_enroll_lines *lines, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes text = RK_BYTES_NONE;
    char name[64];

    if (lines->count == 0)
        return RK_OK;
    lines->count = 0;
    (void)snprintf(name, sizeof name, "%s%06llu%s", lines->before,
                   (unsigned long long)++lines->files, lines->after);
    if (rk_wr_end(&lines->wr, &text, err))
        return err->rc;
    return rk_enroll_put(lines->out, name, &text, err);
}
