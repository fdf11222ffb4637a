/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 text with padding, both ways, strict. RFC 4648 section 4. */
#pragma once

#include "ftpmprov/bytes.h"

/* One line, no line ends. */
enum rk_rc rk_base64_write(const uint8_t *bytes, size_t len, struct rk_bytes *ret,
                           struct rk_err *err) RK_MUST_CHECK;
/*
 * RK_E_FORMAT for anything but the alphabet, a length that is no multiple of 4, missing or
 * misplaced padding, and bits behind the last byte that are not zero.
 */
enum rk_rc rk_base64_read(const char *text, size_t text_len, struct rk_bytes *ret,
                          struct rk_err *err) RK_MUST_CHECK;
