/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An archive that somebody hands in: tar, cpio or zip, plain or compressed once. It is read as a
 * stream; nothing is extracted, no program is started for what it is compressed with, and what it
 * unfolds to is bounded by its own size.
 *
 *     rk_supplied_open(path, &a, err);
 *     while (rk_supplied_next(a, &name, err) == RK_OK && name != NULL)
 *         if (wanted(name))
 *             rk_supplied_read(a, max, &bytes, err);
 */
#pragma once

#include "base/err.h"
#include "ftpmprov/bytes.h"

#include <stddef.h>
#include <stdint.h>

/* What an archive of len bytes may unfold to in all: 256 MiB, and 200 bytes for each of its own, at
 * most 64 GiB. */
uint64_t rk_supplied_limit(uint64_t len);

typedef struct rk_supplied rk_supplied;

/*
 * RK_E_IO when the file cannot be read; RK_E_FORMAT when it is no such archive, or compressed more
 * than once or by a method that libarchive has only through a program.
 */
enum rk_rc rk_supplied_open(const char *path, rk_supplied **ret, struct rk_err *err) RK_MUST_CHECK;
void rk_supplied_close(rk_supplied *archive);
RK_CLEANUP(rk_supplied_done, rk_supplied, rk_supplied_close)
/*
 * The name of the next member, as it stands there, valid until the next call; NULL at the end.
 * RK_E_FORMAT when the archive is damaged, RK_E_USAGE when it unfolds to more than its limit.
 */
enum rk_rc rk_supplied_next(rk_supplied *archive, const char **ret_name,
                            struct rk_err *err) RK_MUST_CHECK;
/*
 * The content of that member. RK_E_USAGE when it is longer than max, or no regular file; else as
 * rk_supplied_next.
 */
enum rk_rc rk_supplied_read(rk_supplied *archive, size_t max, struct rk_bytes *ret,
                            struct rk_err *err) RK_MUST_CHECK;
