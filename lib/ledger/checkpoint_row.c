/* SPDX-License-Identifier: Apache-2.0 */
/* Checkpoints that the ledger keeps: found, and kept. */
#include "ledger/checkpoint.h"

#include "rotkit/hex.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { FIRST = 1 };

static enum rk_rc read_name(void *arg, const char *const *column, struct rk_err *err)
{
    char *name = arg;

    if (strcmp(column[RK_ENTRY_KIND], "ledger") != 0 || strlen(column[RK_ENTRY_NOTE]) != 32)
        return rk_fail(err, RK_E_VERIFY, "the ledger's first entry does not name it");
    memcpy(name, column[RK_ENTRY_NOTE], 33);
    return RK_OK;
}

enum rk_rc rk_ledger_name(rk_ledger *ledger, char ret[33], struct rk_err *err)
{
    const struct rk_sql_value first = RK_SQL_NUMBER(FIRST);

    ret[0] = '\0';
    if (ledger->db->ops->run(ledger->db, RK_SQL_ENTRY_GET, &first, 1, read_name, ret, err))
        return err->rc;
    return ret[0] == '\0' ? rk_fail(err, RK_E_VERIFY, "the ledger is empty") : RK_OK;
}

static enum rk_rc read_row(void *arg, const char *const *column, struct rk_err *err)
{
    return rk_checkpoint_of_row(column, arg, err);
}

enum rk_rc rk_checkpoint_last(rk_ledger *ledger, struct rk_checkpoint *ret, struct rk_err *err)
{
    return ledger->db->ops->run(ledger->db, RK_SQL_CHECKPOINT_LAST, NULL, 0, read_row, ret, err) ||
                   rk_ledger_name(ledger, ret->ledger, err)
               ? err->rc
               : RK_OK;
}

enum rk_rc rk_checkpoint_of_key(rk_ledger *ledger, struct rk_checkpoint *ret, struct rk_err *err)
{
    uint8_t id[32];
    char hex[RK_HEX32];
    const struct rk_sql_value key = RK_SQL_TEXT(hex);

    if (rk_signed_text_key(ledger->key, id, err))
        return err->rc;
    rk_hex_write(id, sizeof id, hex);
    if (ledger->db->ops->run(ledger->db, RK_SQL_CHECKPOINT_OF_KEY, &key, 1, read_row, ret, err) ||
        rk_ledger_name(ledger, ret->ledger, err))
        return err->rc;
    if (ret->size != 0 && rk_checkpoint_check(ledger->ctx, ret, ledger->key, err))
        return rk_wrap(err, "checkpoint at entry %" PRIu64, ret->size);
    return RK_OK;
}

/* Whether a correction of the time has its checkpoint. */
struct seeking {
    const rk_ledger *ledger;
    const char *name;
    bool found;
};

static enum rk_rc seek(void *arg, const char *const *column, struct rk_err *err)
{
    RK_AUTO(rk_checkpoint_done) struct rk_checkpoint c = { .size = 0 };
    struct seeking *seeking = arg;
    const rk_ledger *ledger = seeking->ledger;
    enum rk_rc rc = RK_OK;

    if (rk_checkpoint_of_row(column, &c, err))
        return err->rc;
    memcpy(c.ledger, seeking->name, sizeof c.ledger);
    if (memcmp(c.head, ledger->tally.corrected_head, 32) != 0)
        return RK_OK;
    if (ledger->key != NULL)
        rc = rk_checkpoint_check(ledger->ctx, &c, ledger->key, err);
    seeking->found = seeking->found || rc == RK_OK;
    return rc == RK_E_VERIFY ? RK_OK : rc; /* another's: there may be one of this key */
}

enum rk_rc rk_correction_check(rk_ledger *ledger, struct rk_err *err)
{
    const struct rk_sql_value at = RK_SQL_NUMBER(ledger->tally.corrected);
    char name[33];
    struct seeking seeking = { ledger, name, false };

    if (rk_ledger_name(ledger, name, err) ||
        ledger->db->ops->run(ledger->db, RK_SQL_CHECKPOINT_AT, &at, 1, seek, &seeking, err))
        return err->rc;
    if (seeking.found)
        return RK_OK;
    return rk_fail(err, RK_E_VERIFY,
                   "entry %" PRIu64 " corrects the time, and no checkpoint%s signs that",
                   ledger->tally.corrected, ledger->key == NULL ? "" : " of this key");
}

enum rk_rc rk_checkpoint_keep(rk_ledger *ledger, const struct rk_checkpoint *c, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes hex = RK_BYTES_NONE;
    RK_AUTO(rk_bytes_done) struct rk_bytes sums = RK_BYTES_NONE;
    char head[65], key[65];

    if (rk_bytes_new(2 * c->signature.len + 1, &hex, err) || rk_checkpoint_sums_text(c, &sums, err))
        return err->rc;
    rk_hex_write(c->signature.p, c->signature.len, (char *)hex.p);
    rk_hex_write(c->head, sizeof c->head, head);
    rk_hex_write(c->key_sha256, sizeof c->key_sha256, key);
    const struct rk_sql_value value[] = {
        RK_SQL_NUMBER(c->size),
        RK_SQL_TEXT(head),
        RK_SQL_NUMBER(c->time),
        RK_SQL_TEXT(key),
        RK_SQL_TEXT(rk_scheme_name(c->scheme)),
        RK_SQL_TEXT((const char *)hex.p),
        RK_SQL_NUMBER(c->format),
        RK_SQL_TEXT(sums.p == NULL ? "" : (const char *)sums.p),
    };
    return ledger->db->ops->run(ledger->db, RK_SQL_CHECKPOINT_PUT, value, 8, NULL, NULL, err);
}
