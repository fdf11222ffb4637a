/* SPDX-License-Identifier: Apache-2.0 */
/* The events of a crypto-agile log, one by one. Source: TCG PC Client Platform Firmware Profile,
 * 10.2. */
#pragma once

#include "rotkit/attest.h"

enum { RK_EV_NO_ACTION = 3, RK_EVENT_DIGESTS_MAX = 16 };

struct rk_event_digest {
    uint16_t alg, len;
    const uint8_t *p; /* NULL in the first event, which says what the others have */
};
struct rk_event {   /* borrowed from the log */
    size_t at, len; /* in the log */
    uint32_t pcr, type;
    struct rk_event_digest digest[RK_EVENT_DIGESTS_MAX];
    size_t digest_count;
    const uint8_t *data;
    size_t data_len;
};
/* i counts from 1, which is the log's own head. */
typedef enum rk_rc (*rk_event_each)(void *arg, unsigned i, const struct rk_event *event,
                                    struct rk_err *err);
/*
 * ret_end: where the log ends; zeros or ones may fill its area behind that. RK_E_FORMAT when it is
 * malformed, RK_E_USAGE when it is no crypto-agile log, what `each` returns.
 */
enum rk_rc rk_eventlog_walk(const uint8_t *log, size_t len, rk_event_each each, void *arg,
                            size_t *ret_end, struct rk_err *err) RK_MUST_CHECK;
bool rk_eventlog_is(const uint8_t *log, size_t len);
