/* SPDX-License-Identifier: Apache-2.0 */
/* A release as one file, since factories copy archives. */
#include "release/release.h"

#include "base/err.h"
#include "rotkit/ctx.h"
#include "rotkit/publish.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>

enum { YEAR_1980 = 315532800, BLOCK = 65536, TOP_MAX = 176, PATH_MAX_HERE = 1024 };

/* clang-format off */
static const struct {
    const char *suffix;
    int (*add)(struct archive *);
    int (*read)(struct archive *);
    const char *options; /* what keeps the time of packing out of it */
} filters[] = {
    { ".tar",     archive_write_add_filter_none, archive_read_support_filter_none, NULL },
    { ".tar.gz",  archive_write_add_filter_gzip, archive_read_support_filter_gzip, "gzip:!timestamp" },
    { ".tar.xz",  archive_write_add_filter_xz, archive_read_support_filter_xz,   NULL },
    { ".tar.zst", archive_write_add_filter_zstd, archive_read_support_filter_zstd, NULL },
};
/* clang-format on */

/* ---- the files of a release, in order ---- */

struct choice {
    const struct rk_archive_options *options;
    rk_release_view_visit visit;
    void *arg;
};

static enum rk_rc visit_chosen(void *arg, const char *path, const struct rk_bytes *bytes,
                               struct rk_err *err)
{
    static const char handover[] = "handover/";
    const struct choice *choice = arg;

    if (!choice->options->handover && strncmp(path, handover, sizeof handover - 1) == 0)
        return RK_OK;
    return choice->visit(choice->arg, path, bytes, err);
}

/* Each time with the bytes that the release's indices name: no secrets, no checkpoint. */
static enum rk_rc walk_all(const struct rk_archive_options *options, rk_release_view_visit visit,
                           void *arg, struct rk_err *err)
{
    struct choice choice = { options, visit, arg };

    return rk_release_view_each(options->release, visit_chosen, &choice, err);
}

/* ---- the folder that it unpacks into ---- */

/* Of a product's name what a folder may be called anywhere: no slash, no dot in front. */
static void put_name(const char *from, char *ret, size_t size)
{
    size_t len = 0;

    for (; *from != '\0' && len + 1 < size; from++) {
        char c = *from;
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '_' || c == '-' || (c == '.' && len != 0);

        ret[len++] = plain ? c : '-';
    }
    ret[len] = '\0';
}

/* PRODUCT[-VERSION][-shard-I-of-N], so that equal releases give equal archives wherever they lie.
 */
static void name_top(const rk_release_view *release, char ret[TOP_MAX])
{
    struct rk_jv root = rk_release_view_root(release), shard = rk_json_get(root, "shard");
    const char *product = rk_json_str(rk_json_get(root, "product"));
    const char *version = rk_json_str(rk_json_get(root, "version"));
    char name[80], number[32] = "", part[64] = "";
    uint64_t index, count;

    put_name(product == NULL || *product == '\0' ? "release" : product, name, sizeof name);
    put_name(version == NULL ? "" : version, number, sizeof number);
    if (rk_json_u64(rk_json_get(shard, "index"), &index) &&
        rk_json_u64(rk_json_get(shard, "count"), &count))
        (void)snprintf(part, sizeof part, "-shard-%llu-of-%llu", (unsigned long long)index,
                       (unsigned long long)count);
    (void)snprintf(ret, TOP_MAX, "%s%s%s%s", name, number[0] == '\0' ? "" : "-", number, part);
}

static enum rk_rc below(const char *top, const char *path, char ret[PATH_MAX_HERE],
                        struct rk_err *err)
{
    int n = snprintf(ret, PATH_MAX_HERE, "%s/%s", top, path);

    return n > 0 && n < PATH_MAX_HERE
               ? RK_OK
               : rk_fail(err, RK_E_USAGE, "\"%s\": the path is too long for an archive", path);
}

/* ---- writing ---- */

struct packing {
    struct archive *to;
    struct archive_entry *entry;
    int64_t time;
    struct rk_archive_report report;
    char top[TOP_MAX];
};

static void packing_done(struct packing *p)
{
    archive_entry_free(p->entry);
    (void)archive_write_free(p->to);
}

static enum rk_rc fail_archive(struct archive *archive, struct rk_err *err)
{
    const char *why = archive_error_string(archive);

    return rk_fail(err, RK_E_IO, "archive: %s", why == NULL ? "out of memory" : why);
}

static enum rk_rc add_entry(void *arg, const char *path, const struct rk_bytes *bytes,
                            struct rk_err *err)
{
    struct packing *p = arg;
    char full[PATH_MAX_HERE];

    if (below(p->top, path, full, err))
        return err->rc;
    (void)archive_entry_clear(p->entry);
    archive_entry_set_pathname(p->entry, full);
    archive_entry_set_filetype(p->entry, AE_IFREG);
    archive_entry_set_perm(p->entry, 0644);
    archive_entry_set_mtime(p->entry, p->time, 0);
    archive_entry_set_size(p->entry, (int64_t)bytes->len);
    if (archive_write_header(p->to, p->entry) != ARCHIVE_OK ||
        archive_write_data(p->to, bytes->p, bytes->len) != (la_ssize_t)bytes->len)
        return fail_archive(p->to, err);
    p->report.files++;
    p->report.bytes += bytes->len;
    return RK_OK;
}

