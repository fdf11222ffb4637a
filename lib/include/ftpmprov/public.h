/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys: RSA, EC on P-256, P-384 and P-521, Ed25519. Source: RFC 5280 4.1.2.7, RFC 8410. */
#pragma once

#include "ftpmprov/bytes.h"
#include "ftpmprov/ctx.h"

/* A public key; threads may share it. */
typedef struct rk_public rk_public;

/* Signature schemes, named as in `rotkit sign --scheme`. */
enum rk_scheme {
    RK_SCHEME_NONE = 0,
    RK_SCHEME_RSA_PKCS1_SHA256,
    RK_SCHEME_RSA_PKCS1_SHA384,
    RK_SCHEME_RSA_PKCS1_SHA512,
    RK_SCHEME_RSA_PSS_SHA256,
    RK_SCHEME_RSA_PSS_SHA384,
    RK_SCHEME_RSA_PSS_SHA512,
    RK_SCHEME_RSA_PSS_MAX_SHA256, /* the largest salt, as U-Boot signs */
    RK_SCHEME_ECDSA_SHA256,
    RK_SCHEME_ECDSA_SHA384,
    RK_SCHEME_ECDSA_SHA512,
    RK_SCHEME_ED25519,
    RK_SCHEME_RSA_PSS_MAX_SHA384,
    RK_SCHEME_RSA_PSS_MAX_SHA512,
};

/*
 * Opens the public key of a file.
 *   path: a SubjectPublicKeyInfo, PEM or DER, or one certificate, whose key is taken with a warning
 *   ret: the key; freed with rk_public_free
 * RK_E_IO when the file cannot be read, RK_E_USAGE when it is a folder or too large, RK_E_KEY when
 * it holds no public key, one of another type or more than one certificate; RK_E_INTERNAL,
 * RK_E_NOMEM.
 */
RK_API enum rk_rc rk_public_open(const rk_ctx *ctx, const char *path, rk_public **ret,
                                 struct rk_err *err) RK_MUST_CHECK;
/*
 * Opens a public key in memory.
 *   bytes: a SubjectPublicKeyInfo, PEM or DER, or one certificate, whose key is taken with a
 *     warning; read during the call
 *   len: bytes
 *   ret: the key; freed with rk_public_free
 * RK_E_KEY when the bytes are no public key, one of another type or more than one certificate,
 * RK_E_INTERNAL, RK_E_NOMEM.
 */
RK_API enum rk_rc rk_public_from_bytes(const rk_ctx *ctx, const void *bytes, size_t len,
                                       rk_public **ret, struct rk_err *err) RK_MUST_CHECK;
/*
 * Frees a key that rk_public_open or rk_public_from_bytes made.
 *   key: may be NULL; not one that rk_signer_public lends
 */
RK_API void rk_public_free(rk_public *key);
/*
 * The same for RK_AUTO.
 *   key: the variable
 */
static inline void rk_public_done(rk_public **key)
{
    rk_public_free(*key);
}
/*
 * What kind of key it is: "RSA", "EC" or "ED25519"; of a signer's key that no scheme is for, what
 * OpenSSL calls it.
 *   key: the key
 * Returns a text that lives as long as the key.
 */
RK_API const char *rk_public_type(const rk_public *key);
/*
 * The key as certificates carry it.
 *   key: the key
 * Returns its SubjectPublicKeyInfo, DER; it lives as long as the key.
 */
RK_API const struct rk_bytes *rk_public_spki(const rk_public *key);
/*
 * What rotkit's files name a key by: the SHA-256 of its SubjectPublicKeyInfo.
 *   key: the key
 *   ret: 32 bytes
 * RK_E_INTERNAL when OpenSSL has no SHA-256.
 */
RK_API enum rk_rc rk_public_sha256(const rk_public *key, uint8_t ret[32],
                                   struct rk_err *err) RK_MUST_CHECK;
/*
 * Verifies a signature over a message.
 *   key: whose signature it must be
 *   scheme: RK_SCHEME_NONE is refused
 *   msg: what was signed
 *   msg_len: bytes
 *   sig: as rk_signer_sign makes it: ECDSA as DER
 *   sig_len: bytes
 * RK_E_VERIFY when the signature does not hold or the key is weak, RK_E_KEY when the scheme is for
 * keys of another type, RK_E_USAGE for no scheme, RK_E_INTERNAL, RK_E_NOMEM.
 */
RK_API enum rk_rc rk_public_verify(const rk_public *key, enum rk_scheme scheme, const uint8_t *msg,
                                   size_t msg_len, const uint8_t *sig, size_t sig_len,
                                   struct rk_err *err) RK_MUST_CHECK;
/*
 * The name of a scheme.
 *   scheme: one of the constants
 * Returns "ecdsa-sha256" and the like, "none" for RK_SCHEME_NONE.
 */
RK_API const char *rk_scheme_name(enum rk_scheme scheme);
/*
 * The scheme of a name.
 *   name: "ecdsa-sha256" and the like
 * Returns RK_SCHEME_NONE for an unknown name.
 */
RK_API enum rk_scheme rk_scheme_find(const char *name);
