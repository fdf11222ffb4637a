/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The units that a file has named so far, with their lines: a repeated row would make two devices
 * one. The one thing about a database that grows: 32 MiB for a million units.
 */
#pragma once

#include "base/err.h"
#include "rotkit/unit_id.h"

#include <stdbool.h>

struct rk_units_seen {
    struct rk_unit_seen *slot; /* open addressing, at most half full */
    size_t room, used;
    uint64_t key[4]; /* of its hash, random */
};
void rk_units_seen_done(struct rk_units_seen *seen);

/* RK_E_USAGE at path and line when the unit is there already, naming its line. */
enum rk_rc rk_units_seen_add(struct rk_units_seen *seen, const char *path, uint64_t line,
                             const struct rk_unit_id *sn, struct rk_err *err) RK_MUST_CHECK;
/* The line of a unit; 0: it is not there. */
uint32_t rk_units_seen_line(const struct rk_units_seen *seen, const struct rk_unit_id *sn);
