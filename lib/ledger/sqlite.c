/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger's engine for one site: SQLite, write-ahead log, every commit on the disk. */
#include "ledger/db.h"

#include "base/mem.h"

#include <sqlite3.h>
#include <string.h>

enum { BUSY_MS = 10000, STEP_MS = 20, APPLICATION_ID = 0x726b6c67 /* "rklg" */, SCHEMA = 1 };

struct sqlite {
    rk_db db; /* first */
    sqlite3 *handle;
    sqlite3_stmt *stmt[RK_SQL_COUNT]; /* prepared when first used */
    char *path;
    bool inside; /* of a transaction */
};

#define APPEND_ONLY(table, act)                                                                    \
    "CREATE TRIGGER " table "_no_" act " BEFORE " act " ON " table                                 \
    " BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;"

/* clang-format off */
static const char *const schema[] = {
    "PRAGMA application_id = 1919642727; PRAGMA user_version = 1;",
    "CREATE TABLE rotkit_entry (seq INTEGER PRIMARY KEY, time INTEGER NOT NULL, kind TEXT NOT NULL,"
    " unit TEXT NOT NULL, licence TEXT NOT NULL, build TEXT NOT NULL, inputs TEXT NOT NULL,"
    " digest TEXT NOT NULL, keys TEXT NOT NULL, note TEXT NOT NULL, hash TEXT NOT NULL);",
    "CREATE TABLE rotkit_unit (unit TEXT PRIMARY KEY, seq INTEGER NOT NULL, state TEXT NOT NULL,"
    " licence TEXT NOT NULL, build TEXT NOT NULL, inputs TEXT NOT NULL, digest TEXT NOT NULL)"
    " WITHOUT ROWID;",
    "CREATE TABLE rotkit_key (kind TEXT NOT NULL, value TEXT NOT NULL, unit TEXT NOT NULL,"
    " seq INTEGER NOT NULL, PRIMARY KEY (kind, value)) WITHOUT ROWID;",
    "CREATE TABLE rotkit_licence (id TEXT PRIMARY KEY, terms TEXT NOT NULL, units INTEGER NOT NULL,"
    " reissues INTEGER NOT NULL, spent INTEGER NOT NULL CHECK (spent BETWEEN 0 AND units),"
    " reissued INTEGER NOT NULL CHECK (reissued BETWEEN 0 AND reissues)) WITHOUT ROWID;",
    "CREATE TABLE rotkit_split (child TEXT PRIMARY KEY, licence TEXT NOT NULL,"
    " first_sn TEXT NOT NULL, last_sn TEXT NOT NULL, units INTEGER NOT NULL) WITHOUT ROWID;",
    "CREATE TABLE rotkit_checkpoint (size INTEGER NOT NULL, head TEXT NOT NULL,"
    " time INTEGER NOT NULL, key TEXT NOT NULL, scheme TEXT NOT NULL, signature TEXT NOT NULL,"
    " PRIMARY KEY (size, key)) WITHOUT ROWID;",
    APPEND_ONLY("rotkit_entry", "update") APPEND_ONLY("rotkit_entry", "delete")
    APPEND_ONLY("rotkit_key", "update") APPEND_ONLY("rotkit_key", "delete")
    APPEND_ONLY("rotkit_split", "update") APPEND_ONLY("rotkit_split", "delete")
    APPEND_ONLY("rotkit_checkpoint", "update") APPEND_ONLY("rotkit_checkpoint", "delete")
    APPEND_ONLY("rotkit_unit", "delete") APPEND_ONLY("rotkit_licence", "delete"),
};
/* clang-format on */

static void sqlite_close(rk_db *db)
{
    struct sqlite *s = (struct sqlite *)db;

    if (s == NULL)
        return;
    for (size_t i = 0; i < RK_SQL_COUNT; i++)
        (void)sqlite3_finalize(s->stmt[i]);
    (void)sqlite3_close(s->handle);
    rk_free(s->path);
    rk_free(s);
}

static void sqlite_done(struct sqlite **s)
{
    sqlite_close((rk_db *)*s);
}

