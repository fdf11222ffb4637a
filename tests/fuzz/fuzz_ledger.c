/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ledger that somebody edited. The input is a list of edits, a line each, of a ledger that holds:
 *   TABLE.COLUMN[ROW]=VALUE   the row's value, any bytes but a newline; rows count from 0
 *   TABLE[ROW]                the row is taken out
 * Triggers are taken away and put back, as by anybody who has sqlite3. Nothing but a ledger without
 * edits verifies and continues its last checkpoint, which somebody else has kept.
 */
#include "fuzz.h"

#include "rotkit/ledger.h"
#include "rotkit/file.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EDITS_MAX = 16, NAME = 64 };

static struct rk_licence licence_of(const char *id, const char *parent, uint64_t first)
{
    struct rk_licence l = { .product = "demo",
                            .units = 10,
                            .reissues = 1,
                            .oem_id = { 0x0102 },
                            .oem_id_count = 1,
                            .first_sn = first,
                            .last_sn = 1000 };

    (void)snprintf(l.id, sizeof l.id, "%s", id);
    (void)snprintf(l.parent, sizeof l.parent, "%s", parent);
    return l;
}

enum { TRIGGERS_MAX = 64, CONTENT_MAX = 1 << 18 };

static char guards[TRIGGERS_MAX][512]; /* whoever edits puts them back */
static struct rk_checkpoint last;      /* that somebody else has */

static int64_t read_clock(void *arg)
{
    (void)arg;
    return 1800000000;
}

static void run(sqlite3 *db, const char *text)
{
    FUZZ_HOLDS(sqlite3_exec(db, text, NULL, NULL, NULL) == SQLITE_OK);
}

/* Whoever edits takes the guards away first. */
static void drop_triggers(sqlite3 *db)
{
    sqlite3_stmt *list;
    char drop[TRIGGERS_MAX][2 * NAME];
    size_t count = 0;

    FUZZ_HOLDS(sqlite3_prepare_v2(db, "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'",
                                  -1, &list, NULL) == SQLITE_OK);
    for (; count < TRIGGERS_MAX && sqlite3_step(list) == SQLITE_ROW; count++) {
        (void)snprintf(drop[count], sizeof drop[0], "DROP TRIGGER \"%s\"",
                       (const char *)sqlite3_column_text(list, 0));
        (void)snprintf(guards[count], sizeof guards[0], "%s",
                       (const char *)sqlite3_column_text(list, 1));
    }
    (void)sqlite3_finalize(list);
    FUZZ_HOLDS(count != 0 && count < TRIGGERS_MAX);
    while (count != 0)
        run(db, drop[--count]);
}

static void put_triggers_back(sqlite3 *db)
{
    for (size_t i = 0; guards[i][0] != '\0'; i++)
        run(db, guards[i]);
}

/* All rows of all tables but checkpoints, with their types; and checkpoints, one a line. */
static void read_content(sqlite3 *db, const char *query, char ret[CONTENT_MAX])
{
    sqlite3_stmt *rows;
    size_t len = 0;

    FUZZ_HOLDS(sqlite3_prepare_v2(db, query, -1, &rows, NULL) == SQLITE_OK);
    while (sqlite3_step(rows) == SQLITE_ROW && len < CONTENT_MAX) {
        for (int i = 0; i < sqlite3_column_count(rows) && len < CONTENT_MAX; i++)
            len += (size_t)snprintf(ret + len, CONTENT_MAX - len, "%s|",
                                    (const char *)sqlite3_column_text(rows, i));
        if (len < CONTENT_MAX)
            len += (size_t)snprintf(ret + len, CONTENT_MAX - len, "\n");
    }
    FUZZ_HOLDS(len < CONTENT_MAX);
    ret[len] = '\0';
    (void)sqlite3_finalize(rows);
}

