/* SPDX-License-Identifier: Apache-2.0 */
/* Flattened device trees that UEFI reads, over libfdt. Source: Devicetree Specification 0.4, 5. */
#pragma once

#include "rotkit/format_row.h"

#include <libfdt.h>

enum { RK_DTB_MAX = 4 << 20 };

struct rk_dtb {
    const uint8_t *fdt;   /* as libfdt wants it: at a multiple of 8 */
    size_t len;           /* totalsize */
    struct rk_bytes copy; /* when the file did not stand so */
};
#define RK_DTB_NONE                                                                                \
    {                                                                                              \
        .fdt = NULL, .copy = RK_BYTES_NONE                                                         \
    }
void rk_dtb_done(struct rk_dtb *dtb);

/* RK_E_FORMAT unless every tag, name and property is within the tree. The file is borrowed. */
enum rk_rc rk_dtb_open(const uint8_t *file, size_t len, struct rk_dtb *ret,
                       struct rk_err *err) RK_MUST_CHECK;
/* libfdt's reason, in the words of its own error; a tree too large is RK_E_USAGE. */
enum rk_rc rk_dtb_fail(int code, const char *what, struct rk_err *err) RK_MUST_CHECK;
/* The value of a property, NULL when there is none; it stands at *ret_at in the file. */
const uint8_t *rk_dtb_get(const struct rk_dtb *dtb, int node, const char *name, size_t *ret_at,
                          size_t *ret_len);
/* Region of a property's value under parent. */
enum rk_rc rk_dtb_add(const struct rk_dtb *dtb, int node, const char *name, struct rk_map *map,
                      struct rk_region *parent, struct rk_region **ret,
                      struct rk_err *err) RK_MUST_CHECK;
/* A region of the whole tree under the root, one of what follows it. */
enum rk_rc rk_dtb_frame(const struct rk_dtb *dtb, size_t file_len, struct rk_map *map,
                        struct rk_region **ret, struct rk_err *err) RK_MUST_CHECK;
