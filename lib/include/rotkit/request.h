/* SPDX-License-Identifier: Apache-2.0 */
/* A request against the rows of what it is for: a file format, an enrolment target. */
#pragma once

#include "base/err.h"
#include "rotkit/format.h"

struct rk_request_rows {
    const char *name;                      /* of the format or target, for messages */
    const struct rk_part_row *parts;       /* NULL: none */
    const struct rk_setting_row *settings; /* NULL: none */
    const char *const *roles;              /* keys beside the main one; NULL: none */
};

/* RK_E_USAGE for a part, setting or key role that the rows do not have, or that is given twice. */
enum rk_rc rk_request_fits(const struct rk_request_rows *rows, const struct rk_request *request,
                           struct rk_err *err) RK_MUST_CHECK;
/* RK_E_USAGE when a part that the rows require is not there. */
enum rk_rc rk_request_whole(const struct rk_request_rows *rows, const struct rk_request *request,
                            struct rk_err *err) RK_MUST_CHECK;

/* The request's part of this name; NULL when it was not given. */
const struct rk_input *rk_request_part(const struct rk_request *request, const char *name);
/* The setting's value, else its row's default (which may be NULL). */
const char *rk_request_setting(const struct rk_request *request,
                               const struct rk_setting_row *settings, const char *name);
/* The setting's place among the values that it may have, ended by NULL. */
enum rk_rc rk_request_choice(const struct rk_request *request,
                             const struct rk_setting_row *settings, const char *name,
                             const char *const *values, size_t *ret,
                             struct rk_err *err) RK_MUST_CHECK;

enum { RK_KNOWN_MAX = 400 }; /* room for a list of known names in a message */
/* Adds ", name" to such a list, which starts as "". */
void rk_known_add(char known[RK_KNOWN_MAX], const char *name);
