/* SPDX-License-Identifier: Apache-2.0 */
/* Does every device of the older release keep its EKs? By what is stated, and by recomputation. */
#include "build/update.h"

#include "build/seeds.h"
#include "ftpmprov/ek.h"
#include "ftpmprov/release.h"

#include <inttypes.h>
#include <string.h>

struct devices {
    struct rk_updating *u;
    const struct rk_platform *platform;
    const struct rk_ek_profile *was, *now;
    uint64_t met;       /* devices of the older release that there are seeds for */
    uint64_t stateless; /* devices of the older release that state no EK */
};

/* ---- what both state ---- */

static const struct rk_release_ek *find_ek(const struct rk_release_device *device, const char *name)
{
    for (size_t i = 0; i < device->ek_count; i++) {
        if (strcmp(device->ek[i].template_name, name) == 0)
            return &device->ek[i];
    }
    return NULL;
}

/* One that is not there leaves *ret empty. */
static enum rk_rc read_device(const char *release, const struct rk_device_sn *sn, bool *ret_there,
                              struct rk_release_device *ret, struct rk_err *err)
{
    enum rk_rc rc = rk_release_device_read(release, sn, ret, err);

    *ret_there = rc == RK_OK;
    return rc == RK_E_USAGE ? RK_OK : rc;
}

static enum rk_update_result ek_changes(const struct rk_updating *u)
{
    return rk_updating_changed(u, RK_CHANGE_DERIVATION | RK_CHANGE_SEEDS);
}

/* quiet: tell, and report nothing */
static bool breaks(struct rk_updating *u, enum rk_update_result result, bool quiet,
                   const struct rk_device_sn *sn, const char *name, const char *what)
{
    if (!quiet)
        rk_updating_report(u, result, "device", sn, "EK %s: %s", name, what);
    return result == RK_UPDATE_BREAKS;
}

/* Whether the newer release takes an EK or a certificate away from a device. */
static bool stated_breaks(struct rk_updating *u, const struct rk_release_device *was,
                          const struct rk_release_device *now, bool quiet)
{
    bool broken = false;

    for (size_t i = 0; i < was->ek_count; i++) {
        const struct rk_release_ek *old = &was->ek[i];
        const struct rk_release_ek *new = find_ek(now, old->template_name);

        if (new == NULL)
            broken |= breaks(u, RK_UPDATE_BREAKS, quiet, &was->sn, old->template_name,
                             "the newer release does not state it");
        else if (!rk_bytes_equal(&new->public_tpm2b, &old->public_tpm2b))
            broken |= breaks(u, ek_changes(u), quiet, &was->sn, old->template_name,
                             "the newer release states another one, and the device's certificate "
                             "is for this one");
        else if (old->cert.len != 0 && new->cert.len == 0)
            broken |= breaks(u, RK_UPDATE_BREAKS, quiet, &was->sn, old->template_name,
                             "the newer release has no certificate for it");
    }
    return broken;
}

static enum rk_rc compare_stated(struct rk_updating *u, const struct rk_release_device *was,
                                 bool quiet, bool *ret_broken, struct rk_err *err)
{
    RK_AUTO(rk_release_device_done) struct rk_release_device now = { .ek_count = 0 };
    bool there;

    *ret_broken = false;
    if (u->now->devices == 0)
        return RK_OK; /* firmware alone: the devices keep what they have */
    if (read_device(u->options->newer, &was->sn, &there, &now, err))
        return err->rc;
    if (there) {
        *ret_broken = stated_breaks(u, was, &now, quiet);
        return RK_OK;
    }
    enum rk_update_result result = rk_updating_changed(u, RK_CHANGE_DEVICES);
    if (!quiet)
        rk_updating_report(u, result, "device", &was->sn, "the newer release does not have it");
    *ret_broken = result == RK_UPDATE_BREAKS;
    return RK_OK;
}

static enum rk_rc visit_stated(void *arg, const struct rk_device_sn *sn, bool *more,
                               struct rk_err *err)
{
    RK_AUTO(rk_release_device_done) struct rk_release_device was = { .ek_count = 0 };
    struct devices *d = arg;
    bool broken;

    (void)more;
    if (rk_release_device_read(d->u->options->older, sn, &was, err) ||
        compare_stated(d->u, &was, false, &broken, err))
        return err->rc;
    d->u->verdict.broken += broken;
    d->stateless += was.ek_count == 0;
    return RK_OK;
}

/* ---- what the seeds give ---- */

/* RK_OK and empty *ret where the profile gives this template no key from this EPS. */
static enum rk_rc derive(const struct devices *d, const struct rk_secret *eps,
                         const struct rk_ek_profile *profile, const char *name, struct rk_ek *ret,
                         struct rk_err *err)
{
    const struct rk_ek_template *tpl = rk_ek_template_find(name);

    if (tpl == NULL || profile == NULL || rk_ek_profile_eps_len(profile) != eps->len)
        return RK_OK;
    if (rk_ek_derive(d->u->ctx, eps, profile, tpl, ret, err) && err->rc != RK_E_USAGE)
        return err->rc;
    return RK_OK;
}

/* Why the newer firmware makes another EK than the one certified: the profile, or the seeds. */
static enum rk_rc report_other(struct devices *d, const struct rk_device_sn *sn,
                               const struct rk_secret *eps, const struct rk_release_ek *was,
                               struct rk_err *err)
{
    RK_AUTO(rk_ek_done) struct rk_ek by_older = RK_EK_NONE;

