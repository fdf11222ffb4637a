/* SPDX-License-Identifier: Apache-2.0 */
/* Checkpoints inside of the ledger. */
#pragma once

#include "ledger/ledger.h"
#include "ledger/signed_text.h"

enum rk_rc rk_checkpoint_text(const struct rk_checkpoint *checkpoint, struct rk_bytes *ret,
                              struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_checkpoint_check(const rk_ctx *ctx, const struct rk_checkpoint *checkpoint,
                               const rk_signer *key, struct rk_err *err) RK_MUST_CHECK;
/* From a row; the ledger's name is not in it. */
enum rk_rc rk_checkpoint_of_row(const char *const *column, struct rk_checkpoint *ret,
                                struct rk_err *err) RK_MUST_CHECK;
/* Of the transaction at work: the id that entry 1 notes. */
enum rk_rc rk_ledger_name(rk_ledger *ledger, char ret[33], struct rk_err *err) RK_MUST_CHECK;
/* queries.c: the licences with their counts, into the status. */
enum rk_rc rk_ledger_count_licences(rk_ledger *ledger, struct rk_ledger_status *status,
                                    struct rk_err *err) RK_MUST_CHECK;
