/* SPDX-License-Identifier: Apache-2.0 */
#include "rotkit/component.h"

#include "base/err.h"
#include "pipeline/supplied_archive.h"
#include "rotkit/file.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const char *mark_of(const char *path)
{
    return strchr(path, '!');
}

static bool same_archive(const char *a, const char *b)
{
    size_t len = (size_t)(mark_of(a) - a);

    return mark_of(b) != NULL && (size_t)(mark_of(b) - b) == len && memcmp(a, b, len) == 0;
}

/* The next component of a path, without the "/" and "." before it; *ret_len 0 at the end. */
static const char *next_part(const char *path, size_t *ret_len)
{
    while (path[0] == '/' || (path[0] == '.' && (path[1] == '/' || path[1] == '\0')))
        path++;
    *ret_len = strcspn(path, "/");
    return path;
}

/* "./a//b" and "a/b" are one name. */
static bool same_name(const char *a, const char *b)
{
    size_t a_len, b_len;

    do {
        a = next_part(a, &a_len);
        b = next_part(b, &b_len);
        if (a_len != b_len || memcmp(a, b, a_len) != 0)
            return false;
        a += a_len;
        b += b_len;
    } while (a_len != 0);
    return true;
}

static bool climbs(const char *name)
{
    size_t len = strlen(name);

    return name[0] == '/' || strncmp(name, "../", 3) == 0 || strcmp(name, "..") == 0 ||
           strstr(name, "/../") != NULL || (len >= 3 && strcmp(name + len - 3, "/..") == 0);
}

static bool is_in(const struct rk_component *component, const char *archive)
{
    return mark_of(component->path) != NULL && same_archive(archive, component->path);
}

/* To all that name this member. */
static enum rk_rc hand_out(struct rk_component *list, size_t count, const char *archive,
                           const char *name, struct rk_supplied *from, size_t max,
                           struct rk_err *err)
{
    const struct rk_component *first = NULL;

    for (size_t i = 0; i < count; i++) {
        if (!is_in(&list[i], archive) || !same_name(mark_of(list[i].path) + 1, name))
            continue;
        if (list[i].bytes.p != NULL)
            return rk_fail(err, RK_E_FORMAT, "it is there twice: which one is meant?");
        if (first != NULL ? rk_bytes_copy(first->bytes.p, first->bytes.len, &list[i].bytes, err)
                          : rk_supplied_read(from, max, &list[i].bytes, err))
            return err->rc;
        first = &list[i];
    }
    return RK_OK;
}

static enum rk_rc open_archive(const char *path, rk_supplied **ret, struct rk_err *err)
{
    char file[RK_PATH_MAX];
    size_t len = (size_t)(mark_of(path) - path);

    if (len >= sizeof file)
        return rk_fail(err, RK_E_USAGE, "path too long: \"%s\"", path);
    memcpy(file, path, len);
    file[len] = '\0';
    return rk_supplied_open(file, ret, err);
}

/* One pass over the archive of `path`, to its end, for all that is wanted from it. */
static enum rk_rc read_archive(struct rk_component *list, size_t count, const char *path,
                               size_t max, struct rk_err *err)
{
    RK_AUTO(rk_supplied_done) rk_supplied *archive = NULL;
    int len = (int)(mark_of(path) - path);
    const char *name;

    if (open_archive(path, &archive, err))
        return err->rc;
    for (;;) {
        if (rk_supplied_next(archive, &name, err))
            return rk_wrap(err, "\"%.*s\"", len, path);
        if (name == NULL)
            break;
        if (hand_out(list, count, path, name, archive, max, err))
            return rk_wrap(err, "\"%.*s!%s\"", len, path, name);
    }
    for (size_t i = 0; i < count; i++) {
        if (is_in(&list[i], path) && list[i].bytes.p == NULL)
            return rk_fail(err, RK_E_USAGE, "\"%.*s\" holds no file \"%s\"", len, path,
                           mark_of(list[i].path) + 1);
    }
    return RK_OK;
}

enum rk_rc rk_components_read(struct rk_component *component, size_t count, size_t max,
                              struct rk_err *err)
{
    for (size_t i = 0; i < count; i++) {
        const char *path = component[i].path;
        const char *mark = mark_of(path);

        if (mark != NULL && (mark == path || mark[1] == '\0' || climbs(mark + 1)))
            return rk_fail(err, RK_E_USAGE, "\"%s\": expected archive!path/inside, without \"..\"",
                           path);
    }
    for (size_t i = 0; i < count; i++) {
        const char *path = component[i].path;

        if (component[i].bytes.p != NULL)
            continue;
        if (mark_of(path) == NULL) {
            if (rk_file_read(path, max, &component[i].bytes, err))
                return err->rc;
            continue;
        }
        if (read_archive(component, count, path, max, err))
            return err->rc;
    }
    return RK_OK;
}