#define Q(column) "quote(" #column ") || '|' || "
static const char tables[] = "SELECT 'e', " Q(seq) Q(time) Q(kind) Q(unit) Q(licence) Q(build) Q(
    inputs) Q(digest) Q(keys)
    Q(note) "quote(hash) FROM rotkit_entry"
            " UNION ALL SELECT 'u', " Q(unit) Q(seq) Q(state) Q(licence) Q(build)
                Q(inputs) "quote(digest) FROM rotkit_unit"
                          " UNION ALL SELECT 'k', " Q(kind) Q(value)
                              Q(unit) "quote(seq) FROM rotkit_key"
                                      " UNION ALL SELECT 'l', " Q(id) Q(terms) Q(units) Q(reissues)
                                          Q(spent) "quote(reissued) FROM rotkit_licence"
                                                   " UNION ALL SELECT 's', " Q(child) Q(licence)
                                                       Q(first_sn) Q(last_sn) Q(units)
                                                           Q(reissues) "quote(seq) FROM "
                                                                       "rotkit_split ORDER BY 1, 2";
static const char checkpoints[] = "SELECT " Q(size) Q(head) Q(time) Q(key) Q(format) Q(sums)
    Q(scheme) "quote(signature) FROM rotkit_checkpoint ORDER BY 1";
static char whole_tables[CONTENT_MAX], whole_checkpoints[CONTENT_MAX];

/* A checkpoint that was taken out leaves a ledger that holds: others have it. */
static bool is_changed(sqlite3 *db)
{
    static char content[CONTENT_MAX];

    read_content(db, tables, content);
    if (strcmp(content, whole_tables) != 0)
        return true;
    read_content(db, checkpoints, content);
    for (char *line = content, *end; *line != '\0'; line = end + 1) {
        end = strchr(line, '\n');
        if (end == NULL)
            return true;
        *end = '\0';
        if (strstr(whole_checkpoints, line) == NULL)
            return true;
    }
    return false;
}

/* Three units, one of them made anew, one retired; a licence with a split; two checkpoints. */
static void fill(rk_ledger *ledger)
{
    static const uint8_t inputs[32] = { 0x33 };
    struct rk_licence licence = licence_of("L1", "", 1), child = licence_of("L1-a", "L1", 500);
    struct rk_ledger_unit unit[3];
    struct rk_bytes file = RK_BYTES_NONE;
    struct rk_err err;

    child.units = 3;
    child.reissues = 0;
    FUZZ_DO(rk_ledger_split(ledger, &licence, &child, 1, &err));
    FUZZ_DO(rk_ledger_use_licence(ledger, &licence, "demo", &err));
    for (uint64_t i = 0; i < 3; i++) {
        unit[i] = (struct rk_ledger_unit) { .digest = { 1 } };
        memcpy(unit[i].inputs, inputs, sizeof inputs);
        rk_unit_id_make(0x0102, 1 + i, &unit[i].sn);
        FUZZ_DO(rk_ledger_unit_add(&unit[i], "soc", i == 0 ? "a" : i == 1 ? "b" : "c", &err));
        FUZZ_DO(rk_ledger_unit_add(&unit[i], "ek:L-1", i == 0 ? "x" : i == 1 ? "y" : "z", &err));
    }
    FUZZ_DO(rk_ledger_reserve(ledger, unit, 3, &err));
    FUZZ_DO(rk_ledger_commit(ledger, unit, 2, &err));
    FUZZ_DO(rk_ledger_checkpoint(ledger, fuzz_key(), &file, &err));
    rk_bytes_done(&file);
    FUZZ_DO(rk_ledger_put_record(ledger, RK_LEDGER_REISSUE, &unit[0].sn, "again", &err));
    FUZZ_DO(rk_ledger_put_record(ledger, RK_LEDGER_RETIRE, &unit[1].sn, "scrapped", &err));
    FUZZ_DO(rk_ledger_checkpoint(ledger, fuzz_key(), &file, &err));
    FUZZ_DO(rk_checkpoint_read(fuzz_ctx(), file.p, file.len, fuzz_key(), &last, &err));
    rk_bytes_done(&file);
    for (size_t i = 0; i < 3; i++)
        rk_ledger_unit_done(&unit[i]);
}

