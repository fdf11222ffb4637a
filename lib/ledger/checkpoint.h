/* SPDX-License-Identifier: Apache-2.0 */
/* Checkpoints inside of the ledger. */
#pragma once

#include "ledger/ledger.h"
#include "ledger/signed_text.h"

enum { RK_CHECKPOINT_FORMAT = 2 };

enum rk_rc rk_checkpoint_text(const struct rk_checkpoint *checkpoint, struct rk_bytes *ret,
                              struct rk_err *err) RK_MUST_CHECK;
/* Its lines "licence" alone; none: empty. */
enum rk_rc rk_checkpoint_sums_text(const struct rk_checkpoint *checkpoint, struct rk_bytes *ret,
                                   struct rk_err *err) RK_MUST_CHECK;
/* Copies them; they are in order. */
enum rk_rc rk_checkpoint_set_sums(struct rk_checkpoint *checkpoint, const struct rk_ledger_sum *sum,
                                  size_t count, struct rk_err *err) RK_MUST_CHECK;
/* The members of its file but scheme and signature. */
void rk_checkpoint_put_members(struct rk_jv at, const struct rk_checkpoint *checkpoint);
/* A file, its signature not checked. */
enum rk_rc rk_checkpoint_parse(const uint8_t *file, size_t len, struct rk_checkpoint *ret,
                               struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_checkpoint_check(const rk_ctx *ctx, const struct rk_checkpoint *checkpoint,
                               const rk_signer *key, struct rk_err *err) RK_MUST_CHECK;
/* From a row; the ledger's name is not in it. What *ret had is freed. */
enum rk_rc rk_checkpoint_of_row(const char *const *column, struct rk_checkpoint *ret,
                                struct rk_err *err) RK_MUST_CHECK;

/* Of the transaction at work: the id that entry 1 notes. */
enum rk_rc rk_ledger_name(rk_ledger *ledger, char ret[33], struct rk_err *err) RK_MUST_CHECK;
/* The last one; size 0: there is none. Its signature is not checked. */
enum rk_rc rk_checkpoint_last(rk_ledger *ledger, struct rk_checkpoint *ret,
                              struct rk_err *err) RK_MUST_CHECK;
/* The last one by the ledger's key that signs sums, its signature checked; size 0: there is none.
 */
enum rk_rc rk_checkpoint_of_key(rk_ledger *ledger, struct rk_checkpoint *ret,
                                struct rk_err *err) RK_MUST_CHECK;
/* RK_E_VERIFY unless a checkpoint (of the ledger's key, where it has one) signs the last entry
 * "time" that was counted. */
enum rk_rc rk_correction_check(rk_ledger *ledger, struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_checkpoint_keep(rk_ledger *ledger, const struct rk_checkpoint *checkpoint,
                              struct rk_err *err) RK_MUST_CHECK;
/* checkpoint.c: signs the ledger as it stands, and keeps that. For an act of rk_ledger_decide. */
enum rk_rc rk_checkpoint_sign(rk_ledger *ledger, rk_signer *key, struct rk_checkpoint *ret,
                              struct rk_err *err) RK_MUST_CHECK;

/* queries.c: the licences with their counts, into the status. */
enum rk_rc rk_ledger_count_licences(rk_ledger *ledger, struct rk_ledger_status *status,
                                    struct rk_err *err) RK_MUST_CHECK;
