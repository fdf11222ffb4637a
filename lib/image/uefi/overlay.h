/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device tree overlays that set UEFI variables on a Jetson: read, walked and written. Source:
 * boot-images.md 5.0, "Default UEFI keys overlay"; jetson-factory.md 6.
 */
#pragma once

#include "image/dtb.h"

#define RK_OVERLAY_GLOBAL "gEfiGlobalVariableGuid" /* nodes that stand for a vendor GUID */
#define RK_OVERLAY_NVIDIA "gNVIDIAPublicVariableGuid"

struct rk_overlay {
    struct rk_dtb dtb;
    int fragment, variables; /* nodes: the first fragment that sets variables, and where */
};
#define RK_OVERLAY_NONE                                                                            \
    {                                                                                              \
        .dtb = RK_DTB_NONE                                                                         \
    }
void rk_overlay_done(struct rk_overlay *overlay); /* for RK_AUTO */

/* RK_E_FORMAT when it is no device tree, or sets no UEFI variable. The file is borrowed. */
enum rk_rc rk_overlay_open(const uint8_t *file, size_t len, struct rk_overlay *ret,
                           struct rk_err *err) RK_MUST_CHECK;
/* RK_E_FORMAT unless the firmware looks at the fragment at all. */
enum rk_rc rk_overlay_check_frame(const struct rk_overlay *overlay,
                                  struct rk_err *err) RK_MUST_CHECK;

/* A path of names below a node; libfdt's code, which is negative, when there is none. */
int rk_overlay_below(const struct rk_dtb *dtb, int node, const char *path);
/* Whether the node's property is exactly this. */
bool rk_overlay_holds(const struct rk_dtb *dtb, int node, const char *name, const void *want,
                      size_t want_len);

struct rk_overlay_variable {
    const char *vendor, *name; /* of its nodes */
    int node;
};
typedef enum rk_rc (*rk_overlay_visit)(void *arg, const struct rk_overlay_variable *variable,
                                       struct rk_err *err);
/* Every variable in the tree's order, until one fails. RK_E_FORMAT when there are too many. */
enum rk_rc rk_overlay_each(const struct rk_overlay *overlay, rk_overlay_visit visit, void *arg,
                           struct rk_err *err) RK_MUST_CHECK;
/* A region of the variable's data, named after it. RK_E_FORMAT when it has none. */
enum rk_rc rk_overlay_add(const struct rk_overlay *overlay,
                          const struct rk_overlay_variable *variable, struct rk_map *map,
                          struct rk_region *parent, struct rk_region **ret,
                          struct rk_err *err) RK_MUST_CHECK;

/* ---- writing: straight down, asked about once, at the end ---- */

struct rk_overlay_out {
    struct rk_bytes room;
    int code; /* libfdt's first failure */
};
void rk_overlay_out_done(struct rk_overlay_out *out); /* for RK_AUTO */
/* Opens the fragment, down to where the nodes of vendors stand. */
enum rk_rc rk_overlay_begin(struct rk_overlay_out *out, struct rk_err *err) RK_MUST_CHECK;
void rk_overlay_begin_vendor(struct rk_overlay_out *out, const char *vendor);
void rk_overlay_put(struct rk_overlay_out *out, const char *name, const void *value, size_t len,
                    bool non_volatile);
void rk_overlay_end_vendor(struct rk_overlay_out *out);
enum rk_rc rk_overlay_end(struct rk_overlay_out *out, struct rk_bytes *ret,
                          struct rk_err *err) RK_MUST_CHECK;
