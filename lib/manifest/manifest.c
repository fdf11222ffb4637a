/* SPDX-License-Identifier: Apache-2.0 */
/* A manifest that has been read: what it owns, and errors at a place in it. */
#include "manifest/rows.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>

void *rk_manifest_member(void *base, const struct rk_mrow *row)
{
    return (uint8_t *)base + row->member;
}

static void free_map(struct rk_mmap *map)
{
    for (size_t i = 0; i < map->count; i++) {
        rk_free(map->v[i].name);
        rk_free(map->v[i].v);
    }
    rk_free(map->v);
}

static void free_rows(void *base, const struct rk_mrow *rows);

static void free_images(struct rk_mimages *images, const struct rk_mrow *rows)
{
    for (size_t i = 0; i < images->count; i++) {
        free_rows(&images->v[i], rows);
        rk_free(images->v[i].name);
    }
    rk_free(images->v);
}

static void free_rows(void *base, const struct rk_mrow *rows)
{
    for (; rows->key != NULL; rows++) {
        struct rk_mlist *list = rk_manifest_member(base, rows);
        struct rk_mstr *str = rk_manifest_member(base, rows);

        switch (rows->kind) {
        case RK_M_SECTION:
            free_rows(base, rows->sub);
            break;
        case RK_M_PLATFORM:
            free_rows(((struct rk_manifest *)base)->settings, rows->sub);
            break;
        case RK_M_IMAGES:
            free_images(rk_manifest_member(base, rows), rows->sub);
            break;
        case RK_M_TEXTS:
        case RK_M_PATHS:
        case RK_M_KEYS:
            free_map(rk_manifest_member(base, rows));
            break;
        case RK_M_LIST:
            for (size_t i = 0; i < list->count; i++)
                rk_free(list->v[i]);
            break;
        case RK_M_TEXT:
        case RK_M_PATH:
        case RK_M_KEY:
        case RK_M_PASSPHRASE:
        case RK_M_CHOICE:
            rk_free(str->v);
            break;
        case RK_M_NUMBER:
        case RK_M_U16:
        case RK_M_U32:
        case RK_M_DATE:
        case RK_M_BOOL:
        case RK_M_KINDS:
            break;
        }
    }
}

void rk_manifest_free(struct rk_manifest *m)
{
    if (m == NULL)
        return;
    if (m->settings != NULL)
        free_rows(m, m->rows->top);
    rk_free(m->settings);
    rk_mrows_done(&m->rows);
    rk_free(m->path);
    rk_free(m);
}

enum rk_rc rk_manifest_fail(const struct rk_manifest *m, struct rk_where at, struct rk_err *err,
                            enum rk_rc rc, const char *fmt, ...)
{
    char text[512];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return rk_fail_at(err, rc, m->path, at.line, at.column, "%s", text);
}

enum rk_rc rk_manifest_at(const struct rk_manifest *m, struct rk_where at, const char *name,
                          struct rk_err *err)
{
    (void)rk_wrap(err, "%s", name);
    (void)rk_wrap(err, "%s:%u:%u", m->path, at.line, at.column);
    (void)snprintf(err->file, sizeof err->file, "%s", m->path);
    err->line = at.line;
    err->column = at.column;
    return err->rc;
}
