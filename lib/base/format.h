/* SPDX-License-Identifier: Apache-2.0 */
/* A file format is one row. keys, ftpm, bct and image export rows; build/formats.c joins them. */
#pragma once

#include "base/err.h"
#include "ftpmprov/format.h"

#include <stdbool.h>

struct rk_format {
    const char *name;  /* as in `rotkit pack NAME` */
    const char *title; /* for people */
    size_t max;        /* largest file, bytes */
    bool (*recognise)(const uint8_t *file, size_t len);
    /* Fills map->root's children and map->integrity; checks all that can be checked without a key.
     */
    enum rk_rc (*parse)(const uint8_t *file, size_t len, struct rk_map *map, struct rk_err *err);
};

/* Adds a region at the end of parent's children (parent NULL makes the root). RK_E_NOMEM. */
enum rk_rc rk_region_add(struct rk_map *map, struct rk_region *parent, uint64_t offset,
                         uint64_t len, const char *name, struct rk_region **ret,
                         struct rk_err *err) RK_MUST_CHECK;
