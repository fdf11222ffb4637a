/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of a manifest: those that every platform has, and a platform's own among them. */
#include "manifest/rows.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

struct adding { /* rows to an array that keeps room for the row without key */
    struct rk_mrow *to;
    size_t count, room;
};

static void add(struct adding *rows, const struct rk_mrow *row)
{
    for (size_t i = 0; i < rows->count; i++) {
        if (strcmp(rows->to[i].key, row->key) == 0)
            return; /* of a platform of the same family */
    }
    if (rows->count + 1 < rows->room)
        rows->to[rows->count++] = *row;
}

static bool is_asked(const struct rk_platform *platform, const struct rk_platform *only)
{
    return only == NULL || platform == only;
}

static void add_sections(const rk_ctx *ctx, const struct rk_platform *only, struct adding *top)
{
    const struct rk_platform *platform;

    for (size_t i = 0; (platform = rk_platform_at(ctx, i)) != NULL; i++) {
        const struct rk_mrow *row = is_asked(platform, only) ? platform->sections : NULL;

        for (; row != NULL && row->key != NULL; row++)
            add(top, row);
    }
}

static void add_files(const rk_ctx *ctx, const struct rk_platform *only, bool handed,
                      struct adding *devices)
{
    const struct rk_platform *platform;

    for (size_t i = 0; (platform = rk_platform_at(ctx, i)) != NULL; i++) {
        const struct rk_device_file *file =
            is_asked(platform, only) ? platform->device_files : NULL;

        for (size_t k = 0; file != NULL && file[k].key != NULL; k++) {
            const struct rk_mrow row = { .key = file[k].key,
                                         .kind = RK_M_PATH,
                                         .member = RK_M(devices.file) + k * sizeof(struct rk_mstr),
                                         .init = file[k].init,
                                         .help = file[k].help };

            if (file[k].handed == handed)
                add(devices, &row);
        }
    }
}

/* "what it is for: NAME (what it is sold as), ..." */
static void name_platforms(const rk_ctx *ctx, const struct rk_platform *only, struct rk_mrow *row,
                           char *text, size_t size)
{
    const struct rk_platform *platform;
    const char *between = row->help;

    for (size_t i = 0; (platform = rk_platform_at(ctx, i)) != NULL; i++) {
        size_t used = strlen(text);

        if (platform->title == NULL)
            continue;
        (void)snprintf(text + used, size - used, "%s%s (%s)", between, platform->name,
                       platform->title);
        between = ", ";
    }
    row->help = text;
    row->init = only == NULL ? rk_platform_at(ctx, 0)->name : only->name;
}

enum rk_rc rk_mrows_make(const rk_ctx *ctx, const struct rk_platform *only, struct rk_mrows **ret,
                         struct rk_err *err)
{
    struct rk_mrows *rows = rk_alloc(1, sizeof *rows);

    if (rows == NULL)
        return rk_fail_nomem(err);
    struct adding top = { rows->top, 0, RK_MROWS_TOP };
    struct adding devices = { rows->devices, 0, RK_MROWS_DEVICES };
    add_files(ctx, only, false, &devices);
    for (const struct rk_mrow *row = rk_devices_rows; row->key != NULL; row++)
        add(&devices, row);
    add_files(ctx, only, true, &devices);
    for (const struct rk_mrow *row = rk_manifest_rows; row->key != NULL; row++) {
        if (row->kind == RK_M_PLATFORM)
            add_sections(ctx, only, &top);
        else
            add(&top, row);
        if (row->sub == rk_devices_rows)
            rows->top[top.count - 1].sub = rows->devices;
        if (row->member == RK_M(platform))
            name_platforms(ctx, only, &rows->top[top.count - 1], rows->platform_help,
                           sizeof rows->platform_help);
    }
    *ret = rows;
    return RK_OK;
}

void rk_mrows_done(struct rk_mrows **rows)
{
    rk_free(*rows);
}

struct rk_given rk_manifest_given(const struct rk_manifest *m)
{
    return (struct rk_given) { .manifest = m->path,
                               .platform = m->row,
                               .odm = strcmp(m->role.v, "oem") != 0,
                               .oem = strcmp(m->role.v, "odm") != 0,
                               .has_master_key = m->devices.master_key.v != NULL,
                               .devices = m->devices.at,
                               .file = m->devices.file,
                               .templates = &m->ek.templates,
                               .settings = m->settings };
}