/* The ledger that holds, as the bytes of its file. */
static const struct rk_bytes *whole(void)
{
    static struct rk_bytes bytes;
    static const uint8_t build[32] = { 0xaa };
    rk_ledger *ledger = NULL;
    sqlite3 *db = NULL;
    char path[512];
    struct rk_err err;

    if (bytes.p != NULL)
        return &bytes;
    rk_ctx_set_clock(fuzz_ctx(), read_clock, NULL);
    (void)snprintf(path, sizeof path, "%s/whole.db", fuzz_folder());
    FUZZ_DO(rk_ledger_open(fuzz_ctx(), path, RK_LEDGER_CREATE, build, &ledger, &err));
    fill(ledger);
    rk_ledger_close(ledger);
    FUZZ_HOLDS(sqlite3_open(path, &db) == SQLITE_OK);
    drop_triggers(db);
    read_content(db, tables, whole_tables);
    read_content(db, checkpoints, whole_checkpoints);
    run(db, "PRAGMA journal_mode = DELETE");
    FUZZ_HOLDS(sqlite3_close(db) == SQLITE_OK);
    FUZZ_DO(rk_file_read(path, 1 << 24, &bytes, &err));
    return &bytes;
}

/* A name of letters, digits and underscores; what stands behind it, or NULL. */
static const char *take_name(const char *at, const char *end, char ret[NAME])
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz_0123456789";
    size_t len = 0;

    while (at + len < end && at[len] != '\0' && strchr(letters, at[len]) != NULL)
        len++;
    if (len == 0 || len >= NAME)
        return NULL;
    memcpy(ret, at, len);
    ret[len] = '\0';
    return at + len;
}

/* "[12]" */
static const char *take_row(const char *at, const char *end, int *ret)
{
    int row = 0;

    if (at == end || *at != '[')
        return NULL;
    for (at++; at < end && *at >= '0' && *at <= '9' && row < 1000; at++)
        row = 10 * row + (*at - '0');
    *ret = row;
    return at < end && *at == ']' ? at + 1 : NULL;
}

/* "(seq)", the columns that a row of this table is known by; "" when there is no such table. */
static void key_of(sqlite3 *db, const char *table, char ret[4 * NAME])
{
    static const char ask[] = "SELECT group_concat(name) FROM pragma_table_info(?1) WHERE pk <> 0";
    sqlite3_stmt *stmt;

    ret[0] = '\0';
    FUZZ_HOLDS(sqlite3_prepare_v2(db, ask, -1, &stmt, NULL) == SQLITE_OK);
    (void)sqlite3_bind_text(stmt, 1, table, -1, SQLITE_STATIC);
    if (sqlite3_step(stmt) == SQLITE_ROW && sqlite3_column_text(stmt, 0) != NULL)
        (void)snprintf(ret, 4 * NAME, "%s", (const char *)sqlite3_column_text(stmt, 0));
    (void)sqlite3_finalize(stmt);
}

/* What cannot be done (no such table, a constraint) is left out. */
static void edit(sqlite3 *db, const char *line, const char *end)
{
    char table[NAME], column[NAME] = "", key[4 * NAME], text[1024];
    const char *at = take_name(line, end, table);
    sqlite3_stmt *stmt = NULL;
    int row = 0;

    if (at != NULL && at < end && *at == '.')
        at = take_name(at + 1, end, column);
    at = at == NULL ? NULL : take_row(at, end, &row);
    if (at == NULL || (column[0] == '\0' ? at != end : at == end || *at++ != '='))
        return;
    key_of(db, table, key);
    if (column[0] == '\0')
        (void)snprintf(text, sizeof text,
                       "DELETE FROM %s WHERE (%s) IN (SELECT %s FROM %s ORDER BY 1, 2 LIMIT 1"
                       " OFFSET ?1)",
                       table, key, key, table);
    else
        (void)snprintf(text, sizeof text,
                       "UPDATE %s SET %s = ?2 WHERE (%s) IN (SELECT %s FROM %s ORDER BY 1 LIMIT 1"
                       " OFFSET ?1) AND CAST(%s AS BLOB) <> CAST(?2 AS BLOB)",
                       table, column, key, key, table, column);
    if (sqlite3_prepare_v2(db, text, -1, &stmt, NULL) == SQLITE_OK) {
        (void)sqlite3_bind_int(stmt, 1, row);
        if (column[0] != '\0')
            (void)sqlite3_bind_text(stmt, 2, at, (int)(end - at), SQLITE_STATIC);
        (void)sqlite3_step(stmt);
    }
    (void)sqlite3_finalize(stmt);
}

