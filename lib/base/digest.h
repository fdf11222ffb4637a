/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 of bytes in one piece. */
#pragma once

#include "base/err.h"

enum rk_rc rk_sha256(const void *bytes, size_t len, uint8_t ret[32],
                     struct rk_err *err) RK_MUST_CHECK;