    if (derive(d, eps, d->was, was->template_name, &by_older, err))
        return err->rc;
    if (rk_bytes_equal(&by_older.public_tpm2b, &was->public_tpm2b) && d->was == d->now)
        rk_updating_report(d->u, RK_UPDATE_BREAKS, "device", sn,
                           "EK %s: the seeds given make the one that the older release states",
                           was->template_name);
    else if (rk_bytes_equal(&by_older.public_tpm2b, &was->public_tpm2b))
        rk_updating_report(d->u, RK_UPDATE_BREAKS, "device", sn,
                           "EK %s: profile %s makes another one of the same seeds, and the "
                           "certificate is for the one by %s",
                           was->template_name, d->u->now->profile, d->u->was->profile);
    else
        rk_updating_report(d->u, RK_UPDATE_BREAKS, "device", sn,
                           "EK %s: the seeds given do not make the one that is certified",
                           was->template_name);
    return RK_OK;
}

/* The EKs that the device's certificates are for once the update has been made. */
static enum rk_rc recompute(struct devices *d, const struct rk_release_device *was,
                            const struct rk_secret *eps, bool *ret_broken, struct rk_err *err)
{
    RK_AUTO(rk_release_device_done) struct rk_release_device now = { .ek_count = 0 };
    bool there;

    *ret_broken = false;
    if (read_device(d->u->options->newer, &was->sn, &there, &now, err))
        return err->rc;
    for (size_t i = 0; i < was->ek_count; i++) {
        RK_AUTO(rk_ek_done) struct rk_ek ek = RK_EK_NONE;
        const struct rk_release_ek *certified = find_ek(&now, was->ek[i].template_name);

        if (certified == NULL)
            certified = &was->ek[i];
        if (derive(d, eps, d->now, certified->template_name, &ek, err))
            return err->rc;
        if (rk_bytes_equal(&ek.public_tpm2b, &certified->public_tpm2b))
            continue;
        *ret_broken = true;
        if (report_other(d, &was->sn, eps, &was->ek[i], err))
            return err->rc;
    }
    d->u->verdict.recomputed++;
    return RK_OK;
}

/* Every device, or as many as asked for at even distances. */
static bool in_sample(const struct devices *d)
{
    uint64_t sample = d->u->options->sample, all = d->u->was->devices, i = d->met - 1;

    return sample == 0 || sample >= all || i >= all || (i + 1) * sample / all != i * sample / all;
}

static enum rk_rc visit_seeds(void *arg, const struct rk_seeds *seeds, bool *more,
                              struct rk_err *err)
{
    RK_AUTO(rk_release_device_done) struct rk_release_device was = { .ek_count = 0 };
    RK_AUTO(rk_identity_done) struct rk_identity identity = { .eps = RK_SECRET_NONE };
    struct devices *d = arg;
    bool there, broken, known;

    (void)more;
    if (read_device(d->u->options->older, &seeds->sn, &there, &was, err))
        return err->rc;
    if (!there || was.ek_count == 0)
        return RK_OK;
    d->met++;
    if (!in_sample(d))
        return RK_OK;
    if (rk_identity_derive(d->u->ctx, d->platform, &seeds->sn, &seeds->kdk0, &seeds->eps_seed,
                           &identity, err) ||
        recompute(d, &was, &identity.eps, &broken, err) ||
        compare_stated(d->u, &was, true, &known, err))
        return err->rc;
    d->u->verdict.broken += broken && !known;
    return RK_OK;
}

static enum rk_rc recompute_all(struct devices *d, struct rk_err *err)
{
    struct rk_updating *u = d->u;
    const struct rk_seeds_from from = { u->options->kdk_db, u->options->eps_seeds,
                                        u->options->master, u->options->older };
    uint64_t all = u->was->devices - d->stateless;

    if (rk_seeds_given(&from) && rk_seeds_each(u->ctx, &from, visit_seeds, d, err))
        return err->rc;
    if (!rk_seeds_given(&from))
        rk_updating_report(u, RK_UPDATE_NOT_RECOMPUTED, "device", NULL,
                           "%" PRIu64 " devices: no seeds are given", all);
    else if (d->met < all)
        rk_updating_report(u, RK_UPDATE_NOT_RECOMPUTED, "device", NULL,
                           "%" PRIu64 " of %" PRIu64 " devices: the seeds given have none for them",
                           all - d->met, all);
    if (u->verdict.recomputed < d->met)
        rk_updating_report(u, RK_UPDATE_NOT_RECOMPUTED, "device", NULL,
                           "%" PRIu64 " of %" PRIu64 " devices: not in the sample",
                           d->met - u->verdict.recomputed, all);
    return RK_OK;
}

enum rk_rc rk_update_devices(struct rk_updating *u, struct rk_err *err)
{
    struct devices d = { .u = u,
                         .was = rk_ek_profile_find(u->was->profile),
                         .now = rk_ek_profile_find(u->now->profile) };

    if (u->was->devices == 0) {
        rk_updating_report(u, RK_UPDATE_NOT_RECOMPUTED, "device", NULL,
                           "the older release has no devices");
        return RK_OK;
    }
    if (rk_platform_find(u->now->platform, &d.platform, err) ||
        rk_release_each_device(u->options->older, visit_stated, &d, err))
        return err->rc;
    if (d.stateless != 0)
        rk_updating_report(u, RK_UPDATE_NOT_RECOMPUTED, "device", NULL,
                           "%" PRIu64 " devices state no EK", d.stateless);
    if (recompute_all(&d, err))
        return err->rc;
    if (u->verdict.broken == 0)
        rk_updating_report(u, RK_UPDATE_HOLDS, "device", NULL,
                           "%" PRIu64 " devices keep their EKs, %" PRIu64 " of them recomputed",
                           u->was->devices, u->verdict.recomputed);
    return RK_OK;
}
