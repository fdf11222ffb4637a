/* SPDX-License-Identifier: Apache-2.0 */
#include "rotkit/seeds.h"

#include "pipeline/devices.h"
#include "rotkit/release.h"

static void seeds_done(struct rk_seeds *seeds)
{
    rk_secret_done(&seeds->kdk0);
    rk_secret_done(&seeds->eps_seed);
}

static void devices_done(rk_devices **devices)
{
    rk_devices_close(*devices);
}

bool rk_seeds_given(const struct rk_seeds_from *from)
{
    return from->kdk_db != NULL || from->master != NULL;
}

struct by_master {
    const rk_mac *master;
    rk_seeds_visit visit;
    void *arg;
};

static enum rk_rc visit_by_master(void *arg, const struct rk_device_sn *sn, bool *more,
                                  struct rk_err *err)
{
    RK_AUTO(seeds_done) struct rk_seeds seeds = { .sn = *sn };
    struct by_master *by = arg;

    if (rk_identity_from_master(by->master, sn, &seeds.kdk0, &seeds.eps_seed, err))
        return err->rc;
    return by->visit(by->arg, &seeds, more, err);
}

static enum rk_rc each_of_database(const rk_ctx *ctx, const struct rk_seeds_from *given,
                                   rk_seeds_visit visit, void *arg, struct rk_err *err)
{
    RK_AUTO(devices_done) rk_devices *devices = NULL;
    const struct rk_devices_from from = { .kdk_db = given->kdk_db, .eps_seeds = given->eps_seeds };
    bool there = true, more = true;

    if (rk_devices_open(ctx, &from, &devices, err))
        return err->rc;
    while (there && more) {
        RK_AUTO(rk_lane_device_done) struct rk_lane_device row = { .kdk0 = RK_SECRET_NONE };

        if (rk_devices_next(devices, &row, &there, err))
            return err->rc;
        if (there) {
            RK_AUTO(seeds_done)
            struct rk_seeds seeds = { row.sn, rk_secret_take(&row.kdk0),
                                      rk_secret_take(&row.eps_seed) };

            if (visit(arg, &seeds, &more, err))
                return err->rc;
        }
    }
    return RK_OK;
}

enum rk_rc rk_seeds_each(const rk_ctx *ctx, const struct rk_seeds_from *from, rk_seeds_visit visit,
                         void *arg, struct rk_err *err)
{
    struct by_master by = { .master = from->master, .visit = visit, .arg = arg };

    return from->master != NULL ? rk_release_each_device(from->release, visit_by_master, &by, err)
                                : each_of_database(ctx, from, visit, arg, err);
}
