/* SPDX-License-Identifier: Apache-2.0 */
/* The profile's checks: of the fields (lint_profile.c) and of the extensions (lint_profile_ext.c).
 */
#pragma once

#include "pki/lint.h"

struct rk_says {
    char text[256];
};
/* True, to be returned. */
bool rk_say(struct rk_says *says, const char *fmt, ...) RK_PRINTF(2, 3);
/* A string value for people: printable ASCII, at most RK_SHOWN_MAX of it. */
enum { RK_SHOWN_MAX = 64 };
void rk_show(const struct rk_tlv *value, char text[RK_SHOWN_MAX + 1]);

struct rk_check {
    enum rk_lint_rule rule;
    bool (*broken)(const struct rk_lint_facts *facts, struct rk_says *says);
};
enum { RK_CHECKS_EXT = 19 };
extern const struct rk_check rk_checks_ext[RK_CHECKS_EXT];
