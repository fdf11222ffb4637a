/* SPDX-License-Identifier: Apache-2.0 */
/* What a target of enrolment is: one row, named in lib/tables, and the file that it stands in. */
#pragma once

#include "rotkit/request.h"
#include "rotkit/enroll.h"

/* Where the files go that a target makes. */
struct rk_enroll_out {
    rk_enroll_sink sink;
    void *arg;
    struct rk_enroll_report report; /* the target counts its devices, rk_enroll_put the files */
};

struct rk_enroll_target {
    const char *name;  /* as in `rotkit enroll NAME` */
    const char *title; /* for people */
    const struct rk_part_row *parts;
    const struct rk_setting_row *settings;
    bool signs;
    const char *no_devices; /* why it takes no choice of devices; NULL: it does */
    enum rk_rc (*make)(const struct rk_enroll_options *options, struct rk_enroll_out *out,
                       struct rk_err *err);
    /* NULL: the files have no rules of their own. */
    enum rk_rc (*check)(const struct rk_enroll_options *options, const char *folder,
                        struct rk_enroll_report *ret, struct rk_err *err);
};
