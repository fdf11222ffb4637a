/* SPDX-License-Identifier: Apache-2.0 */
/* The table of devices: its columns, for the writer and for its check. RFC 4180 */
#pragma once

#include "rotkit/enroll_target.h"

enum rk_csv_column {
    RK_CSV_SN,
    RK_CSV_TEMPLATE,
    RK_CSV_PROFILE,
    RK_CSV_REGISTRATION,
    RK_CSV_SPKI,
    RK_CSV_PUBLIC,
    RK_CSV_SERIAL,
    RK_CSV_CERT,
    RK_CSV_NOT_BEFORE,
    RK_CSV_NOT_AFTER,
    RK_CSV_COLUMNS
};
extern const char *const rk_csv_columns[RK_CSV_COLUMNS]; /* the header line */
extern const struct rk_setting_row rk_csv_settings[];
#define RK_CSV_ALL "all" /* of the setting "template" */

/* A text that a spreadsheet would take for a formula, or that holds a control character. */
bool rk_csv_unsafe(const char *text);
/* A folder of such files against the release. */
enum rk_rc rk_csv_check(const struct rk_enroll_options *options, const char *folder,
                        struct rk_enroll_report *ret, struct rk_err *err) RK_MUST_CHECK;
