/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FIT images, read: bounds before anything else, then the map and the hashes of the images.
 * Source: boot-images.md 5.3.
 */
#include "image/fit.h"

#include "base/work.h"
#include "base/ossl.h"

#include <stdio.h>
#include <string.h>

#include <libfdt.h>
#include <zlib.h>

enum {
    IMAGES_MAX = 32,
    DEPTH_MAX = 16,
    TAGS_MAX = 8192,
    STRINGS_MAX = 65536,
    LOOK_MAX = 65536,
    HASHES_MAX = 16
};

enum rk_rc rk_fit_bad_tree(int rc, const char *what, struct rk_err *err)
{
    return rk_fail(err, RK_E_FORMAT, "%s: %s", what, fdt_strerror(rc));
}

/* libfdt takes no tree that does not stand at a multiple of 8, as inside another image it may not.
 */
static bool has_magic(const uint8_t *file, size_t len)
{
    return len >= sizeof(struct fdt_header) && (uintptr_t)file % 8 == 0 &&
           fdt_magic(file) == FDT_MAGIC;
}

/* A node "images" near the start; a FIT that is cut or damaged behind it is still told by it. */
bool rk_fit_recognise(const uint8_t *file, size_t len)
{
    static const uint8_t node[12] = { 0, 0, 0, FDT_BEGIN_NODE, 'i', 'm', 'a', 'g', 'e', 's' };
    size_t end = len < LOOK_MAX ? len : LOOK_MAX;

    if (!has_magic(file, len))
        return false;
    for (size_t at = sizeof(struct fdt_header); at + sizeof node <= end; at += 4) {
        if (memcmp(file + at, node, sizeof node) == 0)
            return true;
    }
    return false;
}

/*
 * libfdt takes "kernel-1@x" for "kernel-1", and a slash makes one path of two nodes: with either,
 * what is signed need not be what is loaded. U-Boot refuses unit addresses too.
 */
static enum rk_rc check_name(const void *fdt, int at, struct rk_err *err)
{
    const char *name = fdt_get_name(fdt, at, NULL);

    if (name == NULL || strpbrk(name, "@/") != NULL)
        return rk_fail(err, RK_E_FORMAT,
                       "node \"%.64s\" at 0x%x: a name with @ or / in it is not safe to sign",
                       name == NULL ? "" : name, fdt_off_dt_struct(fdt) + (unsigned)at);
    return RK_OK;
}

/* Limits, so that what follows takes a time that the file's size bounds. */
static enum rk_rc check_structure(const void *fdt, struct rk_err *err)
{
    int at = 0, next = 0, depth = 0;
    uint32_t tag;

    for (int count = 0; (tag = fdt_next_tag(fdt, at, &next)) != FDT_END; count++, at = next) {
        if (next < 0)
            return rk_fit_bad_tree(next, "damaged device tree", err);
        if (count == TAGS_MAX)
            return rk_fail(err, RK_E_FORMAT, "more than %d nodes and properties", TAGS_MAX);
        depth += tag == FDT_BEGIN_NODE ? 1 : tag == FDT_END_NODE ? -1 : 0;
        if (depth > DEPTH_MAX)
            return rk_fail(err, RK_E_FORMAT, "nodes nested more than %d deep", DEPTH_MAX);
        if (tag == FDT_BEGIN_NODE && at != 0 && check_name(fdt, at, err))
            return err->rc;
    }
    return next < 0 ? rk_fit_bad_tree(next, "damaged device tree", err) : RK_OK;
}

enum rk_rc rk_fit_open(const uint8_t *file, size_t len, struct rk_err *err)
{
    int rc;

