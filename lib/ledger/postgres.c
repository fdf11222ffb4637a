/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger's engine for stations that share one quota: PostgreSQL, serializable transactions. */
#include "ledger/postgres.h"

#include "base/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { NUMBER_MAX = 24, NAME_MAX_LEN = 16 };

static void postgres_close(rk_db *db)
{
    struct postgres *p = (struct postgres *)db;

    if (p == NULL)
        return;
    PQfinish(p->conn);
    rk_free(p->uri);
    rk_free(p);
}

static void postgres_done(struct postgres **p)
{
    postgres_close((rk_db *)*p);
}

static enum rk_rc reconnect(struct postgres *p, struct rk_err *err)
{
    PQreset(p->conn);
    memset(p->prepared, 0, sizeof p->prepared);
    return PQstatus(p->conn) == CONNECTION_OK ? RK_OK : rk_pg_lost(p, err);
}

/*
 * The lock comes before the first look at a table, so the snapshot is taken under it: writers
 * queue for the head of the chain instead of failing for it.
 */
static enum rk_rc postgres_begin(rk_db *db, struct rk_err *err)
{
    struct postgres *p = (struct postgres *)db;

    if (PQstatus(p->conn) != CONNECTION_OK && reconnect(p, err))
        return err->rc;
    if (p->reading || db->looks)
        return rk_pg_run_text(p, "BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY", err);
    if (rk_pg_run_text(p, "BEGIN ISOLATION LEVEL SERIALIZABLE", err))
        return err->rc;
    return rk_pg_run_text(p,
                          db->format == 1 ? "LOCK TABLE rotkit_entry IN ACCESS EXCLUSIVE MODE"
                                          : "LOCK TABLE rotkit_format IN EXCLUSIVE MODE",
                          err);
}

static enum rk_rc postgres_commit(rk_db *db, struct rk_err *err)
{
    return rk_pg_run_text((struct postgres *)db, "COMMIT", err);
}

static void postgres_rollback(rk_db *db)
{
    struct postgres *p = (struct postgres *)db;

    if (PQstatus(p->conn) == CONNECTION_OK && PQtransactionStatus(p->conn) != PQTRANS_IDLE) {
        RK_AUTO(rk_pg_result_done) PGresult *result = PQexec(p->conn, "ROLLBACK");
        (void)result;
    }
}

static enum rk_rc prepare(struct postgres *p, enum rk_stmt which, char name[NAME_MAX_LEN],
                          struct rk_err *err)
{
    (void)snprintf(name, NAME_MAX_LEN, "s%d", (int)which);
    if (p->prepared[which])
        return RK_OK;
    RK_AUTO(rk_pg_result_done) PGresult *result = PQprepare(p->conn, name, rk_sql[which], 0, NULL);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        return rk_pg_fail(p, result, err);
    p->prepared[which] = true;
    return RK_OK;
}

static enum rk_rc hand_rows(const PGresult *result, rk_sql_row row, void *arg, struct rk_err *err)
{
    const char *column[RK_SQL_COLUMNS_MAX] = { NULL };
    int columns = PQnfields(result);

    if (PQntuples(result) != 0 && (row == NULL || columns > RK_SQL_COLUMNS_MAX))
        return rk_fail(err, RK_E_INTERNAL, "ledger: rows that nobody asked for");
    for (int i = 0; i < PQntuples(result); i++) {
        for (int k = 0; k < columns; k++)
            column[k] = PQgetvalue(result, i, k);
        if (row(arg, column, err))
            return err->rc;
    }
    return RK_OK;
}

/* Takes one row after the other, so that memory does not grow with the ledger. */
static enum rk_rc read_results(struct postgres *p, rk_sql_row row, void *arg, struct rk_err *err)
{
    enum rk_rc rc = RK_OK;

    for (;;) {
        RK_AUTO(rk_pg_result_done) PGresult *result = PQgetResult(p->conn);
        ExecStatusType status = PQresultStatus(result);
        uint64_t changed = 0;

        if (result == NULL)
            return rc;
        if (rc != RK_OK)
            continue; /* the rest is thrown away */
        if (status == PGRES_SINGLE_TUPLE)
            rc = hand_rows(result, row, arg, err);
        else if (status == PGRES_COMMAND_OK &&
                 sscanf(PQcmdTuples(result), "%" SCNu64, &changed) == 1)
            p->db.changed = changed;
        else if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
            rc = rk_pg_fail(p, result, err);
    }
}

