/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does the newer firmware make the EKs that the devices' certificates are for? The keys are made
 * again on several threads, some devices at a time; reading, counting and telling are done by the
 * caller's thread in the order of the seeds, so the answer does not depend on the number of
 * threads, and memory does not grow with the number of devices.
 */
#include "update/update.h"

#include "base/mem.h"
#include "base/workers.h"
#include "update/findings.h"
#include "update/stated.h"
#include "rotkit/counted.h"
#include "rotkit/lane.h"
#include "rotkit/seeds.h"

#include <inttypes.h>
#include <string.h>

enum { EKS_MAX = RK_LANE_BATCH * RK_RELEASE_EKS_MAX };

struct remade { /* one EK of a device */
    const struct rk_release_ek *was, *certified;
    const struct rk_secret *eps;
    bool keeps;    /* the newer firmware makes the one certified */
    bool by_older; /* the older one makes the one that it states; asked unless it keeps */
};

struct device {
    struct rk_release_device was, now; /* now: empty when the newer release does not have it */
    bool there;                        /* it has */
    struct rk_identity identity;
    struct remade ek[RK_RELEASE_EKS_MAX];
};

struct batch {
    struct device device[RK_LANE_BATCH];
    size_t count;
    struct remade *tried[EKS_MAX]; /* what is to be made by one profile */
    size_t tried_count;
    struct rk_ek_item item[RK_LANE_BATCH];
    struct rk_err err; /* of the machine */
};

struct again {
    struct rk_updating *u;
    const struct rk_platform *platform;
    const struct rk_ek_profile *was, *now;
    rk_workers *workers;
    struct batch *batch; /* a ring of room */
    size_t room, filled; /* batches ever put to work */
    uint64_t met;        /* devices of the older release that there are seeds for */
    bool torn;           /* settling failed: nothing can go on */
};

/* ---- on a thread of the pool ---- */

/* The others of the first one's template, put behind it; how many there are, at most a batch. */
static size_t gather(struct remade **list, size_t count)
{
    size_t found = 1;

    for (size_t i = 1; i < count && found < RK_LANE_BATCH; i++) {
        if (strcmp(list[i]->was->template_name, list[0]->was->template_name) == 0) {
            struct remade *swap = list[found];

            list[found++] = list[i];
            list[i] = swap;
        }
    }
    return found;
}

/* No key of a profile that gives this template none from this EPS. */
static enum rk_rc compare(struct remade *ek, struct rk_ek_item *item, bool older,
                          struct rk_err *err)
{
    const struct rk_bytes *wanted = &(older ? ek->was : ek->certified)->public_tpm2b;
    bool same = item->err.rc == RK_OK && rk_bytes_equal(&item->ek.public_tpm2b, wanted);

    rk_ek_done(&item->ek);
    *(older ? &ek->by_older : &ek->keeps) = same;
    if (item->err.rc == RK_OK || item->err.rc == RK_E_USAGE)
        return RK_OK;
    *err = item->err;
    return err->rc;
}

/* EKs of one template, a batch of them at most. */
static enum rk_rc make_group(const struct again *a, struct batch *batch, struct remade **list,
                             size_t count, bool older, struct rk_err *err)
{
    const struct rk_ek_template *tpl = rk_ek_template_find(list[0]->was->template_name);
    const struct rk_ek_profile *profile = older ? a->was : a->now;
    enum rk_rc rc = RK_OK;

    if (tpl == NULL || profile == NULL)
        return RK_OK;
    for (size_t i = 0; i < count; i++)
        batch->item[i] = (struct rk_ek_item) { .eps = list[i]->eps };
    if (rk_ek_derive_batch(a->u->ctx, profile, tpl, batch->item, count, err))
        return err->rc == RK_E_USAGE ? RK_OK : err->rc;
    for (size_t i = 0; i < count; i++) {
        struct rk_err ignored;
        enum rk_rc one = compare(list[i], &batch->item[i], older, rc == RK_OK ? err : &ignored);

        rc = rc == RK_OK ? one : rc;
    }
    return rc;
}

static void list_eks(struct batch *batch, bool older)
{
    batch->tried_count = 0;
    for (size_t i = 0; i < batch->count; i++) {
        for (size_t k = 0; k < batch->device[i].was.ek_count; k++) {
            if (!older || !batch->device[i].ek[k].keeps)
                batch->tried[batch->tried_count++] = &batch->device[i].ek[k];
        }
    }
}

