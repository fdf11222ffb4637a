/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/supplied_archive.h"

#include "base/mem.h"
#include "base/wr.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include <archive.h>
#include <archive_entry.h>

enum { BLOCK = 1 << 16 };

struct rk_supplied {
    struct archive *from;
    struct archive_entry *entry; /* the member that is read; NULL before the first */
    uint64_t limit, content;     /* content: bytes of all members that were read or passed over */
};

RK_CLEANUP(archive_done, struct archive, archive_read_free)

uint64_t rk_supplied_limit(uint64_t len)
{
    const uint64_t most = UINT64_C(64) << 30, some = UINT64_C(256) << 20;

    return len > (most - some) / 200 ? most : some + 200 * len;
}

void rk_supplied_close(rk_supplied *archive)
{
    if (archive == NULL)
        return;
    (void)archive_read_free(archive->from);
    rk_free(archive);
}

/*
 * What archives are compressed with. libarchive's call answers ARCHIVE_WARN when it would start a
 * program from PATH for it, and has noted it by then: so it is asked on a reader that reads
 * nothing.
 */
static enum rk_rc add_filters(struct archive *from, struct rk_err *err)
{
    static int (*const filters[])(struct archive *) = {
        archive_read_support_filter_gzip, archive_read_support_filter_bzip2,
        archive_read_support_filter_xz,   archive_read_support_filter_lzma,
        archive_read_support_filter_zstd, archive_read_support_filter_lz4,
    };
    RK_AUTO(archive_done) struct archive *probe = archive_read_new();

    if (probe == NULL)
        return rk_fail_nomem(err);
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
        if (filters[i](probe) == ARCHIVE_OK && filters[i](from) != ARCHIVE_OK)
            return rk_fail_nomem(err);
    }
    return RK_OK;
}

static enum rk_rc add_formats(struct archive *from, struct rk_err *err)
{
    return archive_read_support_format_tar(from) != ARCHIVE_OK ||
                   archive_read_support_format_cpio(from) != ARCHIVE_OK ||
                   archive_read_support_format_zip(from) < ARCHIVE_WARN
               ? rk_fail_nomem(err)
               : RK_OK;
}

static enum rk_rc damaged(struct rk_supplied *archive, struct rk_err *err)
{
    const char *why = archive_error_string(archive->from);

    return rk_fail(err, RK_E_FORMAT, "%s", why == NULL ? "damaged archive" : why);
}

enum rk_rc rk_supplied_open(const char *path, rk_supplied **ret, struct rk_err *err)
{
    RK_AUTO(rk_supplied_done) rk_supplied *archive = rk_alloc(1, sizeof *archive);
    struct stat st;

    if (archive == NULL || (archive->from = archive_read_new()) == NULL)
        return rk_fail_nomem(err);
    if (stat(path, &st) != 0)
        return rk_fail_errno(err, RK_E_IO, "cannot open \"%s\"", path);
    archive->limit = rk_supplied_limit((uint64_t)st.st_size);
    if (add_filters(archive->from, err) || add_formats(archive->from, err))
        return err->rc;
    if (archive_read_open_filename(archive->from, path, BLOCK) != ARCHIVE_OK) {
        int why = archive_errno(archive->from);

        return rk_fail(err, why > 0 && why != EILSEQ ? RK_E_IO : RK_E_FORMAT,
                       "cannot open \"%s\": %s", path, archive_error_string(archive->from));
    }
    if (archive_filter_count(archive->from) > 2) /* a stream within the stream has no bound */
        return rk_fail(err, RK_E_FORMAT,
                       "\"%s\": compressed more than once: unpack the outer layer", path);
    *ret = archive;
    archive = NULL;
    return RK_OK;
}

/* ---- members ---- */

/* Both count: a zip's members unfold behind the stream, a tar's headers only in it. */
static enum rk_rc check_limit(const struct rk_supplied *archive, struct rk_err *err)
{
    la_int64_t stream = archive_filter_bytes(archive->from, 0);

    if (archive->content <= archive->limit && (stream < 0 || (uint64_t)stream <= archive->limit))
        return RK_OK;
    return rk_fail(err, RK_E_USAGE,
                   "unfolds to more than %llu MiB, and an honest archive of its size does not: "
                   "unpack it by hand, and look at what is in it",
                   (unsigned long long)(archive->limit >> 20));
}

