/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What rotkit knows about a file: one map, a tree of regions. inspect, JSON and verify are walks of
 * it. Every format is one row (struct rk_format in base/format.h); this is how a caller asks.
 */
#pragma once

#include "ftpmprov/json.h"

struct rk_region {
    uint64_t offset, len; /* bytes in the file */
    char name[64];
    char note[192];          /* value or remark, "" when none; never a secret */
    struct rk_region *child; /* first child, inside this region */
    struct rk_region *next;  /* next sibling, at or after this one's end */
};
struct rk_map {
    const char *format; /* row name, e.g. "ekb" */
    struct rk_region *root;
    char integrity[192]; /* what was checked without a key: "digest ok", "MAC not checked: needs the
                            root key" */
};
RK_API void rk_map_done(struct rk_map *map);

/* Finds the format by content and parses; RK_E_FORMAT "unknown format" lists the known rows. */
RK_API enum rk_rc rk_format_inspect(const uint8_t *file, size_t len, struct rk_map *ret,
                                    struct rk_err *err) RK_MUST_CHECK;
RK_API enum rk_rc rk_map_text(const struct rk_map *map, struct rk_bytes *ret,
                              struct rk_err *err) RK_MUST_CHECK;
RK_API void rk_map_json(const struct rk_map *map, struct rk_jv at);
/* Row names in table order; NULL past the end. */
RK_API const char *rk_format_name(size_t i);
