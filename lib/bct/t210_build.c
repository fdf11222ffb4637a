/* SPDX-License-Identifier: Apache-2.0 */
/*
 * T210 BCTs and images from configuration text, and changes to an image. Source: boot-images.md 6;
 * layout of the image by experiment with cbootimage 1.8 (tests/cli/peer-cbootimage-t210.sh).
 */
#include "bct/t210.h"

#include "base/mem.h"
#include "rotkit/hex.h"
#include "rotkit/edit_distance.h"

#include <stdio.h>
#include <string.h>

enum mode { BCT = 1, IMAGE = 2, UPDATE = 4 };

struct build {
    const struct rk_job *job;
    enum mode mode;
    struct rk_bytes file; /* BCT, or the image that is changed */
    uint64_t version, redundancy, copies;
    const struct rk_input *loader; /* NULL until BootLoader was met */
    uint64_t load, entry;
    const struct rk_input *key, *loader_sig, *bct_sig; /* update; NULL */
    bool rehash, sized, device[2];
};

static void build_done(struct build *b)
{
    rk_bytes_done(&b->file);
}

/* ---- keys that are no fields ---- */

static enum rk_rc take_number(const struct t210_line *line, uint64_t max, uint64_t *ret,
                              struct rk_err *err)
{
    if (rk_parse_u64(line->value, max, ret, err)) {
        err->rc = RK_E_FORMAT;
        return err->rc;
    }
    return RK_OK;
}

static enum rk_rc before_loader(struct build *b, const struct t210_line *line, uint64_t min,
                                uint64_t max, uint64_t *ret, struct rk_err *err)
{
    uint64_t value;

    if (take_number(line, max, &value, err))
        return err->rc;
    if (b->mode == BCT) /* for the image alone */
        return RK_OK;
    if (value < min)
        return rk_fail(err, RK_E_FORMAT, "%s, at least %llu", line->value, (unsigned long long)min);
    if (b->loader != NULL)
        return rk_fail(err, RK_E_FORMAT, "has no effect after BootLoader");
    *ret = value;
    return RK_OK;
}

static enum rk_rc set_version(struct build *b, const struct t210_line *line, struct rk_err *err)
{
    return before_loader(b, line, 0, UINT32_MAX, &b->version, err);
}

static enum rk_rc set_redundancy(struct build *b, const struct t210_line *line, struct rk_err *err)
{
    return before_loader(b, line, 1, T210_LOADER_MAX, &b->redundancy, err);
}

static enum rk_rc set_copies(struct build *b, const struct t210_line *line, struct rk_err *err)
{
    return before_loader(b, line, 1, 64, &b->copies, err);
}

static enum rk_rc find_file(const struct build *b, const char *name, const struct rk_input **ret,
                            struct rk_err *err)
{
    *ret = rk_job_part(b->job, name);
    if (name[0] == '\0' || *ret == NULL)
        return rk_fail(err, RK_E_USAGE, "file \"%s\" is not given: add a part %s=FILE", name, name);
    return RK_OK;
}

static enum rk_rc set_bct(struct build *b, const struct t210_line *line, struct rk_err *err)
{
    const struct rk_input *in;
    struct t210_image image;

    if (b->file.p != NULL)
        return rk_fail(err, RK_E_FORMAT, "given twice");
    if (find_file(b, line->value, &in, err))
        return err->rc;
    if (in->len != T210_WIRE)
        return rk_fail(err, RK_E_FORMAT, "%zu bytes, a BCT has %d", in->len, T210_WIRE);
    if (rk_t210_open(in->p, in->len, &image, err))
        return err->rc;
    return rk_bytes_copy(in->p, in->len, &b->file, err);
}

/* FILE,load,entry,Complete */
static enum rk_rc set_loader(struct build *b, const struct t210_line *line, struct rk_err *err)
{
    char text[sizeof line->value], *part[4] = { text, NULL, NULL, NULL };

    (void)snprintf(text, sizeof text, "%s", line->value);
    for (size_t i = 1; i < 4; i++) {
        char *comma = strchr(part[i - 1], ',');

        if (comma == NULL)
            return rk_fail(err, RK_E_FORMAT, "expected FILE,LOAD,ENTRY,Complete");
        *comma = '\0';
        part[i] = comma + 1;
    }
    if (strcmp(part[3], "Complete") != 0)
        return rk_fail(err, RK_E_FORMAT, "\"%s\", expected Complete", part[3]);
    if (b->loader != NULL)
        return rk_fail(err, RK_E_FORMAT,
                       "a second loader: where it goes is not placed by "
                       "experiment; Redundancy makes copies of the one");
    if (rk_parse_u64(part[1], UINT32_MAX, &b->load, err) ||
        rk_parse_u64(part[2], UINT32_MAX, &b->entry, err)) {
        err->rc = RK_E_FORMAT;
        return err->rc;
    }
    return find_file(b, part[0], &b->loader, err);
}

