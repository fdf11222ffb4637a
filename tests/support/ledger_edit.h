/* SPDX-License-Identifier: Apache-2.0 */
/* What somebody with sqlite3 and no key does to a ledger's file. */
#pragma once

#include <stdio.h>
#include <string.h>

#include <check.h>
#include <sqlite3.h>

/* As somebody does it who takes the triggers away and puts them back. */
static inline void edit_behind_triggers(const char *path, const char *sql)
{
    char text[8192] = "", again[8192] = "";
    sqlite3 *db = NULL;
    sqlite3_stmt *rows = NULL;

    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    ck_assert_int_eq(
        sqlite3_prepare_v2(db, "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'", -1,
                           &rows, NULL),
        SQLITE_OK);
    while (sqlite3_step(rows) == SQLITE_ROW) {
        (void)snprintf(text + strlen(text), sizeof text - strlen(text), "DROP TRIGGER %s;",
                       (const char *)sqlite3_column_text(rows, 0));
        (void)snprintf(again + strlen(again), sizeof again - strlen(again), "%s;",
                       (const char *)sqlite3_column_text(rows, 1));
    }
    (void)sqlite3_finalize(rows);
    ck_assert_int_eq(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db, again, NULL, NULL, NULL), SQLITE_OK);
    (void)sqlite3_close(db);
}
