/* SPDX-License-Identifier: Apache-2.0 */
/* A new database of devices, made whole in secure memory: its header, then one row after another.
 */
#pragma once

#include "rotkit/devicedb.h"

struct db_rows {
    enum rk_devicedb_kind kind;
    size_t count; /* of all rows */
};
/* Puts row i at its place; the first one to come makes the table, since rows are alike. */
enum rk_rc db_rows_put(const struct db_rows *rows, size_t i, const struct rk_unit_id *sn,
                       const uint8_t *value, struct rk_secret *table,
                       struct rk_err *err) RK_MUST_CHECK;
