/* SPDX-License-Identifier: Apache-2.0 */
#include "image/dtb.h"

#include "base/err.h"
#include "rotkit/counted.h"

#include <string.h>

void rk_dtb_done(struct rk_dtb *dtb)
{
    rk_bytes_done(&dtb->copy);
}

enum rk_rc rk_dtb_fail(int code, const char *what, struct rk_err *err)
{
    return rk_fail(err, code == -FDT_ERR_NOSPACE ? RK_E_USAGE : RK_E_FORMAT, "%s: %s", what,
                   fdt_strerror(code));
}

enum rk_rc rk_dtb_open(const uint8_t *file, size_t len, struct rk_dtb *ret, struct rk_err *err)
{
    RK_AUTO(rk_dtb_done) struct rk_dtb dtb = { .fdt = file };
    int code;

    if (len > RK_DTB_MAX)
        return rk_fail(err, RK_E_FORMAT, "device tree of %s, expected at most %d",
                       RK_COUNTED(len, "byte"), RK_DTB_MAX);
    if ((uintptr_t)file % 8 != 0) {
        if (rk_bytes_copy(file, len, &dtb.copy, err))
            return err->rc;
        dtb.fdt = dtb.copy.p;
    }
    code = len < FDT_V1_SIZE ? -FDT_ERR_TRUNCATED : fdt_check_full(dtb.fdt, len);
    if (code != 0)
        return rk_dtb_fail(code, "device tree", err);
    dtb.len = fdt_totalsize(dtb.fdt);
    *ret = dtb;
    dtb.copy = (struct rk_bytes)RK_BYTES_NONE;
    return RK_OK;
}

const uint8_t *rk_dtb_get(const struct rk_dtb *dtb, int node, const char *name, size_t *ret_at,
                          size_t *ret_len)
{
    int len = 0;
    const uint8_t *value = fdt_getprop(dtb->fdt, node, name, &len);

    if (value == NULL)
        return NULL;
    *ret_at = (size_t)(value - dtb->fdt);
    *ret_len = (size_t)len;
    return value;
}

enum rk_rc rk_dtb_add(const struct rk_dtb *dtb, int node, const char *name, struct rk_map *map,
                      struct rk_region *parent, struct rk_region **ret, struct rk_err *err)
{
    size_t at, len;

    if (rk_dtb_get(dtb, node, name, &at, &len) == NULL)
        return rk_fail(err, RK_E_FORMAT, "no property \"%s\"", name);
    return rk_region_add(map, parent, at, len, name, ret, err);
}

enum rk_rc rk_dtb_frame(const struct rk_dtb *dtb, size_t file_len, struct rk_map *map,
                        struct rk_region **ret, struct rk_err *err)
{
    struct rk_region *rest;

    if (rk_region_add(map, map->root, 0, dtb->len, "device tree", ret, err))
        return err->rc;
    if (dtb->len == file_len)
        return RK_OK;
    return rk_region_add(map, map->root, dtb->len, file_len - dtb->len, "behind the device tree",
                         &rest, err);
}
