/* SPDX-License-Identifier: Apache-2.0 */
/* Where a unit stands: by its entries, compared with its row. */
#include "ledger/ledger.h"

#include "rotkit/hex.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { ID_MAX = 1024 };

/* Behind an entry's columns, in the row about a unit's last one. */
enum {
    HASH_BEFORE = RK_ENTRY_COLUMNS,
    COMMITTED,
    ROW_SEQ,
    ROW_STATE,
    ROW_LICENCE, /* and, as in the entry, build, inputs, digest */
};

/* A unit on its way from its last entry. */
struct reading {
    struct rk_unit_row *row;
    bool has_entry;
};

/* The entry has the hash that its columns and the entry before it give. */
static enum rk_rc check_hash(const char *const *column, struct rk_err *err)
{
    uint8_t before[32] = { 0 }, hash[32];
    const char *text = column[HASH_BEFORE];
    char hex[RK_HEX32];

    if (strcmp(column[RK_ENTRY_SEQ], "1") != 0 &&
        rk_hex_read(text, strlen(text), before, sizeof before, err))
        return rk_fail(err, RK_E_VERIFY, "the entry before entry %s has no hash",
                       column[RK_ENTRY_SEQ]);
    if (rk_entry_hash(before, column, hash, err))
        return err->rc;
    rk_hex_write(hash, sizeof hash, hex);
    if (strcmp(hex, column[RK_ENTRY_HASH]) != 0)
        return rk_fail(err, RK_E_VERIFY, "entry %s does not hold: hash %.16s, stored %.16s",
                       column[RK_ENTRY_SEQ], hex, column[RK_ENTRY_HASH]);
    return RK_OK;
}

static enum rk_rc differs(const char *unit, const char *const row[2], const char *seq,
                          const char *kind, struct rk_err *err)
{
    return rk_fail(
        err, RK_E_VERIFY, "unit %s: its row (entry %s, %s) is not what entry %s (%s) says", unit,
        row[0][0] == '\0' ? "none" : row[0], row[1][0] == '\0' ? "none" : row[1], seq, kind);
}

static enum rk_rc compare_row(enum rk_unit_state state, const char *const *column,
                              struct rk_err *err)
{
    bool same = strcmp(column[ROW_SEQ], column[RK_ENTRY_SEQ]) == 0 &&
                strcmp(column[ROW_STATE], rk_unit_states[state].name) == 0;

    for (size_t i = 0; RK_ENTRY_LICENCE + i <= RK_ENTRY_DIGEST; i++)
        same = same && strcmp(column[RK_ENTRY_LICENCE + i], column[ROW_LICENCE + i]) == 0;
    return same ? RK_OK
                : differs(column[RK_ENTRY_UNIT], column + ROW_SEQ, column[RK_ENTRY_SEQ],
                          column[RK_ENTRY_KIND], err);
}

static enum rk_rc read_entry(void *arg, const char *const *column, struct rk_err *err)
{
    struct reading *reading = arg;
    struct rk_unit_row *row = reading->row;

    if (check_hash(column, err))
        return err->rc;
    row->committed = column[COMMITTED][0] == '1';
    row->state = rk_unit_state_behind(column[RK_ENTRY_KIND], row->committed);
    if (row->state == RK_UNIT_STATES)
        return rk_fail(err, RK_E_VERIFY, "entry %s about unit %s is of the unknown kind \"%s\"",
                       column[RK_ENTRY_SEQ], row->unit, column[RK_ENTRY_KIND]);
    if (compare_row(row->state, column, err))
        return err->rc;
    reading->has_entry = true;
    (void)snprintf(row->before, sizeof row->before, "%s %s", column[RK_ENTRY_KIND],
                   column[RK_ENTRY_LICENCE]);
    (void)snprintf(row->licence, sizeof row->licence, "%s", column[RK_ENTRY_LICENCE]);
    (void)snprintf(row->build, sizeof row->build, "%s", column[RK_ENTRY_BUILD]);
    (void)snprintf(row->inputs, sizeof row->inputs, "%s", column[RK_ENTRY_INPUTS]);
    (void)snprintf(row->digest, sizeof row->digest, "%s", column[RK_ENTRY_DIGEST]);
    return RK_OK;
}

static enum rk_rc refuse_row(void *arg, const char *const *column, struct rk_err *err)
{
    const struct rk_unit_row *row = arg;

    return differs(row->unit, column, "none", "none", err);
}

enum rk_rc rk_unit_get(rk_ledger *ledger, const struct rk_unit_id *sn, struct rk_unit_row *ret,
                       struct rk_err *err)
{
    const struct rk_sql_value key = RK_SQL_TEXT(ret->unit);
    struct reading reading = { .row = ret };
    rk_db *db = ledger->db;

    *ret = (struct rk_unit_row) { .state = RK_UNIT_FREE };
    rk_unit_id_text(sn, ret->unit);
    if (db->ops->run(db, RK_SQL_UNIT_ENTRY, &key, 1, read_entry, &reading, err))
        return err->rc;
    return reading.has_entry ? RK_OK
                             : db->ops->run(db, RK_SQL_UNIT_GET, &key, 1, refuse_row, ret, err);
}

enum rk_rc rk_unit_put(rk_ledger *ledger, const struct rk_unit_row *row, const char *kind,
                       const char *keys, const char *note, struct rk_err *err)
{
    const struct rk_entry entry = { kind,        row->unit,     row->licence, row->build,
                                    row->inputs, row->digest,   keys,         note,
                                    row->before, row->committed };

    if (rk_ledger_append(ledger, &entry, err))
        return err->rc;
    if (ledger->db->keeps_tables)
        return RK_OK;
    const struct rk_sql_value value[] = {
        RK_SQL_TEXT(row->unit),
        RK_SQL_NUMBER(ledger->size),
        RK_SQL_TEXT(rk_unit_states[row->state].name),
        RK_SQL_TEXT(row->licence),
        RK_SQL_TEXT(row->build),
        RK_SQL_TEXT(row->inputs),
        RK_SQL_TEXT(row->digest),
    };
    return ledger->db->ops->run(ledger->db, RK_SQL_UNIT_PUT, value, sizeof value / sizeof value[0],
                                NULL, NULL, err);
}

enum rk_rc rk_id_compare(const char *const *column, struct rk_err *err)
{
    char id[ID_MAX];
    const char *at;
    size_t len;

    len = (size_t)snprintf(id, sizeof id, "%s=%s", column[0], column[1]);
    if (len >= sizeof id)
        return rk_fail(err, RK_E_VERIFY, "an id of unit %s is too long", column[2]);
    for (at = strstr(column[4], id); at != NULL; at = strstr(at + 1, id)) {
        if ((at == column[4] || at[-1] == ',') && (at[len] == '\0' || at[len] == ','))
            break;
    }
    if (at == NULL || strcmp(column[2], column[3]) != 0)
        return rk_fail(err, RK_E_VERIFY, "id %s of unit %s stands in no entry", id, column[2]);
    return RK_OK;
}
