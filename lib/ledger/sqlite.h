/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the SQLite engine. */
#pragma once

#include "ledger/db.h"

#include <sqlite3.h>

enum { RK_SQLITE_BUSY_MS = 10000 }; /* how long others are waited for */

struct sqlite {
    rk_db db; /* first */
    sqlite3 *handle;
    sqlite3_stmt *stmt[RK_SQL_COUNT]; /* prepared when first used */
    char *path;
    bool inside; /* of a transaction */
};

/* SQLite's result codes as a person should hear of them. */
enum rk_rc rk_sqlite_fail(const struct sqlite *s, int code, struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_sqlite_run_text(const struct sqlite *s, const char *text,
                              struct rk_err *err) RK_MUST_CHECK;

/* sqlite_schema.c */
enum { RK_SQLITE_APPLICATION_ID = 0x726b6c67 /* "rklg" */ };
enum rk_rc rk_sqlite_register(const struct sqlite *s, struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_sqlite_make_tables(struct sqlite *s, struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_sqlite_check_schema(rk_db *db, struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_sqlite_schema(rk_db *db, enum rk_schema_act act, struct rk_err *err) RK_MUST_CHECK;
