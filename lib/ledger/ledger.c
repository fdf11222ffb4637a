/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger's front: opening, and the transaction that every act runs in. */
#include "ledger/ledger.h"

#include "base/mem.h"
#include "rotkit/counted.h"
#include "rotkit/hex.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TRIES = 60, PAUSE_MAX_MS = 1000, AHEAD_MAX_DAYS = 400, DAY = 86400 };

void rk_ledger_close(rk_ledger *ledger)
{
    if (ledger == NULL)
        return;
    if (ledger->db != NULL)
        ledger->db->ops->close(ledger->db);
    rk_tally_done(&ledger->tally);
    rk_splits_done(&ledger->splits);
    rk_free(ledger);
}

enum rk_rc rk_ledger_open_none(rk_ledger **ret, struct rk_err *err)
{
    rk_ledger *ledger = rk_alloc(1, sizeof *ledger);

    if (ledger == NULL)
        return rk_fail_nomem(err);
    *ret = ledger;
    return RK_OK;
}

static enum rk_rc read_head(void *arg, const char *const *column, struct rk_err *err)
{
    rk_ledger *ledger = arg;
    uint64_t time;

    if (rk_parse_u64(column[0], INT64_MAX, &ledger->size, err) ||
        rk_hex_read(column[1], strlen(column[1]), ledger->head, sizeof ledger->head, err) ||
        rk_parse_u64(column[2], INT64_MAX, &time, err))
        return rk_wrap(err, "the ledger's last entry");
    if ((int64_t)time > ledger->now)
        ledger->now = (int64_t)time;
    return RK_OK;
}

static enum rk_rc read_checkpoint_time(void *arg, const char *const *column, struct rk_err *err)
{
    rk_ledger *ledger = arg;
    uint64_t time;

    if (rk_parse_u64(column[2], INT64_MAX, &time, err))
        return rk_wrap(err, "the ledger's last checkpoint");
    ledger->signed_at = (int64_t)time;
    if ((int64_t)time > ledger->now)
        ledger->now = (int64_t)time;
    return RK_OK;
}

/* The later of the clock and what the ledger has seen: it never goes back. What SOURCE_DATE_EPOCH
 * says is what things are dated by, not when they were counted. */
static enum rk_rc read_state(rk_ledger *ledger, struct rk_err *err)
{
    ledger->size = 0;
    memset(ledger->head, 0, sizeof ledger->head);
    ledger->fresh = 0;
    ledger->signed_at = 0;
    if (rk_clock_wall(ledger->ctx, &ledger->clock, err))
        return err->rc;
    ledger->now = ledger->clock;
    if (ledger->db->format == RK_LEDGER_FORMAT && /* else rebuild looks at them itself */
        ledger->db->ops->run(ledger->db, RK_SQL_CHECKPOINT_LAST, NULL, 0, read_checkpoint_time,
                             ledger, err))
        return err->rc;
    return ledger->db->ops->run(ledger->db, RK_SQL_HEAD, NULL, 0, read_head, ledger, err);
}

static enum rk_rc try_once(rk_ledger *ledger, rk_ledger_act act, void *arg, struct rk_err *err)
{
    rk_db *db = ledger->db;

    if (db->ops->begin(db, err))
        return err->rc;
    if (read_state(ledger, err) || act(ledger, arg, err)) {
        db->ops->rollback(db);
        return err->rc;
    }
    if (db->ops->commit(db, err)) {
        db->ops->rollback(db);
        rk_tally_done(&ledger->tally); /* whether it came through is to be seen: count again */
        return err->rc;
    }
    return RK_OK;
}

static void pause_before(unsigned tries)
{
    unsigned ms = tries < 7 ? 10u << tries : PAUSE_MAX_MS;
    struct timespec pause = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 };

    (void)nanosleep(&pause, NULL);
}

enum rk_rc rk_ledger_transact(rk_ledger *ledger, rk_ledger_act act, void *arg, struct rk_err *err)
{
    for (unsigned tries = 0;; tries++) {
        ledger->db->again = false;
        if (try_once(ledger, act, arg, err) == RK_OK)
            return RK_OK;
        if (!ledger->db->again || tries == TRIES)
            return err->rc;
        pause_before(tries);
    }
}

