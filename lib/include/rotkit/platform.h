/* SPDX-License-Identifier: Apache-2.0 */
/* One row a SoC. */
#pragma once

#include "base/err.h"
#include "rotkit/identity.h"

#include <stdbool.h>

struct rk_platform {
    const char *name;
    const char *also;              /* another name of it; NULL: none */
    const char *refusal;           /* why nothing can be done for it; NULL: it can */
    size_t root_key_len;           /* EKB fuse key, bytes */
    const char *ek_profile;        /* of its fTPM; NULL: none */
    bool has_identity_chain;       /* KDK0 to EPS as T234 does it */
    const char *update_formats[2]; /* image formats that an update goes out in; NULL: none */
};

extern const struct rk_platform rk_platform_t234, rk_platform_t194, rk_platform_t264;

/*
 * The Silicon ID key pair's public half, x | y, from the 32-byte seed: AES-256 CTR_DRBG without
 * derivation function, candidates of 64 bytes of which the first 32 count. RK_E_USAGE when 100
 * fail.
 */
enum rk_rc rk_silicon_id_public(const rk_ctx *ctx, const struct rk_secret *asym_seed,
                                uint8_t ret[64], struct rk_err *err) RK_MUST_CHECK;
