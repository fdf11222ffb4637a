/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Write cursor: a buffer that grows up to the maximum it is born with. Failure sticks; ask once,
 * with rk_wr_end(). The buffer is wiped when it grows and when it goes, so secrets may pass
 * through.
 */
#pragma once

#include "base/err.h"
#include "ftpmprov/bytes.h"

struct rk_wr {
    uint8_t *buf;
    size_t len, room, max;
    enum rk_rc failed;
};
#define RK_WR_MAX(limit)                                                                           \
    {                                                                                              \
        .buf = NULL, .max = (limit)                                                                \
    }

void rk_wr_bytes(struct rk_wr *wr, const void *bytes, size_t n);
void rk_wr_zero(struct rk_wr *wr, size_t n);
void rk_wr_fill_byte(struct rk_wr *wr, uint8_t value, size_t n);
void rk_wr_le(struct rk_wr *wr, uint64_t value, size_t width);
void rk_wr_be(struct rk_wr *wr, uint64_t value, size_t width);
void rk_wr_str(struct rk_wr *wr, const char *text);
/* With its length in front, BE32, so that no two lists of parts look alike; NULL text: empty. */
void rk_wr_part(struct rk_wr *wr, const void *bytes, size_t len);
void rk_wr_text_part(struct rk_wr *wr, const char *text);
void rk_wr_printf(struct rk_wr *wr, const char *fmt, ...) RK_PRINTF(2, 3);
/* Reserves n zero bytes and returns their position; rk_wr_put_* writes there later. */
size_t rk_wr_reserve(struct rk_wr *wr, size_t n);
void rk_wr_put_le(struct rk_wr *wr, size_t at, uint64_t value, size_t width);
void rk_wr_put_be(struct rk_wr *wr, size_t at, uint64_t value, size_t width);
/* Makes what was written since position `from` the content of a DER value. X.690, definite form. */
void rk_wr_der(struct rk_wr *wr, size_t from, uint8_t tag);
/* Moves the content out. RK_E_USAGE when it outgrew its maximum, RK_E_NOMEM when memory did. */
enum rk_rc rk_wr_end(struct rk_wr *wr, struct rk_bytes *ret, struct rk_err *err) RK_MUST_CHECK;
void rk_wr_done(struct rk_wr *wr); /* for RK_AUTO; wipes */
