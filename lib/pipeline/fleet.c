/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/fleet.h"

#include "base/mem.h"
#include "base/workers.h"
#include "pipeline/account.h"

#include <string.h>

struct batch {
    struct rk_unit device[RK_LANE_BATCH];
    struct rk_lane_keys keys[RK_LANE_BATCH];
    struct rk_artifacts made[RK_LANE_BATCH];
    struct rk_wants wants[RK_LANE_BATCH];
    struct rk_ledger_unit unit[RK_LANE_BATCH];
    struct rk_err err[RK_LANE_BATCH]; /* rc RK_OK: made, unless one before it ended the work */
    size_t count; /* devices; each has a reservation, or an error that says why not */
};

struct run {
    const struct rk_fleet *fleet;
    rk_workers *workers;
    struct batch *batch; /* a ring of room */
    size_t room, filled; /* batches ever put to work */
    bool ended;          /* there are no more devices */
    bool torn;           /* the release could not take a device: nothing can go on */
    struct rk_fleet_report report;
};

/* ---- on a thread of the pool ---- */

static enum rk_rc previous_artifact(void *arg, const struct rk_role_row *role,
                                    const struct rk_unit_id *sn, struct rk_bytes *ret,
                                    struct rk_err *err)
{
    return rk_release_previous(arg, role, sn, ret, err);
}

/*
 * Whether a failure is of one device, and the others are to be made all the same. Memory, files
 * and keys fail for every device alike.
 */
static bool goes_on(const struct rk_fleet *fleet, enum rk_rc rc)
{
    return fleet->failed != NULL && rc != RK_E_NOMEM && rc != RK_E_IO && rc != RK_E_KEY;
}

static enum rk_rc make_device(const struct rk_fleet *fleet, struct batch *batch, size_t i)
{
    struct rk_lane_previous previous = { previous_artifact, fleet->release };
    struct rk_err *err = &batch->err[i];
    char text[21];

    if (err->rc != RK_OK || rk_lane_run(&fleet->plan->lane, &batch->device[i], &batch->keys[i],
                                        fleet->release == NULL ? NULL : &previous, &batch->wants[i],
                                        &batch->made[i], err))
        return err->rc;
    if (rk_account_made(&batch->device[i], &batch->made[i], &batch->unit[i], err)) {
        rk_unit_id_text(&batch->device[i].sn, text);
        return rk_wrap(err, "device %s", text);
    }
    err->rc = RK_OK; /* whatever was tried on the way */
    return RK_OK;
}

static void make_batch(void *arg, void *item)
{
    const struct rk_fleet *fleet = arg;
    struct batch *batch = item;
    struct rk_err err;
    enum rk_rc rc = RK_OK;

    if (rk_lane_derive(&fleet->plan->lane, batch->device, batch->count, batch->keys, &err)) {
        for (size_t i = 0; i < batch->count; i++)
            batch->err[i] = err;
        return;
    }
    for (size_t i = 0; i < batch->count && (rc == RK_OK || goes_on(fleet, rc)); i++)
        rc = make_device(fleet, batch, i);
}

/* ---- on the caller's thread ---- */

static void empty(struct batch *batch)
{
    for (size_t i = 0; i < RK_LANE_BATCH; i++) {
        rk_unit_done(&batch->device[i]);
        rk_lane_keys_done(&batch->keys[i]);
        rk_artifacts_done(&batch->made[i]);
        rk_wants_done(&batch->wants[i]);
        rk_ledger_unit_done(&batch->unit[i]);
    }
    memset(batch, 0, sizeof *batch);
}

/* Gives back what was reserved for the devices from `from` on; the first error stays the one that
 * is told. */
static void give_back(const struct run *run, const struct batch *batch, size_t from,
                      struct rk_err *err)
{
    struct rk_err second;

    if (from < batch->count &&
        rk_ledger_void(run->fleet->ledger, &batch->unit[from], batch->count - from, &second))
        (void)rk_note(err, "reservations could not be given back: %s", second.msg);
}

/* What nothing will be published of in this run: no unit counts as made. */
static enum rk_rc drop(const struct run *run, struct batch *batch, size_t from, size_t to,
                       struct rk_err *err)
{
    const struct rk_fleet *fleet = run->fleet;

    for (size_t i = from; i < to; i++) {
        if (batch->wants[i].count != 0 &&
            rk_sigbook_merge_wants(fleet->plan->book, &batch->wants[i], err)) {
            give_back(run, batch, from, err);
            return err->rc;
        }
    }
    return rk_ledger_void(fleet->ledger, &batch->unit[from], to - from, err);
}

