/* SPDX-License-Identifier: Apache-2.0 */
/* What a check of an update has found, told and counted. */
#pragma once

#include "update/update.h"

/* sn NULL: of no one device. */
void rk_updating_report(struct rk_updating *u, enum rk_update_result result, const char *rule,
                        const struct rk_unit_id *sn, const char *fmt, ...) RK_PRINTF(5, 6);
/* How many findings do not hold, or may not. */
size_t rk_updating_found(const struct rk_updating *u);
/* Something differs: fine when the newer release declares `change`, and what the verdict is. */
enum rk_update_result rk_updating_changed(const struct rk_updating *u,
                                          enum rk_update_change change);
