/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger's engine for one site: SQLite, write-ahead log, every commit on the disk. */
#include "ledger/sqlite.h"

#include "base/mem.h"

#include <string.h>

enum { STEP_MS = 20 };

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

static enum rk_rc sqlite_begin(rk_db *db, struct rk_err *err)
{
    struct sqlite *s = (struct sqlite *)db;
    bool reading = db->looks || sqlite3_db_readonly(s->handle, "main") == 1;

    if (rk_sqlite_run_text(s, reading ? "BEGIN" : "BEGIN IMMEDIATE", err))
        return err->rc;
    s->inside = true;
    return RK_OK;
}

static enum rk_rc sqlite_commit(rk_db *db, struct rk_err *err)
{
    struct sqlite *s = (struct sqlite *)db;

    if (rk_sqlite_run_text(s, "COMMIT", err))
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
        return rk_sqlite_fail(s, code, err);
    RK_AUTO(reset_at_exit) sqlite3_stmt *stmt = s->stmt[which];
    code = bind_all(stmt, params, count);
    if (code != SQLITE_OK)
        return rk_sqlite_fail(s, code, err);
    while ((code = sqlite3_step(stmt)) == SQLITE_ROW) {
        if (hand_row(s, stmt, row, arg, err))
            return err->rc;
    }
    if (code != SQLITE_DONE)
        return rk_sqlite_fail(s, code, err);
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
        (void)!rk_sqlite_fail(s, code, err);
    (void)sqlite3_finalize(stmt);
    return code == SQLITE_OK ? RK_OK : err->rc;
}

static enum rk_rc other_format(const struct sqlite *s, int version, struct rk_err *err)
{
    (void)rk_fail(err, RK_E_USAGE, "ledger \"%s\": of format %d, this version reads format %d",
                  s->path, version, RK_LEDGER_FORMAT);
    return version == 1 ? rk_note(err, "rotkit ledger rebuild --licence FILE... takes it over")
                        : err->rc;
}

/* Under the write lock, so that two builds that start at once make the tables once. */
static enum rk_rc make_tables(struct sqlite *s, enum rk_ledger_mode mode, struct rk_err *err)
{
    int id = 0, tables = 0;

    if (read_pragma(s, "PRAGMA application_id", &id, err) ||
        read_pragma(s, "PRAGMA user_version", &s->db.format, err) ||
        read_pragma(s, "SELECT count(*) FROM sqlite_master", &tables, err))
        return err->rc;
    if (id == RK_SQLITE_APPLICATION_ID)
        return s->db.format == RK_LEDGER_FORMAT || (s->db.format == 1 && mode == RK_LEDGER_REBUILD)
                   ? RK_OK
                   : other_format(s, s->db.format, err);
    if (tables != 0 || mode != RK_LEDGER_CREATE)
        return rk_fail(err, RK_E_FORMAT, "ledger \"%s\": this SQLite database is no ledger",
                       s->path);
    s->db.format = RK_LEDGER_FORMAT;
    return rk_sqlite_make_tables(s, err);
}

/* The step to WAL does not wait for others by itself, as everything else does: two builds may come
 * to a new ledger at once. */
static enum rk_rc use_wal(struct sqlite *s, struct rk_err *err)
{
    int code = SQLITE_BUSY;

    for (int waited = 0; (code & 0xff) == SQLITE_BUSY && waited <= RK_SQLITE_BUSY_MS;
         waited += STEP_MS) {
        if (waited != 0)
            (void)sqlite3_sleep(STEP_MS);
        code = sqlite3_exec(s->handle, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
    }
    (void)sqlite3_busy_timeout(s->handle, RK_SQLITE_BUSY_MS);
    return code == SQLITE_OK ? RK_OK : rk_sqlite_fail(s, code, err);
}

static enum rk_rc prepare(struct sqlite *s, enum rk_ledger_mode mode, struct rk_err *err)
{
    /* FULL: in WAL mode NORMAL may lose the last commits when the power fails. */
    if (mode == RK_LEDGER_READ) {
        (void)sqlite3_busy_timeout(s->handle, RK_SQLITE_BUSY_MS);
        return make_tables(s, mode, err);
    }
    if (use_wal(s, err) ||
        rk_sqlite_run_text(s, "PRAGMA synchronous = FULL; PRAGMA cache_size = -65536;", err) ||
        sqlite_begin(&s->db, err))
        return err->rc;
    if (make_tables(s, mode, err)) {
        sqlite_rollback(&s->db);
        return err->rc;
    }
    return sqlite_commit(&s->db, err);
}

static const struct rk_db_ops sqlite_ops = {
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .run = sqlite_run,
    .close = sqlite_close,
    .check_schema = rk_sqlite_check_schema,
    .schema = rk_sqlite_schema,
};

static const int open_flags[] = {
    [RK_LEDGER_READ] = SQLITE_OPEN_READONLY,
    [RK_LEDGER_WRITE] = SQLITE_OPEN_READWRITE,
    [RK_LEDGER_CREATE] = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
    [RK_LEDGER_REBUILD] = SQLITE_OPEN_READWRITE,
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
        return rk_sqlite_fail(s, code, err);
    (void)sqlite3_extended_result_codes(s->handle, 1);
    if (rk_sqlite_register(s, err) || prepare(s, mode, err))
        return err->rc;
    *ret = &s->db;
    s = NULL;
    return RK_OK;
}
