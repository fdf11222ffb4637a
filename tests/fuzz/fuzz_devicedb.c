/* SPDX-License-Identifier: Apache-2.0 */
/* Device databases of each kind: a row that is read is the row that was written. */
#include "fuzz.h"

#include "rotkit/devicedb.h"

#include <string.h>

/* A row as a text, without its end; hex digits may have been of upper case. */
static void look(enum rk_devicedb_kind kind, const struct rk_devicedb_row *row)
{
    static const size_t len[] = { [RK_DB_KDK] = 32,
                                  [RK_DB_PUBKEY] = 64,
                                  [RK_DB_EPS_SEED] = 32,
                                  [RK_DB_EPS] = 64,
                                  [RK_DB_HUK] = 16 };
    bool csv = kind >= RK_DB_EPS;
    struct rk_secret text = RK_SECRET_NONE;
    struct rk_err err;

    FUZZ_HOLDS(row->value.len == len[kind]);
    FUZZ_HOLDS(row->line != 0);
    FUZZ_DO(rk_devicedb_format(kind, &row->sn, row->value.p, &text, &err));
    FUZZ_HOLDS(text.len == (csv ? 20u : 4u + 1u + 16u) + 1 + 2 * len[kind] + 2);
    rk_secret_done(&text);
}

/* What is looked up later is what was read. */
static void look_again(enum rk_devicedb_kind kind, const rk_devicedb *db,
                       const struct rk_devicedb_row *row)
{
    struct rk_secret again = RK_SECRET_NONE;
    struct rk_err err;

    FUZZ_HOLDS(rk_devicedb_line_of(db, &row->sn) == row->line);
    if (rk_devicedb_header(kind) == NULL)
        return;
    FUZZ_DO(rk_devicedb_reread(db, row, &again, &err));
    FUZZ_HOLDS(again.len == row->value.len && memcmp(again.p, row->value.p, again.len) == 0);
    rk_secret_done(&again);
}

static bool read_as(enum rk_devicedb_kind kind, const char *path)
{
    struct rk_unit_id last = { .b = { 0 } };
    rk_devicedb *db = NULL;
    uint64_t rows = 0;
    bool more = true;
    struct rk_err err;

    if (rk_devicedb_open(path, kind, NULL, &db, &err)) /* sealed, and nobody opens it */
        return false;
    while (more) {
        struct rk_devicedb_row row = { .line = 0 };

        if (rk_devicedb_next(db, &row, &more, &err)) {
            rk_devicedb_close(db);
            return false;
        }
        if (!more)
            break;
        look(kind, &row);
        look_again(kind, db, &row);
        FUZZ_HOLDS(rows == 0 || memcmp(last.b, row.sn.b, sizeof last.b) != 0);
        last = row.sn;
        rows++;
        rk_devicedb_row_done(&row);
    }
    rk_devicedb_close(db);
    return rows != 0;
}

bool fuzz_one(const uint8_t *data, size_t size)
{
    const char *path = fuzz_file(data, size);
    bool taken = false;

    for (int kind = RK_DB_KDK; kind <= RK_DB_HUK; kind++)
        taken = read_as((enum rk_devicedb_kind)kind, path) || taken;
    return taken;
}
