/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger's engine for stations that share one quota: PostgreSQL, serializable transactions. */
#include "ledger/db.h"

#include "base/mem.h"

#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>

enum { NUMBER_MAX = 24, NAME_MAX_LEN = 16 };

struct postgres {
    rk_db db; /* first */
    PGconn *conn;
    char *uri;
    bool prepared[RK_SQL_COUNT];
    bool reading;
};

#define APPEND_ONLY(table, acts)                                                                   \
    "CREATE TRIGGER " table "_append BEFORE " acts " ON " table                                    \
    " FOR EACH ROW EXECUTE FUNCTION rotkit_append_only();"
#define TEXT " text COLLATE \"C\" NOT NULL"

/* clang-format off */
static const char schema[] =
    "CREATE TABLE rotkit_entry (seq bigint PRIMARY KEY, time bigint NOT NULL, kind" TEXT
    ", unit" TEXT ", licence" TEXT ", build" TEXT ", inputs" TEXT ", digest" TEXT ", keys" TEXT
    ", note" TEXT ", hash" TEXT ");"
    "CREATE TABLE rotkit_unit (unit" TEXT " PRIMARY KEY, seq bigint NOT NULL, state" TEXT
    ", licence" TEXT ", build" TEXT ", inputs" TEXT ", digest" TEXT ");"
    "CREATE TABLE rotkit_key (kind" TEXT ", value" TEXT ", unit" TEXT
    ", seq bigint NOT NULL, PRIMARY KEY (kind, value));"
    "CREATE TABLE rotkit_licence (id" TEXT " PRIMARY KEY, terms" TEXT ", units bigint NOT NULL,"
    " reissues bigint NOT NULL, spent bigint NOT NULL CHECK (spent BETWEEN 0 AND units),"
    " reissued bigint NOT NULL CHECK (reissued BETWEEN 0 AND reissues));"
    "CREATE TABLE rotkit_split (child" TEXT " PRIMARY KEY, licence" TEXT ", first_sn" TEXT
    ", last_sn" TEXT ", units bigint NOT NULL);"
    "CREATE TABLE rotkit_checkpoint (size bigint NOT NULL, head" TEXT ", time bigint NOT NULL, key"
    TEXT ", scheme" TEXT ", signature" TEXT ", PRIMARY KEY (size, key));"
    "CREATE FUNCTION rotkit_append_only() RETURNS trigger LANGUAGE plpgsql AS"
    " $$BEGIN RAISE EXCEPTION 'the ledger is append-only'; END$$;"
    APPEND_ONLY("rotkit_entry", "UPDATE OR DELETE") APPEND_ONLY("rotkit_key", "UPDATE OR DELETE")
    APPEND_ONLY("rotkit_split", "UPDATE OR DELETE")
    APPEND_ONLY("rotkit_checkpoint", "UPDATE OR DELETE")
    APPEND_ONLY("rotkit_unit", "DELETE") APPEND_ONLY("rotkit_licence", "DELETE");
/* clang-format on */

RK_CLEANUP(result_done, PGresult, PQclear)

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

static int first_line(const char *text)
{
    return (int)strcspn(text, "\n");
}

/* Lost, or not to be had: the server may come back. */
static enum rk_rc lost(struct postgres *p, struct rk_err *err)
{
    const char *text = PQerrorMessage(p->conn);

    p->db.again = true;
    return rk_fail(err, RK_E_IO, "ledger \"%s\": out of reach: %.*s", p->uri, first_line(text),
                   text);
}

/* SQLSTATE classes: PostgreSQL 15, Appendix A. */
static enum rk_rc fail(struct postgres *p, const PGresult *result, struct rk_err *err)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

    if (PQstatus(p->conn) != CONNECTION_OK || state == NULL)
        return lost(p, err);
    if (text == NULL)
        text = "";
    if (strncmp(state, "40", 2) == 0) { /* serialization failure, deadlock */
        p->db.again = true;
        return rk_fail(err, RK_E_LEDGER, "ledger \"%s\": other stations were always faster: %s",
                       p->uri, text);
    }
    if (strncmp(state, "57P", 3) == 0 || strncmp(state, "08", 2) == 0) {
        p->db.again = true; /* shutting down, starting up */
        return rk_fail(err, RK_E_IO, "ledger \"%s\": out of reach: %s", p->uri, text);
    }
    if (strncmp(state, "53", 2) == 0 || strncmp(state, "25006", 5) == 0 ||
        strncmp(state, "42501", 5) == 0)
        return rk_fail(err, RK_E_IO, "ledger \"%s\": %s", p->uri, text);
    if (strncmp(state, "23", 2) == 0 || strncmp(state, "P0", 2) == 0)
        return rk_fail(err, RK_E_LEDGER, "ledger \"%s\": refused: %s", p->uri, text);
    return rk_fail(err, RK_E_INTERNAL, "ledger \"%s\": %s: %s", p->uri, state, text);
}

