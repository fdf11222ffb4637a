/* SPDX-License-Identifier: Apache-2.0 */
/* FIT images: the map, with the hashes of the images. */
#include "image/fit.h"

#include "rotkit/counted.h"

#include <stdio.h>
#include <string.h>

#include <libfdt.h>

enum { IMAGES_MAX = 512, HASHES_MAX = 16 };

/* Where in the file, and what the hash nodes came to. */
struct reading {
    const uint8_t *file;
    size_t len;
    struct rk_map *map;
    size_t hashes; /* that hold */
};

static void add_note(struct rk_region *region, const char *text)
{
    size_t used = strlen(region->note);

    (void)snprintf(region->note + used, sizeof region->note - used, "%s%s", used == 0 ? "" : ", ",
                   text);
}

/* ---- hashes ---- */

static enum rk_rc check_hash(const struct reading *r, int node, const struct rk_region *region,
                             struct rk_err *err)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    size_t digest_len = 0;
    int value_len = 0;
    const void *value = fdt_getprop(r->file, node, "value", &value_len);

    if (rk_fit_hash(r->file, node, r->file + region->offset, (size_t)region->len, digest,
                    &digest_len, err))
        return err->rc;
    if (value == NULL || (size_t)value_len != digest_len || memcmp(value, digest, digest_len) != 0)
        return rk_fail(err, RK_E_VERIFY, "its %s hash does not hold",
                       rk_fit_text(r->file, node, "algo"));
    return RK_OK;
}

/* A hash by an algorithm that is not known here: told, and where none that is known can stand for
 * it, not taken for one that holds. */
static enum rk_rc tell_unknown(const struct reading *r, int image, int node,
                               struct rk_region *region, struct rk_err *err)
{
    const char *algo = rk_fit_text(r->file, node, "algo");
    char what[96];

    (void)snprintf(what, sizeof what, "hash by \"%.32s\" is not known here",
                   algo == NULL ? "" : algo);
    add_note(region, what);
    if (rk_fit_has_strong_hash(r->file, image))
        return RK_OK;
    (void)snprintf(what, sizeof what, "image %.40s: hash by \"%.32s\"", region->name,
                   algo == NULL ? "" : algo);
    return rk_map_unknown(r->map, region->offset, region->len, RK_NEED_NOTHING, what, err);
}

static enum rk_rc check_hashes(struct reading *r, int image, struct rk_region *region,
                               struct rk_err *err)
{
    int sub, count = 0, unknown = -1;
    enum rk_rc rc;

    fdt_for_each_subnode(sub, r->file, image)
    {
        if (!rk_fit_is_named(r->file, sub, "hash"))
            continue;
        if (count++ == HASHES_MAX)
            return rk_fail(err, RK_E_FORMAT, "image %.64s: more than %d hash nodes over one image",
                           fdt_get_name(r->file, image, NULL), HASHES_MAX);
        if (!rk_fit_knows_hash(r->file, sub)) {
            unknown = sub;
            continue;
        }
        rc = check_hash(r, sub, region, err);
        if (rc != RK_OK)
            (void)rk_wrap(err, "image %.64s", fdt_get_name(r->file, image, NULL));
        if (rk_map_compared(r->map, rc, region->offset, region->len,
                            rk_fit_text(r->file, sub, "algo"), err))
            return err->rc;
        r->hashes++;
    }
    if (count == 0)
        add_note(region, "no hash");
    return unknown >= 0 ? tell_unknown(r, image, unknown, region, err) : RK_OK;
}

/* ---- signatures ---- */

/* The value of a signature node, with what it says of itself. */
static enum rk_rc add_signature(const struct reading *r, int of, int node, struct rk_err *err)
{
    const char *algo = rk_fit_text(r->file, node, "algo");
    const char *padding = rk_fit_text(r->file, node, "padding");
    const char *hint = rk_fit_text(r->file, node, "key-name-hint");
    struct rk_region *region;
    char name[64];
    int len = 0;
    const uint8_t *value = fdt_getprop(r->file, node, "value", &len);

    if (value == NULL)
        return RK_OK;
    (void)snprintf(name, sizeof name, "%.30s/%.30s", fdt_get_name(r->file, of, NULL),
                   fdt_get_name(r->file, node, NULL));
    if (rk_region_add(r->map, r->map->root, (uint64_t)(value - r->file), (uint64_t)len, name,
                      &region, err))
        return err->rc;
    (void)snprintf(region->note, sizeof region->note, "%.40s, %.20s, key %.64s",
                   algo == NULL ? "no algo" : algo, padding == NULL ? "pkcs-1.5" : padding,
                   hint == NULL ? "not named" : hint);
    return RK_OK;
}