static enum rk_rc take_rsa(struct build *b, const struct t210_line *line,
                           const struct rk_input **ret, struct rk_err *err)
{
    if (find_file(b, line->value, ret, err))
        return err->rc;
    if ((*ret)->len != T210_RSA)
        return rk_fail(err, RK_E_FORMAT, "file \"%s\": %zu bytes, expected %d", line->value,
                       (*ret)->len, T210_RSA);
    return RK_OK;
}

static enum rk_rc set_key(struct build *b, const struct t210_line *line, struct rk_err *err)
{
    return take_rsa(b, line, &b->key, err);
}

static enum rk_rc set_loader_sig(struct build *b, const struct t210_line *line, struct rk_err *err)
{
    return take_rsa(b, line, &b->loader_sig, err);
}

static enum rk_rc set_bct_sig(struct build *b, const struct t210_line *line, struct rk_err *err)
{
    return take_rsa(b, line, &b->bct_sig, err);
}

static enum rk_rc set_rehash(struct build *b, const struct t210_line *line, struct rk_err *err)
{
    if (line->value[0] != '\0')
        return rk_fail(err, RK_E_FORMAT, "takes no value");
    b->rehash = true;
    return RK_OK;
}

static enum rk_rc set_nowhere(struct build *b, const struct t210_line *line, struct rk_err *err)
{
    (void)b, (void)line;
    return rk_fail(err, RK_E_FORMAT,
                   "not placed by experiment: cbootimage takes it for T210 and "
                   "changes no byte, or fails");
}

/* clang-format off */
static const struct {
    const char *name;
    int modes;
    enum rk_rc (*set)(struct build *, const struct t210_line *, struct rk_err *);
} keys[] = {
    { "Version",           BCT | IMAGE,          set_version },
    { "Redundancy",        BCT | IMAGE,          set_redundancy },
    { "Bctcopy",           BCT | IMAGE,          set_copies },
    { "Bctfile",           IMAGE,                set_bct },
    { "BootLoader",        IMAGE,                set_loader },
    { "RsaKeyModulusFile", UPDATE,               set_key },
    { "RsaPssSigBlFile",   UPDATE,               set_loader_sig },
    { "RsaPssSigBctFile",  UPDATE,               set_bct_sig },
    { "RehashBl",          UPDATE,               set_rehash },
    { "Attribute",         BCT | IMAGE | UPDATE, set_nowhere },
    { "JtagCtrl",          BCT | IMAGE | UPDATE, set_nowhere },
    { "MtsPreboot",        BCT | IMAGE | UPDATE, set_nowhere },
    { "Mts",               BCT | IMAGE | UPDATE, set_nowhere },
};
/* clang-format on */
enum { KEYS = sizeof keys / sizeof keys[0] };

static const char *mode_name(enum mode mode)
{
    return mode == BCT ? "a BCT" : mode == IMAGE ? "an image around a BCT" : "an update";
}

static enum rk_rc unknown_key(const struct t210_line *line, struct rk_err *err)
{
    struct rk_nearest nearest = rk_nearest_to(line->key);

    for (size_t i = 0; i < KEYS + rk_t210_field_count; i++) {
        rk_nearest_offer(&nearest, i < KEYS ? keys[i].name : rk_t210_fields[i - KEYS].name);
    }
    (void)rk_fail(err, RK_E_FORMAT, "line %u: unknown key \"%s\"", line->number, line->key);
    return nearest.word == NULL ? err->rc : rk_note(err, "nearest: %s", nearest.word);
}

static enum rk_rc set_field(struct build *b, const struct t210_line *line, struct rk_err *err)
{
    bool found = false, odm = strcmp(line->key, "OdmData") == 0;

    if (b->mode == IMAGE || (b->mode == UPDATE && odm)) {
        return !rk_t210_is_field(line->key)
                   ? unknown_key(line, err)
                   : rk_fail(err, RK_E_FORMAT, "line %u: \"%s\" does not go into %s", line->number,
                             line->key, mode_name(b->mode));
    }
    if (rk_t210_set(b->file.p, line, &found, err))
        return err->rc;
    if (!found)
        return unknown_key(line, err);
    b->sized |= strcmp(line->key, "PartitionSize") == 0 || strcmp(line->key, "BlockSize") == 0;
    b->device[0] |= strstr(line->key, ".SpiFlashParams.") != NULL;
    b->device[1] |= strstr(line->key, ".SdmmcParams.") != NULL;
    return RK_OK;
}

