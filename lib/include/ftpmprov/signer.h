/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that sign, wherever they are: in a file, in a PKCS #11 token, behind a program. */
#pragma once

#include "ftpmprov/public.h"

/* A key that signs; threads may share it. */
typedef struct rk_signer rk_signer;

/* How a key is opened. RK_PIN_INIT(source) makes one. */
struct rk_pin {
    size_t size; /* of this struct, as the caller was compiled */
    /* Where a passphrase or PIN comes from: "fd:N", "file:PATH", "env:NAME"; NULL: a prompt on the
     * terminal. Borrowed during the call. */
    const char *source;
};
/* One that comes from there. */
#define RK_PIN_INIT(where)                                                                         \
    {                                                                                              \
        .size = sizeof(struct rk_pin), .source = (where)                                           \
    }

/*
 * Opens a key by the one key grammar:
 *
 *     PATH, file:PATH   a private key, PEM or DER, PKCS #8 or traditional, encrypted or not
 *     pub:PATH          a public key: it verifies, and names a key that signs elsewhere
 *     pkcs11:...        a key in a token, RFC 7512: module-path=/PATH or module-name=NAME (else
 *                       all of p11-kit's configuration), pin-source=file:PATH, fd:N or env:NAME;
 *                       x-init-reserved=TEXT starts the module with parameters, as NSS's needs
 *     helper:PROGRAM?public=FILE   a program that signs
 *
 * What a token or program signs is verified by the public key before anybody sees it.
 *   uri: the key
 *   pin: may be NULL: the key needs none, names its own, or the terminal is asked
 *   ret: the signer; freed with rk_signer_free
 * RK_E_USAGE for a malformed name or a pin of a newer library, RK_E_KEY for a key that cannot be
 * had, RK_E_IO for a missing file, RK_E_NOMEM.
 */
RK_API enum rk_rc rk_signer_open(const rk_ctx *ctx, const char *uri, const struct rk_pin *pin,
                                 rk_signer **ret, struct rk_err *err) RK_MUST_CHECK;
/*
 * Closes the key.
 *   signer: may be NULL
 */
RK_API void rk_signer_free(rk_signer *signer);
/*
 * The same for RK_AUTO.
 *   signer: the variable
 */
static inline void rk_signer_done(rk_signer **signer)
{
    rk_signer_free(*signer);
}
/*
 * The public half.
 *   signer: may be NULL
 * Returns a key that lives as long as the signer; NULL for NULL.
 */
RK_API const rk_public *rk_signer_public(const rk_signer *signer);
/*
 * The scheme that X.509 signatures use with this key: PKCS #1 v1.5 with SHA-256 for RSA, for EC the
 * digest that matches the curve.
 *   signer: the key
 * Returns RK_SCHEME_NONE for a key that no scheme is for.
 */
RK_API enum rk_scheme rk_signer_default_scheme(const rk_signer *signer);
/*
 * Signs a message.
 *   signer: the key
 *   scheme: rk_signer_default_scheme gives one
 *   msg: what is signed
 *   msg_len: bytes
 *   ret: the signature, ECDSA as DER; emptied with rk_bytes_done
 * RK_E_KEY when the key is public only, does not fit the scheme, or does not sign; RK_E_USAGE for
 * no scheme; RK_E_NOMEM.
 */
RK_API enum rk_rc rk_signer_sign(rk_signer *signer, enum rk_scheme scheme, const uint8_t *msg,
                                 size_t msg_len, struct rk_bytes *ret,
                                 struct rk_err *err) RK_MUST_CHECK;
