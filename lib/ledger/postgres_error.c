/* SPDX-License-Identifier: Apache-2.0 */
/* What PostgreSQL answers, as a person should hear of it. */
#include "ledger/postgres.h"

#include <string.h>

static int first_line(const char *text)
{
    return (int)strcspn(text, "\n");
}

/* Lost, or not to be had: the server may come back. */
enum rk_rc rk_pg_lost(struct postgres *p, struct rk_err *err)
{
    const char *text = PQerrorMessage(p->conn);

    p->db.again = true;
    return rk_fail(err, RK_E_IO, "ledger \"%s\": out of reach: %.*s", p->uri, first_line(text),
                   text);
}

/* SQLSTATE classes: PostgreSQL 15, Appendix A. */
enum rk_rc rk_pg_fail(struct postgres *p, const PGresult *result, struct rk_err *err)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

    if (PQstatus(p->conn) != CONNECTION_OK || state == NULL)
        return rk_pg_lost(p, err);
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

enum rk_rc rk_pg_run_text(struct postgres *p, const char *text, struct rk_err *err)
{
    RK_AUTO(rk_pg_result_done) PGresult *result = PQexec(p->conn, text);

    return PQresultStatus(result) == PGRES_COMMAND_OK ? RK_OK : rk_pg_fail(p, result, err);
}
