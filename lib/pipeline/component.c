/* SPDX-License-Identifier: Apache-2.0 */
#include "rotkit/component.h"

#include "base/err.h"
#include "base/wr.h"
#include "rotkit/file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <archive.h>
#include <archive_entry.h>

enum { BLOCK = 1 << 16 };
#define STREAM_MAX (INT64_C(64) << 30) /* of an archive, unpacked: more is a bomb */

RK_CLEANUP(archive_done, struct archive, archive_read_free)

static const char *mark_of(const char *path)
{
    return strchr(path, '!');
}

static bool same_archive(const char *a, const char *b)
{
    size_t len = (size_t)(mark_of(a) - a);

    return mark_of(b) != NULL && (size_t)(mark_of(b) - b) == len && memcmp(a, b, len) == 0;
}

/* "./a/b" and "a/b" are one name. */
static const char *plain(const char *name)
{
    while (name[0] == '.' && name[1] == '/')
        name += 2;
    return name;
}

static bool climbs(const char *name)
{
    size_t len = strlen(name);

    return name[0] == '/' || strncmp(name, "../", 3) == 0 || strcmp(name, "..") == 0 ||
           strstr(name, "/../") != NULL || (len >= 3 && strcmp(name + len - 3, "/..") == 0);
}

static enum rk_rc damaged(struct archive *a, const char *path, struct rk_err *err)
{
    const char *why = archive_error_string(a);

    return rk_fail(err, RK_E_FORMAT, "\"%.*s\": %s", (int)(mark_of(path) - path), path,
                   why == NULL ? "damaged archive" : why);
}

/* libarchive leaves out a hole at the end of a sparse member. True when bytes are missing
 * otherwise.
 */
static bool fill_hole(struct archive_entry *entry, struct rk_wr *wr)
{
    la_int64_t size = archive_entry_size(entry);

    if (!archive_entry_size_is_set(entry) || size < 0 || wr->len >= (uint64_t)size)
        return false;
    if (archive_entry_sparse_count(entry) == 0)
        return true;
    rk_wr_zero(wr, (size_t)((uint64_t)size - wr->len));
    return false;
}

static enum rk_rc read_member(struct archive *a, struct archive_entry *entry,
                              struct rk_component *component, size_t max, struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(max);
    uint8_t block[4096];
    la_ssize_t n;

    if (archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry) != NULL)
        return rk_fail(err, RK_E_USAGE, "\"%s\" is no regular file: name the one it points to",
                       component->path);
    while ((n = archive_read_data(a, block, sizeof block)) > 0) {
        rk_wr_bytes(&wr, block, (size_t)n);
        if (wr.failed != RK_OK)
            break;
    }
    if (n < 0)
        return damaged(a, component->path, err);
    if (wr.failed == RK_OK && fill_hole(entry, &wr))
        return rk_fail(err, RK_E_FORMAT, "\"%s\": the archive ends within it", component->path);
    if (rk_wr_end(&wr, &component->bytes, err))
        return rk_wrap(err, "\"%s\"", component->path);
    if (component->bytes.p == NULL)
        return rk_bytes_new(0, &component->bytes, err);
    return RK_OK;
}

/* The next wanted component that this entry is; NULL: none. */
static struct rk_component *wanted(struct rk_component *list, size_t count, const char *archive,
                                   const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i].bytes.p == NULL && mark_of(list[i].path) != NULL &&
            same_archive(archive, list[i].path) &&
            strcmp(plain(mark_of(list[i].path) + 1), plain(name)) == 0)
            return &list[i];
    }
    return NULL;
}

static struct rk_component *still_missing(struct rk_component *list, size_t count,
                                          const char *archive)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i].bytes.p == NULL && mark_of(list[i].path) != NULL &&
            same_archive(archive, list[i].path))
            return &list[i];
    }
    return NULL;
}

static enum rk_rc open_archive(const char *path, struct archive **ret, struct rk_err *err)
{
    RK_AUTO(archive_done) struct archive *a = archive_read_new();
    char file[RK_PATH_MAX];
    size_t len = (size_t)(mark_of(path) - path);

    if (a == NULL)
        return rk_fail_nomem(err);
    if (len >= sizeof file)
        return rk_fail(err, RK_E_USAGE, "path too long: \"%s\"", path);
    memcpy(file, path, len);
    file[len] = '\0';
    (void)archive_read_support_filter_all(a);
    (void)archive_read_support_format_tar(a);
    (void)archive_read_support_format_cpio(a);
    (void)archive_read_support_format_zip(a);
    if (archive_read_open_filename(a, file, BLOCK) != ARCHIVE_OK)
        return rk_fail(err,
                       archive_errno(a) > 0 && archive_errno(a) != EILSEQ ? RK_E_IO : RK_E_FORMAT,
                       "cannot open \"%s\": %s", file, archive_error_string(a));
    *ret = a;
    a = NULL;
    return RK_OK;
}

/* One pass over the archive of `path`, for all that is wanted from it. */
static enum rk_rc read_archive(struct rk_component *list, size_t count, const char *path,
                               size_t max, struct rk_err *err)
{
    RK_AUTO(archive_done) struct archive *a = NULL;
    struct archive_entry *entry;
    int rc = ARCHIVE_OK;

    if (open_archive(path, &a, err))
        return err->rc;
    while (still_missing(list, count, path) != NULL &&
           (rc = archive_read_next_header(a, &entry)) >= ARCHIVE_WARN && rc != ARCHIVE_EOF) {
        const char *name = archive_entry_pathname(entry);
        struct rk_component *component;

        if (archive_filter_bytes(a, 0) > STREAM_MAX)
            return rk_fail(err, RK_E_USAGE, "\"%s\": more than 64 GiB unpacked", path);
        while (name != NULL && (component = wanted(list, count, path, name)) != NULL) {
            if (read_member(a, entry, component, max, err))
                return err->rc;
            for (size_t i = 0; i < count; i++) {
                if (&list[i] != component && list[i].bytes.p == NULL &&
                    strcmp(list[i].path, component->path) == 0 &&
                    rk_bytes_copy(component->bytes.p, component->bytes.len, &list[i].bytes, err))
                    return err->rc;
            }
        }
    }
    if (rc < ARCHIVE_WARN)
        return damaged(a, path, err);
    if (still_missing(list, count, path) == NULL)
        return RK_OK;
    path = still_missing(list, count, path)->path;
    return rk_fail(err, RK_E_USAGE, "\"%.*s\" holds no file \"%s\"", (int)(mark_of(path) - path),
                   path, mark_of(path) + 1);
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
