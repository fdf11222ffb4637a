/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a ledger holds: its chain, its checkpoints, and its tables against its entries. */
#include "ledger/checkpoint.h"

#include "base/mem.h"
#include "rotkit/hex.h"
#include "rotkit/grow.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { CHECKPOINTS_MAX = 1 << 20, ID_MAX = 1024 };

/* A checkpoint on its way to be met by the chain. */
struct mark {
    uint64_t size;
    char head[RK_HEX32];
};

struct verifying {
    const rk_ctx *ctx;
    const rk_signer *key;
    char name[33];
    uint64_t size; /* entries so far */
    int64_t time;
    uint8_t head[32];
    uint64_t keys; /* ids that entries bring */
    struct mark *mark;
    size_t mark_count, mark_at;
};

static void verifying_done(struct verifying *v)
{
    rk_free(v->mark);
}

static enum rk_rc add_mark(struct verifying *v, const struct rk_checkpoint *c, const char *head,
                           struct rk_err *err)
{
    static const struct rk_growth growth = { sizeof(struct mark), CHECKPOINTS_MAX, RK_E_USAGE,
                                             "checkpoints" };
    void *items = v->mark;

    if (rk_grow(&growth, &items, v->mark_count, 1, err))
        return err->rc;
    v->mark = items;
    v->mark[v->mark_count].size = c->size;
    (void)snprintf(v->mark[v->mark_count++].head, RK_HEX32, "%s", head);
    return RK_OK;
}

static enum rk_rc check_checkpoint(void *arg, const char *const *column, struct rk_err *err)
{
    RK_AUTO(rk_checkpoint_done) struct rk_checkpoint c = { .size = 0 };
    struct verifying *v = arg;

    if (rk_checkpoint_of_row(column, &c, err))
        return err->rc;
    memcpy(c.ledger, v->name, sizeof c.ledger);
    if (v->key != NULL && rk_checkpoint_check(v->ctx, &c, v->key, err))
        return rk_wrap(err, "checkpoint at entry %" PRIu64, c.size);
    return add_mark(v, &c, column[1], err);
}

static uint64_t count_keys(const char *keys)
{
    uint64_t count = keys[0] != '\0';

    for (; *keys != '\0'; keys++)
        count += *keys == ',';
    return count;
}

static enum rk_rc meet_marks(struct verifying *v, const char *hash, struct rk_err *err)
{
    for (; v->mark_at < v->mark_count && v->mark[v->mark_at].size == v->size; v->mark_at++) {
        if (strcmp(v->mark[v->mark_at].head, hash) != 0)
            return rk_fail(err, RK_E_VERIFY,
                           "entry %" PRIu64 " has hash %.16s, its checkpoint says %.16s", v->size,
                           hash, v->mark[v->mark_at].head);
    }
    return RK_OK;
}

static enum rk_rc check_entry(void *arg, const char *const *column, struct rk_err *err)
{
    struct verifying *v = arg;
    uint64_t seq, time;
    char hex[RK_HEX32];

    if (rk_parse_u64(column[0], INT64_MAX, &seq, err) ||
        rk_parse_u64(column[1], INT64_MAX, &time, err))
        return rk_wrap(err, "an entry of the ledger");
    if (seq != v->size + 1)
        return rk_fail(err, RK_E_VERIFY, "entry %" PRIu64 " is missing", v->size + 1);
    if ((int64_t)time < v->time)
        return rk_fail(err, RK_E_VERIFY, "entry %" PRIu64 " is earlier than the one before", seq);
    if (rk_entry_hash(v->head, column, v->head, err))
        return err->rc;
    rk_hex_write(v->head, sizeof v->head, hex);
    if (strcmp(hex, column[10]) != 0)
        return rk_fail(err, RK_E_VERIFY,
                       "entry %" PRIu64 " does not hold: hash %.16s, stored %.16s", seq, hex,
                       column[10]);
    v->size = seq;
    v->time = (int64_t)time;
    v->keys += count_keys(column[8]);
    return meet_marks(v, hex, err);
}

/* The state that a kind of entry leaves a unit in. */
struct outcome {
    const char *kind;
    enum rk_unit_state one, other;
};
static const struct outcome outcomes[] = {
    { "reserve", RK_UNIT_RESERVED, RK_UNIT_REISSUING },
    { "commit", RK_UNIT_ISSUED, RK_UNIT_ISSUED },
    { "remake", RK_UNIT_ISSUED, RK_UNIT_ISSUED },
    { "void", RK_UNIT_FREE, RK_UNIT_REISSUE },
    { "reissue", RK_UNIT_REISSUE, RK_UNIT_REISSUE },
    { "retire", RK_UNIT_RETIRED, RK_UNIT_RETIRED },
};

static bool leads_to(const char *kind, const char *state)
{
    for (size_t i = 0; i < sizeof outcomes / sizeof outcomes[0]; i++) {
        if (strcmp(outcomes[i].kind, kind) == 0)
            return strcmp(rk_unit_states[outcomes[i].one].name, state) == 0 ||
                   strcmp(rk_unit_states[outcomes[i].other].name, state) == 0;
    }
    return false;
}

/* Columns: unit, seq, kind, licence, inputs, digest of the entry, then the row's. */
static enum rk_rc check_unit(void *arg, const char *const *column, struct rk_err *err)
{
    (void)arg;
    if (strcmp(column[1], column[6]) != 0 || !leads_to(column[2], column[7]) ||
        strcmp(column[3], column[8]) != 0 || strcmp(column[4], column[9]) != 0 ||
        strcmp(column[5], column[10]) != 0)
        return rk_fail(err, RK_E_VERIFY,
                       "unit %s: its row (entry %s, %s) is not what entry %s (%s) says", column[0],
                       column[6][0] == '\0' ? "none" : column[6],
                       column[7][0] == '\0' ? "none" : column[7], column[1], column[2]);
    return RK_OK;
}

