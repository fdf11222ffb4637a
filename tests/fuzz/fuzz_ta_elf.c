/* SPDX-License-Identifier: Apache-2.0 */
/* The ELF of a TA: where a seed would be put, its placeholder stands, and nowhere else. */
#include "fuzz.h"

#include "platform/optee/ta_elf.h"

#include <string.h>

bool fuzz_one(const uint8_t *data, size_t size)
{
    struct rk_ta_elf found, untouched;
    char placeholder[RK_TA_SEED_TEXT + 1];
    struct rk_err err;

    memset(&found, 0x5a, sizeof found);
    untouched = found;
    if (rk_ta_elf_read(data, size, &found, &err)) {
        FUZZ_HOLDS(err.rc == RK_E_FORMAT);
        FUZZ_HOLDS(memcmp(&found, &untouched, sizeof found) == 0);
        return false;
    }
    memset(placeholder, 'A', RK_TA_SEED_TEXT - 2);
    memcpy(placeholder + RK_TA_SEED_TEXT - 2, "==", 3);
    FUZZ_HOLDS(found.seed_at <= size && size - found.seed_at >= sizeof placeholder);
    FUZZ_HOLDS(memcmp(data + found.seed_at, placeholder, sizeof placeholder) == 0);
    return true;
}