/* SQLite's result codes as a person should hear of them. */
static enum rk_rc fail(const struct sqlite *s, int code, struct rk_err *err)
{
    switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return rk_fail(err, RK_E_LEDGER,
                       "ledger \"%s\": another process has kept it locked for %d seconds", s->path,
                       BUSY_MS / 1000);
    case SQLITE_FULL:
        return rk_fail(err, RK_E_IO, "ledger \"%s\": the disk is full", s->path);
    case SQLITE_READONLY:
        return rk_fail(err, RK_E_IO, "ledger \"%s\": it may not be written", s->path);
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR:
    case SQLITE_PERM:
        return rk_fail(err, RK_E_IO, "ledger \"%s\": %s", s->path, sqlite3_errmsg(s->handle));
    case SQLITE_NOMEM:
        return rk_fail_nomem(err);
    case SQLITE_NOTADB:
        return rk_fail(err, RK_E_FORMAT, "ledger \"%s\": this is no SQLite database", s->path);
    case SQLITE_CORRUPT:
        return rk_fail(err, RK_E_VERIFY, "ledger \"%s\": damaged: %s", s->path,
                       sqlite3_errmsg(s->handle));
    case SQLITE_CONSTRAINT:
        return rk_fail(err, RK_E_LEDGER, "ledger \"%s\": refused: %s", s->path,
                       sqlite3_errmsg(s->handle));
    default:
        return rk_fail(err, RK_E_INTERNAL, "ledger \"%s\": %s", s->path, sqlite3_errmsg(s->handle));
    }
}

static enum rk_rc run_text(const struct sqlite *s, const char *text, struct rk_err *err)
{
    int code = sqlite3_exec(s->handle, text, NULL, NULL, NULL);

    return code == SQLITE_OK ? RK_OK : fail(s, code, err);
}

static enum rk_rc sqlite_begin(rk_db *db, struct rk_err *err)
{
    struct sqlite *s = (struct sqlite *)db;
    bool reading = sqlite3_db_readonly(s->handle, "main") == 1;

    if (run_text(s, reading ? "BEGIN" : "BEGIN IMMEDIATE", err))
        return err->rc;
    s->inside = true;
    return RK_OK;
}

static enum rk_rc sqlite_commit(rk_db *db, struct rk_err *err)
{
    struct sqlite *s = (struct sqlite *)db;

    if (run_text(s, "COMMIT", err))
        return err->rc;
    s->inside = false;
    return RK_OK;
}

static void sqlite_rollback(rk_db *db)
{
    struct sqlite *s = (struct sqlite *)db;

    /* After some failures (disk full) SQLite has rolled back by itself. */
    if (s->inside && sqlite3_get_autocommit(s->handle) == 0)
        (void)sqlite3_exec(s->handle, "ROLLBACK", NULL, NULL, NULL);
    s->inside = false;
}

static void reset_at_exit(sqlite3_stmt **stmt)
{
    (void)sqlite3_reset(*stmt);
    (void)sqlite3_clear_bindings(*stmt);
}

static int bind_all(sqlite3_stmt *stmt, const struct rk_sql_value *params, size_t count)
{
    int code = SQLITE_OK;

    for (size_t i = 0; code == SQLITE_OK && i < count; i++) {
        if (params[i].text != NULL)
            code = sqlite3_bind_text(stmt, (int)i + 1, params[i].text, -1, SQLITE_STATIC);
        else
            code = sqlite3_bind_int64(stmt, (int)i + 1, params[i].number);
    }
    return code;
}

static enum rk_rc hand_row(const struct sqlite *s, sqlite3_stmt *stmt, rk_sql_row row, void *arg,
                           struct rk_err *err)
{
    const char *column[RK_SQL_COLUMNS_MAX] = { NULL };
    int count = sqlite3_column_count(stmt);

    if (row == NULL || count > RK_SQL_COLUMNS_MAX)
        return rk_fail(err, RK_E_INTERNAL, "ledger \"%s\": rows that nobody asked for", s->path);
    for (int i = 0; i < count; i++) {
        column[i] = (const char *)sqlite3_column_text(stmt, i);
        if (column[i] == NULL)
            column[i] = "";
    }
    return row(arg, column, err);
}

static enum rk_rc sqlite_run(rk_db *db, enum rk_stmt which, const struct rk_sql_value *params,
                             size_t count, rk_sql_row row, void *arg, struct rk_err *err)
{
    struct sqlite *s = (struct sqlite *)db;
    int code = SQLITE_OK;

    if (s->stmt[which] == NULL)
        code = sqlite3_prepare_v3(s->handle, rk_sql[which], -1, SQLITE_PREPARE_PERSISTENT,
                                  &s->stmt[which], NULL);
    if (code != SQLITE_OK)
        return fail(s, code, err);
    RK_AUTO(reset_at_exit) sqlite3_stmt *stmt = s->stmt[which];
    code = bind_all(stmt, params, count);
    if (code != SQLITE_OK)
        return fail(s, code, err);
    while ((code = sqlite3_step(stmt)) == SQLITE_ROW) {
        if (hand_row(s, stmt, row, arg, err))
            return err->rc;
    }
    if (code != SQLITE_DONE)
        return fail(s, code, err);
    db->changed = (uint64_t)sqlite3_changes(s->handle);
    return RK_OK;
}

