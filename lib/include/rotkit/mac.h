/* SPDX-License-Identifier: Apache-2.0 */
/* Symmetric keys by reference, and the key derivations over them. */
#pragma once

#include "ftpmprov/mac.h"
#include "rotkit/ctx.h"

/* One AES-ECB block under the key: the EKB root step. */
enum rk_rc rk_mac_aes_block(const rk_mac *mac, const uint8_t in[16], struct rk_secret *ret,
                            struct rk_err *err) RK_MUST_CHECK;
size_t rk_mac_key_len(const rk_mac *mac);
const rk_ctx *rk_mac_ctx(const rk_mac *mac); /* the context it was opened with */

/*
 * SP 800-108 in counter mode, one or more blocks: BE counter of counter_bits (8 or 32) from 1 in
 * front of label | 00 | context | BE32(out_len * 8).
 */
struct rk_kdf108 {
    enum rk_mac_alg alg;
    unsigned counter_bits;
    const char *label; /* without its NUL */
    const uint8_t *context;
    size_t context_len;
    size_t out_len;
};
enum rk_rc rk_kdf108(const rk_mac *mac, const struct rk_kdf108 *in, struct rk_secret *ret,
                     struct rk_err *err) RK_MUST_CHECK;
/* RFC 5869 extract and expand. */
enum rk_rc rk_hkdf_sha256(const rk_ctx *ctx, const uint8_t *salt, size_t salt_len,
                          const struct rk_secret *ikm, const void *info, size_t info_len,
                          size_t out_len, struct rk_secret *ret, struct rk_err *err) RK_MUST_CHECK;