static enum rk_rc set_line(struct build *b, const struct t210_line *line, struct rk_err *err)
{
    for (size_t i = 0; i < KEYS; i++) {
        if (strcmp(keys[i].name, line->key) != 0)
            continue;
        if (line->has_index)
            return rk_fail(err, RK_E_FORMAT, "line %u: \"%s\" takes no index", line->number,
                           line->key);
        if ((keys[i].modes & (int)b->mode) == 0)
            return rk_fail(err, RK_E_FORMAT, "line %u: \"%s\" does not go into %s", line->number,
                           line->key, mode_name(b->mode));
        return keys[i].set(b, line, err) ? rk_wrap(err, "line %u: \"%s\"", line->number, line->key)
                                         : RK_OK;
    }
    return set_field(b, line, err);
}

/* ---- the three results ---- */

static enum rk_rc finish_bct(struct build *b, struct rk_err *err)
{
    uint32_t type = rk_t210_get(b->file.p, T210_DEVICE_TYPE);

    if ((b->device[0] && type != 3) || (b->device[1] && type != 4))
        return rk_fail(err, RK_E_FORMAT, "%s given, but DevType[0] is another device",
                       b->device[0] ? "SpiFlashParams" : "SdmmcParams");
    return b->sized && b->mode == BCT ? rk_t210_block_table(b->file.p, err) : RK_OK;
}

static enum rk_rc image_size(struct build *b, size_t *ret_blocks, size_t *ret, struct rk_err *err)
{
    uint32_t block_log2 = rk_t210_get(b->file.p, T210_BLOCK_LOG2);
    uint32_t page_log2 = rk_t210_get(b->file.p, T210_PAGE_LOG2);
    size_t block, page, last;

    if (block_log2 < 14 || block_log2 > 26 || page_log2 < 9 || page_log2 > block_log2)
        return rk_fail(err, RK_E_FORMAT,
                       "an image needs a BlockSize of 16384 to 2^26 and a PageSize of 512 to that");
    if (b->loader->len == 0 || b->loader->len > T210_FILE_MAX / 8)
        return rk_fail(err, RK_E_FORMAT, "boot loader of %zu bytes, expected 1 to %d",
                       b->loader->len, T210_FILE_MAX / 8);
    block = (size_t)1 << block_log2;
    page = (size_t)1 << page_log2;
    *ret_blocks = (b->loader->len + block - 1) >> block_log2;
    last = ((size_t)b->copies + ((size_t)b->redundancy - 1) * *ret_blocks) << block_log2;
    *ret = last + ((b->loader->len + page - 1) & ~(page - 1));
    if (*ret > T210_FILE_MAX || *ret > rk_t210_get(b->file.p, T210_PARTITION))
        return rk_fail(err, RK_E_FORMAT, "the image has 0x%zx bytes, PartitionSize is 0x%x", *ret,
                       rk_t210_get(b->file.p, T210_PARTITION));
    return RK_OK;
}

/* Copies of the BCT at the start of each block, then those of the loader, on blocks of their own.
 */
static enum rk_rc finish_image(struct build *b, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes made = RK_BYTES_NONE;
    struct t210_image image = { .copies = (size_t)b->copies };
    size_t blocks = 0, size = 0;

    if (b->file.p == NULL || b->loader == NULL)
        return rk_fail(err, RK_E_FORMAT, "an image needs Bctfile and BootLoader");
    if (image_size(b, &blocks, &size, err) || rk_bytes_new(size, &made, err))
        return err->rc;
    image.block = (size_t)1 << rk_t210_get(b->file.p, T210_BLOCK_LOG2);
    memcpy(made.p, b->file.p, T210_WIRE);
    rk_t210_put(made.p, T210_LOADERS, b->redundancy, 4);
    for (size_t i = 0; i < b->redundancy; i++) {
        uint8_t *record = made.p + T210_LOADER + i * T210_LOADER_LEN;
        size_t start = (size_t)b->copies + i * blocks;
        uint8_t *at = made.p + start * image.block;

        memcpy(at, b->loader->p, b->loader->len);
        if (b->loader->len % 16 != 0)
            at[b->loader->len] = 0x80;
        rk_t210_put(record, 0, b->version, 4);
        rk_t210_put(record, 4, start, 4);
        rk_t210_put(record, 12, b->loader->len, 4);
        rk_t210_put(record, 16, b->load, 4);
        rk_t210_put(record, 20, b->entry, 4);
        if (rk_t210_mac(at, (b->loader->len + 15) & ~(size_t)15, record + T210_LOADER_HASH, err))
            return err->rc;
    }
    if (rk_t210_seal(made.p, &image, err))
        return err->rc;
    rk_bytes_done(&b->file);
    b->file = rk_bytes_take(&made);
    return RK_OK;
}

