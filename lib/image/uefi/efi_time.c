/* SPDX-License-Identifier: Apache-2.0 */
#include "image/uefi/efi_time.h"

#include "base/layout.h"

#include <stdio.h>

enum { TIME_FIELDS = 11 };
/* clang-format off */
static const struct rk_field time_layout[TIME_FIELDS] = {
    RK_LE(struct rk_efi_time, year),
    RK_LE(struct rk_efi_time, month),
    RK_LE(struct rk_efi_time, day),
    RK_LE(struct rk_efi_time, hour),
    RK_LE(struct rk_efi_time, minute),
    RK_LE(struct rk_efi_time, second),
    RK_LE(struct rk_efi_time, pad1),
    RK_LE(struct rk_efi_time, nanosecond),
    RK_LE(struct rk_efi_time, zone),
    RK_LE(struct rk_efi_time, daylight),
    RK_LE(struct rk_efi_time, pad2),
};
/* clang-format on */

void rk_efi_time_read(struct rk_rd *rd, struct rk_efi_time *ret)
{
    rk_layout_read(time_layout, TIME_FIELDS, rd, ret);
}

void rk_efi_time_write(const struct rk_efi_time *from, struct rk_wr *wr)
{
    rk_layout_write(time_layout, TIME_FIELDS, from, wr);
}

void rk_efi_time_text(const struct rk_efi_time *from, char *ret, size_t size)
{
    (void)snprintf(ret, size, "%04u-%02u-%02u %02u:%02u:%02u", from->year, from->month, from->day,
                   from->hour, from->minute, from->second);
}
