/* SPDX-License-Identifier: Apache-2.0 */
/* The target corim: its settings, and its folder held against the release (corim_check.c). */
#pragma once

#include "rotkit/enroll_target.h"
#include "rotkit/corim.h"

extern const struct rk_setting_row rk_corim_settings[];
enum rk_rc rk_corim_check(const struct rk_enroll_options *options, const char *folder,
                          struct rk_enroll_report *ret, struct rk_err *err) RK_MUST_CHECK;