/* The copies are where the image had them before it was changed. */
static enum rk_rc finish_update(struct build *b, const struct t210_image *image, struct rk_err *err)
{
    uint8_t *file = b->file.p;

    if (finish_bct(b, err))
        return err->rc;
    if (b->loader_sig != NULL && image->loaders == 0)
        return rk_fail(err, RK_E_FORMAT, "RsaPssSigBlFile, but the BCT names no boot loader");
    for (size_t i = 0; i < image->loaders; i++) {
        const struct t210_loader *loader = &image->loader[i];

        if (b->loader_sig != NULL)
            rk_t210_reverse(b->loader_sig->p, file + loader->record + T210_LOADER_SIG);
        if (b->rehash && rk_t210_mac(file + loader->start, loader->padded,
                                     file + loader->record + T210_LOADER_HASH, err))
            return err->rc;
    }
    if (b->key != NULL)
        rk_t210_reverse(b->key->p, file + T210_KEY);
    if (b->bct_sig != NULL)
        rk_t210_reverse(b->bct_sig->p, file + T210_SIG);
    return rk_t210_seal(file, image, err);
}

/* ---- what is to be made ---- */

static enum rk_rc find_mode(struct build *b, struct t210_text text, struct rk_err *err)
{
    struct t210_line line;

    b->mode = rk_job_part(b->job, "image") != NULL ? UPDATE : BCT;
    do {
        if (rk_t210_next(&text, &line, err))
            return err->rc;
        if (b->mode == BCT &&
            (strcmp(line.key, "Bctfile") == 0 || strcmp(line.key, "BootLoader") == 0))
            b->mode = IMAGE;
    } while (line.key[0] != '\0');
    return RK_OK;
}

static enum rk_rc start(struct build *b, struct t210_image *image, struct rk_err *err)
{
    const struct rk_input *old = rk_job_part(b->job, "image");

    if (b->mode == UPDATE) {
        if (rk_t210_open(old->p, old->len, image, err))
            return rk_wrap(err, "image");
        return rk_bytes_copy(old->p, old->len, &b->file, err);
    }
    *image = (struct t210_image) { .copies = 1 };
    if (b->mode == IMAGE)
        return RK_OK;
    if (rk_bytes_new(T210_WIRE, &b->file, err))
        return err->rc;
    rk_t210_put(b->file.p, T210_VERSION_AT, T210_VERSION, 4);
    b->file.p[T210_PADDING] = 0x80;
    return RK_OK;
}

static enum rk_rc finish(struct build *b, const struct t210_image *image, struct rk_err *err)
{
    if (b->mode == IMAGE)
        return finish_image(b, err);
    if (b->mode == UPDATE)
        return finish_update(b, image, err);
    return finish_bct(b, err) ? err->rc : rk_t210_seal(b->file.p, image, err);
}

enum rk_rc rk_t210_build(const struct rk_job *job, struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(build_done)
    struct build b = {
        .job = job, .file = RK_BYTES_NONE, .version = 1, .redundancy = 1, .copies = 2
    };
    const struct rk_input *config = rk_job_part(job, "config");
    struct t210_text text;
    struct t210_image image;
    struct t210_line line;

    if (config == NULL)
        return rk_fail(err, RK_E_USAGE, "t210-bct needs a part \"config\": the configuration text");
    text = (struct t210_text) { .p = (const char *)config->p, .left = config->len };
    if (find_mode(&b, text, err) || start(&b, &image, err))
        return rk_wrap(err, "config");
    do {
        if (rk_t210_next(&text, &line, err) || (line.key[0] != '\0' && set_line(&b, &line, err)))
            return rk_wrap(err, "config");
    } while (line.key[0] != '\0');
    if (finish(&b, &image, err))
        return rk_wrap(err, "config");
    *ret = rk_bytes_take(&b.file);
    return RK_OK;
}
