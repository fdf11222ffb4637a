/* SPDX-License-Identifier: Apache-2.0 */
#include "rotkit/slots.h"

#include "platform/tegra/flash_layout.h"

#include <stdio.h>
#include <string.h>

static const struct rk_flash_partition *find(const struct rk_flash_device *flash, const char *name)
{
    for (size_t i = 0; i < flash->count; i++) {
        if (strcmp(flash->partition[i].name, name) == 0)
            return &flash->partition[i];
    }
    return NULL;
}

/* What is in slot B when this is in slot A, and the name of both; NULL: no slot. */
static const struct rk_flash_partition *find_b(const struct rk_flash_device *flash,
                                               const struct rk_flash_partition *a,
                                               const char **ret_name)
{
    char b[RK_FLASH_NAME + 3];

    if (strncmp(a->name, "A_", 2) == 0) {
        *ret_name = a->name + 2;
        (void)snprintf(b, sizeof b, "B_%s", *ret_name);
    } else {
        *ret_name = a->name;
        (void)snprintf(b, sizeof b, "%s_b", *ret_name);
    }
    return **ret_name == '\0' ? NULL : find(flash, b);
}

enum rk_rc rk_slots_of_layout(const struct rk_bytes *xml, const char *device,
                              struct rk_slot_size *ret, size_t *ret_count, struct rk_err *err)
{
    RK_AUTO(rk_flash_done) struct rk_flash_device *flash = NULL;
    size_t count = 0;

    if (rk_flash_parse(xml->p, xml->len, device, NULL, &flash, err))
        return err->rc;
    for (size_t i = 0; i < flash->count; i++) {
        const struct rk_flash_partition *a = &flash->partition[i];
        const char *name;
        const struct rk_flash_partition *b = find_b(flash, a, &name);

        if (b == NULL)
            continue;
        if (count == RK_SLOTS_MAX)
            return rk_fail(err, RK_E_FORMAT, "more than %d pairs of slots", RK_SLOTS_MAX);
        ret[count] = (struct rk_slot_size) { .size = { a->size, b->size } };
        (void)snprintf(ret[count++].name, sizeof ret->name, "%s", name);
    }
    if (count == 0)
        return rk_fail(err, RK_E_FORMAT,
                       "device \"%s\" has no partitions A_x and B_x, or x and x_b", device);
    *ret_count = count;
    return RK_OK;
}
