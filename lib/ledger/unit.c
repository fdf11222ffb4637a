/* SPDX-License-Identifier: Apache-2.0 */
/* Units on their way through the ledger: reserve, commit, void, and the acts that are recorded. */
#include "ledger/ledger.h"

#include "base/mem.h"
#include "base/wr.h"
#include "rotkit/hex.h"

#include <stdio.h>
#include <string.h>

void rk_ledger_unit_done(struct rk_ledger_unit *unit)
{
    rk_free_str(&unit->keys);
    unit->keys = NULL;
}

static bool is_key_text(const char *text)
{
    return text[0] != '\0' &&
           text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                             "0123456789._:-")] == '\0';
}

static bool has_id(const char *keys, const char *kind, const char *value)
{
    size_t kind_len = strlen(kind), value_len = strlen(value);

    for (const char *at = keys; at != NULL && *at != '\0'; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, kind, kind_len) == 0 && at[kind_len] == '=' &&
            strncmp(at + kind_len + 1, value, value_len) == 0 &&
            (at[kind_len + 1 + value_len] == ',' || at[kind_len + 1 + value_len] == '\0'))
            return true;
    }
    return false;
}

enum rk_rc rk_ledger_unit_add(struct rk_ledger_unit *unit, const char *kind, const char *value,
                              struct rk_err *err)
{
    size_t have = unit->keys == NULL ? 0 : strlen(unit->keys);
    size_t len = have + strlen(kind) + strlen(value) + 3;
    char *keys;

    if (!is_key_text(kind) || !is_key_text(value))
        return rk_fail(err, RK_E_USAGE, "\"%s=%s\" cannot stand in a ledger", kind, value);
    if (has_id(unit->keys, kind, value))
        return RK_OK;
    if (len > RK_KEYS_MAX || strlen(kind) + strlen(value) > RK_KEY_MAX)
        return rk_fail(err, RK_E_USAGE, "too many ids for one unit of a ledger");
    keys = rk_alloc(1, len);
    if (keys == NULL)
        return rk_fail_nomem(err);
    (void)snprintf(keys, len, "%s%s%s=%s", have == 0 ? "" : unit->keys, have == 0 ? "" : ",", kind,
                   value);
    rk_free_str(&unit->keys);
    unit->keys = keys;
    return RK_OK;
}

/* What an act over several units runs with. */
struct batch {
    const struct rk_ledger_unit *units;
    size_t count;
    enum rk_rc (*each)(rk_ledger *ledger, const struct rk_ledger_unit *unit,
                       struct rk_unit_row *row, struct rk_err *err);
};

static enum rk_rc run_batch(rk_ledger *ledger, void *arg, struct rk_err *err)
{
    const struct batch *batch = arg;

    for (size_t i = 0; i < batch->count; i++) {
        struct rk_unit_row row;

        if (rk_unit_get(ledger, &batch->units[i].sn, &row, err) ||
            batch->each(ledger, &batch->units[i], &row, err))
            return err->rc;
    }
    return rk_licence_spend(ledger, err);
}

static enum rk_rc owned_by_other(const struct rk_unit_row *row, struct rk_err *err)
{
    (void)rk_fail(err, RK_E_LEDGER, "unit %s is reserved by another build, %.16s", row->unit,
                  row->build);
    return rk_note(err, "when that build is dead: rotkit ledger void gives the unit back");
}

static enum rk_rc other_inputs(const struct rk_unit_row *row, const char *inputs,
                               struct rk_err *err)
{
    (void)rk_fail(err, RK_E_LEDGER, "unit %s was made from other inputs: %.16s, now %.16s",
                  row->unit, row->inputs, inputs);
    return rk_note(err, "rotkit ledger reissue records that it shall be made anew");
}

/* Its certificates may have been revoked: from the same inputs come the same again. */
static enum rk_rc same_identity(const struct rk_unit_row *row, struct rk_err *err)
{
    (void)rk_fail(err, RK_E_LEDGER,
                  "unit %s is to be made anew, but from the inputs it was made from, %.16s",
                  row->unit, row->inputs);
    return rk_note(err, "give the device another EPS seed, or change what else was wrong");
}

/* A unit from before the first licence is charged to none: it cannot be made anew beside them. */
static enum rk_rc stands_under_none(const rk_ledger *ledger, const struct rk_unit_row *row,
                                    const char *kind, struct rk_err *err)
{
    return rk_tally_wants_licence(&ledger->tally, kind, row->licence)
               ? rk_fail(err, RK_E_LEDGER,
                         "unit %s stands under no licence, the ledger counts by licences",
                         row->unit)
               : RK_OK;
}

