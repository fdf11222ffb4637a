/* SPDX-License-Identifier: Apache-2.0 */
/*
 * T210 BCTs and images from configuration text, and changes to an image. Source: boot-images.md 6;
 * layout of the image by experiment with cbootimage 1.8 (tests/cli/peer-cbootimage-t210.sh).
 */
#include "bct/t210_keys.h"

#include "base/mem.h"
#include "rotkit/counted.h"

#include <string.h>

static void build_done(struct t210_build *b)
{
    rk_bytes_done(&b->file);
}

/* ---- the three results ---- */

static enum rk_rc finish_bct(struct t210_build *b, struct rk_err *err)
{
    uint32_t type = rk_t210_get(b->file.p, T210_DEVICE_TYPE);

    for (size_t i = 0; i < T210_GROUPS; i++) {
        if (b->group[i] && rk_t210_groups[i].device != 0 && rk_t210_groups[i].device != type)
            return rk_fail(err, RK_E_FORMAT, "%s given, but DevType[0] is another device",
                           rk_t210_groups[i].name);
    }
    return b->sized && b->mode == T210_BCT ? rk_t210_block_table(b->file.p, err) : RK_OK;
}

static enum rk_rc image_size(struct t210_build *b, size_t *ret_blocks, size_t *ret,
                             struct rk_err *err)
{
    uint32_t block_log2 = rk_t210_get(b->file.p, T210_BLOCK_LOG2);
    uint32_t page_log2 = rk_t210_get(b->file.p, T210_PAGE_LOG2);
    size_t len = b->part[T210_AT_LOADER]->len, block, page, last;

    if (block_log2 < 14 || block_log2 > 26 || page_log2 < 9 || page_log2 > block_log2)
        return rk_fail(err, RK_E_FORMAT,
                       "an image needs a BlockSize of 16384 to 2^26 and a PageSize of 512 to that");
    if (len == 0 || len > T210_FILE_MAX / 8)
        return rk_fail(err, RK_E_FORMAT, "boot loader of %s, expected 1 to %d",
                       RK_COUNTED(len, "byte"), T210_FILE_MAX / 8);
    block = (size_t)1 << block_log2;
    page = (size_t)1 << page_log2;
    *ret_blocks = (len + block - 1) >> block_log2;
    last = (size_t)(b->number[T210_AT_COPIES] + (b->number[T210_AT_REDUNDANCY] - 1) * *ret_blocks)
           << block_log2;
    *ret = last + ((len + page - 1) & ~(page - 1));
    if (*ret > T210_FILE_MAX || *ret > rk_t210_get(b->file.p, T210_PARTITION))
        return rk_fail(err, RK_E_FORMAT, "the image has 0x%zx bytes, PartitionSize is 0x%x", *ret,
                       rk_t210_get(b->file.p, T210_PARTITION));
    return RK_OK;
}

/* The loader at a block, and what the BCT's record says of it. */
static enum rk_rc put_loader(const struct t210_build *b, uint8_t *file, size_t block_log2,
                             size_t start, uint8_t *record, struct rk_err *err)
{
    const struct rk_input *loader = b->part[T210_AT_LOADER];
    const struct {
        size_t at;
        uint64_t value;
    } rows[] = {
        { T210_LOADER_VERSION, b->number[T210_AT_VERSION] },
        { T210_LOADER_BLOCK, start },
        { T210_LOADER_SIZE, loader->len },
        { T210_LOADER_LOAD, b->load },
        { T210_LOADER_ENTRY, b->entry },
    };
    uint8_t *at = file + (start << block_log2);

    memcpy(at, loader->p, loader->len);
    if (loader->len % 16 != 0)
        at[loader->len] = 0x80;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        rk_t210_put(record, rows[i].at, rows[i].value, 4);
    return rk_t210_mac(at, (loader->len + 15) & ~(size_t)15, record + T210_LOADER_HASH, err);
}

/* Copies of the BCT at the start of each block, then those of the loader, on blocks of their own.
 */
static enum rk_rc finish_image(struct t210_build *b, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes made = RK_BYTES_NONE;
    struct t210_image image = { .copies = (size_t)b->number[T210_AT_COPIES] };
    size_t blocks = 0, size = 0, block_log2;

    if (b->file.p == NULL || b->part[T210_AT_LOADER] == NULL)
        return rk_fail(err, RK_E_FORMAT, "an image needs Bctfile and BootLoader");
    if (image_size(b, &blocks, &size, err) || rk_bytes_new(size, &made, err))
        return err->rc;
    block_log2 = rk_t210_get(b->file.p, T210_BLOCK_LOG2);
    image.block = (size_t)1 << block_log2;
    memcpy(made.p, b->file.p, T210_WIRE);
    rk_t210_put(made.p, T210_LOADERS, b->number[T210_AT_REDUNDANCY], 4);
    for (size_t i = 0; i < b->number[T210_AT_REDUNDANCY]; i++) {
        if (put_loader(b, made.p, block_log2, image.copies + i * blocks,
                       made.p + T210_LOADER + i * T210_LOADER_LEN, err))
            return err->rc;
    }
    if (rk_t210_seal(made.p, &image, err))
        return err->rc;
    rk_bytes_done(&b->file);
    b->file = rk_bytes_take(&made);
    return RK_OK;
}

