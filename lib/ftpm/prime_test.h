/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of prime candidates, several at once, in one of three ways with the same answers: eight
 * lanes of AVX-512 IFMA, the same in portable C (a model: slow), or OpenSSL's modular powers.
 *
 * The environment may choose: ROTKIT_PRIME_SEARCH is "ifma", "portable" or "openssl", or "exact",
 * or one of the three and "exact" with a comma between; "exact" leaves the filter out.
 * ROTKIT_REQUIRE_IFMA=1 makes IFMA mandatory where nothing else is chosen.
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>

enum { RK_PRIME_LANES_MAX = 8, RK_PRIME_WORDS_MAX = 64 };

typedef struct rk_prime_tester rk_prime_tester;

/* Little-endian words of 32 bits, as many as the tester's bits ask for. Borrowed. */
struct rk_prime_task {
    const uint32_t *w, *witness; /* w odd and of full length; witness above 1, below w - 1 */
};

/*
 * bits: 512, 1024, 1536 or 2048. RK_E_USAGE when the environment asks for what is unknown or not to
 * be had on this machine.
 */
enum rk_rc rk_prime_tester_new(size_t bits, rk_prime_tester **ret,
                               struct rk_err *err) RK_MUST_CHECK;
void rk_prime_tester_free(rk_prime_tester *tester);          /* wipes */
size_t rk_prime_tester_lanes(const rk_prime_tester *tester); /* tasks that cost as much as one */
bool rk_prime_tester_filters(const rk_prime_tester *tester); /* whether filter is to be used */

/* Bit i of *ret: task i passes 2^(w-1) = 1 mod w. At most `lanes` tasks; no witness needed. */
enum rk_rc rk_prime_tester_filter(rk_prime_tester *tester, const struct rk_prime_task *tasks,
                                  size_t count, unsigned *ret, struct rk_err *err) RK_MUST_CHECK;
/* Bit i of *ret: task i passes a Miller-Rabin round with its witness. At most `lanes` tasks. */
enum rk_rc rk_prime_tester_strong(rk_prime_tester *tester, const struct rk_prime_task *tasks,
                                  size_t count, unsigned *ret, struct rk_err *err) RK_MUST_CHECK;
