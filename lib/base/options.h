/* SPDX-License-Identifier: Apache-2.0 */
/* Options structs of the installed headers. They grow at their end; the first member, `size_t
 * size`, says how much of one the caller was compiled with. */
#pragma once

#include "ftpmprov/err.h"

/*
 * Copies the caller's struct into one of `known` bytes: members that the caller does not know are
 * zero, and so is all of it when `from` is NULL. RK_E_USAGE for a struct without its size, and for
 * a longer one whose further members ask for something.
 */
enum rk_rc rk_options_copy(void *to, size_t known, const void *from,
                           struct rk_err *err) RK_MUST_CHECK;
