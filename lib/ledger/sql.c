/* SPDX-License-Identifier: Apache-2.0 */
/* The statements of the ledger, in the SQL that SQLite and PostgreSQL have in common. */
#include "ledger/db.h"

#define ENTRY_COLUMNS      "seq, time, kind, unit, licence, build, inputs, digest, keys, note, hash"
#define CHECKPOINT_COLUMNS "size, head, time, key, scheme, signature, format, sums"
/* Of another entry about the unit of e. */
#define COMMITTED(upto)                                                                            \
    "CASE WHEN e.unit <> '' AND EXISTS (SELECT 1 FROM rotkit_entry c WHERE c.unit = e.unit"        \
    " AND c.kind = 'commit' AND c.seq " upto " e.seq) THEN 1 ELSE 0 END"

/* clang-format off */
const char *const rk_sql[RK_SQL_COUNT] = {
    [RK_SQL_HEAD] = "SELECT seq, hash, time FROM rotkit_entry ORDER BY seq DESC LIMIT 1",
    [RK_SQL_ENTRY_PUT] =
        "INSERT INTO rotkit_entry (" ENTRY_COLUMNS ")"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    [RK_SQL_ENTRY_GET] = "SELECT " ENTRY_COLUMNS " FROM rotkit_entry WHERE seq = $1",
    [RK_SQL_ENTRY_CHAIN] =
        "SELECT " ENTRY_COLUMNS " FROM rotkit_entry WHERE seq > $1 AND seq <= $2 ORDER BY seq",
    /* with what a count asks of the entries before: see RK_ENTRY_BEFORE */
    [RK_SQL_ENTRY_COUNT] =
        "SELECT " ENTRY_COLUMNS ", CASE WHEN unit = '' THEN '' ELSE coalesce("
        "(SELECT p.kind || ' ' || p.licence FROM rotkit_entry p WHERE p.unit = e.unit"
        " AND p.seq < e.seq ORDER BY p.seq DESC LIMIT 1), '') END, " COMMITTED("<")
        " FROM rotkit_entry e WHERE e.seq > $1 ORDER BY e.seq",
    [RK_SQL_ENTRY_PAGE] =
        "SELECT " ENTRY_COLUMNS ", " COMMITTED("<=")
        " FROM rotkit_entry e WHERE e.seq > $1 ORDER BY e.seq LIMIT 500",
    /* the last entry about a unit, the hash before it, and the unit's row */
    [RK_SQL_UNIT_ENTRY] =
        "SELECT e.seq, e.time, e.kind, e.unit, e.licence, e.build, e.inputs, e.digest, e.keys, e.note,"
        " e.hash, coalesce((SELECT p.hash FROM rotkit_entry p WHERE p.seq = e.seq - 1), ''), "
        COMMITTED("<=") ", u.seq, u.state, u.licence, u.build, u.inputs, u.digest"
        " FROM rotkit_entry e LEFT JOIN rotkit_unit u ON u.unit = e.unit"
        " WHERE e.unit = $1 ORDER BY e.seq DESC LIMIT 1",
    [RK_SQL_UNIT_GET] = "SELECT seq, state FROM rotkit_unit WHERE unit = $1",
    [RK_SQL_UNIT_IDS] = "SELECT keys FROM rotkit_entry WHERE unit = $1 AND keys <> ''",
    [RK_SQL_UNIT_PUT] =
        "INSERT INTO rotkit_unit (unit, seq, state, licence, build, inputs, digest)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (unit) DO UPDATE SET seq = excluded.seq,"
        " state = excluded.state, licence = excluded.licence, build = excluded.build,"
        " inputs = excluded.inputs, digest = excluded.digest",
    [RK_SQL_UNIT_LIST] =
        "SELECT u.unit, u.state, u.licence, u.build, u.inputs, u.digest, u.seq, e.time"
        " FROM rotkit_unit u JOIN rotkit_entry e ON e.seq = u.seq ORDER BY u.unit",
    /* what verify compares a unit's row with: the last entry about it */
    [RK_SQL_UNIT_LAST] =
        "SELECT e.unit, e.seq, e.kind, e.licence, e.build, e.inputs, e.digest, " COMMITTED("<=")
        ", u.seq, u.state, u.licence, u.build, u.inputs, u.digest FROM"
        " (SELECT unit AS l_unit, max(seq) AS l_seq FROM rotkit_entry WHERE unit <> '' GROUP BY unit) l"
        " JOIN rotkit_entry e ON e.seq = l_seq LEFT JOIN rotkit_unit u ON u.unit = l_unit"
        " ORDER BY e.unit",
    [RK_SQL_UNIT_COUNT] = "SELECT count(*) FROM rotkit_unit",
    [RK_SQL_UNIT_COUNTS] =
        "SELECT state, licence, count(*) FROM rotkit_unit GROUP BY state, licence"
        " ORDER BY licence, state",
    /* charged units of a licence, by entries: committed once, or reserved last */
    [RK_SQL_UNITS_BETWEEN] =
        "SELECT count(*) FROM"
        " (SELECT max(seq) AS l_seq FROM rotkit_entry WHERE unit <> '' AND licence = $1"
        " AND substr(unit, 5) BETWEEN $2 AND $3 GROUP BY unit) l JOIN rotkit_entry e ON e.seq = l_seq"
        " WHERE e.kind <> 'void' OR 1 = " COMMITTED("<="),
    [RK_SQL_KEY_PUT] =
        "INSERT INTO rotkit_key (kind, value, unit, seq) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (kind, value) DO NOTHING",
    [RK_SQL_KEY_OWNER] =
        "SELECT k.kind, k.value, k.unit, e.unit, e.keys FROM rotkit_key k"
        " LEFT JOIN rotkit_entry e ON e.seq = k.seq WHERE k.kind = $1 AND k.value = $2",
    [RK_SQL_KEY_COUNT] = "SELECT count(*) FROM rotkit_key",
    [RK_SQL_KEY_ENTRIES] =
        "SELECT k.kind, k.value, k.unit, e.unit, e.keys FROM rotkit_key k"
        " LEFT JOIN rotkit_entry e ON e.seq = k.seq",
    [RK_SQL_LICENCE_PUT] =
        "INSERT INTO rotkit_licence (id, terms, units, reissues, spent, reissued)"
        " VALUES ($1, $2, $3, $4, $5, $6)",
    [RK_SQL_LICENCE_GET] =
        "SELECT id, terms, units, reissues, spent, reissued FROM rotkit_licence WHERE id = $1",
    [RK_SQL_LICENCE_SET] =
        "UPDATE rotkit_licence SET spent = $1, reissued = $2 WHERE id = $3",
    [RK_SQL_LICENCE_LIST] =
        "SELECT id, terms, units, reissues, spent, reissued FROM rotkit_licence ORDER BY id",
    [RK_SQL_SPLIT_PUT] =
        "INSERT INTO rotkit_split (child, licence, first_sn, last_sn, units, reissues, seq)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
    [RK_SQL_SPLIT_LIST] =
        "SELECT child, licence, first_sn, last_sn, units, reissues, seq FROM rotkit_split"
        " WHERE licence = $1 ORDER BY seq",
    [RK_SQL_SPLIT_ENTRIES] =
        "SELECT seq, note, hash, licence FROM rotkit_entry WHERE kind = 'split' AND licence = $1"
        " ORDER BY seq",
    [RK_SQL_SPLIT_COUNT] = "SELECT count(*) FROM rotkit_split",
    [RK_SQL_CHECKPOINT_PUT] =
        "INSERT INTO rotkit_checkpoint (" CHECKPOINT_COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
        " ON CONFLICT DO NOTHING",
    [RK_SQL_CHECKPOINT_LIST] =
        "SELECT " CHECKPOINT_COLUMNS " FROM rotkit_checkpoint ORDER BY size, format, key",
    [RK_SQL_CHECKPOINT_LAST] =
        "SELECT " CHECKPOINT_COLUMNS " FROM rotkit_checkpoint ORDER BY size DESC, format DESC LIMIT 1",
    [RK_SQL_CHECKPOINT_OF_KEY] =
        "SELECT " CHECKPOINT_COLUMNS " FROM rotkit_checkpoint WHERE key = $1 AND format = 2"
        " ORDER BY size DESC LIMIT 1",
    [RK_SQL_CHECKPOINT_AT] =
        "SELECT " CHECKPOINT_COLUMNS " FROM rotkit_checkpoint WHERE size = $1",
};
/* clang-format on */