/* Those of one image or one configuration. */
static enum rk_rc add_signatures(const struct reading *r, int of, struct rk_err *err)
{
    int node;

    fdt_for_each_subnode(node, r->file, of)
    {
        if (rk_fit_is_named(r->file, node, "signature") && add_signature(r, of, node, err))
            return err->rc;
    }
    return RK_OK;
}

/* ---- images ---- */

static void describe(const struct reading *r, int image, const struct rk_fit_data *data,
                     struct rk_region *region)
{
    const char *type = rk_fit_text(r->file, image, "type"), *algo;
    int cipher = fdt_subnode_offset(r->file, image, "cipher");
    char sealed[48];

    (void)snprintf(region->note, sizeof region->note, "%.64s", type == NULL ? "" : type);
    if (data->external)
        add_note(region, "outside of the tree");
    if (cipher < 0)
        return;
    region->encrypted = r->map->encrypted = true;
    algo = rk_fit_text(r->file, cipher, "algo");
    (void)snprintf(sealed, sizeof sealed, "encrypted (AES-%.8s-CBC)",
                   algo != NULL && strncmp(algo, "aes", 3) == 0 ? algo + 3 : "256");
    add_note(region, sealed);
}

static enum rk_rc add_image(struct reading *r, int image, struct rk_err *err)
{
    const char *name = fdt_get_name(r->file, image, NULL);
    struct rk_fit_data data;
    struct rk_region *region;

    if (!rk_fit_has_data(r->file, image)) {
        uint64_t at = fdt_off_dt_struct(r->file) + (uint64_t)image;

        if (rk_region_add(r->map, r->map->root, at, 0, name, &region, err))
            return err->rc;
        add_note(region, "no data");
        return RK_OK;
    }
    if (rk_fit_find_data(r->file, r->len, image, &data, err) ||
        rk_region_add(r->map, r->map->root, data.at, data.len, name, &region, err))
        return rk_wrap(err, "image %.64s", name);
    region->nested = region->loaded = true;
    describe(r, image, &data, region);
    return check_hashes(r, image, region, err);
}

static enum rk_rc add_images(struct reading *r, struct rk_err *err)
{
    int count = 0;

    for (int image = rk_fit_first(r->file, "images"); image >= 0;
         image = fdt_next_subnode(r->file, image)) {
        if (++count > IMAGES_MAX)
            return rk_fail(err, RK_E_FORMAT, "more than %s", RK_COUNTED(IMAGES_MAX, "image"));
        if (add_image(r, image, err) || add_signatures(r, image, err))
            return err->rc;
    }
    return RK_OK;
}

static enum rk_rc add_configurations(struct reading *r, struct rk_err *err)
{
    for (int conf = rk_fit_first(r->file, "configurations"); conf >= 0;
         conf = fdt_next_subnode(r->file, conf)) {
        if (add_signatures(r, conf, err))
            return err->rc;
    }
    return RK_OK;
}

static const char *say_signed(const uint8_t *file)
{
    if (rk_fit_signatures(file, "configurations") != 0)
        return "signatures not checked: needs the public key";
    return rk_fit_signatures(file, "images") != 0 ? "images are signed, configurations are not"
                                                  : "not signed";
}

enum rk_rc rk_fit_parse(const uint8_t *file, size_t len, struct rk_map *map, struct rk_err *err)
{
    struct reading r = { .file = file, .len = len, .map = map };
    struct rk_region *region;
    bool images_first;

    if (rk_fit_open(file, len, err) ||
        rk_region_add(map, map->root, 0, sizeof(struct fdt_header), "header", &region, err))
        return err->rc;
    images_first =
        fdt_subnode_offset(file, 0, "images") < fdt_subnode_offset(file, 0, "configurations");
    if ((!images_first && add_configurations(&r, err)) || add_images(&r, err) ||
        (images_first && add_configurations(&r, err)) ||
        rk_region_add(map, map->root, fdt_off_dt_strings(file), fdt_size_dt_strings(file),
                      "strings block", &region, err))
        return err->rc;
    (void)snprintf(map->integrity, sizeof map->integrity, "%s, %s",
                   r.hashes == 0 ? "no hashes" : "hashes ok", say_signed(file));
    return rk_map_rest(map, file, (size_t)rk_fit_end(file, len), len, err);
}