/* Committed before it becomes visible. */
static enum rk_rc keep(struct run *run, struct batch *batch, size_t from, size_t to,
                       struct rk_err *err)
{
    const struct rk_fleet *fleet = run->fleet;

    if (rk_ledger_commit(fleet->ledger, &batch->unit[from], to - from, err)) {
        if (!goes_on(fleet, err->rc))
            give_back(run, batch, from, err);
        return err->rc;
    }
    for (size_t i = from; i < to; i++) {
        if (rk_release_add_device(fleet->release, &batch->device[i].sn, &batch->made[i], err)) {
            run->torn = true;
            give_back(run, batch, to, err);
            return err->rc;
        }
    }
    return RK_OK;
}

/* The device that failed is named and left out, or ends the work. */
static enum rk_rc leave_out(struct run *run, struct batch *batch, size_t i, struct rk_err *err)
{
    const struct rk_fleet *fleet = run->fleet;

    if (!goes_on(fleet, batch->err[i].rc)) {
        *err = batch->err[i];
        give_back(run, batch, i, err);
        return err->rc;
    }
    if (rk_ledger_void(fleet->ledger, &batch->unit[i], 1, err)) {
        give_back(run, batch, i + 1, err);
        return err->rc;
    }
    fleet->failed(fleet->arg, &batch->device[i].sn, &batch->err[i]);
    run->report.failed++;
    return RK_OK;
}

static enum rk_rc settle_made(struct run *run, struct batch *batch, size_t from, size_t to,
                              struct rk_err *err)
{
    const struct rk_fleet *fleet = run->fleet;

    for (size_t i = from; i < to; i++)
        run->report.waits = run->report.waits || batch->wants[i].count != 0;
    if (fleet->release == NULL || run->report.waits ? drop(run, batch, from, to, err)
                                                    : keep(run, batch, from, to, err))
        return err->rc;
    run->report.devices += to - from;
    return RK_OK;
}

/* All at once; when the ledger refuses that, one by one, to find whom it is about. */
static enum rk_rc settle_range(struct run *run, struct batch *batch, size_t from, size_t to,
                               struct rk_err *err)
{
    if (settle_made(run, batch, from, to, err) == RK_OK)
        return RK_OK;
    if (run->torn || !goes_on(run->fleet, err->rc))
        return err->rc;
    for (size_t i = from; i < to; i++) {
        if (settle_made(run, batch, i, i + 1, &batch->err[i]) == RK_OK)
            continue;
        if (run->torn) {
            *err = batch->err[i];
            return err->rc;
        }
        if (leave_out(run, batch, i, err))
            return err->rc;
    }
    return RK_OK;
}

static void step(const struct run *run)
{
    const struct rk_fleet *fleet = run->fleet;
    const struct rk_progress at = { .done = run->report.devices + run->report.failed,
                                    .found = run->report.resumed,
                                    .total = fleet->plan->device_count };

    if (fleet->progress != NULL)
        fleet->progress(fleet->arg, &at);
}

static enum rk_rc settle(struct run *run, struct batch *batch, struct rk_err *err)
{
    for (size_t i = 0, to; i < batch->count; i = to) {
        to = i;
        while (to < batch->count && batch->err[to].rc == RK_OK)
            to++;
        if (to > i && settle_range(run, batch, i, to, err))
            return err->rc;
        if (to < batch->count && leave_out(run, batch, to++, err))
            return err->rc;
    }
    step(run);
    return RK_OK;
}

static bool wants_stop(const struct run *run)
{
    const volatile sig_atomic_t *stop = run->fleet->stop;

    return stop != NULL && *stop != 0;
}

/* A device that stands in the staging folder is taken over when the ledger has it, too: one that
 * was put back since would give the unit away. */
static enum rk_rc resume_device(struct run *run, const struct rk_unit *device, bool *ret,
                                struct rk_err *err)
{
    const struct rk_fleet *fleet = run->fleet;
    RK_AUTO(rk_ledger_unit_done) struct rk_ledger_unit unit = { .sn = device->sn };

    if (rk_release_resume_device(fleet->release, &device->sn, ret, err))
        return err->rc;
    if (!*ret)
        return RK_OK;
    if (rk_account_unit(fleet->plan, device, &unit, err) ||
        rk_ledger_has(fleet->ledger, &unit, ret, err))
        return err->rc;
    if (!*ret)
        rk_release_forget_device(fleet->release);
    return RK_OK;
}

/* The next device that is not made yet; the interrupted build's stay as they are. */
static enum rk_rc next_device(struct run *run, struct rk_unit *ret, struct rk_err *err)
{
    const struct rk_fleet *fleet = run->fleet;
    bool more, made = true;

