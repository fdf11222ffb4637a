/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/arena.h"

#include <stddef.h>

#include <openssl/crypto.h>

/* Room for the working secrets of a run; a bulk of them (device new) is the largest user. */
enum { ARENA_BYTES = 1 << 20, ARENA_SMALLEST = 32 };

enum arena arena_open(void)
{
    if (CRYPTO_secure_malloc_initialized())
        return ARENA_FOREIGN;
    switch (CRYPTO_secure_malloc_init(ARENA_BYTES, ARENA_SMALLEST)) {
    case 1:
        return ARENA_LOCKED;
    case 2:
        return ARENA_UNLOCKED;
    default:
        return ARENA_NONE;
    }
}

const char *arena_fault(enum arena arena)
{
    /* clang-format off */
    static const char *const faults[] = {
        [ARENA_LOCKED]   = NULL,
        [ARENA_UNLOCKED] = "the memory lock limit is too low",
        [ARENA_FOREIGN]  = "the secure memory was made by another part of the process",
        [ARENA_NONE]     = "secure memory could not be had",
    };
    /* clang-format on */

    return faults[arena];
}
