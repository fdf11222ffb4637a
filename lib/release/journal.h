/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an interrupted build has done: a file in its staging folder. The first line tells what the
 * build was made from, then one line a device, in the order of the manifest:
 *
 *   rotkit journal 1 <SHA-256 of the inputs>
 *   <Device SN> <sum of the device's files, see rk_journal_sum>
 *
 * Lines are not synced: a device counts only when its files still have the sum.
 */
#pragma once

#include "base/err.h"
#include "rotkit/unit_id.h"

#include <stdbool.h>

#define RK_JOURNAL_NAME "journal"

struct rk_journal {
    int fd;          /* -1: none */
    uint64_t end;    /* of the lines that count */
    uint64_t at;     /* the next line to be asked for; end: nothing is left to take over */
    bool taken_over; /* from a build before */
};
#define RK_JOURNAL_NONE                                                                            \
    {                                                                                              \
        .fd = -1                                                                                   \
    }

/* A new one in the folder. RK_E_IO. */
enum rk_rc rk_journal_start(const char *folder, const uint8_t inputs[32], struct rk_journal *ret,
                            struct rk_err *err) RK_MUST_CHECK;
/* The one that stands in the folder; *ret stays without a file when it is of other inputs, or none.
 */
enum rk_rc rk_journal_open(const char *folder, const uint8_t inputs[32], struct rk_journal *ret,
                           struct rk_err *err) RK_MUST_CHECK;
void rk_journal_close(struct rk_journal *journal);
/* Ends it, on the disk too: the folder is to be published. */
enum rk_rc rk_journal_remove(struct rk_journal *journal, const char *folder,
                             struct rk_err *err) RK_MUST_CHECK;
bool rk_journal_has_devices(const struct rk_journal *journal);

/* The sum of the next device, when that is sn. Else, and from then on always, false. */
bool rk_journal_next(struct rk_journal *journal, const struct rk_unit_id *sn, uint8_t ret[32]);
/* The line just asked for does not hold: it and those behind it are forgotten. */
void rk_journal_forget(struct rk_journal *journal);
enum rk_rc rk_journal_add(struct rk_journal *journal, const struct rk_unit_id *sn,
                          const uint8_t sum[32], struct rk_err *err) RK_MUST_CHECK;

/* Adds a file to the sum: SHA-256 of path, NUL, content, by exclusive or, so in any order. */
enum rk_rc rk_journal_sum(uint8_t sum[32], const char *path, const void *bytes, size_t len,
                          struct rk_err *err) RK_MUST_CHECK;
