/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The unit ledger, read: whether it holds, and whether it is what a signed checkpoint says. Entry n
 * has the hash SHA-256(hash of entry n-1 | line of entry n), the first hash before it being 32 zero
 * bytes; see rotkit-ledger(1) for the line and for what a checkpoint signs.
 */
#pragma once

#include "ftpmprov/signer.h"

/* A ledger, open for reading. One thread at a time. */
typedef struct rk_ledger rk_ledger;
/* What a ledger was at one time, signed. */
typedef struct rk_checkpoint rk_checkpoint;

/* What is counted in a ledger. */
enum rk_ledger_count {
    RK_LEDGER_ENTRIES,
    RK_LEDGER_CHECKPOINTS,
    RK_LEDGER_UNITS_RESERVED, /* units by the state that they are in */
    RK_LEDGER_UNITS_ISSUED,
    RK_LEDGER_UNITS_RETIRED,
    RK_LEDGER_UNITS_REISSUE, /* issued once, to be made anew */
};

/*
 * Opens a ledger for reading.
 *   where: a path (SQLite), or postgresql://... without a password
 *   ret: the ledger; closed with rk_ledger_close
 * RK_E_IO when it is not there or out of reach, RK_E_FORMAT when it is no ledger, RK_E_LEDGER when
 * another process keeps it locked, RK_E_VERIFY when the database is damaged, RK_E_USAGE for a
 * password in the URI and for a ledger of another format, RK_E_INTERNAL, RK_E_NOMEM.
 */
RK_API enum rk_rc rk_ledger_open_read(const rk_ctx *ctx, const char *where, rk_ledger **ret,
                                      struct rk_err *err) RK_MUST_CHECK;
/*
 * Closes it.
 *   ledger: may be NULL
 */
RK_API void rk_ledger_close(rk_ledger *ledger);
/*
 * Recomputes the chain of entries and what it counts, and compares every checkpoint, every row of
 * every table, and the triggers that guard them with it.
 *   ledger: the ledger
 *   key: who must have signed its checkpoints; NULL: their signatures are not checked
 * RK_E_VERIFY says what does not hold; RK_E_USAGE for more licences or checkpoints than are taken;
 * RK_E_LEDGER when another process keeps it locked, RK_E_IO, RK_E_INTERNAL, RK_E_NOMEM.
 */
RK_API enum rk_rc rk_ledger_check(rk_ledger *ledger, const rk_public *key,
                                  struct rk_err *err) RK_MUST_CHECK;
/*
 * Counts.
 *   ledger: the ledger
 *   what: of what
 *   ret: how many
 * RK_E_USAGE for what is not counted, RK_E_VERIFY for rows that cannot be read, RK_E_LEDGER when
 * another process keeps it locked, RK_E_IO, RK_E_INTERNAL, RK_E_NOMEM.
 */
RK_API enum rk_rc rk_ledger_count(rk_ledger *ledger, enum rk_ledger_count what, uint64_t *ret,
                                  struct rk_err *err) RK_MUST_CHECK;
/*
 * Reads a checkpoint and verifies its signature.
 *   file: JSON, as `rotkit ledger` and a release have it
 *   len: bytes
 *   key: who must have signed it
 *   ret: the checkpoint; freed with rk_checkpoint_free
 * RK_E_FORMAT when it is malformed, RK_E_VERIFY when this key did not sign it, RK_E_INTERNAL,
 * RK_E_NOMEM.
 */
RK_API enum rk_rc rk_checkpoint_open(const rk_ctx *ctx, const uint8_t *file, size_t len,
                                     const rk_public *key, rk_checkpoint **ret,
                                     struct rk_err *err) RK_MUST_CHECK;
/*
 * Frees it.
 *   checkpoint: may be NULL
 */
RK_API void rk_checkpoint_free(rk_checkpoint *checkpoint);
/*
 * How long the ledger was.
 *   checkpoint: the checkpoint
 * Returns the number of entries.
 */
RK_API uint64_t rk_checkpoint_size(const rk_checkpoint *checkpoint);
/*
 * The hash of the last entry.
 *   checkpoint: the checkpoint
 * Returns 32 bytes that live as long as the checkpoint.
 */
RK_API const uint8_t *rk_checkpoint_head(const rk_checkpoint *checkpoint);
/*
 * When it was signed.
 *   checkpoint: the checkpoint
 * Returns seconds since 1970, UTC.
 */
RK_API int64_t rk_checkpoint_time(const rk_checkpoint *checkpoint);
/*
 * Compares a ledger with a checkpoint of it.
 *   ledger: the ledger
 *   checkpoint: the checkpoint
 * RK_E_LEDGER when the ledger is another one, or older than the checkpoint (it was put back), or
 * another process keeps it locked; RK_E_VERIFY when it does not say which it is; RK_E_IO,
 * RK_E_INTERNAL, RK_E_NOMEM.
 */
RK_API enum rk_rc rk_ledger_compare(rk_ledger *ledger, const rk_checkpoint *checkpoint,
                                    struct rk_err *err) RK_MUST_CHECK;