static bool has_suffix(const char *name, const char *suffix)
{
    size_t len = strlen(name), tail = strlen(suffix);

    return len > tail && strcmp(name + len - tail, suffix) == 0;
}

static enum rk_rc find_filter(const char *to, size_t *ret, struct rk_err *err)
{
    for (size_t i = 0; i < sizeof filters / sizeof filters[0]; i++) {
        if (has_suffix(to, filters[i].suffix)) {
            *ret = i;
            return RK_OK;
        }
    }
    return rk_fail(err, RK_E_USAGE, "\"%s\": expected a name in .tar, .tar.gz, .tar.xz or .tar.zst",
                   to);
}

static enum rk_rc pack(const struct rk_archive_options *options, size_t filter, int fd,
                       struct rk_archive_report *ret, struct rk_err *err)
{
    RK_AUTO(packing_done)
    struct packing p = { .to = archive_write_new(),
                         .entry = archive_entry_new(),
                         .time = YEAR_1980 };
    bool stated;

    if (p.to == NULL || p.entry == NULL)
        return rk_fail_nomem(err);
    if (rk_clock_stated(&p.time, &stated, err))
        return err->rc;
    if (archive_write_set_format_pax_restricted(p.to) != ARCHIVE_OK ||
        filters[filter].add(p.to) != ARCHIVE_OK ||
        (filters[filter].options != NULL &&
         archive_write_set_options(p.to, filters[filter].options) != ARCHIVE_OK) ||
        archive_write_open_fd(p.to, fd) != ARCHIVE_OK)
        return fail_archive(p.to, err);
    name_top(options->release, p.top);
    if (walk_all(options, add_entry, &p, err))
        return err->rc;
    if (archive_write_close(p.to) != ARCHIVE_OK)
        return fail_archive(p.to, err);
    *ret = p.report;
    return RK_OK;
}

/* ---- reading back ---- */

RK_CLEANUP(read_done, struct archive, archive_read_free)

static enum rk_rc fail_differs(const char *path, struct rk_err *err)
{
    return rk_fail(err, RK_E_VERIFY,
                   "read back, the archive differs from the release at \"%s\": check the disk",
                   path);
}

struct comparing {
    struct archive *from;
    char top[TOP_MAX];
};

/* The next entry is this file. */
static enum rk_rc compare_entry(void *arg, const char *path, const struct rk_bytes *bytes,
                                struct rk_err *err)
{
    const struct comparing *c = arg;
    struct archive *from = c->from;
    struct archive_entry *entry;
    char full[PATH_MAX_HERE];
    uint8_t block[4096];
    size_t at = 0;
    la_ssize_t n;

    if (below(c->top, path, full, err))
        return err->rc;
    if (archive_read_next_header(from, &entry) != ARCHIVE_OK ||
        strcmp(archive_entry_pathname(entry), full) != 0)
        return fail_differs(path, err);
    while ((n = archive_read_data(from, block, sizeof block)) > 0) {
        if ((size_t)n > bytes->len - at || memcmp(bytes->p + at, block, (size_t)n) != 0)
            return fail_differs(path, err);
        at += (size_t)n;
    }
    return n == 0 && at == bytes->len ? RK_OK : fail_differs(path, err);
}

static enum rk_rc compare_with_release(const struct rk_archive_options *options, size_t filter,
                                       int fd, struct rk_err *err)
{
    RK_AUTO(read_done) struct archive *from = archive_read_new();
    struct comparing c = { .from = from };
    struct archive_entry *entry;

    if (from == NULL)
        return rk_fail_nomem(err);
    name_top(options->release, c.top);
    if (lseek(fd, 0, SEEK_SET) != 0)
        return rk_fail_errno(err, RK_E_IO, "cannot read the archive back");
    if (archive_read_support_format_tar(from) != ARCHIVE_OK ||
        filters[filter].read(from) != ARCHIVE_OK ||
        archive_read_open_fd(from, fd, BLOCK) != ARCHIVE_OK)
        return fail_archive(from, err);
    if (walk_all(options, compare_entry, &c, err))
        return err->rc;
    return archive_read_next_header(from, &entry) == ARCHIVE_EOF ? RK_OK
                                                                 : fail_differs("its end", err);
}

enum rk_rc rk_release_archive(const struct rk_archive_options *options,
                              struct rk_archive_report *ret, struct rk_err *err)
{
    RK_AUTO(rk_new_file_done) struct rk_new_file file = RK_NEW_FILE_NONE;
    const char *to = options->to;
    enum rk_file_mode mode = options->handover ? RK_FILE_PRIVATE : RK_FILE_PUBLIC;
    size_t filter;

    if (find_filter(to, &filter, err) || rk_new_file_open(to, mode, &file, err))
        return err->rc;
    if (pack(options, filter, file.fd, ret, err) ||
        compare_with_release(options, filter, file.fd, err) || rk_new_file_publish(&file, err))
        return rk_wrap(err, "\"%s\"", to);
    return RK_OK;
}
