/* SPDX-License-Identifier: Apache-2.0 */
/* The statements of the ledger, in the SQL that SQLite and PostgreSQL have in common. */
#include "ledger/db.h"

#define ENTRY_COLUMNS      "seq, time, kind, unit, licence, build, inputs, digest, keys, note, hash"
#define CHECKPOINT_COLUMNS "size, head, time, key, scheme, signature"

/* clang-format off */
const char *const rk_sql[RK_SQL_COUNT] = {
    [RK_SQL_HEAD] = "SELECT seq, hash, time FROM rotkit_entry ORDER BY seq DESC LIMIT 1",
    [RK_SQL_ENTRY_PUT] =
        "INSERT INTO rotkit_entry (" ENTRY_COLUMNS ")"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    [RK_SQL_ENTRY_GET] = "SELECT " ENTRY_COLUMNS " FROM rotkit_entry WHERE seq = $1",
    [RK_SQL_ENTRY_LIST] = "SELECT " ENTRY_COLUMNS " FROM rotkit_entry WHERE seq > $1 ORDER BY seq",
    [RK_SQL_UNIT_GET] =
        "SELECT state, licence, build, inputs, digest FROM rotkit_unit WHERE unit = $1",
    [RK_SQL_UNIT_PUT] =
        "INSERT INTO rotkit_unit (unit, seq, state, licence, build, inputs, digest)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (unit) DO UPDATE SET seq = excluded.seq,"
        " state = excluded.state, licence = excluded.licence, build = excluded.build,"
        " inputs = excluded.inputs, digest = excluded.digest",
    [RK_SQL_UNIT_LIST] =
        "SELECT u.unit, u.state, u.licence, u.build, u.inputs, u.digest, u.seq, e.time"
        " FROM rotkit_unit u JOIN rotkit_entry e ON e.seq = u.seq ORDER BY u.unit",
    /* what verify holds a unit's row against: the last entry about it */
    [RK_SQL_UNIT_LAST] =
        "SELECT e.unit, e.seq, e.kind, e.licence, e.inputs, e.digest,"
        " u.seq, u.state, u.licence, u.inputs, u.digest FROM"
        " (SELECT unit AS l_unit, max(seq) AS l_seq FROM rotkit_entry WHERE unit <> '' GROUP BY unit) l"
        " JOIN rotkit_entry e ON e.seq = l_seq LEFT JOIN rotkit_unit u ON u.unit = l_unit"
        " ORDER BY e.unit",
    [RK_SQL_UNIT_COUNTS] =
        "SELECT state, licence, count(*) FROM rotkit_unit GROUP BY state, licence"
        " ORDER BY licence, state",
    [RK_SQL_UNITS_BETWEEN] =
        "SELECT count(*) FROM rotkit_unit WHERE licence = $1 AND state <> 'void'"
        " AND substr(unit, 5) BETWEEN $2 AND $3",
    [RK_SQL_KEY_PUT] =
        "INSERT INTO rotkit_key (kind, value, unit, seq) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (kind, value) DO NOTHING",
    [RK_SQL_KEY_OWNER] = "SELECT unit FROM rotkit_key WHERE kind = $1 AND value = $2",
    [RK_SQL_KEY_COUNT] = "SELECT count(*) FROM rotkit_key",
    [RK_SQL_KEY_ENTRIES] =
        "SELECT k.kind, k.value, k.unit, e.unit, e.keys FROM rotkit_key k"
        " LEFT JOIN rotkit_entry e ON e.seq = k.seq",
    [RK_SQL_LICENCE_PUT] =
        "INSERT INTO rotkit_licence (id, terms, units, reissues, spent, reissued)"
        " VALUES ($1, $2, $3, $4, 0, 0)",
    [RK_SQL_LICENCE_GET] =
        "SELECT terms, units, reissues, spent, reissued FROM rotkit_licence WHERE id = $1",
    [RK_SQL_LICENCE_SPEND] =
        "UPDATE rotkit_licence SET spent = spent + $1, reissued = reissued + $2 WHERE id = $3",
    [RK_SQL_LICENCE_LIST] =
        "SELECT id, terms, units, reissues, spent, reissued FROM rotkit_licence ORDER BY id",
    [RK_SQL_SPLIT_PUT] =
        "INSERT INTO rotkit_split (child, licence, first_sn, last_sn, units)"
        " VALUES ($1, $2, $3, $4, $5)",
    [RK_SQL_SPLIT_LIST] =
        "SELECT child, first_sn, last_sn, units FROM rotkit_split WHERE licence = $1"
        " ORDER BY first_sn",
    [RK_SQL_CHECKPOINT_PUT] =
        "INSERT INTO rotkit_checkpoint (" CHECKPOINT_COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6)"
        " ON CONFLICT DO NOTHING",
    [RK_SQL_CHECKPOINT_LIST] = "SELECT " CHECKPOINT_COLUMNS " FROM rotkit_checkpoint ORDER BY size",
    [RK_SQL_CHECKPOINT_LAST] =
        "SELECT " CHECKPOINT_COLUMNS " FROM rotkit_checkpoint ORDER BY size DESC LIMIT 1",
};
/* clang-format on */