/*
 * A key or signature of the update, into the BCT or into the record of each loader. No other key of
 * an update names a file.
 */
static enum rk_rc put_rsa(struct t210_build *b, size_t which, const struct t210_image *image,
                          struct rk_err *err)
{
    bool record = rk_t210_keys[which].kind == T210_K_RECORD_RSA;
    size_t count = record ? image->loaders : 1;

    if (b->part[which] == NULL)
        return RK_OK;
    if (count == 0)
        return rk_fail(err, RK_E_FORMAT, "%s, but the BCT names no boot loader",
                       rk_t210_keys[which].name);
    for (size_t i = 0; i < count; i++)
        rk_t210_reverse(b->part[which]->p, b->file.p + (record ? image->loader[i].record : 0) +
                                               rk_t210_keys[which].at);
    return RK_OK;
}

/* The copies are where the image had them before it was changed. */
static enum rk_rc finish_update(struct t210_build *b, const struct t210_image *image,
                                struct rk_err *err)
{
    uint8_t *file = b->file.p;

    if (finish_bct(b, err))
        return err->rc;
    for (size_t i = 0; i < T210_KEYS; i++) {
        if (put_rsa(b, i, image, err))
            return err->rc;
    }
    for (size_t i = 0; i < image->loaders && b->number[T210_AT_REHASH] != 0; i++) {
        const struct t210_loader *loader = &image->loader[i];

        if (rk_t210_mac(file + loader->start, loader->padded,
                        file + loader->record + T210_LOADER_HASH, err))
            return err->rc;
    }
    return rk_t210_seal(file, image, err);
}

/* ---- what is to be made ---- */

static enum rk_rc find_mode(struct t210_build *b, struct t210_text text, struct rk_err *err)
{
    struct t210_line line;
    size_t which;

    b->mode = rk_request_part(b->request, "image") != NULL ? T210_UPDATE : T210_BCT;
    do {
        if (rk_t210_next(&text, &line, err))
            return err->rc;
        which = rk_t210_find_key(line.key);
        if (b->mode == T210_BCT && which < T210_KEYS && rk_t210_keys[which].modes == T210_IMAGE)
            b->mode = T210_IMAGE;
    } while (line.key[0] != '\0');
    return RK_OK;
}

static enum rk_rc start(struct t210_build *b, struct t210_image *image, struct rk_err *err)
{
    const struct rk_input *old = rk_request_part(b->request, "image");

    if (b->mode == T210_UPDATE) {
        if (rk_t210_open(old->p, old->len, image, err))
            return rk_wrap(err, "image");
        return rk_bytes_copy(old->p, old->len, &b->file, err);
    }
    *image = (struct t210_image) { .copies = 1 };
    if (b->mode == T210_IMAGE)
        return RK_OK;
    if (rk_bytes_new(T210_WIRE, &b->file, err))
        return err->rc;
    rk_t210_put(b->file.p, T210_VERSION_AT, T210_VERSION, 4);
    b->file.p[T210_PADDING] = 0x80;
    return RK_OK;
}

static enum rk_rc finish(struct t210_build *b, const struct t210_image *image, struct rk_err *err)
{
    if (b->mode == T210_IMAGE)
        return finish_image(b, err);
    if (b->mode == T210_UPDATE)
        return finish_update(b, image, err);
    return finish_bct(b, err) ? err->rc : rk_t210_seal(b->file.p, image, err);
}

enum rk_rc rk_t210_build(const struct rk_request *request, struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(build_done)
    struct t210_build b = { .request = request, .file = RK_BYTES_NONE };
    const struct rk_input *config = rk_request_part(request, "config");
    struct t210_text text;
    struct t210_image image;
    struct t210_line line;

    if (config == NULL)
        return rk_fail(err, RK_E_USAGE, "t210-bct needs a part \"config\": the configuration text");
    text = (struct t210_text) { .p = (const char *)config->p, .left = config->len };
    for (size_t i = 0; i < T210_KEYS; i++)
        b.number[i] = rk_t210_keys[i].otherwise;
    if (find_mode(&b, text, err) || start(&b, &image, err))
        return rk_wrap(err, "config");
    do {
        if (rk_t210_next(&text, &line, err) ||
            (line.key[0] != '\0' && rk_t210_apply_line(&b, &line, err)))
            return rk_wrap(err, "config");
    } while (line.key[0] != '\0');
    if (finish(&b, &image, err))
        return rk_wrap(err, "config");
    *ret = rk_bytes_take(&b.file);
    return RK_OK;
}
