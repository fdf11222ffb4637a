/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/db_rows.h"

#include <string.h>

static const char line_end[2] = { '\r', '\n' };

enum rk_rc db_rows_put(const struct db_rows *rows, size_t i, const struct rk_unit_id *sn,
                       const uint8_t *value, struct rk_secret *table, struct rk_err *err)
{
    const char *header = rk_devicedb_header(rows->kind);
    size_t front = header == NULL ? 0 : strlen(header) + sizeof line_end;
    RK_AUTO(rk_secret_done) struct rk_secret text = RK_SECRET_NONE;

    if (rk_devicedb_format(rows->kind, sn, value, &text, err))
        return err->rc;
    if (table->p == NULL) {
        if (rk_secret_new(front + text.len * rows->count, table, err))
            return err->rc;
        if (header != NULL) {
            memcpy(table->p, header, strlen(header));
            memcpy(table->p + strlen(header), line_end, sizeof line_end);
        }
    }
    memcpy(table->p + front + i * text.len, text.p, text.len);
    return RK_OK;
}
