/* SPDX-License-Identifier: Apache-2.0 */
/* EFI_TIME. Source: UEFI 2.10, 8.3.1. */
#pragma once

#include "base/rd.h"
#include "base/wr.h"

#include <stdint.h>

enum { RK_EFI_TIME_WIRE = 16 };

struct rk_efi_time {
    uint16_t year;
    uint8_t month, day, hour, minute, second, pad1;
    uint32_t nanosecond;
    uint16_t zone;
    uint8_t daylight, pad2;
};
void rk_efi_time_read(struct rk_rd *rd, struct rk_efi_time *ret);
void rk_efi_time_write(const struct rk_efi_time *from, struct rk_wr *wr);
/* "2026-02-03 04:05:06" */
void rk_efi_time_text(const struct rk_efi_time *from, char *ret, size_t size);
