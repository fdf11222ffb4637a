/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger's front: opening, and the transaction that every act runs in. */
#include "ledger/ledger.h"

#include "base/mem.h"
#include "rotkit/hex.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TRIES = 60, PAUSE_MAX_MS = 1000 };

void rk_ledger_close(rk_ledger *ledger)
{
    if (ledger == NULL)
        return;
    if (ledger->db != NULL)
        ledger->db->ops->close(ledger->db);
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
    if ((int64_t)time > ledger->now)
        ledger->now = (int64_t)time;
    return RK_OK;
}

/* The latest of the clock, SOURCE_DATE_EPOCH and what the ledger has seen: it never goes back. */
static enum rk_rc read_state(rk_ledger *ledger, struct rk_err *err)
{
    struct timespec clock;

    ledger->size = 0;
    memset(ledger->head, 0, sizeof ledger->head);
    ledger->spent = ledger->reissued = 0;
    if (rk_clock_now(ledger->ctx, &ledger->now, err))
        return err->rc;
    if (clock_gettime(CLOCK_REALTIME, &clock) == 0 && clock.tv_sec > ledger->now)
        ledger->now = clock.tv_sec;
    if (ledger->db->ops->run(ledger->db, RK_SQL_CHECKPOINT_LAST, NULL, 0, read_checkpoint_time,
                             ledger, err))
        return err->rc;
    return ledger->db->ops->run(ledger->db, RK_SQL_HEAD, NULL, 0, read_head, ledger, err);
}

static enum rk_rc try_once(rk_ledger *ledger, rk_ledger_act act, void *arg, struct rk_err *err)
{
    rk_db *db = ledger->db;

    if (db->ops->begin(db, err))
        return err->rc;
    if (read_state(ledger, err) || act(ledger, arg, err) || db->ops->commit(db, err)) {
        db->ops->rollback(db);
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
