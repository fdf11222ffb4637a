/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/platform.h"

#include <string.h>

/* clang-format off */
static const struct rk_platform platforms[] = {
    { "t234", 32, "ms-159", true,  { "capsule", "optee-ta" } },
    { "t194", 16, NULL,     false, { "capsule", NULL } }, /* key blobs only */
};
/* clang-format on */

enum rk_rc rk_platform_find(const char *name, const struct rk_platform **ret, struct rk_err *err)
{
    for (size_t i = 0; i < sizeof platforms / sizeof platforms[0]; i++) {
        if (strcmp(platforms[i].name, name) == 0) {
            *ret = &platforms[i];
            return RK_OK;
        }
    }
    if (strcmp(name, "t264") == 0 || strcmp(name, "thor") == 0)
        return rk_fail(err, RK_E_USAGE,
                       "platform \"%s\" (Thor) is refused: its key blob 2.1 and the "
                       "labels of its fTPM key derivation are not public",
                       name);
    return rk_fail(err, RK_E_USAGE, "unknown platform \"%s\" (known: t234, t194)", name);
}

const char *rk_platform_name(const struct rk_platform *platform)
{
    return platform->name;
}

size_t rk_platform_root_key_len(const struct rk_platform *platform)
{
    return platform->root_key_len;
}

const char *rk_platform_default_profile(const struct rk_platform *platform)
{
    return platform->ek_profile;
}

bool rk_platform_updates_by(const struct rk_platform *platform, const char *format)
{
    for (size_t i = 0; i < sizeof platform->update_formats / sizeof platform->update_formats[0];
         i++) {
        if (platform->update_formats[i] != NULL && strcmp(platform->update_formats[i], format) == 0)
            return true;
    }
    return false;
}
