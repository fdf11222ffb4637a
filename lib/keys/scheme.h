/* SPDX-License-Identifier: Apache-2.0 */
/* Signature schemes: one row each. How a key signs by one is the business of where the key lives.
 */
#pragma once

#include "base/ossl.h"
#include "rotkit/signer.h"

struct rk_scheme_row {
    enum rk_scheme id;
    const char *name, *key_type, *digest; /* digest NULL: the key signs the message itself */
    int salt;                             /* of PSS: RSA_PSS_SALTLEN_DIGEST or _MAX; 0: no PSS */
};

/* Rows in table order; NULL past the end. */
const struct rk_scheme_row *rk_scheme_at(size_t i);
/* RK_E_USAGE for none, RK_E_KEY when the scheme is not for keys of this type. */
enum rk_rc rk_scheme_fit(enum rk_scheme id, EVP_PKEY *pub, const struct rk_scheme_row **ret,
                         struct rk_err *err) RK_MUST_CHECK;
/* Sets the padding of a signature operation; 1 or OpenSSL's failure. */
int rk_scheme_set_padding(const struct rk_scheme_row *scheme, EVP_PKEY_CTX *key);
/* The digest that the scheme signs. */
enum rk_rc rk_scheme_digest(const rk_ctx *ctx, const struct rk_scheme_row *scheme,
                            const uint8_t *msg, size_t msg_len, uint8_t ret[EVP_MAX_MD_SIZE],
                            size_t *ret_len, struct rk_err *err) RK_MUST_CHECK;
