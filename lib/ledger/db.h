/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the ledger asks of a database, and the engines that answer. An engine runs the statements
 * of sql.c inside of transactions; it knows nothing of units or licences.
 */
#pragma once

#include "base/err.h"
#include "rotkit/ledger.h"

#include <stdbool.h>

enum rk_stmt {
    RK_SQL_HEAD,
    RK_SQL_ENTRY_PUT,
    RK_SQL_ENTRY_GET,
    RK_SQL_ENTRY_CHAIN,
    RK_SQL_ENTRY_COUNT,
    RK_SQL_ENTRY_PAGE,
    RK_SQL_UNIT_ENTRY,
    RK_SQL_UNIT_GET,
    RK_SQL_UNIT_IDS,
    RK_SQL_UNIT_PUT,
    RK_SQL_UNIT_LIST,
    RK_SQL_UNIT_LAST,
    RK_SQL_UNIT_COUNT,
    RK_SQL_UNIT_COUNTS,
    RK_SQL_UNITS_BETWEEN,
    RK_SQL_KEY_PUT,
    RK_SQL_KEY_OWNER,
    RK_SQL_KEY_COUNT,
    RK_SQL_KEY_ENTRIES,
    RK_SQL_LICENCE_PUT,
    RK_SQL_LICENCE_GET,
    RK_SQL_LICENCE_SET,
    RK_SQL_LICENCE_LIST,
    RK_SQL_SPLIT_PUT,
    RK_SQL_SPLIT_LIST,
    RK_SQL_SPLIT_ENTRIES,
    RK_SQL_SPLIT_COUNT,
    RK_SQL_CHECKPOINT_PUT,
    RK_SQL_CHECKPOINT_LIST,
    RK_SQL_CHECKPOINT_LAST,
    RK_SQL_CHECKPOINT_OF_KEY,
    RK_SQL_CHECKPOINT_AT,
    RK_SQL_COUNT,
};
enum { RK_SQL_PARAMS_MAX = 11, RK_SQL_COLUMNS_MAX = 20, RK_SQL_PAGE = 500 };
/* The text of each; $1, $2 ... are numbered in the order they first stand in it. */
extern const char *const rk_sql[RK_SQL_COUNT];

struct rk_sql_value {
    const char *text; /* NULL: the number */
    int64_t number;
};
#define RK_SQL_TEXT(t)                                                                             \
    (struct rk_sql_value)                                                                          \
    {                                                                                              \
        .text = (t)                                                                                \
    }
#define RK_SQL_NUMBER(n)                                                                           \
    (struct rk_sql_value)                                                                          \
    {                                                                                              \
        .number = (int64_t)(n)                                                                     \
    }

/* One row: every column as text, borrowed during the call. No other statement may run from it. */
typedef enum rk_rc (*rk_sql_row)(void *arg, const char *const *column, struct rk_err *err);

/* The two halves of making the tables anew, inside of one transaction. */
enum rk_schema_act {
    RK_SCHEMA_BARE,    /* guards are gone, the tables beside entries and checkpoints are empty */
    RK_SCHEMA_GUARDED, /* whole again, of RK_LEDGER_FORMAT */
};

typedef struct rk_db rk_db;
struct rk_db_ops {
    /* A failure that a new try of the whole transaction may cure sets db->again. */
    enum rk_rc (*begin)(rk_db *db, struct rk_err *err);
    enum rk_rc (*commit)(rk_db *db, struct rk_err *err);
    void (*rollback)(rk_db *db);
    /* row NULL: the statement has none. Sets db->changed. */
    enum rk_rc (*run)(rk_db *db, enum rk_stmt stmt, const struct rk_sql_value *params, size_t count,
                      rk_sql_row row, void *arg, struct rk_err *err);
    void (*close)(rk_db *db);
    /* RK_E_VERIFY when a table, an index or a trigger is not what schema() made. */
    enum rk_rc (*check_schema)(rk_db *db, struct rk_err *err);
    enum rk_rc (*schema)(rk_db *db, enum rk_schema_act act, struct rk_err *err);
    /* NULL: the engine knows no roles. */
    enum rk_rc (*grant)(rk_db *db, const char *role, struct rk_err *err);
};
enum { RK_LEDGER_FORMAT = 2 };
struct rk_db {
    const struct rk_db_ops *ops;
    uint64_t changed; /* rows that the last statement put or changed */
    bool again;
    bool looks;        /* the transactions that begin now change nothing, and keep nobody waiting */
    bool keeps_tables; /* an entry that is put brings its rows of the other tables by itself */
    int format;        /* as it was opened; older ones by RK_LEDGER_REBUILD alone */
};

/* Ready for use, its tables made when mode is RK_LEDGER_CREATE and there are none. */
enum rk_rc rk_db_open_sqlite(const char *path, enum rk_ledger_mode mode, rk_db **ret,
                             struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_db_open_postgres(const char *uri, enum rk_ledger_mode mode, rk_db **ret,
                               struct rk_err *err) RK_MUST_CHECK;
