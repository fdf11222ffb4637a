/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The driver of the device lane: reserve, lane, commit, sink, for every device. The lane runs on
 * several threads, some devices at a time; all else is done by the caller's thread in the order of
 * the manifest, so the release does not depend on the number of threads, and memory does not grow
 * with the number of devices.
 */
#pragma once

#include "pipeline/plan.h"
#include "rotkit/build.h"
#include "rotkit/ledger.h"
#include "rotkit/release.h"

#include <signal.h>

struct rk_fleet { /* everything is borrowed */
    const struct rk_plan *plan;
    rk_ledger *ledger;
    rk_devices *devices;
    rk_release *release; /* NULL: devices are made and thrown away */
    bool waits;          /* nothing of this run will be published: signatures are awaited */
    size_t jobs;         /* threads, 1 or more */
    /* Both as in struct rk_build_options. */
    void (*progress)(void *arg, const struct rk_progress *at);
    void (*failed)(void *arg, const struct rk_unit_id *sn, const struct rk_err *why);
    void *arg;
    const volatile sig_atomic_t *stop; /* non-zero ends the work between two devices; may be NULL */
};
struct rk_fleet_report {
    uint64_t devices, resumed; /* resumed: of them an interrupted build had made so many */
    uint64_t failed;           /* devices left out */
    bool stopped, waits;
};
/* On failure every reservation of a device that was not committed has been given back. */
enum rk_rc rk_fleet_make(const struct rk_fleet *fleet, struct rk_fleet_report *ret,
                         struct rk_err *err) RK_MUST_CHECK;