static enum rk_rc make_again(const struct again *a, struct batch *batch, bool older,
                             struct rk_err *err)
{
    list_eks(batch, older);
    for (size_t i = 0, some; i < batch->tried_count; i += some) {
        some = gather(batch->tried + i, batch->tried_count - i);
        if (make_group(a, batch, batch->tried + i, some, older, err))
            return err->rc;
    }
    return RK_OK;
}

static void recompute(void *arg, void *item)
{
    struct batch *batch = item;

    if (make_again(arg, batch, false, &batch->err) == RK_OK &&
        make_again(arg, batch, true, &batch->err) == RK_OK)
        batch->err.rc = RK_OK; /* whatever was tried on the way */
}

/* ---- on the caller's thread ---- */

static void device_done(struct device *device)
{
    rk_release_device_done(&device->was);
    rk_release_device_done(&device->now);
    rk_identity_done(&device->identity);
}

static void empty(struct batch *batch)
{
    for (size_t i = 0; i < RK_LANE_BATCH; i++)
        device_done(&batch->device[i]);
    memset(batch, 0, sizeof *batch);
}

/* Why the newer firmware makes another EK than the one certified: the profile, or the seeds. */
static void report_other(struct again *a, const struct rk_unit_id *sn, const struct remade *ek)
{
    const char *name = ek->was->template_name;

    if (ek->by_older && a->was == a->now)
        rk_updating_report(a->u, RK_UPDATE_BREAKS, "device", sn,
                           "EK %s: the seeds given make the one that the older release states",
                           name);
    else if (ek->by_older)
        rk_updating_report(a->u, RK_UPDATE_BREAKS, "device", sn,
                           "EK %s: profile %s makes another one of the same seeds, and the "
                           "certificate is for the one by %s",
                           name, a->u->now->profile, a->u->was->profile);
    else
        rk_updating_report(a->u, RK_UPDATE_BREAKS, "device", sn,
                           "EK %s: the seeds given do not make the one that is certified", name);
}

static void settle_device(struct again *a, const struct device *device)
{
    bool broken = false;

    for (size_t i = 0; i < device->was.ek_count; i++) {
        if (device->ek[i].keeps)
            continue;
        broken = true;
        report_other(a, &device->was.sn, &device->ek[i]);
    }
    a->u->verdict.recomputed++;
    a->u->verdict.broken +=
        broken &&
        !rk_update_stated_breaks(a->u, &device->was, device->there ? &device->now : NULL, true);
}

static enum rk_rc settle(struct again *a, struct rk_err *err)
{
    struct batch *batch = rk_workers_take(a->workers);

    if (batch->err.rc != RK_OK) {
        a->torn = true;
        *err = batch->err;
        return err->rc;
    }
    for (size_t i = 0; i < batch->count; i++)
        settle_device(a, &batch->device[i]);
    empty(batch);
    return RK_OK;
}

/* The batch that is being filled. */
static struct batch *current(const struct again *a)
{
    return &a->batch[a->filled % a->room];
}

static enum rk_rc put(struct again *a, struct rk_err *err)
{
    rk_workers_put(a->workers, current(a));
    a->filled++;
    return rk_workers_full(a->workers) ? settle(a, err) : RK_OK;
}

/* What is left inside; nothing after a failure to settle. */
static enum rk_rc settle_all(struct again *a, struct rk_err *err)
{
    if (!a->torn && current(a)->count != 0 && put(a, err))
        return err->rc;
    while (!a->torn && !rk_workers_empty(a->workers)) {
        if (settle(a, err))
            return err->rc;
    }
    return RK_OK;
}

/* Every device, or as many as asked for at even distances. */
static bool in_sample(const struct again *a)
{
    uint64_t sample = a->u->options->sample, all = a->u->was->devices, i = a->met - 1;

    return sample == 0 || sample >= all || i >= all || (i + 1) * sample / all != i * sample / all;
}

