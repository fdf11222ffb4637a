/* SPDX-License-Identifier: Apache-2.0 */
/* Who is trusted to certify: a chain of CA certificates, read once. */
#pragma once

#include "ftpmprov/ekcert.h"
#include "rotkit/ctx.h"

#include <stdbool.h>

#include <openssl/x509.h>

RK_CLEANUP(rk_trust_done, rk_trust, rk_trust_free)
#define RK_TRUST_ANY_TIME INT64_MIN
/*
 * RK_E_VERIFY unless the certificate comes from the anchor, by way of the helpers and of `more`
 * (NULL: none), and is valid at `when` (seconds since 1970; RK_TRUST_ANY_TIME for firmware, which
 * has no clock to go by).
 */
enum rk_rc rk_trust_check(const rk_trust *trust, X509 *cert, STACK_OF(X509) * more, int64_t when,
                          struct rk_err *err) RK_MUST_CHECK;
/*
 * The same for the first certificate of a chain (PEM), by way of the others in it. RK_E_FORMAT when
 * there is none.
 */
enum rk_rc rk_trust_check_chain(const rk_trust *trust, const struct rk_bytes *chain_pem,
                                int64_t when, struct rk_err *err) RK_MUST_CHECK;
/* Whether the certificate names this issuer and is signed by its key. */
bool rk_trust_issued(X509 *cert, X509 *issuer);
