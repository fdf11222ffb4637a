/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 of bytes in one piece, and numbers into a digest. */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

enum rk_rc rk_sha256(const void *bytes, size_t len, uint8_t ret[32],
                     struct rk_err *err) RK_MUST_CHECK;
/* The number in `width` octets, the lowest first, on any machine; width at most 8. */
bool rk_digest_le(EVP_MD_CTX *md, uint64_t value, size_t width) RK_MUST_CHECK;