    while (made && !wants_stop(run)) {
        if (rk_devices_next(fleet->devices, ret, &more, err))
            return err->rc;
        run->ended = !more;
        if (!more || fleet->release == NULL || run->report.waits)
            return RK_OK;
        if (resume_device(run, ret, &made, err))
            return err->rc;
        if (made) {
            rk_unit_done(ret);
            *ret = (struct rk_unit) { .sn = { { 0 } } };
            run->report.resumed++;
            run->report.devices++;
            step(run);
        }
    }
    return RK_OK;
}

/* All at once; when that is refused, one by one, to find whom it is about. */
static enum rk_rc reserve(const struct run *run, struct batch *batch, size_t count,
                          struct rk_err *err)
{
    const struct rk_fleet *fleet = run->fleet;

    if (rk_ledger_reserve(fleet->ledger, batch->unit, count, err) == RK_OK)
        return RK_OK;
    if (!goes_on(fleet, err->rc))
        return err->rc;
    for (size_t i = 0; i < count; i++) {
        if (rk_ledger_reserve(fleet->ledger, &batch->unit[i], 1, &batch->err[i]) != RK_OK &&
            !goes_on(fleet, batch->err[i].rc)) {
            *err = batch->err[i];
            batch->count = i;
            give_back(run, batch, 0, err);
            return err->rc;
        }
    }
    return RK_OK;
}

static enum rk_rc fill(struct run *run, struct batch *batch, struct rk_err *err)
{
    const struct rk_fleet *fleet = run->fleet;
    size_t count = 0;

    while (count < RK_LANE_BATCH && !run->ended && !wants_stop(run)) {
        if (next_device(run, &batch->device[count], err))
            return err->rc;
        if (run->ended || wants_stop(run))
            break;
        if (rk_account_unit(fleet->plan, &batch->device[count], &batch->unit[count], err))
            return err->rc;
        count++;
    }
    if (count != 0 && reserve(run, batch, count, err))
        return err->rc;
    batch->count = count;
    return RK_OK;
}

/* Puts batches in until there is no room, or no device. */
static enum rk_rc put_all(struct run *run, struct rk_err *err)
{
    while (!run->ended && !rk_workers_full(run->workers) && !wants_stop(run)) {
        struct batch *batch = &run->batch[run->filled % run->room];

        if (fill(run, batch, err)) {
            empty(batch);
            return err->rc;
        }
        if (batch->count == 0)
            return RK_OK;
        rk_workers_put(run->workers, batch);
        run->filled++;
    }
    return RK_OK;
}

static enum rk_rc work(struct run *run, struct rk_err *err)
{
    for (;;) {
        struct batch *batch;
        enum rk_rc rc;

        if (put_all(run, err))
            return err->rc;
        if (rk_workers_empty(run->workers) || wants_stop(run))
            break;
        batch = rk_workers_take(run->workers);
        rc = settle(run, batch, err);
        empty(batch);
        if (rc != RK_OK)
            return rc;
    }
    run->report.stopped = wants_stop(run);
    return RK_OK;
}

/* What is left inside after a failure or a signal was reserved, and nothing came of it. */
static void drain(struct run *run, struct rk_err *err)
{
    rk_workers_free(run->workers);
    for (size_t i = 0; run->batch != NULL && i < run->room; i++) {
        give_back(run, &run->batch[i], 0, err);
        empty(&run->batch[i]);
    }
    rk_free(run->batch);
}

enum rk_rc rk_fleet_make(const struct rk_fleet *fleet, struct rk_fleet_report *ret,
                         struct rk_err *err)
{
    struct run run = { .fleet = fleet,
                       .room = RK_LANE_BATCHES_A_THREAD * fleet->jobs,
                       .report = { .waits = fleet->waits } };
    const struct rk_workers_options options = {
        .threads = fleet->jobs,
        .room = run.room,
        .run = make_batch,
        .arg = (void *)(uintptr_t)fleet, /* the threads read it alone */
    };
    struct rk_err unheard = { .rc = RK_OK }; /* after a signal: the next run takes them up */
    enum rk_rc rc;

    run.batch = rk_alloc(run.room, sizeof *run.batch);
    if (run.batch == NULL)
        return rk_fail_nomem(err);
    rc = rk_workers_new(&options, &run.workers, err);
    if (rc == RK_OK)
        rc = work(&run, err);
    drain(&run, rc == RK_OK ? &unheard : err);
    if (rc == RK_OK)
        *ret = run.report;
    return rc;
}