static enum rk_rc run_text(struct postgres *p, const char *text, struct rk_err *err)
{
    RK_AUTO(result_done) PGresult *result = PQexec(p->conn, text);

    return PQresultStatus(result) == PGRES_COMMAND_OK ? RK_OK : fail(p, result, err);
}

static enum rk_rc reconnect(struct postgres *p, struct rk_err *err)
{
    PQreset(p->conn);
    memset(p->prepared, 0, sizeof p->prepared);
    return PQstatus(p->conn) == CONNECTION_OK ? RK_OK : lost(p, err);
}

/*
 * The lock comes before the first look at the tables, so the snapshot is taken under it: writers
 * queue for the head of the chain instead of failing for it.
 */
static enum rk_rc postgres_begin(rk_db *db, struct rk_err *err)
{
    struct postgres *p = (struct postgres *)db;

    if (PQstatus(p->conn) != CONNECTION_OK && reconnect(p, err))
        return err->rc;
    if (p->reading)
        return run_text(p, "BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY", err);
    if (run_text(p, "BEGIN ISOLATION LEVEL SERIALIZABLE", err))
        return err->rc;
    return run_text(p, "LOCK TABLE rotkit_entry IN SHARE ROW EXCLUSIVE MODE", err);
}

static enum rk_rc postgres_commit(rk_db *db, struct rk_err *err)
{
    return run_text((struct postgres *)db, "COMMIT", err);
}

static void postgres_rollback(rk_db *db)
{
    struct postgres *p = (struct postgres *)db;

    if (PQstatus(p->conn) == CONNECTION_OK && PQtransactionStatus(p->conn) != PQTRANS_IDLE) {
        RK_AUTO(result_done) PGresult *result = PQexec(p->conn, "ROLLBACK");
        (void)result;
    }
}

static enum rk_rc prepare(struct postgres *p, enum rk_stmt which, char name[NAME_MAX_LEN],
                          struct rk_err *err)
{
    (void)snprintf(name, NAME_MAX_LEN, "s%d", (int)which);
    if (p->prepared[which])
        return RK_OK;
    RK_AUTO(result_done) PGresult *result = PQprepare(p->conn, name, rk_sql[which], 0, NULL);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        return fail(p, result, err);
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
        RK_AUTO(result_done) PGresult *result = PQgetResult(p->conn);
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
            rc = fail(p, result, err);
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
        return lost(p, err);
    (void)PQsetSingleRowMode(p->conn);
    return read_results(p, row, arg, err);
}

static enum rk_rc is_made(struct postgres *p, bool *ret, struct rk_err *err)
{
    /* Not to_regclass: it asks a cache, which behind the lock still says what was so before it. */
    RK_AUTO(result_done)
    PGresult *result = PQexec(p->conn, "SELECT EXISTS (SELECT 1 FROM pg_class WHERE relname = "
                                       "'rotkit_entry' AND pg_table_is_visible(oid))");

    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        return fail(p, result, err);
    *ret = PQgetvalue(result, 0, 0)[0] == 't';
    return RK_OK;
}

static enum rk_rc make_once(struct postgres *p, struct rk_err *err)
{
    bool made = false;
    RK_AUTO(result_done) PGresult *lock = NULL;

    if (run_text(p, "BEGIN", err))
        return err->rc;
    /* Two builds that start at once make the tables once. The number is "rotkit" in ASCII. */
    lock = PQexec(p->conn, "SELECT pg_advisory_xact_lock(125822476413300)");
    if (PQresultStatus(lock) != PGRES_TUPLES_OK)
        return fail(p, lock, err);
    if (is_made(p, &made, err) || (!made && run_text(p, schema, err)))
        return err->rc;
    return run_text(p, "COMMIT", err);
}

static enum rk_rc make_tables(struct postgres *p, enum rk_ledger_mode mode, struct rk_err *err)
{
    bool made = false;

    if (is_made(p, &made, err))
        return err->rc;
    if (made)
        return RK_OK;
    if (mode != RK_LEDGER_CREATE)
        return rk_fail(err, RK_E_IO, "ledger \"%s\": there is none in this database", p->uri);
    return make_once(p, err);
}

/* A password on a command line or in a manifest is everybody's. */
static bool has_password(const char *uri)
{
    const char *user = strstr(uri, "://");
    const char *at = user == NULL ? NULL : strchr(user + 3, '@');
    const char *colon = at == NULL ? NULL : memchr(user + 3, ':', (size_t)(at - user - 3));

    return colon != NULL || strstr(uri, "password=") != NULL;
}

static const struct rk_db_ops postgres_ops = { postgres_begin, postgres_commit, postgres_rollback,
                                               postgres_run, postgres_close };

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
        return lost(p, err);
    if (run_text(p, "SET client_min_messages = warning; SET synchronous_commit = on", err) ||
        make_tables(p, mode, err))
        return err->rc;
    *ret = &p->db;
    p = NULL;
    return RK_OK;
}
