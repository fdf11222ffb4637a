/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this folder that know fuses share beside rotkit/fuse_set.h and fuse_file.h. */
#pragma once

#include "rotkit/fuse_set.h"

/* fuse_table.c, beside what rotkit/fuse_set.h has of it */
struct rk_fuse_mistake { /* a name that people write into a file of this SoC */
    const char *platform, *name, *why;
};
const char *rk_fuse_mistake(const struct rk_fuse_soc *soc, const char *name); /* NULL: none known */
bool rk_fuse_is_read_only(const char *name);
const char *rk_fuse_sample_at(size_t i); /* hex; NULL past the end */

/* fuse_set.c: an entry as it stands in a file, whatever else the set has. RK_E_FORMAT when full. */
enum rk_rc rk_fuse_set_append(struct rk_fuse_set *set, const struct rk_fuse_row *row,
                              struct rk_secret *value, struct rk_fuse **ret,
                              struct rk_err *err) RK_MUST_CHECK;
