/* SPDX-License-Identifier: Apache-2.0 */
/* Values of release.json, for those who read it back. */
#pragma once

#include "release/release.h"

#include <openssl/evp.h>

/* Behind a reader of rotkit/json.h that failed: release.json does not hold. RK_E_VERIFY. */
enum rk_rc rk_release_bad_member(struct rk_err *err);
/* From 1 to max bytes. RK_E_VERIFY. */
enum rk_rc rk_release_read_hex(struct rk_jv at, const char *name, size_t max, struct rk_bytes *ret,
                               struct rk_err *err) RK_MUST_CHECK;
/* A public key as release.json has it, in hex; NULL *ret when it is absent. */
enum rk_rc rk_release_read_key(struct rk_jv at, const char *name, EVP_PKEY **ret,
                               struct rk_err *err) RK_MUST_CHECK;