static enum rk_rc check_key(void *arg, const char *const *column, struct rk_err *err)
{
    char id[ID_MAX];
    const char *at;
    size_t len;

    (void)arg;
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

static enum rk_rc read_number(void *arg, const char *const *column, struct rk_err *err)
{
    return rk_parse_u64(column[0], INT64_MAX, arg, err);
}

/* ---- what licences were charged: units' rows and splits, against their own row ---- */

struct sums {
    struct rk_ledger_licence_status *licence;
    size_t count;
};

static struct rk_ledger_licence_status *find(const struct sums *sums, const char *id)
{
    for (size_t i = 0; i < sums->count; i++) {
        if (strcmp(sums->licence[i].id, id) == 0)
            return &sums->licence[i];
    }
    return NULL;
}

static enum rk_rc subtract_units(void *arg, const char *const *column, struct rk_err *err)
{
    enum rk_unit_state state = rk_unit_state_find(column[0]);
    struct rk_ledger_licence_status *l = find(arg, column[1]);
    uint64_t count;

    if (state == RK_UNIT_STATES || rk_parse_u64(column[2], INT64_MAX, &count, err))
        return rk_fail(err, RK_E_VERIFY, "units of unknown state \"%s\"", column[0]);
    if (column[1][0] == '\0' || !rk_unit_states[state].charged)
        return RK_OK;
    if (l == NULL)
        return rk_fail(err, RK_E_VERIFY, "units are charged to licence \"%s\", which is unknown",
                       column[1]);
    l->spent -= count; /* wraps round when there are too many: not 0 then */
    return RK_OK;
}

struct split_of {
    struct rk_ledger_licence_status *licence;
};

static enum rk_rc subtract_split(void *arg, const char *const *column, struct rk_err *err)
{
    struct split_of *of = arg;
    uint64_t count;

    if (rk_parse_u64(column[3], INT64_MAX, &count, err))
        return err->rc;
    of->licence->spent -= count;
    return RK_OK;
}

static enum rk_rc check_counts(rk_ledger *ledger, struct rk_err *err)
{
    RK_AUTO(rk_ledger_status_done) struct rk_ledger_status s = { .entries = 0 };
    rk_db *db = ledger->db;

    if (rk_ledger_count_licences(ledger, &s, err))
        return err->rc;
    struct sums sums = { s.licence, s.licence_count };
    if (db->ops->run(db, RK_SQL_UNIT_COUNTS, NULL, 0, subtract_units, &sums, err))
        return err->rc;
    for (size_t i = 0; i < s.licence_count; i++) {
        struct split_of of = { &s.licence[i] };
        const struct rk_sql_value id = RK_SQL_TEXT(s.licence[i].id);

        if (db->ops->run(db, RK_SQL_SPLIT_LIST, &id, 1, subtract_split, &of, err))
            return err->rc;
        if (s.licence[i].spent != 0)
            return rk_fail(err, RK_E_VERIFY,
                           "licence \"%s\" is charged with %" PRId64
                           " units more than it was spent on",
                           s.licence[i].id, (int64_t)s.licence[i].spent);
    }
    return RK_OK;
}

static enum rk_rc check_tables(rk_ledger *ledger, const struct verifying *v, struct rk_err *err)
{
    rk_db *db = ledger->db;
    uint64_t keys = 0;

    if (db->ops->run(db, RK_SQL_UNIT_LAST, NULL, 0, check_unit, NULL, err) ||
        db->ops->run(db, RK_SQL_KEY_ENTRIES, NULL, 0, check_key, NULL, err) ||
        db->ops->run(db, RK_SQL_KEY_COUNT, NULL, 0, read_number, &keys, err))
        return err->rc;
    if (keys != v->keys)
        return rk_fail(err, RK_E_VERIFY, "%" PRIu64 " ids are kept, entries bring %" PRIu64, keys,
                       v->keys);
    return check_counts(ledger, err);
}

struct verify_by {
    const rk_signer *key;
};

static enum rk_rc verify(rk_ledger *ledger, void *arg, struct rk_err *err)
{
    const struct verify_by *by = arg;
    RK_AUTO(verifying_done) struct verifying v = { .ctx = ledger->ctx, .key = by->key };
    const struct rk_sql_value all = RK_SQL_NUMBER(0);
    rk_db *db = ledger->db;

    if (rk_ledger_name(ledger, v.name, err) ||
        db->ops->run(db, RK_SQL_CHECKPOINT_LIST, NULL, 0, check_checkpoint, &v, err) ||
        db->ops->run(db, RK_SQL_ENTRY_LIST, &all, 1, check_entry, &v, err))
        return err->rc;
    if (v.mark_at != v.mark_count)
        return rk_fail(err, RK_E_VERIFY,
                       "a checkpoint is at entry %" PRIu64 ", the ledger has %" PRIu64 " entries",
                       v.mark[v.mark_at].size, v.size);
    return check_tables(ledger, &v, err);
}

enum rk_rc rk_ledger_verify(rk_ledger *ledger, const rk_signer *key, struct rk_err *err)
{
    struct verify_by by = { key };

    return rk_ledger_transact(ledger, verify, &by, err);
}