/* The row becomes this build's reservation. */
static enum rk_rc adopt_unit(rk_ledger *ledger, struct rk_unit_row *row, const char *inputs,
                             enum rk_unit_state state, struct rk_err *err)
{
    if (row->state == RK_UNIT_FREE) /* else it stays charged where it was */
        (void)snprintf(row->licence, sizeof row->licence, "%s", ledger->licence.id);
    if (stands_under_none(ledger, row, "reserve", err))
        return err->rc;
    row->state = state;
    memcpy(row->build, ledger->build, sizeof row->build);
    memcpy(row->inputs, inputs, sizeof row->inputs);
    row->digest[0] = '\0';
    return rk_unit_put(ledger, row, "reserve", NULL, NULL, err);
}

static enum rk_rc reserve(rk_ledger *ledger, const struct rk_ledger_unit *unit,
                          struct rk_unit_row *row, struct rk_err *err)
{
    char inputs[RK_HEX32];
    bool same;

    rk_hex_write(unit->inputs, sizeof unit->inputs, inputs);
    same = strcmp(row->inputs, inputs) == 0;
    switch (row->state) {
    case RK_UNIT_FREE:
        ledger->fresh++;
        return rk_licence_covers(ledger, &unit->sn, err)
                   ? err->rc
                   : adopt_unit(ledger, row, inputs, RK_UNIT_RESERVED, err);
    case RK_UNIT_RESERVED:
    case RK_UNIT_REISSUING:
        if (strcmp(row->build, ledger->build) != 0)
            return owned_by_other(row, err);
        return same ? RK_OK : adopt_unit(ledger, row, inputs, row->state, err);
    case RK_UNIT_ISSUED:
        return same ? RK_OK : other_inputs(row, inputs, err);
    case RK_UNIT_REISSUE:
        if (same && row->digest[0] != '\0') /* else it is another try at being made anew */
            return same_identity(row, err);
        return rk_licence_covers(ledger, &unit->sn, err)
                   ? err->rc
                   : adopt_unit(ledger, row, inputs, RK_UNIT_REISSUING, err);
    default:
        return rk_fail_retired(row->unit, err);
    }
}

enum rk_rc rk_fail_retired(const char *unit, struct rk_err *err)
{
    (void)rk_fail(err, RK_E_LEDGER, "unit %s is retired", unit);
    return rk_note(err, "it is never made again: take its rows out of the databases");
}

enum rk_rc rk_ledger_reserve(rk_ledger *ledger, const struct rk_ledger_unit *units, size_t count,
                             struct rk_err *err)
{
    struct batch batch = { units, count, reserve };

    return ledger->db == NULL ? RK_OK : rk_ledger_decide(ledger, run_batch, &batch, err);
}

/* Who an id belongs to, by its row and by the entry that brought it. */
struct owner {
    bool found;
    char unit[RK_UNIT_TEXT];
};

static enum rk_rc read_owner(void *arg, const char *const *column, struct rk_err *err)
{
    struct owner *owner = arg;

    owner->found = true;
    (void)snprintf(owner->unit, sizeof owner->unit, "%s", column[2]);
    return rk_id_compare(column, err);
}

/* The id is the unit's from now on, or was before; *ret_new says which. Another's is refused. */
static enum rk_rc claim(rk_ledger *ledger, const char *unit, const char *kind, const char *value,
                        bool *ret_new, struct rk_err *err)
{
    const struct rk_sql_value put[] = { RK_SQL_TEXT(kind), RK_SQL_TEXT(value), RK_SQL_TEXT(unit),
                                        RK_SQL_NUMBER(ledger->size + 1) };
    struct owner owner = { .found = false };
    rk_db *db = ledger->db;

    if (!db->keeps_tables && db->ops->run(db, RK_SQL_KEY_PUT, put, 4, NULL, NULL, err))
        return err->rc;
    *ret_new = !db->keeps_tables && db->changed != 0;
    if (*ret_new)
        return RK_OK;
    if (db->ops->run(db, RK_SQL_KEY_OWNER, put, 2, read_owner, &owner, err))
        return rk_wrap(err, "unit %s", unit);
    *ret_new = !owner.found;
    if (owner.found && strcmp(owner.unit, unit) != 0)
        return rk_fail(err, RK_E_LEDGER, "unit %s: %s %s belongs to unit %s already", unit, kind,
                       value, owner.unit);
    return RK_OK;
}

