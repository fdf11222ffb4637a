/* SPDX-License-Identifier: Apache-2.0 */
/* Does every device of the older release keep its EKs? By what both releases state. */
#include "update/update.h"

#include "update/findings.h"
#include "update/stated.h"
#include "rotkit/counted.h"

#include <inttypes.h>

struct devices {
    struct rk_updating *u;
    uint64_t stateless; /* devices of the older release that state no EK */
};

static enum rk_rc visit(void *arg, const struct rk_unit_id *sn, bool *more, struct rk_err *err)
{
    RK_AUTO(rk_release_device_done) struct rk_release_device was = { .ek_count = 0 };
    RK_AUTO(rk_release_device_done) struct rk_release_device now = { .ek_count = 0 };
    struct devices *d = arg;
    bool there = false;

    (void)more;
    if (rk_release_view_device(d->u->older, sn, &was, err) ||
        (d->u->now->devices != 0 && rk_update_device_read(d->u->newer, sn, &there, &now, err)))
        return err->rc;
    d->u->verdict.broken += rk_update_stated_breaks(d->u, &was, there ? &now : NULL, false);
    d->stateless += was.ek_count == 0;
    return RK_OK;
}

enum rk_rc rk_update_devices(struct rk_updating *u, struct rk_err *err)
{
    struct devices d = { .u = u };
    size_t before = rk_updating_found(u);

    if (u->was->devices == 0) {
        rk_updating_report(u, RK_UPDATE_NOT_RECOMPUTED, "device", NULL,
                           "the older release has no devices");
        return RK_OK;
    }
    if (rk_release_view_each_device(u->older, visit, &d, err))
        return err->rc;
    if (d.stateless != 0)
        rk_updating_report(u, RK_UPDATE_NOT_RECOMPUTED, "device", NULL, "%s state%s no EK",
                           RK_COUNTED(d.stateless, "device"), d.stateless == 1 ? "s" : "");
    if (rk_update_recompute(u, u->was->devices - d.stateless, err))
        return err->rc;
    if (u->verdict.broken == 0 && rk_updating_found(u) == before)
        rk_updating_report(
            u, RK_UPDATE_HOLDS, "device", NULL, "%s keep%s, %" PRIu64 " of them recomputed",
            RK_COUNTED(u->was->devices, "device"),
            u->was->devices == 1 ? "s its EKs" : " their EKs", u->verdict.recomputed);
    return RK_OK;
}
