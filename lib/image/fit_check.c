/* SPDX-License-Identifier: Apache-2.0 */
/* FIT images: whether every configuration is signed, by whom, and over all that it loads. */
#include "image/fit.h"

#include "rotkit/format_row.h"

#include <stdio.h>
#include <string.h>

#include <libfdt.h>

/* Every node that the configuration needs must be among those that are signed. */
static enum rk_rc check_complete(const uint8_t *fdt, int conf, int node, struct rk_err *err)
{
    struct rk_fit_nodes needed = { .count = 0 };

    if (rk_fit_list_nodes(fdt, conf, &needed, err))
        return err->rc;
    for (size_t i = 0; i < needed.count; i++) {
        if (fdt_stringlist_search(fdt, node, "hashed-nodes", needed.path[i]) < 0)
            return rk_fail(err, RK_E_VERIFY, "\"%s\" is not among the signed nodes",
                           needed.path[i]);
    }
    return RK_OK;
}

/* The data of an image is signed by way of its hash node. */
static enum rk_rc guard_data(const uint8_t *fdt, int conf, struct rk_map *map, struct rk_err *err)
{
    for (size_t i = 0; rk_fit_image_props[i] != NULL; i++) {
        int count = fdt_stringlist_count(fdt, conf, rk_fit_image_props[i]), len;

        for (int k = 0; k < count; k++) {
            const char *name = fdt_stringlist_get(fdt, conf, rk_fit_image_props[i], k, NULL);
            int node = fdt_subnode_offset(fdt, fdt_path_offset(fdt, "/images"), name);
            const uint8_t *data = fdt_getprop(fdt, node, "data", &len);

            if (data != NULL && rk_map_guard(map, (uint64_t)(data - fdt), (uint64_t)len,
                                             RK_GUARD_SIGNATURE, "FIT signature, by its hash", err))
                return err->rc;
        }
    }
    return RK_OK;
}

static enum rk_rc check_signature(const struct rk_request *request, const uint8_t *fdt, int conf,
                                  int node, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes message = RK_BYTES_NONE;
    const char *algo = rk_fit_text(fdt, node, "algo"), *padding = rk_fit_text(fdt, node, "padding");
    int len = 0;
    const uint8_t *value = fdt_getprop(fdt, node, "value", &len);
    const struct rk_fit_algorithm *want;

    if (algo == NULL || value == NULL)
        return rk_fail(err, RK_E_VERIFY, "is not signed");
    if (fdt_getprop(fdt, node, "padding", NULL) != NULL &&
        (padding == NULL || (strcmp(padding, "pss") != 0 && strcmp(padding, "pkcs-1.5") != 0)))
        return rk_fail(err, RK_E_VERIFY, "unknown padding, expected pss or pkcs-1.5");
    if (rk_fit_find_algorithm(request->key[0].pub, &want, err) || strcmp(want->name, algo) != 0)
        return rk_fail(err, RK_E_VERIFY, "signed by \"%.40s\", the key given is of another kind",
                       algo);
    if (check_complete(fdt, conf, node, err) ||
        rk_fit_stored_region(fdt, node, NULL, &message, err))
        return err->rc;
    return rk_signature_check(request->ctx, request->key[0].pub,
                              rk_fit_scheme(padding == NULL ? "pkcs-1.5" : padding), message.p,
                              message.len, value, (size_t)len, err);
}

/* One signature that holds is enough: the others are for other keys. */
static enum rk_rc check_conf(const struct rk_request *request, const uint8_t *fdt, int conf,
                             struct rk_map *map, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes message = RK_BYTES_NONE;
    const uint8_t *value;
    int node, len = 0;

    (void)rk_fail(err, RK_E_VERIFY, "is not signed");
    fdt_for_each_subnode(node, fdt, conf)
    {
        if (!rk_fit_is_named(fdt, node, "signature") ||
            check_signature(request, fdt, conf, node, err) != RK_OK)
            continue;
        value = fdt_getprop(fdt, node, "value", &len);
        if (rk_map_checked(map, (uint64_t)(value - fdt), (uint64_t)len, err) ||
            rk_fit_stored_region(fdt, node, map, &message, err))
            return err->rc;
        return guard_data(fdt, conf, map, err);
    }
    return err->rc;
}

enum rk_rc rk_fit_check(const struct rk_request *request, const uint8_t *file, size_t len,
                        struct rk_map *map, struct rk_err *err)
{
    bool keyed = request->key_count != 0, go;
    int conf, count = 0;

    if (rk_fit_open(file, len, err) ||
        rk_check_begin(request, keyed || rk_fit_is_signed(file), RK_NEED_PUB, map, &go, err))
        return err->rc;
    if (!go)
        return RK_OK;
    fdt_for_each_subnode(conf, file, fdt_path_offset(file, "/configurations"))
    {
        if (check_conf(request, file, conf, map, err))
            return rk_wrap(err, "configuration %s", fdt_get_name(file, conf, NULL));
        count++;
    }
    if (count == 0)
        return rk_fail(err, RK_E_VERIFY, "has no configuration, so nothing is signed");
    (void)snprintf(map->signer, sizeof map->signer, "the key given");
    (void)snprintf(map->integrity, sizeof map->integrity,
                   "hashes and %d signed configurations hold", count);
    return RK_OK;
}
