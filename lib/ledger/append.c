/* SPDX-License-Identifier: Apache-2.0 */
/* An entry is put behind the last one: into the chain, and into what was counted. */
#include "ledger/ledger.h"

#include "rotkit/hex.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { COLUMNS = RK_ENTRY_HASH /* that are hashed */ };

static const char *or_empty(const char *text)
{
    return text == NULL ? "" : text;
}

enum rk_rc rk_ledger_append(rk_ledger *ledger, const struct rk_entry *entry, struct rk_err *err)
{
    char seq[21], time[21], hex[RK_HEX32];
    const char *column[RK_ENTRY_COUNTED_COLUMNS] = { seq,
                                                     time,
                                                     entry->kind,
                                                     or_empty(entry->unit),
                                                     or_empty(entry->licence),
                                                     or_empty(entry->build),
                                                     or_empty(entry->inputs),
                                                     or_empty(entry->digest),
                                                     or_empty(entry->keys),
                                                     or_empty(entry->note),
                                                     hex,
                                                     or_empty(entry->before),
                                                     entry->committed ? "1" : "0" };
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
    return ledger->tally.valid ? rk_tally_append(&ledger->tally, column, hash, err) : RK_OK;
}
