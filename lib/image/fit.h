/* SPDX-License-Identifier: Apache-2.0 */
/* U-Boot FIT images: what is signed of a configuration. Source: boot-images.md 5.3. */
#pragma once

#include "base/format.h"

enum { RK_FIT_MAX = 256 << 20, RK_FIT_NODES_MAX = 32, RK_FIT_PATH = 160 };

/* The nodes whose bytes a signature covers, by full path. */
struct rk_fit_nodes {
    char path[RK_FIT_NODES_MAX][RK_FIT_PATH];
    size_t count;
};
enum rk_rc rk_fit_nodes_add(struct rk_fit_nodes *nodes, const char *path,
                            struct rk_err *err) RK_MUST_CHECK;

/*
 * The signed bytes: of listed nodes tags and properties but data*, of their direct children the
 * tags alone, the end mark, then `strings` bytes of the strings block. covers, when not NULL, gets
 * a guard for each range.
 */
enum rk_rc rk_fit_region(const uint8_t *fdt, const struct rk_fit_nodes *nodes, size_t strings,
                         struct rk_map *covers, struct rk_bytes *ret,
                         struct rk_err *err) RK_MUST_CHECK;

/* Sets a text property; 0, or an error of libfdt. */
int rk_fdt_put_text(void *fdt, int node, const char *name, const char *text);

/* A dtb with /signature/key-NAME, as `mkimage -K` fills it and U-Boot carries it. */
enum rk_rc rk_fit_key_dtb(EVP_PKEY *pub, const char *name, const char *algo, const char *required,
                          struct rk_bytes *ret, struct rk_err *err) RK_MUST_CHECK;
