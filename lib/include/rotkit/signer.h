/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys that sign, as the rooms use them. Where a key lives (file, token, helper) is one row in
 * lib/keys/source.c.
 */
#pragma once

#include "ftpmprov/signer.h"
#include "rotkit/ctx.h"
#include "rotkit/json.h"

#include <stdbool.h>

/*
 * One line without its end. word says what is asked for ("passphrase", "PIN"), subject what it
 * opens. RK_E_KEY when there is none to be had, RK_E_USAGE for a source of another kind.
 */
enum rk_rc rk_passphrase_read(const struct rk_pin *pin, const char *word, const char *subject,
                              struct rk_secret *ret, struct rk_err *err) RK_MUST_CHECK;

/* Whether signing the same twice gives two signatures: true of ECDSA, of PSS, and of none known. */
bool rk_scheme_is_random(enum rk_scheme scheme);
/* A member that names a scheme; as the readers of rotkit/json.h. */
enum rk_rc rk_scheme_want(struct rk_jv object, const char *name, enum rk_scheme *ret,
                          struct rk_err *err) RK_MUST_CHECK;

/* Adopts a key pair (takes a reference). For keys made in memory (ca init, EK CSRs). */
enum rk_rc rk_signer_from_pkey(const rk_ctx *ctx, EVP_PKEY *pkey, rk_signer **ret,
                               struct rk_err *err) RK_MUST_CHECK;

/* The key as OpenSSL knows it: its public half, and a file's private half too; borrowed. */
EVP_PKEY *rk_signer_pkey(const rk_signer *signer);
/* SubjectPublicKeyInfo, DER; borrowed. */
const struct rk_bytes *rk_signer_spki(const rk_signer *signer);

/* False for a key that is public only: somebody else must sign. */
bool rk_signer_can_sign(const rk_signer *signer);

/* The same over a digest that was made before; RK_E_USAGE for schemes that sign messages alone. */
enum rk_rc rk_signature_check_digest(const rk_ctx *ctx, EVP_PKEY *pub, enum rk_scheme scheme,
                                     const uint8_t *digest, size_t digest_len, const uint8_t *sig,
                                     size_t sig_len, struct rk_err *err) RK_MUST_CHECK;
/* RK_E_VERIFY when the signature does not hold. */
enum rk_rc rk_signature_check(const rk_ctx *ctx, EVP_PKEY *pub, enum rk_scheme scheme,
                              const uint8_t *msg, size_t msg_len, const uint8_t *sig,
                              size_t sig_len, struct rk_err *err) RK_MUST_CHECK;
/* An ECDSA signature as DER; takes r and s, which may be NULL (RK_E_NOMEM). */
enum rk_rc rk_ecdsa_der(BIGNUM *r, BIGNUM *s, struct rk_bytes *ret,
                        struct rk_err *err) RK_MUST_CHECK;
/* r and s of an ECDSA signature in their full width, one behind the other, as the DER that
 * everybody else has. */
enum rk_rc rk_ecdsa_from_raw(const uint8_t *raw, size_t len, struct rk_bytes *ret,
                             struct rk_err *err) RK_MUST_CHECK;
