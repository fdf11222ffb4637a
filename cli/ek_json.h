/* SPDX-License-Identifier: Apache-2.0 */
/* Which EKs a command computes, and the object it prints for each: shared by ek and device. */
#pragma once

#include "cli/app.h"

#include "rotkit/ek.h"
#include "rotkit/json.h"
#include "rotkit/lines.h"

enum { EK_TEMPLATES_MAX = 16 };

struct ek_choice {
    const struct rk_ek_profile *profile;
    const struct rk_ek_template *tpl[EK_TEMPLATES_MAX];
    size_t count;
    struct rk_ek_template *own[EK_TEMPLATES_MAX]; /* those read from files */
    size_t own_count;
};
#define EK_CHOICE_NONE                                                                             \
    {                                                                                              \
        .profile = NULL                                                                            \
    }
void ek_choice_done(struct ek_choice *choice);

/*
 * profile NULL: the default. templates is a list with commas of names or file:PATH (TPMT_PUBLIC),
 * "all", or NULL for those that a key blob carries.
 */
enum rk_rc ek_choose(const char *profile, const char *templates, struct ek_choice *ret,
                     struct rk_err *err) RK_MUST_CHECK;
/* Text with an EPS a line; "-" is standard input. */
enum rk_rc ek_open_eps(const char *path, struct rk_line_reader *ret,
                       struct rk_err *err) RK_MUST_CHECK;
/* template, profile, name, public_tpm2b and public_pem into the object `at`. */
enum rk_rc ek_put(struct rk_jv at, const struct rk_ek *ek, struct rk_err *err) RK_MUST_CHECK;

#define EK_PROFILE_HELP "derivation profile (default ms-159)"
/* What --template takes, with the names that the table has; returns text. */
enum { EK_TEMPLATE_HELP_MAX = 256 };
const char *ek_template_help(char text[EK_TEMPLATE_HELP_MAX]);
