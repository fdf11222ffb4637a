/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What reading one file may cost. A file of a megabyte can name one range in thousands of hash
 * nodes, or hold a signature in every hundred bytes: lengths are in order, and its reader hangs.
 * So work is counted where it is done, for the file that a thread is at, and refused above a limit
 * that grows with the file. Outside of rk_work_enter nothing is counted or refused.
 *
 *     RK_AUTO(rk_work_leave) struct rk_work_span span = rk_work_enter(file, len);
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rk_work {
    uint64_t hashed;     /* bytes */
    uint64_t signatures; /* checked */
    uint64_t nodes;      /* of the map */
    uint64_t guards;     /* digests and signatures, over ranges of the map */
};
/* For each MiB of the file, begun ones too. */
extern const struct rk_work rk_work_max;

struct rk_work_span {
    bool outermost; /* files inside a file count for it */
};
struct rk_work_span rk_work_enter(const void *file, size_t len);
void rk_work_leave(struct rk_work_span *span);
/* Of the thread's last file, limits or not. For tests. */
struct rk_work rk_work_last(void);
/* Whether a limit was met in the file that the thread is at: then nobody goes on with its rest. */
bool rk_work_refused(void);

/* Before the work is done. RK_E_FORMAT, naming the limit, when it is too much. */
enum rk_rc rk_work_hash(size_t len, struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_work_signature(struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_work_node(struct rk_err *err) RK_MUST_CHECK;
enum rk_rc rk_work_guard(struct rk_err *err) RK_MUST_CHECK;
/*
 * The digest of bytes, by OpenSSL's name of the algorithm, into ret (64 bytes at most). A range of
 * the file is hashed once for each algorithm, however often it is asked for.
 */
enum rk_rc rk_work_digest(const char *algorithm, const void *bytes, size_t len, uint8_t ret[64],
                          size_t *ret_len, struct rk_err *err) RK_MUST_CHECK;
