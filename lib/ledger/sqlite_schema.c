/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables, indexes and triggers of a ledger on SQLite. Entries, ids, splits and checkpoints only
 * ever grow. Units and licences change with the entries about them: their guards ask a function
 * that no connection but rotkit's has, so that sqlite3 refuses to change them.
 */
#include "ledger/sqlite.h"

#include <stdio.h>
#include <string.h>

#define MINE "rotkit_writes"

struct thing {
    const char *name, *sql;
};

#define ABORT " BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
#define NEVER(table, act)                                                                          \
    {                                                                                              \
        table "_no_" act, "CREATE TRIGGER " table "_no_" act " BEFORE " act " ON " table ABORT     \
    }
#define MINE_ALONE(table, act)                                                                     \
    {                                                                                              \
        table "_no_" act, "CREATE TRIGGER " table "_no_" act " BEFORE " act " ON " table           \
                          " WHEN NOT " MINE "()" ABORT                                             \
    }
/* clang-format off */
/* In this order: entries and checkpoints stay when tables are made anew. */
static const struct thing kept[] = {
    { "rotkit_entry",
      "CREATE TABLE rotkit_entry (seq INTEGER PRIMARY KEY, time INTEGER NOT NULL, kind TEXT NOT NULL,"
      " unit TEXT NOT NULL, licence TEXT NOT NULL, build TEXT NOT NULL, inputs TEXT NOT NULL,"
      " digest TEXT NOT NULL, keys TEXT NOT NULL, note TEXT NOT NULL, hash TEXT NOT NULL)" },
    { "rotkit_checkpoint",
      "CREATE TABLE rotkit_checkpoint (size INTEGER NOT NULL, head TEXT NOT NULL,"
      " time INTEGER NOT NULL, key TEXT NOT NULL, format INTEGER NOT NULL, sums TEXT NOT NULL,"
      " scheme TEXT NOT NULL, signature TEXT NOT NULL, PRIMARY KEY (size, key, format)) WITHOUT ROWID" },
};
static const struct thing tables[] = {
    { "rotkit_unit",
      "CREATE TABLE rotkit_unit (unit TEXT PRIMARY KEY, seq INTEGER NOT NULL, state TEXT NOT NULL,"
      " licence TEXT NOT NULL, build TEXT NOT NULL, inputs TEXT NOT NULL, digest TEXT NOT NULL)"
      " WITHOUT ROWID" },
    { "rotkit_key",
      "CREATE TABLE rotkit_key (kind TEXT NOT NULL, value TEXT NOT NULL, unit TEXT NOT NULL,"
      " seq INTEGER NOT NULL, PRIMARY KEY (kind, value)) WITHOUT ROWID" },
    { "rotkit_licence",
      "CREATE TABLE rotkit_licence (id TEXT PRIMARY KEY, terms TEXT NOT NULL, units INTEGER NOT NULL,"
      " reissues INTEGER NOT NULL, spent INTEGER NOT NULL CHECK (spent BETWEEN 0 AND units),"
      " reissued INTEGER NOT NULL CHECK (reissued BETWEEN 0 AND reissues)) WITHOUT ROWID" },
    { "rotkit_split",
      "CREATE TABLE rotkit_split (child TEXT PRIMARY KEY, licence TEXT NOT NULL,"
      " first_sn TEXT NOT NULL, last_sn TEXT NOT NULL, units INTEGER NOT NULL,"
      " reissues INTEGER NOT NULL, seq INTEGER NOT NULL) WITHOUT ROWID" },
};
static const struct thing indexes[] = {
    { "rotkit_entry_unit", "CREATE INDEX rotkit_entry_unit ON rotkit_entry (unit, seq, kind)" },
    { "rotkit_entry_split",
      "CREATE INDEX rotkit_entry_split ON rotkit_entry (licence, seq) WHERE kind = 'split'" },
};
static const struct thing guards[] = {
    NEVER("rotkit_entry", "update"),      NEVER("rotkit_entry", "delete"),
    NEVER("rotkit_checkpoint", "update"), NEVER("rotkit_checkpoint", "delete"),
    NEVER("rotkit_key", "update"),        NEVER("rotkit_key", "delete"),
    NEVER("rotkit_split", "update"),      NEVER("rotkit_split", "delete"),
    MINE_ALONE("rotkit_licence", "update"), NEVER("rotkit_licence", "delete"),
    MINE_ALONE("rotkit_unit", "update"),  NEVER("rotkit_unit", "delete"),
};
/* clang-format on */
#define COUNT(list) (sizeof(list) / sizeof(list)[0])
static const struct {
    const struct thing *v;
    size_t count;
    const char *type;
} all[] = {
    { kept, COUNT(kept), "table" },
    { tables, COUNT(tables), "table" },
    { indexes, COUNT(indexes), "index" },
    { guards, COUNT(guards), "trigger" },
};

