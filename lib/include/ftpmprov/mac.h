/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Symmetric keys by reference, so that they may stay in a token. Source: RFC 2104 (HMAC),
 * SP 800-38B (CMAC).
 */
#pragma once

#include "ftpmprov/ctx.h"

/* A symmetric key; threads may share it. */
typedef struct rk_mac rk_mac;

/* What a MAC is computed by. */
enum rk_mac_alg {
    RK_MAC_HMAC_SHA256, /* 32 bytes */
    RK_MAC_AES_CMAC,    /* 16 bytes; the key has 16 or 32 */
};

/*
 * Opens a symmetric key: PATH or file:PATH (hex text, plain or as 0x words), env:NAME (the same
 * text), pkcs11:... (it stays in the token).
 *   uri: the key
 *   key_len: bytes that the key must have; 0: 16 or 32
 *   ret: the key; freed with rk_mac_free
 * RK_E_USAGE for a malformed name, a key of another length and what cannot be a symmetric key
 * (pub:, helper:, a folder), RK_E_KEY for a key that cannot be had, RK_E_IO for a missing file,
 * RK_E_FORMAT for what is no hex, RK_E_NOMEM.
 */
RK_API enum rk_rc rk_mac_open(const rk_ctx *ctx, const char *uri, size_t key_len, rk_mac **ret,
                              struct rk_err *err) RK_MUST_CHECK;
/*
 * A symmetric key from its bytes.
 *   key: copied into secure memory
 *   ret: the key; freed with rk_mac_free
 * RK_E_NOMEM.
 */
RK_API enum rk_rc rk_mac_from_secret(const rk_ctx *ctx, const struct rk_secret *key, rk_mac **ret,
                                     struct rk_err *err) RK_MUST_CHECK;
/*
 * Wipes and frees.
 *   mac: may be NULL
 */
RK_API void rk_mac_free(rk_mac *mac);
/*
 * The same for RK_AUTO.
 *   mac: the variable
 */
static inline void rk_mac_done(rk_mac **mac)
{
    rk_mac_free(*mac);
}
/*
 * The MAC of a message.
 *   mac: the key
 *   alg: how
 *   msg: the message
 *   msg_len: bytes
 *   ret: 16 or 32 bytes by alg; a secret, since it usually is a key; must be empty
 * RK_E_USAGE for an unknown algorithm and for a CMAC under a key that has not 16 or 32 bytes,
 * RK_E_KEY when a token does not compute it, RK_E_INTERNAL, RK_E_NOMEM.
 */
RK_API enum rk_rc rk_mac_compute(const rk_mac *mac, enum rk_mac_alg alg, const void *msg,
                                 size_t msg_len, struct rk_secret *ret,
                                 struct rk_err *err) RK_MUST_CHECK;
/*
 * The bytes of a key that rk_mac_open takes, for what stores keys instead of using them: seeds,
 * an EPS, the values of a key blob.
 *   uri: PATH, file:PATH or env:NAME, hex text
 *   key_len: bytes that it must have; 0: 16 or 32
 *   ret: must be empty; emptied with rk_secret_done
 * Errors as rk_mac_open; RK_E_USAGE also for a key in a token, which stays there.
 */
RK_API enum rk_rc rk_secret_read(const char *uri, size_t key_len, struct rk_secret *ret,
                                 struct rk_err *err) RK_MUST_CHECK;
