/* SPDX-License-Identifier: Apache-2.0 */
#include "image/uefi/overlay.h"

#include <stdio.h>
#include <string.h>

enum { FRAGMENTS_MAX = 64, VENDORS_MAX = 32, VARIABLES_MAX = 256 };

/* Where the nodes of vendors stand in a fragment. */
static const char *const path[] = { "__overlay__", "firmware", "uefi", "variables" };
enum { PATH = sizeof path / sizeof path[0] };

/* ---- reading ---- */

void rk_overlay_done(struct rk_overlay *overlay)
{
    rk_dtb_done(&overlay->dtb);
}

int rk_overlay_below(const struct rk_dtb *dtb, int node, const char *names)
{
    while (node >= 0 && *names != '\0') {
        size_t len = strcspn(names, "/");

        node = fdt_subnode_offset_namelen(dtb->fdt, node, names, (int)len);
        names += len + (names[len] == '/' ? 1 : 0);
    }
    return node;
}

bool rk_overlay_holds(const struct rk_dtb *dtb, int node, const char *name, const void *want,
                      size_t want_len)
{
    size_t at, len;
    const uint8_t *value = node < 0 ? NULL : rk_dtb_get(dtb, node, name, &at, &len);

    return value != NULL && len == want_len && memcmp(value, want, len) == 0;
}

enum rk_rc rk_overlay_open(const uint8_t *file, size_t len, struct rk_overlay *ret,
                           struct rk_err *err)
{
    RK_AUTO(rk_overlay_done) struct rk_overlay overlay = RK_OVERLAY_NONE;
    int node;

    if (rk_dtb_open(file, len, &overlay.dtb, err))
        return err->rc;
    node = fdt_first_subnode(overlay.dtb.fdt, 0);
    for (int i = 0; i < FRAGMENTS_MAX && node >= 0; i++) {
        overlay.fragment = overlay.variables = node;
        for (size_t k = 0; k < PATH; k++)
            overlay.variables = rk_overlay_below(&overlay.dtb, overlay.variables, path[k]);
        if (overlay.variables >= 0) {
            *ret = overlay;
            overlay.dtb.copy = (struct rk_bytes)RK_BYTES_NONE;
            return RK_OK;
        }
        node = fdt_next_subnode(overlay.dtb.fdt, node);
    }
    return rk_fail(err, RK_E_FORMAT, "no fragment with firmware/uefi/variables");
}

/* Another fragment could set the same variables, or others, unseen. */
static enum rk_rc check_alone(const struct rk_overlay *overlay, struct rk_err *err)
{
    const void *fdt = overlay->dtb.fdt;

    for (int node = fdt_first_subnode(fdt, 0); node >= 0; node = fdt_next_subnode(fdt, node)) {
        if (node != overlay->fragment && fdt_subnode_offset(fdt, node, path[0]) >= 0)
            return rk_fail(err, RK_E_FORMAT, "a second fragment, \"%.64s\"",
                           fdt_get_name(fdt, node, NULL));
    }
    return RK_OK;
}

enum rk_rc rk_overlay_check_frame(const struct rk_overlay *overlay, struct rk_err *err)
{
    const struct rk_dtb *dtb = &overlay->dtb;

    if (!rk_overlay_holds(dtb, overlay->fragment, "target-path", "/", 2))
        return rk_fail(err, RK_E_FORMAT, "the fragment's target-path is not \"/\"");
    if (!rk_overlay_holds(dtb, rk_overlay_below(dtb, overlay->fragment, "board_config"),
                          "sw-modules", "uefi", 5))
        return rk_fail(err, RK_E_FORMAT, "the fragment's board_config/sw-modules is not \"uefi\"");
    return check_alone(overlay, err);
}