    if (!has_magic(file, len))
        return rk_fail(err, RK_E_FORMAT, "no device tree magic");
    if (fdt_totalsize(file) > len)
        return rk_fail(err, RK_E_FORMAT, "totalsize is %u, the file has %zu bytes",
                       fdt_totalsize(file), len);
    rc = fdt_check_header(file);
    if (rc != 0)
        return rk_fit_bad_tree(rc, "damaged device tree", err);
    if (fdt_size_dt_strings(file) > STRINGS_MAX)
        return rk_fail(err, RK_E_FORMAT, "a strings block of %u bytes, expected at most %d",
                       fdt_size_dt_strings(file), STRINGS_MAX);
    if (check_structure(file, err))
        return err->rc;
    rc = fdt_check_full(file, len);
    if (rc != 0)
        return rk_fit_bad_tree(rc, "damaged device tree", err);
    if (fdt_path_offset(file, "/images") < 0 || fdt_path_offset(file, "/configurations") < 0)
        return rk_fail(err, RK_E_FORMAT, "no /images and /configurations: this is no FIT");
    return RK_OK;
}

const char *rk_fit_text(const void *fdt, int node, const char *name)
{
    int len;
    const char *text = fdt_getprop(fdt, node, name, &len);

    return text != NULL && len > 0 && memchr(text, 0, (size_t)len) == text + len - 1 ? text : NULL;
}

bool rk_fit_is_named(const void *fdt, int node, const char *start)
{
    const char *name = fdt_get_name(fdt, node, NULL);

    return name != NULL && strncmp(name, start, strlen(start)) == 0;
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

static enum rk_rc check_hash(const void *fdt, int node, const uint8_t *data, size_t len,
                             struct rk_err *err)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    size_t digest_len = 0;
    int value_len = 0;
    const void *value = fdt_getprop(fdt, node, "value", &value_len);

    if (rk_fit_hash(fdt, node, data, len, digest, &digest_len, err))
        return err->rc;
    if (value == NULL || (size_t)value_len != digest_len || memcmp(value, digest, digest_len) != 0)
        return rk_fail(err, RK_E_VERIFY, "its %s hash does not hold",
                       rk_fit_text(fdt, node, "algo"));
    return RK_OK;
}

bool rk_fit_has_strong_hash(const void *fdt, int image)
{
    int sub;

    fdt_for_each_subnode(sub, fdt, image)
    {
        const struct hash *hash = rk_fit_is_named(fdt, sub, "hash") ? find_hash(fdt, sub) : NULL;

        if (hash != NULL && hash->strong)
            return true;
    }
    return false;
}

/* ---- the map ---- */

/* Where U-Boot would look for data outside of the tree, were these properties there. */
static bool is_external(const void *fdt, int node)
{
    return fdt_getprop(fdt, node, "data-size", NULL) != NULL ||
           fdt_getprop(fdt, node, "data-offset", NULL) != NULL ||
           fdt_getprop(fdt, node, "data-position", NULL) != NULL;
}

static enum rk_rc check_hashes(const uint8_t *fdt, int node, struct rk_region *region,
                               struct rk_map *map, struct rk_err *err)
{
    int sub, count = 0;

    fdt_for_each_subnode(sub, fdt, node)
    {
        if (!rk_fit_is_named(fdt, sub, "hash"))
            continue;
        if (count == HASHES_MAX)
            return rk_fail(err, RK_E_FORMAT, "more than %d hash nodes over one image", HASHES_MAX);
        if (check_hash(fdt, sub, fdt + region->offset, (size_t)region->len, err) ||
            rk_map_guard(map, region->offset, region->len, RK_GUARD_DIGEST,
                         rk_fit_text(fdt, sub, "algo"), err))
            return err->rc;
        count++;
    }
    if (count == 0)
        (void)snprintf(region->note, sizeof region->note, "no hash");
    return RK_OK;
}

static enum rk_rc add_image(const uint8_t *fdt, int node, struct rk_map *map, struct rk_err *err)
{
    const char *name = fdt_get_name(fdt, node, NULL), *type = rk_fit_text(fdt, node, "type");
    struct rk_region *region;
    int len = 0;
    const uint8_t *data = fdt_getprop(fdt, node, "data", &len);

