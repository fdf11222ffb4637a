/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys that sign. Everything in rotkit that signs takes an rk_signer; where the key lives (file,
 * token, helper) is one row in lib/keys/source.c.
 */
#pragma once

#include "ftpmprov/bytes.h"
#include "rotkit/ctx.h"

#include <stdbool.h>

typedef struct rk_signer rk_signer;

enum rk_scheme { /* names as in `rotkit sign --scheme` */
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
};

/* Where a passphrase or PIN comes from: "fd:N", "file:PATH", "env:NAME", or NULL for a prompt on a
 * terminal. */
struct rk_pin {
    const char *source;
};
/*
 * One line without its end. word says what is asked for ("passphrase", "PIN"), subject what it
 * opens. RK_E_KEY when there is none to be had, RK_E_USAGE for a source of another kind.
 */
RK_API enum rk_rc rk_passphrase_read(const struct rk_pin *pin, const char *word,
                                     const char *subject, struct rk_secret *ret,
                                     struct rk_err *err) RK_MUST_CHECK;

/*
 * Opens a key by the one key grammar:
 *   PATH, file:PATH  a private key, PEM or DER, PKCS#8 or traditional, encrypted or not
 *   pub:PATH         a public key: it verifies, and names a key that signs elsewhere
 *   pkcs11:...       a key in a token, RFC 7512: module-path=/PATH (else p11-kit's configuration),
 *                    pin-source=file:PATH, fd:N or env:NAME (else pin, else a prompt)
 *   helper:PROGRAM?public=FILE   see lib/keys/helper.h
 * What a token or helper signs is held against the public key before anybody sees it. Signing is
 * safe from several threads. RK_E_USAGE for a malformed name, RK_E_KEY for a key that cannot be
 * had, RK_E_IO for a missing file.
 */
RK_API enum rk_rc rk_signer_open(const rk_ctx *ctx, const char *uri, const struct rk_pin *pin,
                                 rk_signer **ret, struct rk_err *err) RK_MUST_CHECK;
/* Adopts a key pair (takes a reference). For keys made in memory (ca init, EK CSRs). */
RK_API enum rk_rc rk_signer_from_pkey(const rk_ctx *ctx, EVP_PKEY *pkey, rk_signer **ret,
                                      struct rk_err *err) RK_MUST_CHECK;
RK_API void rk_signer_free(rk_signer *signer);
static inline void rk_signer_done(rk_signer **signer) /* for RK_AUTO */
{
    rk_signer_free(*signer);
}

/* The key as OpenSSL knows it: its public half, and a file's private half too; borrowed. */
RK_API EVP_PKEY *rk_signer_pkey(const rk_signer *signer);
/* SubjectPublicKeyInfo, DER; borrowed. */
RK_API const struct rk_bytes *rk_signer_spki(const rk_signer *signer);
/* The scheme X.509 signatures use with this key: PKCS#1 v1.5 for RSA, digest matched to the curve
 * for EC. */
RK_API enum rk_scheme rk_signer_default_scheme(const rk_signer *signer);
RK_API const char *rk_scheme_name(enum rk_scheme scheme);
RK_API enum rk_scheme rk_scheme_find(const char *name); /* RK_SCHEME_NONE when unknown */

/* False for a key that is public only: somebody else must sign. */
RK_API bool rk_signer_can_sign(const rk_signer *signer);

/* Signs a message. ECDSA signatures are DER. RK_E_KEY when the key is public only, does not fit
 * the scheme, or does not sign. */
RK_API enum rk_rc rk_signer_sign(rk_signer *signer, enum rk_scheme scheme, const uint8_t *msg,
                                 size_t msg_len, struct rk_bytes *ret,
                                 struct rk_err *err) RK_MUST_CHECK;
/* The same over a digest that was made before; RK_E_USAGE for schemes that sign messages alone. */
RK_API enum rk_rc rk_signature_check_digest(const rk_ctx *ctx, EVP_PKEY *pub, enum rk_scheme scheme,
                                            const uint8_t *digest, size_t digest_len,
                                            const uint8_t *sig, size_t sig_len,
                                            struct rk_err *err) RK_MUST_CHECK;
/* RK_E_VERIFY when the signature does not hold. */
RK_API enum rk_rc rk_signature_check(const rk_ctx *ctx, EVP_PKEY *pub, enum rk_scheme scheme,
                                     const uint8_t *msg, size_t msg_len, const uint8_t *sig,
                                     size_t sig_len, struct rk_err *err) RK_MUST_CHECK;
/* An ECDSA signature as DER; takes r and s, which may be NULL (RK_E_NOMEM). */
RK_API enum rk_rc rk_ecdsa_der(BIGNUM *r, BIGNUM *s, struct rk_bytes *ret,
                               struct rk_err *err) RK_MUST_CHECK;
