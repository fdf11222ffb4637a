/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FIT images: where the bytes of an image stand, and what its hash nodes say of them. Source:
 * boot-images.md 5.3, "External data".
 */
#include "image/fit.h"

#include "base/work.h"
#include "base/ossl.h"
#include "rotkit/counted.h"

#include <string.h>

#include <libfdt.h>
#include <zlib.h>

enum { ALIGN_MAX = 4096 };

/* ---- places ---- */

/* In the order in which U-Boot looks: a position counts from the start, an offset from the tree. */
static const struct place_row {
    const char *name;
    bool behind_tree;
} place_rows[] = { { "data-position", false }, { "data-offset", true } };
enum { PLACES = sizeof place_rows / sizeof place_rows[0] };

static const struct place_row *find_place(const void *fdt, int image)
{
    for (size_t i = 0; i < PLACES; i++) {
        if (fdt_getprop(fdt, image, place_rows[i].name, NULL) != NULL)
            return &place_rows[i];
    }
    return NULL;
}

static enum rk_rc get_u32(const void *fdt, int node, const char *name, uint64_t *ret,
                          struct rk_err *err)
{
    int len = 0;
    const fdt32_t *value = fdt_getprop(fdt, node, name, &len);

    if (value == NULL || len != 4)
        return rk_fail(err, RK_E_FORMAT, "its data is outside of the tree, and it has no \"%s\"",
                       name);
    *ret = fdt32_ld(value);
    return RK_OK;
}

bool rk_fit_has_data(const void *fdt, int image)
{
    return find_place(fdt, image) != NULL || fdt_getprop(fdt, image, "data", NULL) != NULL;
}

unsigned rk_fit_places(const void *fdt, int image)
{
    unsigned count = fdt_getprop(fdt, image, "data", NULL) != NULL;

    for (size_t i = 0; i < PLACES; i++)
        count += fdt_getprop(fdt, image, place_rows[i].name, NULL) != NULL;
    return count;
}

static enum rk_rc find_external(const uint8_t *file, size_t len, int image,
                                const struct place_row *place, struct rk_fit_data *ret,
                                struct rk_err *err)
{
    uint64_t tree = fdt_totalsize(file);
    struct rk_fit_data data = { .external = true };

    if (get_u32(file, image, place->name, &data.at, err) ||
        get_u32(file, image, "data-size", &data.len, err))
        return err->rc;
    if (place->behind_tree)
        data.at += (tree + 3) / 4 * 4;
    if (data.at < tree)
        return rk_fail(err, RK_E_FORMAT,
                       "its data at 0x%llx stands in the device tree, which ends at 0x%llx",
                       (unsigned long long)data.at, (unsigned long long)tree);
    if (data.at > len || data.len > len - data.at)
        return rk_fail(err, RK_E_FORMAT, "its data, %s at 0x%llx, ends behind the file of %s",
                       RK_COUNTED(data.len, "byte"), (unsigned long long)data.at,
                       RK_COUNTED(len, "byte"));
    *ret = data;
    return RK_OK;
}

enum rk_rc rk_fit_find_data(const uint8_t *file, size_t len, int image, struct rk_fit_data *ret,
                            struct rk_err *err)
{
    const struct place_row *place = find_place(file, image);
    const uint8_t *data;
    int data_len = 0;

    if (place != NULL)
        return find_external(file, len, image, place, ret, err);
    data = fdt_getprop(file, image, "data", &data_len);
    if (data == NULL)
        return rk_fail(err, RK_E_FORMAT, "it has no data");
    *ret = (struct rk_fit_data) { .at = (uint64_t)(data - file), .len = (uint64_t)data_len };
    return RK_OK;
}

uint64_t rk_fit_end(const uint8_t *file, size_t len)
{
    uint64_t end = fdt_totalsize(file);
    struct rk_fit_data data;
    struct rk_err ignored;

    for (int image = rk_fit_first(file, "images"); image >= 0;
         image = fdt_next_subnode(file, image)) {
        if (rk_fit_find_data(file, len, image, &data, &ignored) == RK_OK &&
            data.at + data.len > end)
            end = data.at + data.len;
    }
    return end;
}

/* ---- data outside of a tree that has grown ---- */

/* What of a FIT stands outside of its tree. */
struct outside {
    uint64_t from, to; /* from 0: nothing does */
    bool by_position, by_offset;
};

static enum rk_rc look_outside(const uint8_t *file, size_t len, struct outside *ret,
                               struct rk_err *err)
{
    struct outside found = { .from = 0 };

    for (int image = rk_fit_first(file, "images"); image >= 0;
         image = fdt_next_subnode(file, image)) {
        const struct place_row *place = find_place(file, image);
        struct rk_fit_data data;

        if (place == NULL)
            continue;
        if (rk_fit_find_data(file, len, image, &data, err))
            return rk_wrap(err, "image %.64s", fdt_get_name(file, image, NULL));
        found.by_offset |= place->behind_tree;
        found.by_position |= !place->behind_tree;
        found.from = found.from == 0 || data.at < found.from ? data.at : found.from;
        found.to = data.at + data.len > found.to ? data.at + data.len : found.to;
    }
    found.to = (found.to + 3) / 4 * 4;
    found.to = found.to > len ? len : found.to;
    *ret = found;
    return RK_OK;
}

