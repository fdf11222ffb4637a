/* SPDX-License-Identifier: Apache-2.0 */
/* The flash layout XML of a Jetson BSP: what goes where. Source: boot-images.md 4. */
#pragma once

#include "base/err.h"

#include <stdbool.h>

enum { RK_FLASH_PARTITIONS_MAX = 256, RK_FLASH_NAME = 36 };

struct rk_flash_partition {
    char name[RK_FLASH_NAME + 1], type[48];
    char type_guid[40], unique_guid[40]; /* "": none given */
    bool oem_sign;
    unsigned line;
    uint64_t start, size;     /* bytes */
    uint64_t align, location; /* as given: a multiple, 0 for none; UINT64_MAX: behind the last */
    bool fills;               /* what the partitions behind it leave */
};
struct rk_flash_device {
    char type[16];
    uint64_t sector_size, size;
    struct rk_flash_partition partition[RK_FLASH_PARTITIONS_MAX];
    size_t count;
};
/*
 * The first device of this type ("spi"), its partitions placed and checked: none beyond the device,
 * no two over each other; one that fills leaves room for those behind it. placeholders: what the
 * BSP's flashing script would put in, "APPSIZE=1048576,INT_NUM_SECTORS=0x20000"; NULL: none.
 * RK_E_FORMAT with the line; of a placeholder without a value too, which is named. On the heap;
 * free with rk_flash_free.
 */
enum rk_rc rk_flash_parse(const uint8_t *xml, size_t len, const char *device_type,
                          const char *placeholders, struct rk_flash_device **ret,
                          struct rk_err *err) RK_MUST_CHECK;
void rk_flash_free(struct rk_flash_device *device);
RK_CLEANUP(rk_flash_done, struct rk_flash_device, rk_flash_free)