/* Claims all ids of the unit; what is new among them goes into its entry. */
static enum rk_rc claim_all(rk_ledger *ledger, const struct rk_ledger_unit *unit, const char *text,
                            struct rk_bytes *ret, struct rk_err *err)
{
    RK_AUTO(rk_wr_done) struct rk_wr fresh = RK_WR_MAX(RK_KEYS_MAX);
    RK_AUTO(rk_free_str) char *keys = rk_strdup(unit->keys == NULL ? "" : unit->keys);

    if (keys == NULL)
        return rk_fail_nomem(err);
    for (char *key = keys, *next; key != NULL && *key != '\0'; key = next) {
        char *value = strchr(key, '=');
        bool is_new = false;

        next = strchr(key, ',');
        if (next != NULL)
            *next++ = '\0';
        if (value == NULL)
            return rk_fail(err, RK_E_INTERNAL, "unit %s: id \"%s\" without a value", text, key);
        *value++ = '\0';
        if (claim(ledger, text, key, value, &is_new, err))
            return err->rc;
        if (is_new)
            rk_wr_printf(&fresh, "%s%s=%s", fresh.len == 0 ? "" : ",", key, value);
    }
    return rk_wr_end(&fresh, ret, err);
}

/* What is new by the rows must be new by the unit's entries: else a row was taken away. */
struct fresh {
    const char *unit, *keys;
};

static enum rk_rc compare_ids(void *arg, const char *const *column, struct rk_err *err)
{
    const struct fresh *fresh = arg;
    RK_AUTO(rk_free_str) char *keys = rk_strdup(fresh->keys);

    if (keys == NULL)
        return rk_fail_nomem(err);
    for (char *key = keys, *next; key != NULL; key = next) {
        char *value = strchr(key, '=');

        next = strchr(key, ',');
        if (next != NULL)
            *next++ = '\0';
        if (value == NULL)
            continue;
        *value++ = '\0';
        if (has_id(column[0], key, value))
            return rk_fail(err, RK_E_VERIFY, "unit %s: the row of its id %s=%s is missing",
                           fresh->unit, key, value);
    }
    return RK_OK;
}

static enum rk_rc check_new_ids(rk_ledger *ledger, const struct rk_unit_row *row,
                                const struct rk_bytes *keys, struct rk_err *err)
{
    const struct rk_sql_value unit = RK_SQL_TEXT(row->unit);
    struct fresh fresh = { row->unit, (const char *)keys->p };

    if (!row->committed || keys->len == 0)
        return RK_OK;
    return ledger->db->ops->run(ledger->db, RK_SQL_UNIT_IDS, &unit, 1, compare_ids, &fresh, err);
}

static enum rk_rc commit(rk_ledger *ledger, const struct rk_ledger_unit *unit,
                         struct rk_unit_row *row, struct rk_err *err)
{
    RK_AUTO(rk_bytes_done) struct rk_bytes keys = RK_BYTES_NONE;
    bool issued = row->state == RK_UNIT_ISSUED;
    bool held = row->state == RK_UNIT_RESERVED || row->state == RK_UNIT_REISSUING;
    char inputs[RK_HEX32], digest[RK_HEX32];

    rk_hex_write(unit->inputs, sizeof unit->inputs, inputs);
    rk_hex_write(unit->digest, sizeof unit->digest, digest);
    if (!issued && !held)
        return rk_fail(err, RK_E_LEDGER, "unit %s was not reserved", row->unit);
    if (held && strcmp(row->build, ledger->build) != 0)
        return owned_by_other(row, err);
    if (strcmp(row->inputs, inputs) != 0)
        return other_inputs(row, inputs, err);
    if (claim_all(ledger, unit, row->unit, &keys, err) || check_new_ids(ledger, row, &keys, err))
        return err->rc;
    if (issued && strcmp(row->digest, digest) == 0 && keys.len == 0)
        return RK_OK;
    row->state = RK_UNIT_ISSUED;
    memcpy(row->build, ledger->build, sizeof row->build);
    memcpy(row->digest, digest, sizeof row->digest);
    return rk_unit_put(ledger, row, issued ? "remake" : "commit", (const char *)keys.p, NULL, err);
}

enum rk_rc rk_ledger_commit(rk_ledger *ledger, const struct rk_ledger_unit *units, size_t count,
                            struct rk_err *err)
{
    struct batch batch = { units, count, commit };

    return ledger->db == NULL ? RK_OK : rk_ledger_decide(ledger, run_batch, &batch, err);
}

struct question {
    const struct rk_ledger_unit *unit;
    bool *ret;
};

static enum rk_rc answer(rk_ledger *ledger, void *arg, struct rk_err *err)
{
    const struct question *question = arg;
    struct rk_unit_row row;
    char inputs[RK_HEX32];

