/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Read cursor. Every byte that a parser sees comes through here.
 *
 * Failure sticks: after the first short read every getter returns 0 or NULL, so a parser reads
 * straight down the format and asks once, with rk_rd_end(). Until then no value taken from the
 * cursor may size an allocation or bound a loop.
 */
#pragma once

#include "base/err.h"

struct rk_rd {
    const uint8_t *buf; /* borrowed, outlives the cursor */
    size_t len, pos;    /* pos <= len, always */
    size_t want;        /* size of the read that failed, 0 while none has */
    size_t base;        /* offset of buf in the file, for messages */
};

const uint8_t *rk_rd_take(struct rk_rd *rd, size_t n);      /* n bytes in place, or NULL */
void rk_rd_bytes(struct rk_rd *rd, uint8_t *ret, size_t n); /* zeroes ret on failure */
uint64_t rk_rd_le(struct rk_rd *rd, size_t width);          /* width 1..8 */
uint64_t rk_rd_be(struct rk_rd *rd, size_t width);
/* The next n bytes as a cursor of their own; a failed one when they are not there. */
struct rk_rd rk_rd_sub(struct rk_rd *rd, size_t n);
size_t rk_rd_left(const struct rk_rd *rd);
size_t rk_rd_offset(const struct rk_rd *rd); /* in the file */
/* RK_E_FORMAT unless nothing failed. */
enum rk_rc rk_rd_ok(const struct rk_rd *rd, struct rk_err *err) RK_MUST_CHECK;
/* The same, and refuses trailing bytes. */
enum rk_rc rk_rd_end(const struct rk_rd *rd, struct rk_err *err) RK_MUST_CHECK;
