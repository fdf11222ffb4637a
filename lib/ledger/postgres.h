/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the PostgreSQL engine. */
#pragma once

#include "ledger/db.h"

#include <libpq-fe.h>

struct postgres {
    rk_db db; /* first */
    PGconn *conn;
    char *uri;
    bool prepared[RK_SQL_COUNT];
    bool reading;
};
RK_CLEANUP(rk_pg_result_done, PGresult, PQclear)

/* Out of reach: the server may come back. */
enum rk_rc rk_pg_lost(struct postgres *p, struct rk_err *err) RK_MUST_CHECK;
/* SQLSTATE classes as a person should hear of them. */
enum rk_rc rk_pg_fail(struct postgres *p, const PGresult *result, struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_pg_run_text(struct postgres *p, const char *text, struct rk_err *err) RK_MUST_CHECK;

/* postgres_schema.c. *ret: 0 when there is none. */
enum rk_rc rk_pg_format(struct postgres *p, int *ret, struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_pg_make_tables(struct postgres *p, struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_pg_check_schema(rk_db *db, struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_pg_schema(rk_db *db, enum rk_schema_act act, struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_pg_grant(rk_db *db, const char *role, struct rk_err *err) RK_MUST_CHECK;
