/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The prime search of the TPM 2.0 reference code, to the bit: a random start, a sieve of 16384 odd
 * numbers, survivors in an order that the start value fixes, Miller-Rabin with witnesses from the
 * same generator. Source: formats/ek-derivation.md 3.3.
 *
 * The order of candidates does not depend on the generator, so several are tested at once, of one
 * device or of many, and each generator is put back to where the reference code would have left it.
 */
#pragma once

#include "ftpm/drbg.h"
#include "ftpm/profile.h"

#include <openssl/types.h>

enum { RK_PRIME_STREAMS_MAX = 16 };

typedef struct rk_prime_search rk_prime_search;

/* Primes drawn from one generator until enough is had. */
struct rk_prime_stream {
    struct rk_drbg *drbg;
    /* Takes a prime (lent, secure); *ret_more: the next one of the stream is wanted as well. */
    enum rk_rc (*found)(void *arg, const BIGNUM *prime, bool *ret_more, struct rk_err *err);
    void *arg;
    struct rk_err err; /* how it ended; RK_E_USAGE where a TPM has no answer: another EPS, please */
};

/*
 * Everything a search of primes of `bits` (512, 1024, 1536 or 2048) reuses, for streams_max streams
 * at once; e the public exponent.
 */
enum rk_rc rk_prime_search_new(const struct rk_ek_profile *profile, size_t bits, uint32_t e,
                               size_t streams_max, rk_prime_search **ret,
                               struct rk_err *err) RK_MUST_CHECK;
void rk_prime_search_free(rk_prime_search *search); /* wipes */
RK_CLEANUP(rk_prime_search_done, rk_prime_search, rk_prime_search_free)

/*
 * Runs count streams (at most streams_max) to their ends, sharing the lanes. What each
 * finds depends on its own generator alone. A stream that fails leaves the others alone; an error
 * returned (memory, OpenSSL) ends them all, and their err are not to be read.
 */
enum rk_rc rk_prime_run(rk_prime_search *search, struct rk_prime_stream *streams, size_t count,
                        struct rk_err *err) RK_MUST_CHECK;

/* The next prime of one generator into ret (a secure BIGNUM of the caller's). */
enum rk_rc rk_prime_find(rk_prime_search *search, struct rk_drbg *drbg, BIGNUM *ret,
                         struct rk_err *err) RK_MUST_CHECK;
