/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The prime search of the TPM 2.0 reference code, to the bit: a random start, a sieve of 16384 odd
 * numbers, survivors in an order that the start value fixes, Miller-Rabin with witnesses from the
 * same generator. Source: formats/ek-derivation.md 3.3.
 *
 * The order of candidates does not depend on the generator, so several are tested at once and the
 * generator is put back to where the reference code would have left it.
 */
#pragma once

#include "ftpm/drbg.h"
#include "ftpm/profile.h"

#include <openssl/types.h>

typedef struct rk_prime_search rk_prime_search;

/* Everything a search of primes of `bits` (a multiple of 8, 512 to 2048) reuses; e the public
 * exponent. */
enum rk_rc rk_prime_search_new(const struct rk_ek_profile *profile, size_t bits, uint32_t e,
                               rk_prime_search **ret, struct rk_err *err) RK_MUST_CHECK;
void rk_prime_search_free(rk_prime_search *search); /* wipes */

/*
 * The next prime of the stream into ret (a secure BIGNUM of the caller's). RK_E_USAGE at the corner
 * where a TPM gives no usable answer: another EPS is needed.
 */
enum rk_rc rk_prime_find(rk_prime_search *search, struct rk_drbg *drbg, BIGNUM *ret,
                         struct rk_err *err) RK_MUST_CHECK;