/* mkimage -B makes the tree as long as its data is to be aligned; what was aligned stays so. */
static uint64_t aligned_size(const uint8_t *tree, const uint8_t *file)
{
    uint64_t align = 4;

    while (align < ALIGN_MAX && fdt_totalsize(file) % (align * 2) == 0)
        align *= 2;
    return (fdt_totalsize(tree) + align - 1) / align * align;
}

/* Where the data of the old file begins in the new one. */
static enum rk_rc place_outside(const struct outside *outside, const uint8_t *file, uint64_t size,
                                uint64_t *ret, struct rk_err *err)
{
    if (outside->by_position && outside->by_offset)
        return rk_fail(err, RK_E_USAGE,
                       "its data stands outside of the tree, some by data-position, some by "
                       "data-offset: expected one of the two");
    if (outside->by_position && size > outside->from)
        return rk_fail(err, RK_E_USAGE,
                       "its tree of %s would reach into its data, which data-position puts "
                       "at 0x%llx: make it with a larger one (mkimage -p)",
                       RK_COUNTED(size, "byte"), (unsigned long long)outside->from);
    *ret = outside->by_position
               ? outside->from
               : size + outside->from - ((uint64_t)fdt_totalsize(file) + 3) / 4 * 4;
    return RK_OK;
}

enum rk_rc rk_fit_append_data(const uint8_t *tree, const uint8_t *file, size_t len,
                              struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes made = RK_BYTES_NONE;
    struct outside outside = { .from = 0 };
    uint64_t size, at = 0;

    if (look_outside(file, len, &outside, err))
        return err->rc;
    if (outside.from == 0)
        return rk_bytes_copy(tree, fdt_totalsize(tree), ret, err);
    size = outside.by_position ? fdt_totalsize(tree) : aligned_size(tree, file);
    if (place_outside(&outside, file, size, &at, err) ||
        rk_bytes_new((size_t)(at + outside.to - outside.from), &made, err))
        return err->rc;
    memset(made.p, 0, made.len);
    memcpy(made.p, tree, fdt_totalsize(tree));
    fdt_set_totalsize(made.p, (uint32_t)size);
    memcpy(made.p + at, file + outside.from, (size_t)(outside.to - outside.from));
    *ret = rk_bytes_take(&made);
    return RK_OK;
}

/* ---- hashes ---- */

/* clang-format off */
static const struct hash {
    const char *name;
    bool strong; /* a signature over it covers the data */
} hashes[] = {
    { "crc32",  false },
    { "md5",    false },
    { "sha1",   false },
    { "sha256", true },
    { "sha384", true },
    { "sha512", true },
};
/* clang-format on */

static const struct hash *find_hash(const void *fdt, int node)
{
    const char *algo = rk_fit_text(fdt, node, "algo");

    for (size_t i = 0; algo != NULL && i < sizeof hashes / sizeof hashes[0]; i++) {
        if (strcmp(hashes[i].name, algo) == 0)
            return &hashes[i];
    }
    return NULL;
}

bool rk_fit_knows_hash(const void *fdt, int node)
{
    return find_hash(fdt, node) != NULL;
}

enum rk_rc rk_fit_hash(const void *fdt, int node, const uint8_t *data, size_t len,
                       uint8_t ret[EVP_MAX_MD_SIZE], size_t *ret_len, struct rk_err *err)
{
    const struct hash *hash = find_hash(fdt, node);
    const char *algo = rk_fit_text(fdt, node, "algo");

    if (hash == NULL)
        return rk_fail(err, RK_E_FORMAT, "unknown hash algorithm \"%.32s\"",
                       algo == NULL ? "" : algo);
    if (strcmp(hash->name, "crc32") == 0) {
        uint32_t crc;

        if (rk_work_hash(len, err))
            return err->rc;
        crc = (uint32_t)crc32_z(0, data, len);
        for (int i = 0; i < 4; i++)
            ret[i] = (uint8_t)(crc >> (24 - 8 * i));
        *ret_len = 4;
        return RK_OK;
    }
    return rk_work_digest(hash->name, data, len, ret, ret_len, err);
}

/* U-Boot on a board passes over such a hash, its tools on a host do not. */
static bool is_ignored(const void *fdt, int node)
{
    int len = 0;
    const fdt32_t *value = fdt_getprop(fdt, node, "uboot-ignore", &len);

    return value != NULL && len == 4 && fdt32_ld(value) != 0;
}

bool rk_fit_has_strong_hash(const void *fdt, int image)
{
    int sub;

    fdt_for_each_subnode(sub, fdt, image)
    {
        const struct hash *hash = rk_fit_is_named(fdt, sub, "hash") ? find_hash(fdt, sub) : NULL;

        if (hash != NULL && hash->strong && !is_ignored(fdt, sub))
            return true;
    }
    return false;
}

bool rk_fit_has_unknown_hash(const void *fdt, int image)
{
    int sub;

    fdt_for_each_subnode(sub, fdt, image)
    {
        if (rk_fit_is_named(fdt, sub, "hash") && find_hash(fdt, sub) == NULL &&
            !is_ignored(fdt, sub))
            return true;
    }
    return false;
}
