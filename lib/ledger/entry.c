/* SPDX-License-Identifier: Apache-2.0 */
/* Entries of the ledger: their line, their hash, and the states of units they lead to. */
#include "ledger/ledger.h"

#include "base/digest.h"
#include "base/wr.h"
#include "rotkit/hex.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { LINE_MAX_LEN = 16384, COLUMNS = 10 };

/* clang-format off */
const struct rk_unit_state_row rk_unit_states[RK_UNIT_STATES] = {
    [RK_UNIT_FREE]      = { "void",      false },
    [RK_UNIT_RESERVED]  = { "reserved",  true },
    [RK_UNIT_ISSUED]    = { "issued",    true },
    [RK_UNIT_REISSUE]   = { "reissue",   true },
    [RK_UNIT_REISSUING] = { "reissuing", true },
    [RK_UNIT_RETIRED]   = { "retired",   true },
};
/* clang-format on */

enum rk_unit_state rk_unit_state_find(const char *name)
{
    enum rk_unit_state state = RK_UNIT_FREE;

    while (state < RK_UNIT_STATES && strcmp(rk_unit_states[state].name, name) != 0)
        state++;
    return state;
}

bool rk_entry_text(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text < ' ' || *text > '~')
            return false;
    }
    return true;
}

enum rk_rc rk_entry_hash(const uint8_t before[32], const char *const column[10], uint8_t ret[32],
                         struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr wr = RK_WR_MAX(LINE_MAX_LEN);

    rk_wr_bytes(&wr, before, 32);
    for (size_t i = 0; i < COLUMNS; i++) {
        if (i != 0)
            rk_wr_str(&wr, "\t");
        rk_wr_str(&wr, column[i]);
    }
    if (wr.failed == RK_E_NOMEM)
        return rk_fail_nomem(err);
    if (wr.failed != RK_OK)
        return rk_fail(err, wr.failed, "an entry of the ledger is too long");
    return rk_sha256(wr.buf, wr.len, ret, err);
}

static const char *or_empty(const char *text)
{
    return text == NULL ? "" : text;
}

enum rk_rc rk_ledger_append(rk_ledger *ledger, const struct rk_entry *entry, struct rk_err *err)
{
    char seq[21], time[21], hex[RK_HEX32];
    const char *column[COLUMNS] = { seq,
                                    time,
                                    entry->kind,
                                    or_empty(entry->unit),
                                    or_empty(entry->licence),
                                    or_empty(entry->build),
                                    or_empty(entry->inputs),
                                    or_empty(entry->digest),
                                    or_empty(entry->keys),
                                    or_empty(entry->note) };
    struct rk_sql_value value[COLUMNS + 1];
    uint8_t hash[32];

    (void)snprintf(seq, sizeof seq, "%" PRIu64, ledger->size + 1);
    (void)snprintf(time, sizeof time, "%" PRId64, ledger->now);
    if (rk_entry_hash(ledger->head, column, hash, err))
        return err->rc;
    rk_hex_write(hash, sizeof hash, hex);
    value[0] = RK_SQL_NUMBER(ledger->size + 1);
    value[1] = RK_SQL_NUMBER(ledger->now);
    for (size_t i = 2; i < COLUMNS; i++)
        value[i] = RK_SQL_TEXT(column[i]);
    value[COLUMNS] = RK_SQL_TEXT(hex);
    if (ledger->db->ops->run(ledger->db, RK_SQL_ENTRY_PUT, value, COLUMNS + 1, NULL, NULL, err))
        return err->rc;
    ledger->size++;
    memcpy(ledger->head, hash, sizeof hash);
    return RK_OK;
}
