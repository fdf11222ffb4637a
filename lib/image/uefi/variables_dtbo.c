/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uefi-variables-dtbo: an overlay that sets UEFI variables, none of them keys (BootOrder,
 * L4TConfiguration, ...): drawn, so that nobody takes it for a damaged overlay of keys. Source:
 * jetson-factory.md 6.
 */
#include "rotkit/format_row.h"
#include "image/uefi/overlay.h"

#include <stdio.h>
#include <string.h>

static bool recognise(const uint8_t *file, size_t len)
{
    RK_AUTO(rk_overlay_done) struct rk_overlay overlay = RK_OVERLAY_NONE;
    struct rk_err ignored;

    return len >= 4 && memcmp(file, "\xd0\x0d\xfe\xed", 4) == 0 &&
           rk_overlay_open(file, len, &overlay, &ignored) == RK_OK;
}

struct drawing {
    const struct rk_overlay *overlay;
    struct rk_map *map;
    struct rk_region *tree;
};

static enum rk_rc draw(void *arg, const struct rk_overlay_variable *variable, struct rk_err *err)
{
    const struct drawing *d = arg;
    struct rk_region *region;
    size_t at, len;

    if (rk_dtb_get(&d->overlay->dtb, variable->node, "data", &at, &len) == NULL)
        return RK_OK;
    if (rk_overlay_add(d->overlay, variable, d->map, d->tree, &region, err))
        return err->rc;
    (void)snprintf(region->note, sizeof region->note, "%.100s", variable->vendor);
    return RK_OK;
}

static enum rk_rc parse(const uint8_t *file, size_t len, struct rk_map *map, struct rk_err *err)
{
    RK_AUTO(rk_overlay_done) struct rk_overlay overlay = RK_OVERLAY_NONE;
    struct drawing d = { .overlay = &overlay, .map = map };

    if (rk_overlay_open(file, len, &overlay, err) ||
        rk_dtb_frame(&overlay.dtb, len, map, &d.tree, err) ||
        rk_overlay_each(&overlay, draw, &d, err))
        return err->rc;
    (void)snprintf(map->integrity, sizeof map->integrity,
                   "no keys; structure holds, not signed (the image that carries it is)");
    return RK_OK;
}

const struct rk_format rk_format_uefi_variables_dtbo = {
    .name = "uefi-variables-dtbo",
    .title = "UEFI variables overlay",
    .max = RK_DTB_MAX,
    .recognise = recognise,
    .parse = parse,
    .refusal = "an overlay of other variables than keys is the BSP's: rotkit shows it",
};
