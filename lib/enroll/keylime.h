/* SPDX-License-Identifier: Apache-2.0 */
/* Keylime: names of its files, for the writer and for their check. ek-certificate.md 4.5 */
#pragma once

#include "rotkit/enroll_target.h"

#define RK_KEYLIME_STORE  "tpm_cert_store"
#define RK_KEYLIME_LIST   "ek-allow-list.d"
#define RK_KEYLIME_SCRIPT "ek-check.sh"

extern const struct rk_setting_row rk_keylime_settings[];
extern const unsigned char
    rk_keylime_script[]; /* ek_check.sh, made at build time; a NUL behind it */

/* A folder of such files against the release. */
enum rk_rc rk_keylime_check(const struct rk_enroll_options *options, const char *folder,
                            struct rk_enroll_report *ret, struct rk_err *err) RK_MUST_CHECK;