static enum rk_rc read_device(const struct again *a, const struct rk_unit *seeds,
                              struct device *ret, struct rk_err *err)
{
    if (rk_unit_derive(a->u->ctx, a->platform, seeds, &ret->identity, err) ||
        rk_update_device_read(a->u->newer, &seeds->sn, &ret->there, &ret->now, err))
        return err->rc;
    for (size_t i = 0; i < ret->was.ek_count; i++) {
        const struct rk_release_ek *was = &ret->was.ek[i];
        const struct rk_release_ek *now = rk_update_find_ek(&ret->now, was->template_name);

        ret->ek[i] = (struct remade) { .was = was,
                                       .certified = now == NULL ? was : now,
                                       .eps = &ret->identity.eps };
    }
    return RK_OK;
}

static enum rk_rc visit_seeds(void *arg, const struct rk_unit *seeds, bool *more,
                              struct rk_err *err)
{
    struct again *a = arg;
    struct batch *batch = current(a);
    struct device *device = &batch->device[batch->count];
    bool there;

    (void)more;
    device_done(device); /* of one that was passed over */
    if (rk_update_device_read(a->u->older, &seeds->sn, &there, &device->was, err))
        return err->rc;
    if (!there || device->was.ek_count == 0)
        return RK_OK;
    a->met++;
    if (!in_sample(a))
        return RK_OK;
    if (read_device(a, seeds, device, err))
        return err->rc;
    return ++batch->count == RK_LANE_BATCH ? put(a, err) : RK_OK;
}

/* What came before a failure is told before it. */
static enum rk_rc work(struct again *a, const struct rk_seeds_from *from, struct rk_err *err)
{
    enum rk_rc rc = rk_seeds_each(from, visit_seeds, a, err);
    struct rk_err before;

    if (settle_all(a, &before)) {
        *err = before;
        return err->rc;
    }
    return rc;
}

static enum rk_rc run(struct again *a, const struct rk_seeds_from *from, struct rk_err *err)
{
    size_t jobs = a->u->options->jobs != 0 ? a->u->options->jobs : rk_workers_default();
    const struct rk_workers_options options = {
        .threads = jobs, .room = RK_LANE_BATCHES_A_THREAD * jobs, .run = recompute, .arg = a
    };
    enum rk_rc rc;

    a->room = options.room;
    a->batch = rk_alloc(a->room, sizeof *a->batch);
    if (a->batch == NULL)
        return rk_fail_nomem(err);
    rc = rk_workers_new(&options, &a->workers, err);
    if (rc == RK_OK)
        rc = work(a, from, err);
    rk_workers_free(a->workers);
    for (size_t i = 0; i < a->room; i++)
        empty(&a->batch[i]);
    rk_free(a->batch);
    return rc;
}

/* ---- what was not recomputed is said ---- */

enum rk_rc rk_update_recompute(struct rk_updating *u, uint64_t devices, struct rk_err *err)
{
    struct rk_seeds_from from = { NULL, u->options->seeds, u->options->master, u->older };
    struct again a = { .u = u,
                       .was = rk_ek_profile_find(u->was->profile),
                       .now = rk_ek_profile_find(u->now->profile) };

    if (!rk_seeds_given(&from)) {
        rk_updating_report(u, RK_UPDATE_NOT_RECOMPUTED, "device", NULL, "%s: no seeds are given",
                           RK_COUNTED(devices, "device"));
        return RK_OK;
    }
    if (a.now == NULL) {
        rk_updating_report(u, RK_UPDATE_NOT_RECOMPUTED, "device", NULL,
                           "%s: derivation \"%s\" is not known here", RK_COUNTED(devices, "device"),
                           u->now->profile);
        return RK_OK;
    }
    if (rk_platform_find(u->ctx, u->now->platform, &a.platform, err))
        return err->rc;
    from.platform = a.platform;
    if (run(&a, &from, err))
        return err->rc;
    if (a.met < devices)
        rk_updating_report(u, RK_UPDATE_NOT_RECOMPUTED, "device", NULL,
                           "%" PRIu64 " of %s: the seeds given have none for them", devices - a.met,
                           RK_COUNTED(devices, "device"));
    if (u->verdict.recomputed < a.met)
        rk_updating_report(u, RK_UPDATE_NOT_RECOMPUTED, "device", NULL,
                           "%" PRIu64 " of %s: not in the sample", a.met - u->verdict.recomputed,
                           RK_COUNTED(devices, "device"));
    return RK_OK;
}
