/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/files.h"

#include "base/beneath.h"
#include <stdio.h>

enum { FILES_MAX = 1 << 20 };

enum rk_rc rk_enroll_put(struct rk_enroll_out *out, const char *name, const struct rk_bytes *bytes,
                         struct rk_err *err)
{
    if (out->sink(out->arg, name, bytes, err))
        return err->rc;
    out->report.files++;
    return RK_OK;
}

enum rk_rc rk_enroll_each_file(const char *folder, size_t max, rk_enroll_file each, void *arg,
                               uint64_t *files, struct rk_err *err)
{
    RK_AUTO(rk_names_done) struct rk_names names = { .name = NULL };

    if (rk_names_list(folder, FILES_MAX, &names, err))
        return err->rc;
    for (size_t i = 0; i < names.count; i++) {
        RK_AUTO(rk_bytes_done) struct rk_bytes bytes = RK_BYTES_NONE;

        if (rk_beneath_read(folder, names.name[i], max, &bytes, err) || each(arg, &bytes, err))
            return rk_wrap(err, "\"%s\"", names.name[i]);
        ++*files;
    }
    return RK_OK;
}

static const struct rk_wr fresh = RK_WR_MAX((size_t)(RK_ENROLL_LINES + 1) * RK_ENROLL_LINE_MAX);

void rk_numbered_files_done(struct rk_numbered_files *lines)
{
    rk_wr_done(&lines->wr);
}

struct rk_wr *rk_numbered_files_wr(struct rk_numbered_files *lines)
{
    if (lines->count == 0) {
        lines->wr = fresh;
        rk_wr_str(&lines->wr, lines->head);
    }
    return &lines->wr;
}

enum rk_rc rk_numbered_files_next(struct rk_numbered_files *lines, struct rk_err *err)
{
    lines->count++;
    return lines->count == RK_ENROLL_LINES ? rk_numbered_files_end(lines, err) : RK_OK;
}

enum rk_rc rk_numbered_files_end(struct rk_numbered_files *lines, struct rk_err *err)
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
