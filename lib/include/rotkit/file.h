/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files in with a limit, whole files out atomically. */
#pragma once

#include "ftpmprov/bytes.h"
#include "ftpmprov/secret.h"

#include <stdbool.h>

/*
 * Reads path ("-" is stdin), at most max bytes. RK_E_IO when missing or unreadable,
 * RK_E_USAGE when larger than max or not a regular file, pipe or terminal; the message names path.
 */
RK_API enum rk_rc rk_file_read(const char *path, size_t max, struct rk_bytes *ret,
                               struct rk_err *err) RK_MUST_CHECK;
/* The same into secure memory, by read(2) alone. */
RK_API enum rk_rc rk_file_read_secret(const char *path, size_t max, struct rk_secret *ret,
                                      struct rk_err *err) RK_MUST_CHECK;
/* A key file (hex in either spelling, see rk_hex_read_key) of exactly len bytes; len 0 takes 16
 * or 32. */
RK_API enum rk_rc rk_file_read_key(const char *path, size_t len, struct rk_secret *ret,
                                   struct rk_err *err) RK_MUST_CHECK;

enum rk_file_mode {
    RK_FILE_PUBLIC,  /* 0644 less umask */
    RK_FILE_PRIVATE, /* 0600 */
    RK_FILE_PROGRAM, /* 0755 less umask */
};
/*
 * Writes path whole: a temporary beside it (O_EXCL), fsync, rename, fsync of the folder. On
 * failure the old file is as it was and no temporary is left. "-" is stdout.
 */
RK_API enum rk_rc rk_file_write(const char *path, enum rk_file_mode mode, const void *bytes,
                                size_t len, struct rk_err *err) RK_MUST_CHECK;
/* A new file, not synced, for a folder that is synced as a whole later. RK_E_IO when it exists
 * already. */
RK_API enum rk_rc rk_file_create(const char *path, enum rk_file_mode mode, const void *bytes,
                                 size_t len, struct rk_err *err) RK_MUST_CHECK;
/* Longest path rotkit handles, NUL included; longer ones are refused. */
enum { RK_PATH_MAX = 1024 };
/* mkdir -p. RK_E_IO with the part that failed. */
RK_API enum rk_rc rk_file_make_dirs(const char *path, struct rk_err *err) RK_MUST_CHECK;
/* "base/name", or name when it is absolute; RK_E_USAGE when the result exceeds ret_size. */
RK_API enum rk_rc rk_path_join(const char *base, const char *name, char *ret, size_t ret_size,
                               struct rk_err *err) RK_MUST_CHECK;
