/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flash-dump: what a reader of a board's flash made, of all of it or of a part, without a table at
 * its end (with one it is qspi) or a header at its start. What can be found in it by its content is
 * the key blob, by its magic and size word (jetson-ftpm-ekb.md 2.1).
 */
#include "platform/tegra/ekb.h"

#include "rotkit/counted.h"
#include "rotkit/format_row.h"

#include <stdio.h>

enum { DUMP_MAX = 512 << 20, BLOBS_MAX = 1024 };

static bool recognise(const uint8_t *file, size_t len)
{
    struct rk_ekb_outline out;
    size_t at = 0;

    return rk_ekb_next(file, len, &at, &out);
}

static enum rk_rc parse(const uint8_t *file, size_t len, struct rk_map *map, struct rk_err *err)
{
    struct rk_ekb_outline out;
    struct rk_region *region;
    size_t at = 0, count = 0;

    for (; rk_ekb_next(file, len, &at, &out); at += out.len) {
        if (count++ == BLOBS_MAX)
            return rk_fail(err, RK_E_FORMAT, "more than %d key blobs", BLOBS_MAX);
        if (rk_region_add(map, map->root, at, out.len, "key blob", &region, err))
            return err->rc;
        region->nested = true;
    }
    if (count == 0)
        return rk_fail(err, RK_E_FORMAT, "no key blob inside");
    (void)snprintf(map->integrity, sizeof map->integrity,
                   "%s found; the rest of the dump is not looked into",
                   RK_COUNTED(count, "key blob"));
    return RK_OK;
}

const struct rk_format rk_format_flash_dump = {
    .name = "flash-dump",
    .title = "flash dump with key blobs",
    .max = DUMP_MAX,
    .recognise = recognise,
    .parse = parse,
    .refusal = "it is read from a board: pack qspi makes a flash image",
};
