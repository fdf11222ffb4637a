/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of verifying a ledger. */
#pragma once

#include "ledger/checkpoint.h"

/* verify_tables.c: every row of every table says what the entries say. */
enum rk_rc rk_verify_tables(rk_ledger *ledger, const struct rk_tally *tally,
                            struct rk_err *err) RK_MUST_CHECK;

/* verify_licences.c: entries against licence files, as they are counted. */
struct rk_verify_licences;
enum rk_rc rk_verify_licences_new(const struct rk_licence *licences, size_t count,
                                  struct rk_verify_licences **ret,
                                  struct rk_err *err) RK_MUST_CHECK;
void rk_verify_licences_free(struct rk_verify_licences *licences);
RK_CLEANUP(rk_verify_licences_done, struct rk_verify_licences, rk_verify_licences_free)
/* An entry that the tally has taken. */
enum rk_rc rk_verify_licences_entry(struct rk_verify_licences *licences, const char *const *column,
                                    struct rk_err *err) RK_MUST_CHECK;
/* What each licence was charged with, against its file; that nothing is charged to none. */
enum rk_rc rk_verify_licences_sums(const struct rk_verify_licences *licences,
                                   const struct rk_tally *tally, struct rk_err *err) RK_MUST_CHECK;

/* verify.c: counts all entries into *ret and compares every checkpoint (with a key, its
 * signature). licences: NULL for none. */
enum rk_rc rk_verify_entries(rk_ledger *ledger, const rk_signer *key,
                             struct rk_verify_licences *licences, struct rk_tally *ret,
                             struct rk_err *err) RK_MUST_CHECK;
