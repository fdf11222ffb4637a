/* SPDX-License-Identifier: Apache-2.0 */
/* The release that a command sends on: verified first, and of an origin that is known. */
#pragma once

#include "cli/opt.h"

#include "rotkit/release.h"

struct from {
    const char *pub;   /* the release key */
    bool any_unsigned; /* a release of unknown origin will do */
};
#define FROM_PUB(from)                                                                             \
    {                                                                                              \
        "pub", 0, OPT_STR, &(from)->pub, "FILE", "the release key that must have signed it", false \
    }
#define FROM_UNSIGNED(from)                                                                        \
    {                                                                                              \
        "unsigned", 0, OPT_FLAG, &(from)->any_unsigned, NULL,                                      \
            "take a release of unknown origin: nobody's, or anybody's", false                      \
    }
/*
 * Verifies the release under --pub; without it, under the public half of the key that signs on
 * (NULL: none does). RK_E_VERIFY for one that is not signed. With --unsigned it must hold, whoever
 * signed it or nobody. RK_E_USAGE for what is no release, and where none of the three says whose it
 * must be.
 */
enum rk_rc from_open(const struct app *app, const struct from *from, const char *path,
                     const rk_signer *signer, rk_release_view **ret,
                     struct rk_err *err) RK_MUST_CHECK;
/* The same for what reads one device: release.json alone is verified, and what is read against it
 * (rk_release_view_open_devices). */
enum rk_rc from_open_devices(const struct app *app, const struct from *from, const char *path,
                             rk_release_view **ret, struct rk_err *err) RK_MUST_CHECK;
