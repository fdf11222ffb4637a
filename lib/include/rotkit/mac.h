/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Symmetric keys by reference, and the key derivations over them. Everything that derives takes an
 * rk_mac, so a key may stay in a token.
 */
#pragma once

#include "rotkit/ctx.h"

typedef struct rk_mac rk_mac;

enum rk_mac_alg {
    RK_MAC_HMAC_SHA256, /* 32-byte blocks */
    RK_MAC_AES_CMAC,    /* 16-byte blocks; key of 16 or 32 bytes */
};

/*
 * Opens a symmetric key: PATH or file:PATH (hex text in either spelling), env:NAME (the same text),
 * pkcs11:... (it stays in the token). key_len 0 accepts 16 or 32 bytes. Computing with it is safe
 * from several threads.
 */
RK_API enum rk_rc rk_mac_open(const rk_ctx *ctx, const char *uri, size_t key_len, rk_mac **ret,
                              struct rk_err *err) RK_MUST_CHECK;
/* The bytes of such a key, for what stores keys instead of using them (key blobs, fuse files). */
RK_API enum rk_rc rk_secret_read(const char *uri, size_t key_len, struct rk_secret *ret,
                                 struct rk_err *err) RK_MUST_CHECK;
/* Takes a copy of the key into secure memory. */
RK_API enum rk_rc rk_mac_from_secret(const rk_ctx *ctx, const struct rk_secret *key, rk_mac **ret,
                                     struct rk_err *err) RK_MUST_CHECK;
RK_API void rk_mac_free(rk_mac *mac);
static inline void rk_mac_done(rk_mac **mac) /* for RK_AUTO */
{
    rk_mac_free(*mac);
}

/* The MAC of msg; a secret, since it usually is a key. RK_E_USAGE for a CMAC under a key of
 * another length than AES has. */
RK_API enum rk_rc rk_mac_compute(const rk_mac *mac, enum rk_mac_alg alg, const void *msg,
                                 size_t msg_len, struct rk_secret *ret,
                                 struct rk_err *err) RK_MUST_CHECK;
/* One AES-ECB block under the key: the EKB root step. */
RK_API enum rk_rc rk_mac_aes_block(const rk_mac *mac, const uint8_t in[16], struct rk_secret *ret,
                                   struct rk_err *err) RK_MUST_CHECK;
RK_API size_t rk_mac_key_len(const rk_mac *mac);
RK_API const rk_ctx *rk_mac_ctx(const rk_mac *mac); /* the context it was opened with */

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
RK_API enum rk_rc rk_kdf108(const rk_mac *mac, const struct rk_kdf108 *in, struct rk_secret *ret,
                            struct rk_err *err) RK_MUST_CHECK;
/* RFC 5869 extract and expand. */
RK_API enum rk_rc rk_hkdf_sha256(const rk_ctx *ctx, const uint8_t *salt, size_t salt_len,
                                 const struct rk_secret *ikm, const void *info, size_t info_len,
                                 size_t out_len, struct rk_secret *ret,
                                 struct rk_err *err) RK_MUST_CHECK;