static bool edit_all(const char *path, const uint8_t *data, size_t size)
{
    const char *at = (const char *)data, *end = at + size;
    sqlite3 *db = NULL;
    bool changed;

    FUZZ_HOLDS(sqlite3_open(path, &db) == SQLITE_OK);
    run(db, "PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY; BEGIN");
    for (int i = 0; i < EDITS_MAX && at < end; i++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *stop = newline == NULL ? end : newline;

        edit(db, at, stop);
        at = stop + 1;
    }
    put_triggers_back(db);
    run(db, "COMMIT");
    changed = is_changed(db);
    FUZZ_HOLDS(sqlite3_close(db) == SQLITE_OK);
    return changed;
}

static enum rk_rc see_row(void *arg, const struct rk_ledger_row *row, struct rk_err *err)
{
    (void)err;
    *(size_t *)arg += strlen(row->unit) + strlen(row->state) + strlen(row->digest);
    return RK_OK;
}

static enum rk_rc see_key(void *arg, const char *unit, const char *kind, const char *value,
                          struct rk_err *err)
{
    (void)err;
    *(size_t *)arg += strlen(unit) + strlen(kind) + strlen(value);
    return RK_OK;
}

/* Each way of looking at it, and a build that goes on with it. */
static void use(rk_ledger *ledger)
{
    struct rk_licence licence = licence_of("L1", "", 1);
    struct rk_ledger_status status = { .entries = 0 };
    struct rk_ledger_unit unit = { .inputs = { 0x33 } };
    size_t seen = 0;
    struct rk_err err;

    if (rk_ledger_status(ledger, &status, &err) == RK_OK)
        rk_ledger_status_done(&status);
    (void)!rk_ledger_each(ledger, see_row, &seen, &err);
    (void)!rk_ledger_each_key(ledger, see_key, &seen, &err);
    rk_unit_id_make(0x0102, 1, &unit.sn);
    if (rk_ledger_use_licence(ledger, &licence, "demo", &err) == RK_OK)
        (void)!rk_ledger_reserve(ledger, &unit, 1, &err);
    (void)!rk_ledger_put_record(ledger, RK_LEDGER_RETIRE, &unit.sn, "fuzz", &err);
}

bool fuzz_one(const uint8_t *data, size_t size)
{
    static const uint8_t build[32] = { 0xbb };
    const struct rk_bytes *base = whole();
    rk_ledger *ledger = NULL;
    char path[512];
    struct rk_err err;
    bool changed, holds = false;

    fuzz_put("edited.db", base->p, base->len);
    (void)snprintf(path, sizeof path, "%s/edited.db", fuzz_folder());
    changed = edit_all(path, data, size);
    if (rk_ledger_open(fuzz_ctx(), path, RK_LEDGER_WRITE, build, &ledger, &err))
        return false;
    holds = rk_ledger_verify(ledger, fuzz_key(), &err) == RK_OK &&
            rk_ledger_compare_checkpoint(ledger, &last, &err) == RK_OK;
    FUZZ_HOLDS(holds == !changed);
    use(ledger);
    rk_ledger_close(ledger);
    return holds;
}