    if (data == NULL || is_external(fdt, node))
        return rk_fail(err, RK_E_FORMAT,
                       "image %.64s: data outside of the tree is not read here "
                       "(mkimage without -E keeps it inside)",
                       name);
    if (rk_region_add(map, map->root, (uint64_t)(data - fdt), (uint64_t)len, name, &region, err))
        return err->rc;
    region->nested = region->loaded = true;
    map->encrypted |= fdt_subnode_offset(fdt, node, "cipher") >= 0;
    (void)snprintf(region->note, sizeof region->note, "%.64s%s", type == NULL ? "" : type,
                   fdt_subnode_offset(fdt, node, "cipher") >= 0 ? ", encrypted (AES-256-CBC)" : "");
    return check_hashes(fdt, node, region, map, err) ? rk_wrap(err, "image %.64s", name) : RK_OK;
}

static enum rk_rc add_images(const uint8_t *fdt, struct rk_map *map, struct rk_err *err)
{
    int images = fdt_path_offset(fdt, "/images"), node, count = 0;

    fdt_for_each_subnode(node, fdt, images)
    {
        if (++count > IMAGES_MAX)
            return rk_fail(err, RK_E_FORMAT, "more than %d images", IMAGES_MAX);
        if (add_image(fdt, node, map, err))
            return err->rc;
    }
    return RK_OK;
}

/* The value of a signature node, with what it says of itself. */
static enum rk_rc add_signature(const uint8_t *fdt, int conf, int node, struct rk_map *map,
                                struct rk_err *err)
{
    const char *algo = rk_fit_text(fdt, node, "algo"), *padding = rk_fit_text(fdt, node, "padding");
    const char *hint = rk_fit_text(fdt, node, "key-name-hint");
    struct rk_region *region;
    char name[64];
    int len = 0;
    const uint8_t *value = fdt_getprop(fdt, node, "value", &len);

    if (value == NULL)
        return RK_OK;
    (void)snprintf(name, sizeof name, "%.30s/%.30s", fdt_get_name(fdt, conf, NULL),
                   fdt_get_name(fdt, node, NULL));
    if (rk_region_add(map, map->root, (uint64_t)(value - fdt), (uint64_t)len, name, &region, err))
        return err->rc;
    (void)snprintf(region->note, sizeof region->note, "%.40s, %.20s, key %.64s",
                   algo == NULL ? "no algo" : algo, padding == NULL ? "pkcs-1.5" : padding,
                   hint == NULL ? "not named" : hint);
    return RK_OK;
}

static enum rk_rc add_signatures(const uint8_t *fdt, struct rk_map *map, struct rk_err *err)
{
    int conf, node;

    fdt_for_each_subnode(conf, fdt, fdt_path_offset(fdt, "/configurations"))
    {
        fdt_for_each_subnode(node, fdt, conf)
        {
            if (rk_fit_is_named(fdt, node, "signature") && add_signature(fdt, conf, node, map, err))
                return err->rc;
        }
    }
    return RK_OK;
}

bool rk_fit_is_signed(const uint8_t *fdt)
{
    int conf, node;

    fdt_for_each_subnode(conf, fdt, fdt_path_offset(fdt, "/configurations"))
    {
        fdt_for_each_subnode(node, fdt, conf)
        {
            if (rk_fit_is_named(fdt, node, "signature") &&
                fdt_getprop(fdt, node, "value", NULL) != NULL)
                return true;
        }
    }
    return false;
}

enum rk_rc rk_fit_parse(const uint8_t *file, size_t len, struct rk_map *map, struct rk_err *err)
{
    struct rk_region *region;
    bool images_first;

    if (rk_fit_open(file, len, err) ||
        rk_region_add(map, map->root, 0, sizeof(struct fdt_header), "header", &region, err))
        return err->rc;
    images_first = fdt_path_offset(file, "/images") < fdt_path_offset(file, "/configurations");
    if ((!images_first && add_signatures(file, map, err)) || add_images(file, map, err) ||
        (images_first && add_signatures(file, map, err)) ||
        rk_region_add(map, map->root, fdt_off_dt_strings(file), fdt_size_dt_strings(file),
                      "strings block", &region, err))
        return err->rc;
    (void)snprintf(map->integrity, sizeof map->integrity, "hashes ok, %s",
                   rk_fit_is_signed(file) ? "signatures not checked: needs the public key"
                                          : "not signed");
    return RK_OK;
}