static void say_yes(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)count;
    (void)values;
    sqlite3_result_int(context, 1);
}

enum rk_rc rk_sqlite_register(const struct sqlite *s, struct rk_err *err)
{
    int code = sqlite3_create_function(s->handle, MINE, 0,
                                       SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, NULL,
                                       say_yes, NULL, NULL);

    return code == SQLITE_OK ? RK_OK : rk_sqlite_fail(s, code, err);
}

static enum rk_rc make(struct sqlite *s, const struct thing *list, size_t count, struct rk_err *err)
{
    for (size_t i = 0; i < count; i++) {
        if (rk_sqlite_run_text(s, list[i].sql, err))
            return err->rc;
    }
    return RK_OK;
}

enum rk_rc rk_sqlite_make_tables(struct sqlite *s, struct rk_err *err)
{
    for (size_t i = 0; i < COUNT(all); i++) {
        if (make(s, all[i].v, all[i].count, err))
            return err->rc;
    }
    return rk_sqlite_run_text(s, "PRAGMA application_id = 1919642727; PRAGMA user_version = 2;",
                              err);
}

/* ---- whether it is still so ---- */

enum { THINGS_MAX = 64 };
struct checking {
    bool found[COUNT(all)][THINGS_MAX];
};

static enum rk_rc check_thing(struct checking *c, const char *type, const char *name,
                              const char *sql, struct rk_err *err)
{
    for (size_t i = 0; i < COUNT(all); i++) {
        for (size_t k = 0; k < all[i].count; k++) {
            if (strcmp(all[i].v[k].name, name) != 0)
                continue;
            c->found[i][k] = true;
            return strcmp(all[i].v[k].sql, sql) == 0 && strcmp(all[i].type, type) == 0
                       ? RK_OK
                       : rk_fail(err, RK_E_VERIFY, "%s \"%s\" of the ledger was changed", type,
                                 name);
        }
    }
    return strcmp(type, "trigger") != 0
               ? RK_OK
               : rk_fail(err, RK_E_VERIFY, "trigger \"%s\" does not belong to the ledger", name);
}

static enum rk_rc check_rows(const struct sqlite *s, sqlite3_stmt *stmt, struct checking *c,
                             struct rk_err *err)
{
    int code;

    while ((code = sqlite3_step(stmt)) == SQLITE_ROW) {
        const char *type = (const char *)sqlite3_column_text(stmt, 0);
        const char *name = (const char *)sqlite3_column_text(stmt, 1);
        const char *sql = (const char *)sqlite3_column_text(stmt, 2);

        if (type != NULL && name != NULL && check_thing(c, type, name, sql == NULL ? "" : sql, err))
            return err->rc;
    }
    return code == SQLITE_DONE ? RK_OK : rk_sqlite_fail(s, code, err);
}

static void finalize(sqlite3_stmt **stmt)
{
    (void)sqlite3_finalize(*stmt);
}

static enum rk_rc query(const struct sqlite *s, const char *text, sqlite3_stmt **ret,
                        struct rk_err *err)
{
    int code = sqlite3_prepare_v2(s->handle, text, -1, ret, NULL);