static enum rk_rc each_of(const struct rk_overlay *overlay, int vendor, rk_overlay_visit visit,
                          void *arg, struct rk_err *err)
{
    const void *fdt = overlay->dtb.fdt;
    int count = 0;

    for (int node = fdt_first_subnode(fdt, vendor); node >= 0; node = fdt_next_subnode(fdt, node)) {
        struct rk_overlay_variable variable = { .vendor = fdt_get_name(fdt, vendor, NULL),
                                                .name = fdt_get_name(fdt, node, NULL),
                                                .node = node };

        if (count++ == VARIABLES_MAX)
            return rk_fail(err, RK_E_FORMAT, "%s: more than %d variables", variable.vendor,
                           VARIABLES_MAX);
        if (visit(arg, &variable, err))
            return err->rc;
    }
    return RK_OK;
}

enum rk_rc rk_overlay_each(const struct rk_overlay *overlay, rk_overlay_visit visit, void *arg,
                           struct rk_err *err)
{
    const void *fdt = overlay->dtb.fdt;
    int count = 0;

    for (int vendor = fdt_first_subnode(fdt, overlay->variables); vendor >= 0;
         vendor = fdt_next_subnode(fdt, vendor)) {
        if (count++ == VENDORS_MAX)
            return rk_fail(err, RK_E_FORMAT, "variables of more than %d vendors", VENDORS_MAX);
        if (each_of(overlay, vendor, visit, arg, err))
            return err->rc;
    }
    return RK_OK;
}

enum rk_rc rk_overlay_add(const struct rk_overlay *overlay,
                          const struct rk_overlay_variable *variable, struct rk_map *map,
                          struct rk_region *parent, struct rk_region **ret, struct rk_err *err)
{
    if (rk_dtb_add(&overlay->dtb, variable->node, "data", map, parent, ret, err))
        return rk_wrap(err, "%s", variable->name);
    (void)snprintf((*ret)->name, sizeof(*ret)->name, "%s", variable->name);
    return RK_OK;
}

/* ---- writing ---- */

static void begin(struct rk_overlay_out *out, const char *name)
{
    if (out->code == 0)
        out->code = fdt_begin_node(out->room.p, name);
}

static void put(struct rk_overlay_out *out, const char *name, const void *value, size_t len)
{
    if (out->code == 0)
        out->code = fdt_property(out->room.p, name, value, (int)len);
}

static void end(struct rk_overlay_out *out, size_t nodes)
{
    for (; nodes > 0 && out->code == 0; nodes--)
        out->code = fdt_end_node(out->room.p);
}

void rk_overlay_out_done(struct rk_overlay_out *out)
{
    rk_bytes_done(&out->room);
}

enum rk_rc rk_overlay_begin(struct rk_overlay_out *out, struct rk_err *err)
{
    *out = (struct rk_overlay_out) { .code = 0 };
    if (rk_bytes_new(RK_DTB_MAX, &out->room, err))
        return err->rc;
    out->code = fdt_create(out->room.p, RK_DTB_MAX);
    if (out->code == 0)
        out->code = fdt_finish_reservemap(out->room.p);
    begin(out, "");
    begin(out, "fragment@0");
    put(out, "target-path", "/", 2);
    begin(out, "board_config");
    put(out, "sw-modules", "uefi", 5);
    end(out, 1);
    for (size_t i = 0; i < PATH; i++)
        begin(out, path[i]);
    return RK_OK;
}

void rk_overlay_begin_vendor(struct rk_overlay_out *out, const char *vendor)
{
    begin(out, vendor);
}

void rk_overlay_put(struct rk_overlay_out *out, const char *name, const void *value, size_t len,
                    bool non_volatile)
{
    begin(out, name);
    put(out, "data", value, len);
    if (non_volatile)
        put(out, "non-volatile", "", 0);
    end(out, 1);
}

void rk_overlay_end_vendor(struct rk_overlay_out *out)
{
    end(out, 1);
}

enum rk_rc rk_overlay_end(struct rk_overlay_out *out, struct rk_bytes *ret, struct rk_err *err)
{
    end(out, PATH + 2);
    if (out->code == 0)
        out->code = fdt_finish(out->room.p);
    if (out->code != 0)
        return rk_dtb_fail(out->code, "device tree", err);
    return rk_bytes_copy(out->room.p, fdt_totalsize(out->room.p), ret, err);
}