static enum rk_rc postgres_run(rk_db *db, enum rk_stmt which, const struct rk_sql_value *params,
                               size_t count, rk_sql_row row, void *arg, struct rk_err *err)
{
    struct postgres *p = (struct postgres *)db;
    char number[RK_SQL_PARAMS_MAX][NUMBER_MAX], name[NAME_MAX_LEN];
    const char *value[RK_SQL_PARAMS_MAX];

    if (count > RK_SQL_PARAMS_MAX)
        return rk_fail(err, RK_E_INTERNAL, "ledger: too many values");
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(number[i], sizeof number[i], "%" PRId64, params[i].number);
        value[i] = params[i].text != NULL ? params[i].text : number[i];
    }
    db->changed = 0;
    if (prepare(p, which, name, err))
        return err->rc;
    if (PQsendQueryPrepared(p->conn, name, (int)count, value, NULL, NULL, 0) != 1)
        return rk_pg_lost(p, err);
    (void)PQsetSingleRowMode(p->conn);
    return read_results(p, row, arg, err);
}

static enum rk_rc make_once(struct postgres *p, struct rk_err *err)
{
    RK_AUTO(rk_pg_result_done) PGresult *lock = NULL;

    if (rk_pg_run_text(p, "BEGIN", err))
        return err->rc;
    /* Two builds that start at once make the tables once. The number is "rotkit" in ASCII. */
    lock = PQexec(p->conn, "SELECT pg_advisory_xact_lock(125822476413300)");
    if (PQresultStatus(lock) != PGRES_TUPLES_OK)
        return rk_pg_fail(p, lock, err);
    if (rk_pg_format(p, &p->db.format, err) || (p->db.format == 0 && rk_pg_make_tables(p, err)))
        return err->rc;
    return rk_pg_run_text(p, "COMMIT", err);
}

static enum rk_rc make_tables(struct postgres *p, enum rk_ledger_mode mode, struct rk_err *err)
{
    if (rk_pg_format(p, &p->db.format, err))
        return err->rc;
    if (p->db.format == 0 && mode != RK_LEDGER_CREATE)
        return rk_fail(err, RK_E_IO, "ledger \"%s\": there is none in this database", p->uri);
    if (p->db.format == 0 && (make_once(p, err) || rk_pg_format(p, &p->db.format, err)))
        return err->rc;
    p->db.keeps_tables = p->db.format == RK_LEDGER_FORMAT;
    if (p->db.format == RK_LEDGER_FORMAT || mode == RK_LEDGER_REBUILD)
        return RK_OK;
    (void)rk_fail(err, RK_E_USAGE, "ledger \"%s\": of format %d, this version reads format %d",
                  p->uri, p->db.format, RK_LEDGER_FORMAT);
    return rk_note(err, "rotkit ledger rebuild --licence FILE... takes it over");
}

/* A password on a command line or in a manifest is everybody's. */
static bool has_password(const char *uri)
{
    const char *user = strstr(uri, "://");
    const char *at = user == NULL ? NULL : strchr(user + 3, '@');
    const char *colon = at == NULL ? NULL : memchr(user + 3, ':', (size_t)(at - user - 3));

    return colon != NULL || strstr(uri, "password=") != NULL;
}

static const struct rk_db_ops postgres_ops = {
    .begin = postgres_begin,
    .commit = postgres_commit,
    .rollback = postgres_rollback,
    .run = postgres_run,
    .close = postgres_close,
    .check_schema = rk_pg_check_schema,
    .schema = rk_pg_schema,
    .grant = rk_pg_grant,
};

enum rk_rc rk_db_open_postgres(const char *uri, enum rk_ledger_mode mode, rk_db **ret,
                               struct rk_err *err)
{
    RK_AUTO(postgres_done) struct postgres *p = NULL;

    if (has_password(uri))
        return rk_fail(err, RK_E_USAGE,
                       "a password has no place in a ledger's URI: name it in PGPASSFILE");
    p = rk_alloc(1, sizeof *p);
    if (p == NULL || (p->uri = rk_strdup(uri)) == NULL)
        return rk_fail_nomem(err);
    p->db.ops = &postgres_ops;
    p->reading = mode == RK_LEDGER_READ;
    p->conn = PQconnectdb(uri);
    if (p->conn == NULL)
        return rk_fail_nomem(err);
    if (PQstatus(p->conn) != CONNECTION_OK)
        return rk_pg_lost(p, err);
    if (rk_pg_run_text(p, "SET client_min_messages = warning; SET synchronous_commit = on", err) ||
        make_tables(p, mode, err))
        return err->rc;
    *ret = &p->db;
    p = NULL;
    return RK_OK;
}
