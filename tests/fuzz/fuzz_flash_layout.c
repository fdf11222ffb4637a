/* SPDX-License-Identifier: Apache-2.0 */
/* Flash layout XML: partitions lie in their device and not over each other. */
#include "fuzz.h"

#include "platform/tegra/flash_layout.h"
#include "rotkit/slots.h"

#include <string.h>

static void look(const struct rk_flash_device *device)
{
    FUZZ_HOLDS(device->count != 0 && device->count <= RK_FLASH_PARTITIONS_MAX);
    for (size_t i = 0; i < device->count; i++) {
        const struct rk_flash_partition *p = &device->partition[i];

        FUZZ_HOLDS(p->size != 0 && p->start < device->size && p->size <= device->size - p->start);
        for (size_t k = 0; k < i; k++) {
            const struct rk_flash_partition *q = &device->partition[k];

            FUZZ_HOLDS(strcmp(p->name, q->name) != 0);
            FUZZ_HOLDS(p->start + p->size <= q->start || q->start + q->size <= p->start);
        }
    }
}

bool fuzz_one(const uint8_t *data, size_t size)
{
    static const char *const types[] = { "spi", "sdmmc_user" };
    struct rk_slot_size slot[RK_SLOTS_MAX];
    struct rk_bytes xml = RK_BYTES_NONE;
    struct rk_err err;
    bool taken = false;
    size_t count = 0;

    FUZZ_DO(rk_bytes_copy(data, size, &xml, &err));
    for (size_t i = 0; i < 2; i++) {
        struct rk_flash_device *device = NULL;

        if (rk_flash_parse(xml.p, xml.len, types[i], "APPSIZE=1048576,INT_NUM_SECTORS=65536",
                           &device, &err))
            continue;
        look(device);
        rk_flash_free(device);
        taken = true;
        if (rk_slots_of_layout(&xml, types[i], slot, &count, &err) == RK_OK)
            FUZZ_HOLDS(count != 0 && count <= RK_SLOTS_MAX);
    }
    rk_bytes_done(&xml);
    return taken;
}