    if (rk_unit_get(ledger, &question->unit->sn, &row, err))
        return err->rc;
    rk_hex_write(question->unit->inputs, sizeof question->unit->inputs, inputs);
    *question->ret = row.state == RK_UNIT_ISSUED && strcmp(row.inputs, inputs) == 0;
    return RK_OK;
}

enum rk_rc rk_ledger_has(rk_ledger *ledger, const struct rk_ledger_unit *unit, bool *ret,
                         struct rk_err *err)
{
    struct question question = { unit, ret };

    *ret = true;
    return ledger->db == NULL ? RK_OK : rk_ledger_decide(ledger, answer, &question, err);
}

/* A unit that was issued once stays charged, and may be made anew again. */
static enum rk_rc give_back(rk_ledger *ledger, struct rk_unit_row *row, const char *note,
                            struct rk_err *err)
{
    row->state = row->state == RK_UNIT_RESERVED ? RK_UNIT_FREE : RK_UNIT_REISSUE;
    row->build[0] = '\0';
    return rk_unit_put(ledger, row, "void", NULL, note, err);
}

static enum rk_rc cancel(rk_ledger *ledger, const struct rk_ledger_unit *unit,
                         struct rk_unit_row *row, struct rk_err *err)
{
    bool held = row->state == RK_UNIT_RESERVED || row->state == RK_UNIT_REISSUING;

    (void)unit;
    if (!held || strcmp(row->build, ledger->build) != 0)
        return RK_OK;
    return give_back(ledger, row, NULL, err);
}

enum rk_rc rk_ledger_void(rk_ledger *ledger, const struct rk_ledger_unit *units, size_t count,
                          struct rk_err *err)
{
    struct batch batch = { units, count, cancel };

    return ledger->db == NULL ? RK_OK : rk_ledger_decide(ledger, run_batch, &batch, err);
}

/* An act that a person records, with the reason. */
struct record {
    const struct rk_unit_id *sn;
    enum rk_ledger_record kind;
    const char *reason;
};

static enum rk_rc refuse_record(const struct rk_unit_row *row, const char *what, struct rk_err *err)
{
    return rk_fail(err, RK_E_LEDGER, "unit %s is %s: %s", row->unit,
                   row->state == RK_UNIT_FREE ? "not in use" : rk_unit_states[row->state].name,
                   what);
}

static enum rk_rc put_reissue(rk_ledger *ledger, struct rk_unit_row *row, const char *reason,
                              struct rk_err *err)
{
    const struct rk_ledger_sum *sum = rk_tally_find(&ledger->tally, row->licence);

    if (row->state != RK_UNIT_ISSUED)
        return refuse_record(row, "only an issued unit can be made anew", err);
    if (stands_under_none(ledger, row, "reissue", err))
        return err->rc;
    if (sum != NULL && sum->reissued >= sum->reissues)
        return rk_fail(err, RK_E_LEDGER, "unit %s: licence \"%s\" allows no more reissues",
                       row->unit, row->licence);
    row->state = RK_UNIT_REISSUE;
    return rk_unit_put(ledger, row, "reissue", NULL, reason, err);
}

static enum rk_rc put_record(rk_ledger *ledger, void *arg, struct rk_err *err)
{
    const struct record *record = arg;
    struct rk_unit_row row;

    if (rk_unit_get(ledger, record->sn, &row, err))
        return err->rc;
    switch (record->kind) {
    case RK_LEDGER_VOID:
        if (row.state != RK_UNIT_RESERVED && row.state != RK_UNIT_REISSUING)
            return refuse_record(&row, "only a reserved unit can be given back", err);
        return give_back(ledger, &row, record->reason, err);
    case RK_LEDGER_REISSUE:
        return put_reissue(ledger, &row, record->reason, err);
    default:
        if (row.state != RK_UNIT_ISSUED && row.state != RK_UNIT_REISSUE)
            return refuse_record(&row, "only an issued unit can be retired", err);
        row.state = RK_UNIT_RETIRED;
        return rk_unit_put(ledger, &row, "retire", NULL, record->reason, err);
    }
}

enum rk_rc rk_ledger_put_record(rk_ledger *ledger, enum rk_ledger_record kind,
                                const struct rk_unit_id *sn, const char *reason, struct rk_err *err)
{
    struct record record = { sn, kind, reason };

    if (reason[0] == '\0' || strlen(reason) > RK_NOTE_MAX || !rk_entry_text(reason))
        return rk_fail(err, RK_E_USAGE, "a reason is needed: 1 to %d printable ASCII characters",
                       RK_NOTE_MAX);
    return rk_ledger_decide(ledger, put_record, &record, err);
}