/* The next piece of the member; ARCHIVE_EOF behind the last. */
static enum rk_rc next_block(struct rk_supplied *archive, struct rk_bytes *ret, uint64_t *ret_at,
                             bool *ret_more, struct rk_err *err)
{
    const void *block = NULL;
    size_t len = 0;
    la_int64_t at = 0;
    int rc = archive_read_data_block(archive->from, &block, &len, &at);

    *ret_more = rc != ARCHIVE_EOF;
    if (rc == ARCHIVE_EOF)
        return RK_OK;
    if (rc < ARCHIVE_WARN || at < 0)
        return damaged(archive, err);
    archive->content += len;
    *ret = (struct rk_bytes) { .p = (uint8_t *)(uintptr_t)block, .len = len };
    *ret_at = (uint64_t)at;
    return check_limit(archive, err);
}

static enum rk_rc pass_over(struct rk_supplied *archive, struct rk_err *err)
{
    struct rk_bytes block;
    uint64_t at;
    bool more = true;

    while (more) {
        if (next_block(archive, &block, &at, &more, err))
            return err->rc;
    }
    return RK_OK;
}

enum rk_rc rk_supplied_next(rk_supplied *archive, const char **ret_name, struct rk_err *err)
{
    const char *name = NULL;
    int rc;

    if (archive->entry != NULL && pass_over(archive, err))
        return err->rc;
    do {
        rc = archive_read_next_header(archive->from, &archive->entry);
        if (rc < ARCHIVE_WARN)
            return damaged(archive, err);
        if (check_limit(archive, err))
            return err->rc;
        if (rc != ARCHIVE_EOF)
            name = archive_entry_pathname(archive->entry);
    } while (name == NULL && rc != ARCHIVE_EOF);
    *ret_name = name;
    return RK_OK;
}

/* A sparse member's holes are zeros, which cost memory as other bytes do. */
static enum rk_rc add_hole(struct rk_supplied *archive, struct rk_wr *wr, uint64_t end,
                           struct rk_err *err)
{
    archive->content += end - wr->len;
    if (check_limit(archive, err))
        return err->rc;
    rk_wr_zero(wr, (size_t)(end - wr->len));
    return RK_OK;
}

static enum rk_rc read_blocks(struct rk_supplied *archive, struct rk_wr *wr, struct rk_err *err)
{
    struct rk_bytes block;
    uint64_t at = 0;
    bool more = true;

    for (;;) {
        if (next_block(archive, &block, &at, &more, err))
            return err->rc;
        if (!more || wr->failed != RK_OK)
            return RK_OK;
        if (at < wr->len)
            return rk_fail(err, RK_E_FORMAT, "damaged archive");
        if (add_hole(archive, wr, at, err))
            return err->rc;
        rk_wr_bytes(wr, block.p, block.len);
    }
}

/* libarchive leaves out a hole at the end; bytes that are missing otherwise are damage. */
static enum rk_rc fill_hole(struct rk_supplied *archive, struct rk_wr *wr, struct rk_err *err)
{
    struct archive_entry *entry = archive->entry;
    la_int64_t size = archive_entry_size(entry);

    if (wr->failed != RK_OK || !archive_entry_size_is_set(entry) || size < 0 ||
        wr->len >= (uint64_t)size)
        return RK_OK;
    if (archive_entry_sparse_count(entry) == 0)
        return rk_fail(err, RK_E_FORMAT, "the archive ends within it");
    return add_hole(archive, wr, (uint64_t)size, err);
}

enum rk_rc rk_supplied_read(rk_supplied *archive, size_t max, struct rk_bytes *ret,
                            struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(max);
    RK_AUTO(rk_bytes_done) struct rk_bytes bytes = RK_BYTES_NONE;

    if (archive_entry_filetype(archive->entry) != AE_IFREG ||
        archive_entry_hardlink(archive->entry) != NULL)
        return rk_fail(err, RK_E_USAGE, "no regular file: name the one it points to");
    if (read_blocks(archive, &wr, err) || fill_hole(archive, &wr, err))
        return err->rc;
    if (rk_wr_end(&wr, &bytes, err) || (bytes.p == NULL && rk_bytes_new(0, &bytes, err)))
        return err->rc;
    *ret = rk_bytes_take(&bytes);
    return RK_OK;
}
