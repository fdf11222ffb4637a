/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The slots that a flash layout XML gives a device: partitions in pairs, "A_x" and "B_x" as on
 * Orin, or "x" and "x_b" as on Xavier. A partition without its like is no slot.
 */
#pragma once

#include "ftpmprov/bytes.h"

enum { RK_SLOTS_MAX = 64 };

struct rk_slot_size {
    char name[64];
    uint64_t size[2]; /* bytes, slot A and slot B */
};

/*
 * The pairs of one device ("spi"), in the order of slot A; ret has room for RK_SLOTS_MAX.
 * RK_E_FORMAT when the layout is malformed, has no such device, or no pair or too many.
 */
enum rk_rc rk_slots_of_layout(const struct rk_bytes *xml, const char *device,
                              struct rk_slot_size *ret, size_t *ret_count,
                              struct rk_err *err) RK_MUST_CHECK;
