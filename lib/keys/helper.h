/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A key behind a program of the user's: "helper:PROGRAM?public=FILE". The program gets two
 * arguments, the scheme (as rk_scheme_name spells it) and the path of the public key (FILE, PEM or
 * DER); on standard input the digest that the scheme signs, or for Ed25519 the message; it writes
 * the signature (RSA: big-endian, as long as the modulus; ECDSA: DER; Ed25519: 64 bytes) to
 * standard output and exits with 0. Its standard error is the user's to see.
 */
#pragma once

#include "keys/source.h"

/* RK_E_USAGE without "?public=", RK_E_KEY for a program that cannot be run. */
enum rk_rc rk_helper_open(const rk_ctx *ctx, const struct rk_key_name *name,
                          const struct rk_pin *pin, rk_signer **ret,
                          struct rk_err *err) RK_MUST_CHECK;