static enum rk_rc read_pragma(const struct sqlite *s, const char *text, int *ret,
                              struct rk_err *err)
{
    sqlite3_stmt *stmt = NULL;
    int code = sqlite3_prepare_v2(s->handle, text, -1, &stmt, NULL);

    if (code == SQLITE_OK && (code = sqlite3_step(stmt)) == SQLITE_ROW) {
        *ret = sqlite3_column_int(stmt, 0);
        code = SQLITE_OK;
    }
    if (code != SQLITE_OK)
        (void)fail(s, code, err);
    (void)sqlite3_finalize(stmt);
    return code == SQLITE_OK ? RK_OK : err->rc;
}

/* Under the write lock, so that two builds that start at once make the tables once. */
static enum rk_rc make_tables(struct sqlite *s, enum rk_ledger_mode mode, struct rk_err *err)
{
    int id = 0, version = 0, tables = 0;

    if (read_pragma(s, "PRAGMA application_id", &id, err) ||
        read_pragma(s, "PRAGMA user_version", &version, err) ||
        read_pragma(s, "SELECT count(*) FROM sqlite_master", &tables, err))
        return err->rc;
    if (id == APPLICATION_ID && version == SCHEMA)
        return RK_OK;
    if (id == APPLICATION_ID)
        return rk_fail(err, RK_E_USAGE, "ledger \"%s\": of format %d, this version reads format %d",
                       s->path, version, SCHEMA);
    if (tables != 0 || mode != RK_LEDGER_CREATE)
        return rk_fail(err, RK_E_FORMAT, "ledger \"%s\": this SQLite database is no ledger",
                       s->path);
    for (size_t i = 0; i < sizeof schema / sizeof schema[0]; i++) {
        if (run_text(s, schema[i], err))
            return err->rc;
    }
    return RK_OK;
}

/* The step to WAL does not wait for others by itself, as everything else does: two builds may come
 * to a new ledger at once. */
static enum rk_rc use_wal(struct sqlite *s, struct rk_err *err)
{
    int code = SQLITE_BUSY;

    for (int waited = 0; (code & 0xff) == SQLITE_BUSY && waited <= BUSY_MS; waited += STEP_MS) {
        if (waited != 0)
            (void)sqlite3_sleep(STEP_MS);
        code = sqlite3_exec(s->handle, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
    }
    (void)sqlite3_busy_timeout(s->handle, BUSY_MS);
    return code == SQLITE_OK ? RK_OK : fail(s, code, err);
}

static enum rk_rc prepare(struct sqlite *s, enum rk_ledger_mode mode, struct rk_err *err)
{
    /* FULL: in WAL mode NORMAL may lose the last commits when the power fails. */
    if (mode == RK_LEDGER_READ) {
        (void)sqlite3_busy_timeout(s->handle, BUSY_MS);
        return make_tables(s, mode, err);
    }
    if (use_wal(s, err) ||
        run_text(s, "PRAGMA synchronous = FULL; PRAGMA cache_size = -65536;", err) ||
        sqlite_begin(&s->db, err))
        return err->rc;
    if (make_tables(s, mode, err)) {
        sqlite_rollback(&s->db);
        return err->rc;
    }
    return sqlite_commit(&s->db, err);
}

static const struct rk_db_ops sqlite_ops = { sqlite_begin, sqlite_commit, sqlite_rollback,
                                             sqlite_run, sqlite_close };

static const int open_flags[] = {
    [RK_LEDGER_READ] = SQLITE_OPEN_READONLY,
    [RK_LEDGER_WRITE] = SQLITE_OPEN_READWRITE,
    [RK_LEDGER_CREATE] = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
};

enum rk_rc rk_db_open_sqlite(const char *path, enum rk_ledger_mode mode, rk_db **ret,
                             struct rk_err *err)
{
    RK_AUTO(sqlite_done) struct sqlite *s = rk_alloc(1, sizeof *s);
    int code;

    if (s == NULL || (s->path = rk_strdup(path)) == NULL)
        return rk_fail_nomem(err);
    s->db.ops = &sqlite_ops;
    code = sqlite3_open_v2(path, &s->handle, open_flags[mode], NULL);
    if (code != SQLITE_OK)
        return fail(s, code, err);
    (void)sqlite3_extended_result_codes(s->handle, 1);
    if (prepare(s, mode, err))
        return err->rc;
    *ret = &s->db;
    s = NULL;
    return RK_OK;
}
