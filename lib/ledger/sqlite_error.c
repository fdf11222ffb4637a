/* SPDX-License-Identifier: Apache-2.0 */
/* What SQLite answers, as a person should hear of it. */
#include "ledger/sqlite.h"

#include "rotkit/counted.h"

enum rk_rc rk_sqlite_fail(const struct sqlite *s, int code, struct rk_err *err)
{
    switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return rk_fail(err, RK_E_LEDGER, "ledger \"%s\": another process has kept it locked for %s",
                       s->path, RK_COUNTED(RK_SQLITE_BUSY_MS / 1000, "second"));
    case SQLITE_FULL:
        return rk_fail(err, RK_E_IO, "ledger \"%s\": the disk is full", s->path);
    case SQLITE_READONLY:
        return rk_fail(err, RK_E_IO, "ledger \"%s\": it may not be written", s->path);
    case SQLITE_CANTOPEN:
        (void)rk_fail(err, RK_E_IO, "ledger \"%s\": %s", s->path, sqlite3_errmsg(s->handle));
        return rk_note(err, "the first build makes it, where licence.ledger of the manifest says");
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

enum rk_rc rk_sqlite_run_text(const struct sqlite *s, const char *text, struct rk_err *err)
{
    int code = sqlite3_exec(s->handle, text, NULL, NULL, NULL);

    return code == SQLITE_OK ? RK_OK : rk_sqlite_fail(s, code, err);
}
