/* SPDX-License-Identifier: Apache-2.0 */
/* A layout table as regions of a map. */
#include "rotkit/format_row.h"

#include <stdio.h>

enum rk_rc rk_layout_map(const struct rk_field *fields, size_t count, const void *from, uint64_t at,
                         struct rk_region *parent, struct rk_err *err)
{
    for (size_t i = 0; i < count; i++) {
        struct rk_region *region;

        if (rk_region_add(NULL, parent, at, fields[i].width, fields[i].name, &region, err))
            return err->rc;
        rk_field_text(&fields[i], from, region->note, sizeof region->note);
        at += fields[i].width;
    }
    return RK_OK;
}
