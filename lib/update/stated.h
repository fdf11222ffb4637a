/* SPDX-License-Identifier: Apache-2.0 */
/* What two releases state of one device. */
#pragma once

#include "update/update.h"

/* NULL when the device states none of this template. */
const struct rk_release_ek *rk_update_find_ek(const struct rk_release_device *device,
                                              const char *name);
/* One that the release does not have leaves *ret empty. */
enum rk_rc rk_update_device_read(rk_release_view *release, const struct rk_unit_id *sn,
                                 bool *ret_there, struct rk_release_device *ret,
                                 struct rk_err *err) RK_MUST_CHECK;
/* Whether the newer release, which states this of the device (NULL: it does not have it), breaks
 * it. quiet: nothing is reported. */
bool rk_update_stated_breaks(struct rk_updating *u, const struct rk_release_device *was,
                             const struct rk_release_device *now, bool quiet);
