/* SPDX-License-Identifier: Apache-2.0 */
/* The error context for code inside the library: the public part, and OpenSSL's queue. */
#pragma once

#include "ftpmprov/err.h"

/* rk_fail, then ": " and OpenSSL's reason (rk_ossl_reason) if any; leaves its error queue empty. */
enum rk_rc rk_fail_ossl(struct rk_err *err, enum rk_rc rc, const char *fmt, ...) RK_PRINTF(3, 4);
enum rk_rc rk_fail_errno(struct rk_err *err, enum rk_rc rc, const char *fmt, ...) RK_PRINTF(3, 4);
enum rk_rc rk_fail_nomem(struct rk_err *err);
