/* SPDX-License-Identifier: Apache-2.0 */
/* Hex text, both ways, strict, and numbers from text. */
#pragma once

#include "ftpmprov/bytes.h"

#include <stdbool.h>

/*
 * Decodes text_len characters into exactly len bytes. Only [0-9a-fA-F]; an error names the
 * character position, never the content. Constant time in the digits.
 */
enum rk_rc rk_hex_read(const char *text, size_t text_len, uint8_t *bytes, size_t len,
                       struct rk_err *err) RK_MUST_CHECK;
/*
 * Decodes the text of a key file: white space trimmed at both ends, then either plain hex, hex
 * with one 0x in front, or 0x words of 8 digits with single blanks between. Writes at most
 * `room` bytes; *ret_len is the number found. RK_E_USAGE for another length, RK_E_FORMAT for what
 * is no hex.
 */
enum rk_rc rk_hex_read_key(const char *text, size_t text_len, uint8_t *bytes, size_t room,
                           size_t *ret_len, struct rk_err *err) RK_MUST_CHECK;
/* Decimal, or hex after 0x; refuses sign, blanks, overflow and anything above max. */
enum rk_rc rk_parse_u64(const char *text, uint64_t max, uint64_t *ret,
                        struct rk_err *err) RK_MUST_CHECK;
