/* SPDX-License-Identifier: Apache-2.0 */
#include "rotkit/seeds.h"

#include "pipeline/devices.h"

bool rk_seeds_given(const struct rk_seeds_from *from)
{
    return from->kdk_db != NULL || from->master != NULL;
}

struct by_master {
    const struct rk_seeds_from *from;
    rk_seeds_visit visit;
    void *arg;
};

static enum rk_rc visit_by_master(void *arg, const struct rk_device_sn *sn, bool *more,
                                  struct rk_err *err)
{
    RK_AUTO(rk_unit_done) struct rk_unit unit = { .sn = *sn };
    struct by_master *by = arg;

    if (rk_unit_from_master(by->from->platform, by->from->master, sn, &unit, err))
        return err->rc;
    return by->visit(by->arg, &unit, more, err);
}

static enum rk_rc each_of_files(const struct rk_seeds_from *given, rk_seeds_visit visit, void *arg,
                                struct rk_err *err)
{
    RK_AUTO(rk_devices_done) rk_devices *devices = NULL;
    const struct rk_devices_from from = { .platform = given->platform,
                                          .path = { given->kdk_db, given->eps_seeds } };
    bool there = true, more = true;

    if (rk_devices_open(&from, &devices, err))
        return err->rc;
    while (there && more) {
        RK_AUTO(rk_unit_done) struct rk_unit unit = { .sn = { { 0 } } };

        if (rk_devices_next(devices, &unit, &there, err) ||
            (there && visit(arg, &unit, &more, err)))
            return err->rc;
    }
    return RK_OK;
}

enum rk_rc rk_seeds_each(const struct rk_seeds_from *from, rk_seeds_visit visit, void *arg,
                         struct rk_err *err)
{
    struct by_master by = { .from = from, .visit = visit, .arg = arg };

    return from->master != NULL
               ? rk_release_view_each_device(from->release, visit_by_master, &by, err)
               : each_of_files(from, visit, arg, err);
}