    return code == SQLITE_OK ? RK_OK : rk_sqlite_fail(s, code, err);
}

enum rk_rc rk_sqlite_check_schema(rk_db *db, struct rk_err *err)
{
    const struct sqlite *s = (const struct sqlite *)db;
    RK_AUTO(finalize) sqlite3_stmt *stmt = NULL;
    struct checking checking = { { { false } } };

    if (query(s, "SELECT type, name, sql FROM sqlite_master", &stmt, err) ||
        check_rows(s, stmt, &checking, err))
        return err->rc;
    for (size_t i = 0; i < COUNT(all); i++) {
        for (size_t k = 0; k < all[i].count; k++) {
            if (!checking.found[i][k])
                return rk_fail(err, RK_E_VERIFY, "%s \"%s\" of the ledger is gone", all[i].type,
                               all[i].v[k].name);
        }
    }
    return RK_OK;
}

/* ---- made anew ---- */

/* Ours and others', whatever they are called. */
static enum rk_rc drop_triggers(struct sqlite *s, struct rk_err *err)
{
    for (;;) {
        char text[512];
        RK_AUTO(finalize) sqlite3_stmt *stmt = NULL;
        int code;

        if (query(s, "SELECT replace(name, '\"', '\"\"') FROM sqlite_master WHERE type = 'trigger'",
                  &stmt, err))
            return err->rc;
        code = sqlite3_step(stmt);
        if (code == SQLITE_DONE)
            return RK_OK;
        if (code != SQLITE_ROW)
            return rk_sqlite_fail(s, code, err);
        if (snprintf(text, sizeof text, "DROP TRIGGER \"%s\"",
                     (const char *)sqlite3_column_text(stmt, 0)) >= (int)sizeof text)
            return rk_fail(err, RK_E_VERIFY, "a trigger of the ledger has a very long name");
        (void)sqlite3_reset(stmt);
        if (rk_sqlite_run_text(s, text, err))
            return err->rc;
    }
}

static enum rk_rc drop(struct sqlite *s, const char *type, const struct thing *list, size_t count,
                       struct rk_err *err)
{
    for (size_t i = 0; i < count; i++) {
        char text[128];

        (void)snprintf(text, sizeof text, "DROP %s IF EXISTS %s", type, list[i].name);
        if (rk_sqlite_run_text(s, text, err))
            return err->rc;
    }
    return RK_OK;
}

/* Format 1 signed no sums. */
static enum rk_rc convert_checkpoints(struct sqlite *s, struct rk_err *err)
{
    return rk_sqlite_run_text(s,
                              "CREATE TEMP TABLE rotkit_old AS SELECT * FROM rotkit_checkpoint;"
                              "DROP TABLE rotkit_checkpoint;",
                              err) ||
                   rk_sqlite_run_text(s, kept[1].sql, err) ||
                   rk_sqlite_run_text(
                       s,
                       "INSERT INTO rotkit_checkpoint (size, head, time, key, format, sums, scheme,"
                       " signature) SELECT size, head, time, key, 1, '', scheme, signature"
                       " FROM rotkit_old; DROP TABLE rotkit_old;",
                       err)
               ? err->rc
               : RK_OK;
}

enum rk_rc rk_sqlite_schema(rk_db *db, enum rk_schema_act act, struct rk_err *err)
{
    struct sqlite *s = (struct sqlite *)db;

    if (act == RK_SCHEMA_GUARDED)
        return make(s, guards, COUNT(guards), err) ||
                       rk_sqlite_run_text(s, "PRAGMA user_version = 2", err)
                   ? err->rc
                   : RK_OK;
    if (drop_triggers(s, err) || drop(s, "INDEX", indexes, COUNT(indexes), err) ||
        drop(s, "TABLE", tables, COUNT(tables), err) ||
        (db->format == 1 && convert_checkpoints(s, err)) || make(s, tables, COUNT(tables), err) ||
        make(s, indexes, COUNT(indexes), err))
        return err->rc;
    return RK_OK;
}
