/* SPDX-License-Identifier: Apache-2.0 */
/* FIT images: the nodes that the signature of a configuration covers. Source: boot-images.md 5.3.
 */
#include "image/fit.h"

#include "rotkit/counted.h"

#include <stdio.h>
#include <string.h>

#include <libfdt.h>

/* The nodes of an image that are signed: itself, its hash and cipher nodes. */
static enum rk_rc list_image(const void *fdt, const char *name, bool to_sign,
                             struct rk_fit_nodes *nodes, struct rk_err *err)
{
    char path[RK_FIT_NODE_NAME + 16], below[RK_FIT_PATH];
    int node, sub;

    if (strlen(name) > RK_FIT_NODE_NAME || strchr(name, '/') != NULL)
        return rk_fail(err, RK_E_FORMAT, "image name \"%.64s\" is too long or has a slash", name);
    (void)snprintf(path, sizeof path, "/images/%s", name);
    node = rk_fit_find(fdt, "images", name);
    if (node < 0)
        return rk_fail(err, RK_E_FORMAT, "it names image \"%s\", which is not there", name);
    if (!rk_fit_has_strong_hash(fdt, node) && (to_sign || !rk_fit_has_unknown_hash(fdt, node)))
        return rk_fail(err, RK_E_FORMAT,
                       "image \"%s\" has no hash by sha256, sha384 or sha512, so a signature would "
                       "not cover it",
                       name);
    if (rk_fit_nodes_add(nodes, path, err))
        return err->rc;
    fdt_for_each_subnode(sub, fdt, node)
    {
        const char *sub_name = fdt_get_name(fdt, sub, NULL);

        if (!rk_fit_is_named(fdt, sub, "hash") && !rk_fit_is_named(fdt, sub, "cipher"))
            continue;
        if (strlen(sub_name) > RK_FIT_NODE_NAME)
            return rk_fail(err, RK_E_FORMAT, "node name \"%.64s\" is too long", sub_name);
        (void)snprintf(below, sizeof below, "%s/%s", path, sub_name);
        if (rk_fit_nodes_add(nodes, below, err))
            return err->rc;
    }
    return RK_OK;
}

/* What U-Boot takes from a configuration. */
const char *const rk_fit_image_props[] = { "kernel", "fdt",  "ramdisk",    "firmware", "loadables",
                                           "setup",  "fpga", "standalone", "script",   NULL };

/* Root, configuration, and every image that it names. */
enum rk_rc rk_fit_list_nodes(const void *fdt, int conf, bool to_sign, struct rk_fit_nodes *nodes,
                             struct rk_err *err)
{
    const char *conf_name = fdt_get_name(fdt, conf, NULL);
    char path[RK_FIT_PATH];

    if (strlen(conf_name) > RK_FIT_NODE_NAME)
        return rk_fail(err, RK_E_FORMAT, "its name is too long");
    (void)snprintf(path, sizeof path, "/configurations/%s", conf_name);
    if (rk_fit_nodes_add(nodes, "/", err) || rk_fit_nodes_add(nodes, path, err))
        return err->rc;
    for (size_t i = 0; rk_fit_image_props[i] != NULL; i++) {
        int len, count = fdt_stringlist_count(fdt, conf, rk_fit_image_props[i]);

        if (count > RK_FIT_NODES_MAX)
            return rk_fail(err, RK_E_FORMAT, "its \"%s\" names %s, expected at most %d",
                           rk_fit_image_props[i], RK_COUNTED(count, "image"), RK_FIT_NODES_MAX);
        if (count <= 0 && count != -FDT_ERR_NOTFOUND)
            return rk_fail(err, RK_E_FORMAT, "its \"%s\" is no list of names",
                           rk_fit_image_props[i]);
        for (int k = 0; k < count; k++) {
            if (list_image(fdt, fdt_stringlist_get(fdt, conf, rk_fit_image_props[i], k, &len),
                           to_sign, nodes, err))
                return err->rc;
        }
    }
    if (nodes->count == 2)
        return rk_fail(err, RK_E_FORMAT, "it names no image");
    return RK_OK;
}

/* What the stored node list and hashed-strings say is signed. */
enum rk_rc rk_fit_stored_region(const uint8_t *fdt, int node, struct rk_map *covers,
                                struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_fit_nodes_done) struct rk_fit_nodes nodes = RK_FIT_NODES_NONE;
    int count = fdt_stringlist_count(fdt, node, "hashed-nodes"), len;
    const fdt32_t *strings = fdt_getprop(fdt, node, "hashed-strings", &len);

    if (count <= 0 || count > RK_FIT_NODES_MAX || strings == NULL || len != 8 ||
        fdt32_ld(&strings[0]) != 0)
        return rk_fail(err, RK_E_VERIFY, "hashed-nodes or hashed-strings is missing or odd");
    for (int i = 0; i < count; i++) {
        const char *path = fdt_stringlist_get(fdt, node, "hashed-nodes", i, NULL);

        if (path == NULL || rk_fit_nodes_add(&nodes, path, err))
            return rk_fail(err, RK_E_VERIFY, "hashed-nodes is damaged");
    }
    return rk_fit_region(fdt, &nodes, fdt32_ld(&strings[1]), covers, ret, err);
}
