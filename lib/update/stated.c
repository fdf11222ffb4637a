/* SPDX-License-Identifier: Apache-2.0 */
#include "update/stated.h"

#include "update/findings.h"

#include <string.h>

const struct rk_release_ek *rk_update_find_ek(const struct rk_release_device *device,
                                              const char *name)
{
    for (size_t i = 0; i < device->ek_count; i++) {
        if (strcmp(device->ek[i].template_name, name) == 0)
            return &device->ek[i];
    }
    return NULL;
}

enum rk_rc rk_update_device_read(rk_release_view *release, const struct rk_unit_id *sn,
                                 bool *ret_there, struct rk_release_device *ret, struct rk_err *err)
{
    enum rk_rc rc = rk_release_view_device(release, sn, ret, err);

    *ret_there = rc == RK_OK;
    return rc == RK_E_USAGE ? RK_OK : rc;
}

static enum rk_update_result ek_changes(const struct rk_updating *u)
{
    return rk_updating_changed(u, RK_CHANGE_DERIVATION | RK_CHANGE_SEEDS);
}

/* quiet: tell, and report nothing */
static bool breaks(struct rk_updating *u, enum rk_update_result result, bool quiet,
                   const struct rk_unit_id *sn, const char *name, const char *what)
{
    if (!quiet)
        rk_updating_report(u, result, "device", sn, "EK %s: %s", name, what);
    return result == RK_UPDATE_BREAKS;
}

/* Whether the newer release takes an EK or a certificate away from a device. */
static bool eks_break(struct rk_updating *u, const struct rk_release_device *was,
                      const struct rk_release_device *now, bool quiet)
{
    bool broken = false;

    for (size_t i = 0; i < was->ek_count; i++) {
        const struct rk_release_ek *old = &was->ek[i];
        const struct rk_release_ek *new = rk_update_find_ek(now, old->template_name);

        if (new == NULL)
            broken |= breaks(u, RK_UPDATE_UNKNOWN, quiet, &was->sn, old->template_name,
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

bool rk_update_stated_breaks(struct rk_updating *u, const struct rk_release_device *was,
                             const struct rk_release_device *now, bool quiet)
{
    enum rk_update_result result = rk_updating_changed(u, RK_CHANGE_DEVICES);

    if (u->now->devices == 0)
        return false; /* firmware alone: the devices keep what they have */
    if (now != NULL)
        return eks_break(u, was, now, quiet);
    if (!quiet)
        rk_updating_report(u, result, "device", &was->sn, "the newer release does not have it");
    return result == RK_UPDATE_BREAKS;
}