/* One year's pause and a month: a clock that lost its battery is further off. */
static enum rk_rc check_clock(const rk_ledger *ledger, struct rk_err *err)
{
    if (ledger->signed_at == 0 ||
        ledger->clock <= ledger->signed_at + (int64_t)AHEAD_MAX_DAYS * DAY)
        return RK_OK;
    (void)rk_fail(err, RK_E_LEDGER,
                  "the clock says %" PRId64 ", more than %s after the ledger's last checkpoint, "
                  "%" PRId64,
                  ledger->clock, RK_COUNTED(AHEAD_MAX_DAYS, "day"), ledger->signed_at);
    return rk_note(err, "seconds since 1970; when the clock is right: rotkit ledger correct-time");
}

/* An act that decides, and what it needs around it. */
struct decision {
    rk_ledger_act act;
    void *arg;
};

/* Once for each ledger that is opened. Behind the act: where a row differs, that is what is told.
 */
static enum rk_rc check_schema(rk_ledger *ledger, struct rk_err *err)
{
    if (!ledger->guarded && ledger->db->ops->check_schema(ledger->db, err))
        return err->rc;
    ledger->guarded = true;
    return RK_OK;
}

static enum rk_rc decide(rk_ledger *ledger, void *arg, struct rk_err *err)
{
    const struct decision *decision = arg;
    RK_AUTO(rk_tally_done) struct rk_tally before = { .valid = false };

    if (check_clock(ledger, err) || rk_ledger_count_entries(ledger, err) ||
        rk_tally_copy(&ledger->tally, &before, err))
        return err->rc;
    if (decision->act(ledger, decision->arg, err) == RK_OK &&
        rk_licence_rows_put(ledger, &before, err) == RK_OK && check_schema(ledger, err) == RK_OK)
        return RK_OK;
    rk_tally_done(&ledger->tally); /* nothing of the act stays */
    ledger->tally = before;
    before.sum = NULL;
    return err->rc;
}

static enum rk_rc look_below(rk_ledger *ledger, void *arg, struct rk_err *err)
{
    (void)arg;
    return rk_ledger_hold_below(ledger, err);
}

/* Once, and by itself: a ledger of a million units takes seconds. */
static enum rk_rc hold_below(rk_ledger *ledger, struct rk_err *err)
{
    enum rk_rc rc;

    if (ledger->below.size != 0)
        return RK_OK;
    ledger->db->looks = true;
    rc = rk_ledger_transact(ledger, look_below, NULL, err);
    ledger->db->looks = false;
    return rc;
}

enum rk_rc rk_ledger_decide(rk_ledger *ledger, rk_ledger_act act, void *arg, struct rk_err *err)
{
    struct decision decision = { act, arg };

    if (hold_below(ledger, err) == RK_OK &&
        rk_ledger_transact(ledger, decide, &decision, err) == RK_OK)
        return RK_OK;
    if (err->rc == RK_E_VERIFY) {
        err->rc = RK_E_LEDGER;
        return rk_note(err, "rotkit ledger verify says more; rotkit ledger rebuild makes tables "
                            "anew from entries");
    }
    return err->rc;
}

/* The first entry names the ledger, so that no other one can stand in for it. */
static enum rk_rc found(rk_ledger *ledger, void *arg, struct rk_err *err)
{
    uint8_t id[16];
    char hex[2 * sizeof id + 1];
    const struct rk_entry entry = { .kind = "ledger", .note = hex };

    (void)arg;
    if (ledger->size != 0)
        return RK_OK;
    if (rk_random(ledger->ctx, id, sizeof id, err))
        return err->rc;
    rk_hex_write(id, sizeof id, hex);
    return rk_ledger_append(ledger, &entry, err);
}

enum rk_rc rk_ledger_open(const rk_ctx *ctx, const char *where, enum rk_ledger_mode mode,
                          const uint8_t build[32], rk_ledger **ret, struct rk_err *err)
{
    RK_AUTO(rk_ledger_done) rk_ledger *ledger = rk_alloc(1, sizeof *ledger);
    bool remote = strncmp(where, "postgresql:", 11) == 0 || strncmp(where, "postgres:", 9) == 0;

    if (ledger == NULL)
        return rk_fail_nomem(err);
    ledger->ctx = ctx;
    ledger->reading = mode == RK_LEDGER_READ;
    if (build != NULL)
        rk_hex_write(build, 32, ledger->build);
    if (remote ? rk_db_open_postgres(where, mode, &ledger->db, err)
               : rk_db_open_sqlite(where, mode, &ledger->db, err))
        return err->rc;
    if (mode == RK_LEDGER_CREATE && rk_ledger_transact(ledger, found, NULL, err))
        return err->rc;
    *ret = ledger;
    ledger = NULL;
    return RK_OK;
}

void rk_ledger_use_key(rk_ledger *ledger, const rk_signer *key)
{
    rk_tally_done(&ledger->tally);
    ledger->key = key;
}
