/* SPDX-License-Identifier: Apache-2.0 */
/* The files that units can be recomputed from, as options name them. */
#pragma once

/* Files of units, by the names that section devices of a manifest has for them; NULL: not given. */
struct rk_seed_files {
    const char *kdk_db, *eps_seeds, *eps_db;
};
