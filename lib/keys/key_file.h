/* SPDX-License-Identifier: Apache-2.0 */
/* Keys in files: PEM or DER, PKCS#8 or traditional, encrypted or not. */
#pragma once

#include "keys/source.h"

/* RK_E_KEY for a file that is no private key or cannot be decrypted, RK_E_IO when missing. */
/*
 * The public key of bytes or of a file, PEM, DER or avbtool's form, or of the one certificate that
 * they are, which is warned of. Of a PEM file of several blocks the first that is a key, whatever
 * stands before it.
 */
enum rk_rc rk_key_file_decode_public(const rk_ctx *ctx, const void *bytes, size_t len,
                                     EVP_PKEY **ret, struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_key_file_read_public(const rk_ctx *ctx, const char *path, EVP_PKEY **ret,
                                   struct rk_err *err) RK_MUST_CHECK;
