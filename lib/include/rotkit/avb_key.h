/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys in the form of avbtool (extract_public_key), read. Writing: rotkit/public.h. */
#pragma once

#include "base/rd.h"
#include "base/wr.h"
#include "rotkit/ctx.h"

#include <openssl/types.h>

/* NULL when the bytes are no such key, with each of its numbers right. The caller frees it. */
EVP_PKEY *rk_avb_key_read(const rk_ctx *ctx, const uint8_t *bytes, size_t len);
