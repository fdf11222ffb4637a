/* SPDX-License-Identifier: Apache-2.0 */
#include "ftpm/profile.h"

#include <string.h>

/* clang-format off */
static const struct rk_ek_profile profiles[] = {
    /*                                                             little cleared adjustment         word  sieve  reject key eps */
    { "ms-159",        "ms-tpm-20-ref since 2019-07-29, NVIDIA fTPM", false, false, RK_TOP_32,           32, 65537, false, 32, 64 },
    { "ms-159-aes128", "ms-159 built without AES-256",               false, false, RK_TOP_32,           32, 65537, false, 16, 64 },
    { "libtpms-1",     "libtpms 0.8 and later, swtpm",               false, false, RK_TOP_32,           32, 65521, false, 32, 64 },
    { "tcg-184",       "TCG reference V184",                         true,  false, RK_TOP_32,           32, 65537, false, 32, 64 },
    { "tcg-183",       "TCG reference V183",                         true,  true,  RK_TOP_32,           32, 65537, false, 32, 64 },
    { "ms-146",        "ms-tpm-20-ref 1.44a to 2019-07, 64-bit words; libtpms 0.6, 0.7", true, false, RK_TOP_16_WIDE_MASK, 64, 65537, false, 32, 64 },
    { "ms-138",        "ms-tpm-20-ref v1.38r2, 64-bit words",        true,  false, RK_TOP_16_WIDE_MASK, 64, 65537, true,  32, 32 },
    { "ms-146-r32",    "ms-146 on 32-bit words, not verified by a build", true, false, RK_TOP_16,        32, 65537, false, 32, 64 },
    { "ms-138-r32",    "ms-138 on 32-bit words, not verified by a build", true, false, RK_TOP_16,        32, 65537, true,  32, 32 },
    { "libtpms-0",     "libtpms state made before 0.8",              true,  false, RK_TOP_16_WIDE_MASK, 64, 65521, false, 32, 64 },
#ifdef ROTKIT_TEST_ROWS
    { "test-row",      "tests/cli/rows-added.sh",                    false, false, RK_TOP_32,           32, 65537, false, 32, 64 },
#endif
};
/* clang-format on */

const struct rk_ek_profile *rk_ek_profile_at(size_t i)
{
    return i < sizeof profiles / sizeof profiles[0] ? &profiles[i] : NULL;
}

const struct rk_ek_profile *rk_ek_profile_find(const char *name)
{
    for (size_t i = 0; i < sizeof profiles / sizeof profiles[0]; i++) {
        if (strcmp(profiles[i].name, name) == 0)
            return &profiles[i];
    }
    return NULL;
}

const char *rk_ek_profile_name(const struct rk_ek_profile *profile)
{
    return profile->name;
}

size_t rk_ek_profile_eps_len(const struct rk_ek_profile *profile)
{
    return profile->eps_len;
}
