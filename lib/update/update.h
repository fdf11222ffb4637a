/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of an update's check share. */
#pragma once

#include "base/err.h"
#include "rotkit/release.h"
#include "rotkit/update.h"

#include <stdbool.h>

/* Of a bundle. */
#define RK_UPDATE_JSON "update.json"
#define RK_UPDATE_SIG  "update.json.sig"
enum { RK_UPDATE_JSON_MAX = 1 << 20, RK_UPDATE_PAYLOAD_MAX = 1 << 30 };

struct rk_updating {
    const rk_ctx *ctx;
    const struct rk_update_options *options;
    struct rk_release_version *was, *now;
    struct rk_update_verdict verdict;
    bool for_all; /* a fault is of no one device, so every device meets it */
};
/* sn NULL: of no one device. */
void rk_updating_report(struct rk_updating *u, enum rk_update_result result, const char *rule,
                        const struct rk_device_sn *sn, const char *fmt, ...) RK_PRINTF(5, 6);
/* Something differs: fine when the newer release declares `change`, and what the verdict is. */
enum rk_update_result rk_updating_changed(const struct rk_updating *u,
                                          enum rk_update_change change);

/* update_size.c: do the parts of the newer release's capsules fit both slots? */
enum rk_rc rk_update_size(struct rk_updating *u, struct rk_err *err) RK_MUST_CHECK;
/* update_devices.c: does every device of the older release keep its EKs? */
enum rk_rc rk_update_devices(struct rk_updating *u, struct rk_err *err) RK_MUST_CHECK;
/* NULL when the device states none of this template. */
const struct rk_release_ek *rk_update_find_ek(const struct rk_release_device *device,
                                              const char *name);
/* One that the release does not have leaves *ret empty. */
enum rk_rc rk_update_device_read(const char *release, const struct rk_device_sn *sn,
                                 bool *ret_there, struct rk_release_device *ret,
                                 struct rk_err *err) RK_MUST_CHECK;
/* Whether the newer release, which states this of the device (NULL: it does not have it), breaks
 * it. quiet: nothing is reported. */
bool rk_update_stated_breaks(struct rk_updating *u, const struct rk_release_device *was,
                             const struct rk_release_device *now, bool quiet);

/* update_recompute.c: what the seeds give, of so many devices that state EKs. */
enum rk_rc rk_update_recompute(struct rk_updating *u, uint64_t devices,
                               struct rk_err *err) RK_MUST_CHECK;
